"""The keys of the days: 32 random octets each; a day whose key is destroyed is erased. Does I/O.

Everything stored of a day's slices is encrypted under keys derived from its one key, so that
destroying it erases spool, day files and copies at once, on any medium. The key must outlive a power
cut (else the day would be lost with it), so it lies on disk: in a directory of its own, root-only,
apart from data and backups, and wrapped under a secret of this machine (`machine.py`) that lies
elsewhere again.

Destroying a key overwrites the file, syncs it, then unlinks it and syncs the directory. Best effort: an
SSD may keep the old octets in a cell that nobody can address, and a file system that copies on write
in an old block. What remains there is the wrapped key.
"""

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

from privacy.store.files import PRIVATE_FILE, make_private, sync_directory, write_small
from privacy.store.machine import MachineKeyRefused, wrapping_key
from privacy.store.wipe import wipe

KEY_OCTETS: Final = 32
KNOWN_MAX: Final = 4
"""Keys held in memory by one process: today's, yesterday's around midnight, two of a compaction."""
_GONE: Final = ".gone"
_NONCE_OCTETS: Final = 12
_FORM: Final = b"jauge day key v1 "


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


def derive(key: bytes | bytearray, purpose: str) -> bytes:
    """Return the key of one purpose (HKDF-SHA256, RFC 5869): no two uses share an AES key.

    A bytearray is overwritten: it was a copy, made for this.
    """
    kdf = HKDF(SHA256(), KEY_OCTETS, salt=None, info=f"jauge {purpose} v1".encode())
    derived = kdf.derive(key)
    if isinstance(key, bytearray):
        wipe(key)
    return derived


class FileKeyring:
    """One file per day (0600) in a directory (0700), wrapped. Making one opens nothing.

    Args:
        directory: of the store's keys.
        machine: gives the wrapping key; `make` says whether it may be drawn.
    """

    def __init__(self, directory: Path, machine: Callable[..., bytes] = wrapping_key) -> None:
        self.directory = directory
        self._machine = machine
        self._known: OrderedDict[date, bytearray] = OrderedDict()
        self._lock = threading.Lock()

    def key_of(self, day: date, *, make: bool = False) -> bytes | bytearray:
        """See `DayKeyring`."""
        if self.destroyed(day):
            self.forget(day)
            raise KeyMissing(f"the key of {day} was destroyed: the day is erased")
        with self._lock:
            if day not in self._known:
                self._known[day] = self._read(day, make=make)
                while len(self._known) > KNOWN_MAX:
                    wipe(self._known.popitem(last=False)[1])
            return bytearray(self._known[day])

    def forget(self, day: date) -> None:
        """Overwrite the key of a day in this process's memory."""
        with self._lock:
            key = self._known.pop(day, None)
            if key is not None:
                wipe(key)

    def _read(self, day: date, *, make: bool) -> bytearray:
        path = self.directory / day.isoformat()
        try:
            wrapped = path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise KeyMissing(f"{path}: no key for this day") from None
            wrapped = self._make(path, day)
        return self._unwrap(path, day, wrapped)

    def _cipher(self, *, make: bool) -> AESGCM:
        try:
            return AESGCM(self._machine(make=make))
        except MachineKeyRefused as refused:
            raise KeyMissing(str(refused)) from None

    def _unwrap(self, path: Path, day: date, wrapped: bytes) -> bytearray:
        cipher = self._cipher(make=False)
        nonce, rest = wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:]
        try:
            plain = cipher.decrypt(nonce, rest, _FORM + day.isoformat().encode())
        except (InvalidTag, ValueError):
            raise KeyMissing(
                f"{path}: not a key of this machine; restore this machine's secret"
            ) from None
        key = bytearray(plain)
        wipe(plain)
        return key

    def _make(self, path: Path, day: date) -> bytes:
        """Make a key; of two processes or threads at once, both get the first one's."""
        make_private(self.directory)
        cipher = self._cipher(make=True)
        unfinished = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
        key, nonce = os.urandom(KEY_OCTETS), os.urandom(_NONCE_OCTETS)
        wrapped = nonce + cipher.encrypt(nonce, key, _FORM + day.isoformat().encode())
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

    def days(self) -> list[date]:
        """Return the days that have a key, oldest first."""
        return sorted({day for day, gone in self._files() if not gone})

    def erased(self) -> list[date]:
        """Return the days whose keys were destroyed, oldest first."""
        return sorted({day for day, gone in self._files() if gone})

    def _files(self) -> list[tuple[date, bool]]:
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
        return (self.directory / (day.isoformat() + _GONE)).exists()

    def destroy(self, day: date) -> None:
        """Erase the day: its tombstone first, then the key, and what a killed writer left of it.

        Raises:
            OSError: the key may still be there; do it again.
        """
        make_private(self.directory)
        tombstone = self.directory / (day.isoformat() + _GONE)
        write_small(tombstone, b"")
        self.forget(day)
        for path in self.directory.glob(f"{day.isoformat()}*"):
            if path != tombstone:
                _overwrite(path)
                path.unlink()
        sync_directory(self.directory)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.fchmod(handle, PRIVATE_FILE)
        os.pwrite(handle, bytes(max(os.fstat(handle).st_size, KEY_OCTETS)), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
