"""The audit log of one store: `log/audit.jsonl`, `log/log.pub`; its key lies beside the store. I/O.

Rules: one writer at a time (a lock); an append is on disk (fsync) when it returns; an append that was
cut short is taken off by the next one, which says so in the log; any other damage refuses, because a
log that mends itself proves nothing.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.keys import NoKey, private_key, private_text, public_key, public_text
from privacy.log.checkpoint import write_checkpoint
from privacy.log.entries import Entry, check_entry
from privacy.log.merkle import Tree
from privacy.log.record import LogDamaged, Verified, lines_of, read, verify, write_line
from privacy.store.files import make_private, sync_directory, write_all, write_small

DIRECTORY: Final = "log"
FILE: Final = "audit.jsonl"
PUBLIC: Final = "log.pub"
KEY: Final = "log.key"
_PRIVATE: Final = 0o600
_OTHERS: Final = 0o077


class LogRefused(Exception):
    """The log cannot be used: where, what, and what to do."""


class AuditLog:
    """Appends to and reads one log. Making one opens nothing.

    Args:
        store: the store's directory.
        keys: directory of the store's keys, which no backup of the store holds.
        now_us: wall clock, µs since 1970.
    """

    def __init__(self, store: Path, keys: Path, now_us: Callable[[], int]) -> None:
        self.path = store / DIRECTORY / FILE
        self._public = store / DIRECTORY / PUBLIC
        self._key = keys / KEY
        self._now_us = now_us
        self._tree = Tree()
        self._read_octets = 0
        self._entries: list[Entry] = []

    # --- reading

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, oldest first; the last signature is checked, it covers them all.

        Raises:
            LogRefused: the log is damaged, or its key missing.
            OSError: it cannot be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            self._forget()
            return ()
        self._take(data)
        return tuple(self._entries)

    def verify(self) -> Verified:
        """Check everything (`record.verify`).

        Raises:
            LogRefused: the log is damaged, or its key missing.
            OSError: it cannot be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            data = b""
        try:
            return verify(data, self.public_key())
        except LogDamaged as damage:
            raise self._damaged(damage) from None

    def checkpoint(self) -> bytes:
        """Return a signed checkpoint of the whole log, after checking it (`privacy.log.checkpoint`).

        Raises:
            LogRefused: the log is damaged, or its key missing or open to others.
            OSError: it cannot be read.
        """
        with self._locked():
            key = self._signing_key()
            return write_checkpoint(self.verify().leaves, key)

    def begun(self) -> bool:
        """Say whether anything was ever logged."""
        return self.path.exists()

    def _forget(self) -> None:
        self._tree, self._read_octets, self._entries = Tree(), 0, []

    def _take(self, data: bytes) -> int:
        """Read what was appended since the last time; returns the octets of complete lines."""
        if len(data) < self._read_octets:
            self._forget()
        fresh = lines_of(data[self._read_octets :])
        if fresh:
            before = self._tree, self._read_octets, self._entries
            try:
                entries, _ = read(fresh, self._tree, self.public_key(), all_signed=False)
            except LogDamaged as damage:
                self._tree, self._read_octets, self._entries = before
                self._forget()
                raise self._damaged(damage) from None
            self._entries += entries
            self._read_octets += sum(map(len, fresh))
        return self._read_octets

    def _damaged(self, damage: LogDamaged) -> LogRefused:
        return LogRefused(f"{self.path}: {damage}; restore it from a backup, and tell the DPO")

    def public_key(self) -> Ed25519PublicKey:
        """Return the key whose signatures the log bears.

        Raises:
            LogRefused: it is missing or damaged.
        """
        try:
            return public_key(self._public.read_bytes())
        except FileNotFoundError:
            raise LogRefused(f"{self._public}: missing; restore it from a backup") from None
        except NoKey:
            raise LogRefused(f"{self._public}: damaged; restore it from a backup") from None

    # --- appending

    def append(self, kind: str, facts: Mapping[str, Any]) -> Entry:
        """Append one entry durably; returns it.

        Raises:
            EntryRefused: not an entry.
            LogRefused: the log is damaged, or its key missing or open to others.
            OSError: it could not be made durable; nothing counts as logged.
        """
        check_entry(Entry(0, self._now(), kind, facts))
        make_private(self.path.parent)
        with self._locked() as file:
            key = self._signing_key()
            data = _read_all(file)
            complete = self._take(data)
            lines = b"" if complete else self._line(
                "log_begun", {"public_key": public_text(key.public_key())}, key
            )  # fmt: skip
            torn = len(data) - complete
            if torn:
                os.ftruncate(file, complete)
                lines += self._line("log_repaired", {"octets": torn}, key)
            lines += self._line(kind, facts, key)
            self._write(file, lines, complete)
        return self._entries[-1]

    def _line(self, kind: str, facts: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
        entry = Entry(self._tree.size, self._now(), kind, dict(facts))
        line = write_line(entry, self._tree, key)
        self._entries.append(entry)
        return line

    def _write(self, file: int, lines: bytes, complete: int) -> None:
        try:
            write_all(file, lines)
            os.fsync(file)
        except OSError:
            # Whatever reached the disk is no longer trusted to be an entry.
            self._forget()
            os.ftruncate(file, complete)
            raise
        self._read_octets = complete + len(lines)
        if not complete:
            sync_directory(self.path.parent)

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._now_us() // 1_000_000, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        file = os.open(self.path, flags, _PRIVATE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs, made with the log; the log must be locked."""
        if not self._key.exists():
            if self.path.stat().st_size:
                raise LogRefused(
                    f"{self._key}: the key of the audit log is missing; restore it, or move "
                    f"{self.path.parent} away (keep it for the DPO) and let a new log begin"
                )
            make_private(self._key.parent)
            write_small(self._key, private_text(Ed25519PrivateKey.generate()))
            self._public.unlink(missing_ok=True)
        if self._key.stat().st_mode & _OTHERS or self._key.parent.stat().st_mode & _OTHERS:
            raise LogRefused(
                f"{self._key}: open to other users; chmod 700 its directory and 600 the file"
            )
        try:
            key = private_key(self._key.read_bytes())
        except NoKey:
            raise LogRefused(f"{self._key}: damaged; restore it") from None
        if not self._public.exists():
            write_small(self._public, public_text(key.public_key()).encode())
        if public_text(self.public_key()) != public_text(key.public_key()):
            raise LogRefused(f"{self._key}: not the key of this log; restore the right one")
        return key


def _read_all(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)
