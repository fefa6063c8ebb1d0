"""The keys of the days: 32 random octets each; a day whose key is destroyed is erased. Does I/O.

Exact cells have keys of their own, one per table and period, destroyed when the period is released.

Everything stored of a day's slices is encrypted under keys derived from its one key, so that
destroying it erases spool, day files and copies at once, on any medium. The key must outlive a power
cut (else the day would be lost with it), so it lies on disk: in a directory of its own, root-only,
apart from data and backups, and wrapped under a secret of this machine (`machine.py`) that lies
elsewhere again.

Destroying a key overwrites the file, syncs it, then unlinks it and syncs the directory. Best effort: an
SSD may keep the old octets in a cell that nobody can address, and a file system that copies on write
in an old block. What remains there is the wrapped key.
"""

import errno
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.store.files import (
    PRIVATE_FILE,
    make_private,
    sync_directory,
    who_may_replace,
    write_small,
)
from privacy.store.machine import MachineKeyRefused, wrapping_key
from privacy.store.wipe import wipe

KEY_OCTETS: Final = 32
KNOWN_MAX: Final = 4
"""Keys held in memory by one process: today's, yesterday's around midnight, two of a compaction."""
_GONE: Final = ".gone"
_NONCE_OCTETS: Final = 12
_DAY_FORM: Final = b"jauge day key v1 "
_CELLS_FORM: Final = b"jauge cells key v1 "
CELLS: Final = "cells"
"""Directory, among the keys of a store, of those of exact cells."""


class KeyMissing(Exception):
    """The key of a day is not there: destroyed, or another store's."""


class DayKeyring(Protocol):
    """Whoever keeps the keys of the days."""

    def key_of(self, day: date, *, make: bool = False) -> bytes | bytearray:
        """Return a copy of the day's 32 octets, for `derive`; only a writer says `make`.

        Raises:
            KeyMissing: there is none, or it was destroyed.
            OSError: it cannot be read or made durable.
        """

    def destroyed(self, day: date) -> bool:
        """Say whether the day's key was destroyed: nothing of that day may be written again."""

    def tend(self) -> None:
        """Overwrite what this process still holds of keys that another one destroyed."""

    def check(self) -> None:
        """Look whether the keys lie where only their owner can reach them.

        Raises:
            PermissionError: others can; says where and what to do.
        """


def derive(key: bytes | bytearray, purpose: str) -> bytes:
    """Return the key of one purpose (HKDF-SHA256, RFC 5869): no two uses share an AES key.

    A bytearray is overwritten: it was a copy, made for this.
    """
    kdf = HKDF(SHA256(), KEY_OCTETS, salt=None, info=f"jauge {purpose} v1".encode())
    derived = kdf.derive(key)
    if isinstance(key, bytearray):
        wipe(key)
    return derived


class _KeyFiles:
    """One file per name (0600) in a directory (0700), wrapped. Making one opens nothing.

    Args:
        directory: theirs alone.
        machine: gives the wrapping key; `make` says whether it may be drawn.
        form: bound to each wrapped key with its name: none can be passed off as another.
    """

    def __init__(self, directory: Path, machine: Callable[..., bytes], form: bytes) -> None:
        self.directory = directory
        self._machine = machine
        self._form = form
        self._known: OrderedDict[str, bytearray] = OrderedDict()
        self._lock = threading.Lock()

    def key_of(self, name: str, *, make: bool) -> bytearray:
        if self.destroyed(name):
            self.forget(name)
            raise KeyMissing(f"the key of {name} was destroyed: the day is erased")
        with self._lock:
            if name not in self._known:
                self._known[name] = self._read(name, make=make)
                while len(self._known) > KNOWN_MAX:
                    wipe(self._known.popitem(last=False)[1])
            return bytearray(self._known[name])

    def forget(self, name: str) -> None:
        with self._lock:
            key = self._known.pop(name, None)
            if key is not None:
                wipe(key)

    def tend(self) -> None:
        for name in list(self._known):
            if self.destroyed(name):
                self.forget(name)

    def _read(self, name: str, *, make: bool) -> bytearray:
        path = self.directory / name
        try:
            wrapped = path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise KeyMissing(f"{path}: no such key") from None
            wrapped = self._make(path)
        return self._unwrap(path, wrapped)

    def _cipher(self, *, make: bool) -> AESGCM:
        try:
            return AESGCM(self._machine(make=make))
        except MachineKeyRefused as refused:
            raise KeyMissing(str(refused)) from None

    def _unwrap(self, path: Path, wrapped: bytes) -> bytearray:
        cipher = self._cipher(make=False)
        nonce, rest = wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:]
        try:
            plain = cipher.decrypt(nonce, rest, self._form + path.name.encode())
        except (InvalidTag, ValueError):
            raise KeyMissing(
                f"{path}: not a key of this machine; restore this machine's secret"
            ) from None
        key = bytearray(plain)
        wipe(plain)
        return key

    def _make(self, path: Path) -> bytes:
        """Make a key; of two processes or threads at once, both get the first one's."""
        make_private(self.directory)
        cipher = self._cipher(make=True)
        unfinished = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
        key, nonce = os.urandom(KEY_OCTETS), os.urandom(_NONCE_OCTETS)
        wrapped = nonce + cipher.encrypt(nonce, key, self._form + path.name.encode())
        wipe(key)
        write_small(unfinished, wrapped)
        try:
            os.link(unfinished, path)
        except FileExistsError:
            wrapped = path.read_bytes()
        finally:
            unfinished.unlink(missing_ok=True)
        sync_directory(self.directory)
        return wrapped

    def destroyed(self, name: str) -> bool:
        return (self.directory / (name + _GONE)).exists()

    def bury(self, name: str) -> None:
        """Say that nothing may be written under this name again."""
        make_private(self.directory)
        write_small(self.directory / (name + _GONE), b"")

    def destroy(self, name: str) -> None:
        """Overwrite the key, what a killed writer left of it too; a tombstone stays.

        Raises:
            OSError: the key may still be there; do it again.
        """
        self.forget(name)
        found = [p for p in self.directory.glob(f"{name}*") if p.name != name + _GONE]
        for path in found:
            _overwrite(path)
            path.unlink()
        if self.directory.is_dir():
            sync_directory(self.directory)


class FileKeyring:
    """The keys of the days of one store: files in a directory. Making one opens nothing.

    Args:
        directory: of the store's keys.
        machine: gives the wrapping key; `make` says whether it may be drawn.
    """

    def __init__(self, directory: Path, machine: Callable[..., bytes] = wrapping_key) -> None:
        self.directory = directory
        self._files = _KeyFiles(directory, machine, _DAY_FORM)

    def key_of(self, day: date, *, make: bool = False) -> bytes | bytearray:
        """See `DayKeyring`."""
        return self._files.key_of(day.isoformat(), make=make)

    def tend(self) -> None:
        """See `DayKeyring`."""
        self._files.tend()

    def check(self) -> None:
        """See `DayKeyring`."""
        if sentence := who_may_replace(self.directory):
            raise PermissionError(errno.EPERM, f"its keys are not safe: {sentence}")

    def forget(self, day: date) -> None:
        """Overwrite the key of a day in this process's memory."""
        self._files.forget(day.isoformat())

    def days(self) -> list[date]:
        """Return the days that have a key, oldest first."""
        return sorted({day for day, gone in self._found() if not gone})

    def erased(self) -> list[date]:
        """Return the days whose keys were destroyed, oldest first."""
        return sorted({day for day, gone in self._found() if gone})

    def _found(self) -> list[tuple[date, bool]]:
        found = []
        for path in self.directory.glob("????-??-??*"):
            try:
                day = date.fromisoformat(path.name[:10])
            except ValueError:
                continue
            found.append((day, path.suffix == _GONE))
        return found

    def destroyed(self, day: date) -> bool:
        """See `DayKeyring`."""
        return self._files.destroyed(day.isoformat())

    def destroy(self, day: date) -> None:
        """Erase the day: its tombstone first, then the key, and what a killed writer left of it.

        Raises:
            OSError: the key may still be there; do it again.
        """
        self._files.bury(day.isoformat())
        self._files.destroy(day.isoformat())


class CellKeyring:
    """The keys of exact cells, one per table and period of release. Making one opens nothing.

    Args:
        keys: directory of the store's keys.
        machine: see FileKeyring.
    """

    def __init__(self, keys: Path, machine: Callable[..., bytes] = wrapping_key) -> None:
        self.directory = keys / CELLS
        self._files = _KeyFiles(self.directory, machine, _CELLS_FORM)

    def key_of(self, table: str, period: str, *, make: bool = False) -> bytearray:
        """Return a copy of 32 octets, for `derive`; only who writes cells says `make`.

        Raises:
            KeyMissing: there is none (any more), or it is another machine's.
            OSError: it cannot be read or made durable.
        """
        return self._files.key_of(f"{table}-{period}", make=make)

    def destroy(self, table: str, period: str) -> None:
        """Erase the cells of a released period, wherever copies of them lie.

        No tombstone: the ledger says that the period is over.

        Raises:
            OSError: the key may still be there; do it again.
        """
        self._files.destroy(f"{table}-{period}")


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.fchmod(handle, PRIVATE_FILE)
        os.pwrite(handle, bytes(max(os.fstat(handle).st_size, KEY_OCTETS)), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
