"""The keys of the days: 32 random octets each; a day whose key is destroyed is erased. Does I/O.

Everything stored of a day's slices is encrypted under keys derived from its one key, so that
destroying it erases spool, day files and copies at once, on any medium. The key must outlive a power
cut (else the day would be lost with it), so it lies on disk: in a directory of its own, root-only,
apart from data and backups.
"""

import os
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.store.files import PRIVATE_FILE, make_private, sync_directory, write_small

KEY_OCTETS: Final = 32
_GONE: Final = ".gone"


class KeyMissing(Exception):
    """The key of a day is not there: destroyed, or another store's."""


class DayKeyring(Protocol):
    """Whoever keeps the keys of the days."""

    def key_of(self, day: date, *, make: bool = False) -> bytes:
        """Return the day's 32 octets; only a writer says `make`.

        Raises:
            KeyMissing: there is none, or it was destroyed.
            OSError: it cannot be read or made durable.
        """

    def destroyed(self, day: date) -> bool:
        """Say whether the day's key was destroyed: nothing of that day may be written again."""


def derive(key: bytes, purpose: str) -> bytes:
    """Return the key of one purpose (HKDF-SHA256, RFC 5869): no two uses share an AES key."""
    return HKDF(SHA256(), KEY_OCTETS, salt=None, info=f"jauge {purpose} v1".encode()).derive(key)


class FileKeyring:
    """One file per day (0600) in a directory (0700). Making one opens nothing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._known: dict[date, bytes] = {}

    def key_of(self, day: date, *, make: bool = False) -> bytes:
        """See `DayKeyring`."""
        if day not in self._known:
            self._known[day] = self._read(day, make=make)
        return self._known[day]

    def _read(self, day: date, *, make: bool) -> bytes:
        path = self.directory / day.isoformat()
        if self.destroyed(day):
            raise KeyMissing(f"the key of {day} was destroyed: the day is erased")
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise KeyMissing(f"{path}: no key for this day") from None
            key = self._make(path)
        if len(key) != KEY_OCTETS:
            raise KeyMissing(f"{path}: not a key")
        return key

    def _make(self, path: Path) -> bytes:
        """Make a key; of two processes that make it at once, both get the first one's."""
        make_private(self.directory)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        key = os.urandom(KEY_OCTETS)
        write_small(unfinished, key)
        try:
            os.link(unfinished, path)
        except FileExistsError:
            key = path.read_bytes()
        finally:
            unfinished.unlink(missing_ok=True)
        sync_directory(self.directory)
        return key

    def destroyed(self, day: date) -> bool:
        """See `DayKeyring`."""
        return (self.directory / (day.isoformat() + _GONE)).exists()

    def destroy(self, day: date) -> None:
        """Erase the day: its tombstone first, then the key.

        Raises:
            OSError: the key may still be there; do it again.
        """
        make_private(self.directory)
        write_small(self.directory / (day.isoformat() + _GONE), b"")
        self._known.pop(day, None)
        path = self.directory / day.isoformat()
        if path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.fchmod(handle, PRIVATE_FILE)
                os.pwrite(handle, bytes(KEY_OCTETS), 0)
                os.fsync(handle)
            finally:
                os.close(handle)
            path.unlink()
        sync_directory(self.directory)
