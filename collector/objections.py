"""Who is not measured: zones that the school declares so, and single devices that object. Does I/O at the end.

A device that objects is known by a keyed hash of its MAC address, under a key that the collector alone reads;
it is the one named exception to "no MAC address" (docs/what-a-thief-gets.md), and worth nothing without the
key. Its slices are dropped in memory, before any write, and so are those of a zone that is not measured.
Their packets are parsed and stay in the load of the link, which is the whole school's.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from collector.meter import layout as lay
from privacy.store.files import make_private, write_small

DIRECTORY: Final = "collector"
KEY: Final = "objections.key"
FILE: Final = "objections.json"
KEY_OCTETS: Final = 32
HASH_OCTETS: Final = 16
OBJECTIONS_MAX: Final = 10_000
"""More devices than a school has; a list that grows past it is a mistake."""
_PERSON: Final = b"object/v1"
_MAC: Final = re.compile(r"([0-9a-f]{2})[:.-]?" * 5 + "([0-9a-f]{2})")


class ObjectionsRefused(Exception):
    """The list cannot be used: where, what, and what to do."""


def mac_of(text: str) -> bytes | None:
    """Return the six octets of a typed MAC address, or None; `02:00:…`, `02-00-…`, `0200.0000.0001`."""
    found = _MAC.fullmatch(text.strip().lower())
    return bytes.fromhex("".join(found.groups())) if found else None


def hash_of(mac: bytes, key: bytes) -> str:
    """Return what stands for a device that objects: 32 hex digits."""
    return hashlib.blake2b(mac, digest_size=HASH_OCTETS, key=key, person=_PERSON).hexdigest()


class Objections:
    """What is not recorded. Looked at for each slice; pure but for `refresh`.

    Args:
        hashes: of the devices that object.
        key: of the hashes.
        measured: by zone number, whether it is; empty: all are.
    """

    def __init__(
        self, hashes: Iterable[str] = (), key: bytes = b"", measured: tuple[bool, ...] = ()
    ) -> None:
        self._hashes, self._key = frozenset(hashes), key
        self._unmeasured = np.array([not each for each in measured], bool)
        self._book: Book | None = None
        self._state: object = None
        self._known = np.zeros(lay.DEVICE_CAP, bool)
        self._refused = np.zeros(lay.DEVICE_CAP, bool)
        self.dropped = 0
        """Slices that were not recorded."""

    def __len__(self) -> int:
        return len(self._hashes)

    def follow(self, book: "Book") -> None:
        """Take the list from a book, now and at each `refresh`.

        Raises:
            ObjectionsRefused: it cannot be used.
        """
        self._book = book
        self.refresh()

    def refresh(self) -> None:
        """Read the list again if it changed.

        Raises:
            ObjectionsRefused: it cannot be used; the list stays as it was.
        """
        if self._book is None or self._book.state() == self._state:
            return
        state = self._book.state()
        self._hashes, self._key = self._book.read()
        self._state = state
        self.forget()

    def objects(self, mac: bytes) -> bool:
        """Say whether a device objects."""
        return bool(self._hashes) and hash_of(mac, self._key) in self._hashes

    def refuses_zone(self, zone: int) -> bool:
        """Say whether a zone is not measured."""
        return 0 <= zone < len(self._unmeasured) and bool(self._unmeasured[zone])

    def forget(self) -> None:
        """Forget which of the meter's devices object: they were numbered anew, or the list changed."""
        self._known[:] = False
        self._refused[:] = False

    def kept(self, rows: Any, tables: Any) -> Any:
        """Return the rows that may be recorded, of ROW records, and count the others."""
        refused = np.zeros(len(rows), bool)
        if self._unmeasured.any():
            zones = rows["zone"]
            refused |= (zones >= 0) & self._unmeasured[np.maximum(zones, 0)]
        if self._hashes:
            slots = rows["device"]
            with_device = slots >= 0
            self._look_up(np.unique(slots[with_device]), tables["devices"])
            refused |= with_device & self._refused[np.maximum(slots, 0)]
        self.dropped += int(refused.sum())
        return rows[~refused] if refused.any() else rows

    def _look_up(self, slots: Any, devices: Any) -> None:
        for slot in slots[~self._known[slots]].tolist():
            mac = int(devices["mac"][slot])
            self._refused[slot] = mac != 0 and self.objects(mac.to_bytes(6, "big"))
            self._known[slot] = True


class Book:
    """The list and its key in the collector's own directory. Making one opens nothing."""

    def __init__(self, keys: Path) -> None:
        self.directory = keys / DIRECTORY
        self._key, self._file = self.directory / KEY, self.directory / FILE

    def state(self) -> object:
        """Return something that changes with the list."""
        try:
            stat = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def read(self) -> tuple[frozenset[str], bytes]:
        """Return the hashes and their key; empty without a list.

        Raises:
            ObjectionsRefused: damaged, or its key is missing: objections would be passed over.
        """
        try:
            found = json.loads(self._file.read_bytes())["devices"]
            hashes = frozenset(map(str, found))
        except (FileNotFoundError, NotADirectoryError):
            return frozenset(), b""
        except (OSError, ValueError, TypeError, KeyError):
            raise ObjectionsRefused(f"{self._file}: damaged; restore it from a backup") from None
        try:
            key = self._key.read_bytes()
        except OSError:
            key = b""
        if len(key) != KEY_OCTETS:
            raise ObjectionsRefused(
                f"{self._key}: missing or damaged, so that nobody knows who objects; restore it, or "
                f"remove {self._file} and ask again who objects"
            )
        return hashes, key

    def change(self, mac: bytes, *, objects: bool) -> tuple[int, bool]:
        """Add or remove a device; returns how many there are, and whether anything changed.

        Raises:
            ObjectionsRefused: the list cannot be used, or is full.
            OSError: it cannot be written; the old one stays.
        """
        hashes, key = self.read()
        if not key:
            key = self._make_key()
        entry = hash_of(mac, key)
        if (entry in hashes) == objects:
            return len(hashes), False
        after = hashes | {entry} if objects else hashes - {entry}
        if len(after) > OBJECTIONS_MAX:
            raise ObjectionsRefused(f"{self._file}: at most {OBJECTIONS_MAX:,} devices")
        write_small(self._file, json.dumps({"devices": sorted(after)}).encode())
        return len(after), True

    def _make_key(self) -> bytes:
        make_private(self.directory)
        if not self._key.exists():
            write_small(self._key, os.urandom(KEY_OCTETS))
        return self._key.read_bytes()
