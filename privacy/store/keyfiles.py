"""Files of wrapped keys: one per name (0600) in a directory (0700) of their own. Does I/O.

What the names are is told by keys.py. A key is wrapped under this machine's secret (machine.py) and bound
to its name; its octets in memory are overwritten as soon as they are not needed.
"""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.store.files import PRIVATE_FILE, make_private, sync_directory, write_small
from privacy.store.machine import MachineKeyRefused
from privacy.store.wipe import wipe

KEY_OCTETS: Final = 32
KNOWN_MAX: Final = 4
"""Keys held in memory by one process: today's, yesterday's around midnight, two of a compaction."""
GONE: Final = ".gone"
"""Suffix of the tombstone of a key that was destroyed."""
_NONCE_OCTETS: Final = 12


class KeyMissing(Exception):
    """A key is not there: destroyed, or another store's."""


class KeyFiles:
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
        weakref.finalize(self, _wipe_all, self._known)  # an end of the process included

    def key_of(self, name: str, *, make: bool) -> bytearray:
        """Return a copy of a key; drawn first if there is none and `make` says so.

        Raises:
            KeyMissing: there is none, it was destroyed, or it is another machine's.
            OSError: it cannot be read or made durable.
        """
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
        """Overwrite a key in this process's memory."""
        with self._lock:
            key = self._known.pop(name, None)
            if key is not None:
                wipe(key)

    def tend(self) -> None:
        """Forget what another process destroyed."""
        for name in list(self._known):
            if self.destroyed(name):
                self.forget(name)

    def let_go(self) -> None:
        """Forget every key."""
        for name in list(self._known):
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
        """Say whether there is a tombstone.

        Asked for every batch of rows, for months: pathlib would intern the name each time, and the
        interpreter's table of such strings grew by 1.9 MiB within minutes.
        """
        return os.path.exists(f"{self.directory}/{name}{GONE}")  # noqa: PTH110 - pathlib interns the name

    def bury(self, name: str) -> None:
        """Say that nothing may be written under this name again."""
        make_private(self.directory)
        write_small(self.directory / (name + GONE), b"")

    def destroy(self, name: str) -> None:
        """Overwrite the key, what a killed writer left of it too; a tombstone stays.

        Raises:
            OSError: the key may still be there; do it again.
        """
        self.forget(name)
        found = [p for p in self.directory.glob(f"{name}*") if p.name != name + GONE]
        for path in found:
            _overwrite(path)
            path.unlink()
        if self.directory.is_dir():
            sync_directory(self.directory)


def _wipe_all(known: OrderedDict[str, bytearray]) -> None:
    for key in known.values():
        wipe(key)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.fchmod(handle, PRIVATE_FILE)
        os.pwrite(handle, bytes(max(os.fstat(handle).st_size, KEY_OCTETS)), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
