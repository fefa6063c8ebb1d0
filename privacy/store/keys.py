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
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.store.files import who_may_replace
from privacy.store.keyfiles import GONE, KEY_OCTETS, KeyFiles, KeyMissing
from privacy.store.machine import wrapping_key
from privacy.store.wipe import wipe

__all__ = ["CELLS", "CellKeyring", "DayKeyring", "FileKeyring", "KeyMissing", "derive"]

_DAY_FORM: Final = b"jauge day key v1 "
_CELLS_FORM: Final = b"jauge cells key v1 "
CELLS: Final = "cells"
"""Directory, among the keys of a store, of those of exact cells."""


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

    def let_go(self) -> None:
        """Overwrite every key that this process holds; they are read again when they are needed."""

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


class FileKeyring:
    """The keys of the days of one store: files in a directory. Making one opens nothing.

    Args:
        directory: of the store's keys.
        machine: gives the wrapping key; `make` says whether it may be drawn.
    """

    def __init__(self, directory: Path, machine: Callable[..., bytes] = wrapping_key) -> None:
        self.directory = directory
        self._files = KeyFiles(directory, machine, _DAY_FORM)

    def key_of(self, day: date, *, make: bool = False) -> bytes | bytearray:
        """See `DayKeyring`."""
        return self._files.key_of(day.isoformat(), make=make)

    def tend(self) -> None:
        """See `DayKeyring`."""
        self._files.tend()

    def let_go(self) -> None:
        """See `DayKeyring`."""
        self._files.let_go()

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
            found.append((day, path.suffix == GONE))
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
        self._files = KeyFiles(self.directory, machine, _CELLS_FORM)

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
