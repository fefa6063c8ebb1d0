"""A spool becomes one committed segment; then the spool goes. Does I/O.

The segment's id is the spool's: whoever seals a spool twice (a salvage after a kill between commit
and unlink) finds it known and only removes the spool.
"""

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyarrow as pa

from collector.store.spool import Head, NoSpool, cipher_of, pull_head, recover
from privacy.store.commit import Committer, NotCommitted, Part
from privacy.store.files import sync_directory
from privacy.store.keys import KeyMissing
from privacy.store.layout import ENCRYPTED
from privacy.store.manifest import Gap

CAPTURE: Final = "capture"
ATTEMPTS: Final = 2
"""New files that are tried at once; after that the spool stays for the next time."""


class Reason(StrEnum):
    """Why there is a row in `gaps`."""

    WRITE_FAILED = "write_failed"  # a spool was given up; what waited went into a new one
    SEAL_FAILED = "seal_failed"  # a Parquet file was given up; its spool is sealed anew
    TORN = "torn"  # octets after a spool's last good frame: never acknowledged
    ERASED = "erased"  # rows of a day whose key was destroyed
    DISK_FULL = "disk_full"  # raw detail that was not taken
    UNREADABLE = "unreadable"  # a spool whose head was never written whole


@dataclass(frozen=True, slots=True)
class Sealed:
    """What became of a spool."""

    done: bool
    """False: it stays, and is sealed another time."""
    rows: int = 0


class Sealer:
    """Seals the spools of one store. Making one opens nothing."""

    def __init__(self, committer: Committer, now_us: Callable[[], int]) -> None:
        self._committer = committer
        self._now_us = now_us

    def seal(self, path: Path) -> Sealed:
        """Seal a spool of which the caller holds the lock.

        Raises:
            OSError: the spool cannot be read or removed, or the manifest not be read; nothing of
                it is lost.
        """
        try:
            data = path.read_bytes()
            head = pull_head(data)
        except FileNotFoundError:  # it could not even be made
            return Sealed(done=True)
        except NoSpool:
            self._note(None, Reason.UNREADABLE, None)
            return _remove(path, 0)
        if self._committer.manifest.knows(head.name):
            return _remove(path, 0)
        if head.record in ENCRYPTED and self._committer.keys.destroyed(head.day):
            self._note(head, Reason.ERASED, None)
            return _remove(path, 0)
        return self._seal(path, head, data)

    def _seal(self, path: Path, head: Head, data: bytes) -> Sealed:
        try:
            cipher = cipher_of(self._committer.keys, head)
        except KeyMissing:  # not destroyed: perhaps the keys are only not mounted
            return Sealed(done=False)
        trusted = self._committer.manifest.frames_to_trust(head.name)
        found = recover(data, cipher, most=trusted)
        cipher.forget()
        rows = sum(table.num_rows for table in found.tables)
        if rows and not self._commit(head, found.schema, found.tables):
            return Sealed(done=False)
        if not found.whole and trusted is None:
            self._note(head, Reason.TORN, None)
        return _remove(path, rows)

    def _commit(self, head: Head, schema: pa.Schema, tables: list[pa.Table]) -> bool:
        part = Part(head.name, head.record, head.day, schema, CAPTURE)
        ordered = pa.concat_tables(tables).sort_by(schema.names[0])
        for _ in range(ATTEMPTS):
            try:
                self._committer.commit(part, [ordered])
            except NotCommitted as error:
                self._note(head, f"{Reason.SEAL_FAILED}: {error}", 0)
            else:
                return True
        return False

    def _note(self, head: Head | None, reason: str, rows: int | None) -> None:
        """Record a gap; while the manifest cannot be written, the spool itself still tells of it."""
        place = ("", None, None) if head is None else (head.record, head.day, head.name)
        try:
            self._committer.manifest.add_gaps([Gap(self._now_us(), *place, str(reason), rows)])
        except OSError:
            return


def _remove(path: Path, rows: int) -> Sealed:
    path.unlink(missing_ok=True)
    sync_directory(path.parent)
    return Sealed(done=True, rows=rows)


def lock_orphan(path: Path) -> int | None:
    """Open and lock a spool that no living process owns; None if one does, or it is gone.

    Returns a descriptor that the caller closes when it is done with the spool.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if os.fstat(handle).st_nlink == 0:
        os.close(handle)
        return None
    return handle
