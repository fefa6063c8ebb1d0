"""The kernel's key store (keyrings(7)), called without a library: add, find, read, destroy.

Keys hang on the keyring of the user, which outlives a process and dies with the machine's run; its
octets are kernel memory, never swapped, and no file. systemd gives a unit a session keyring of its own
from which the user's keyring is not reached, and a key that is not reached cannot be read: so the user's
keyring is linked to the keyring of this process first.

Calls made: add_key(2), keyctl(2).
"""

import ctypes
import os
import platform
from typing import Final

_NUMBERS: Final = {
    "x86_64": (248, 250),
    "aarch64": (217, 219),
    "riscv64": (217, 219),
    "armv7l": (309, 311),
}
"""add_key, keyctl by machine (include/uapi/asm/unistd)."""
_PROCESS_RING: Final = -2
_USER_RING: Final = -4
_REVOKE, _DESCRIBE, _LINK, _UNLINK, _SEARCH, _READ = 3, 6, 8, 9, 10, 11
_TYPE: Final = b"user"
LIST_MAX: Final = 65_536
"""Octets of a keyring's list of keys: the kernel's quota allows root about as many."""


class NoKernelKeys(Exception):
    """This kernel, container or sandbox refuses keyrings. Says which call."""


class KernelKeys:
    """The user's keyring. Making one links it to this process.

    Raises:
        NoKernelKeys: it is refused here.
    """

    def __init__(self) -> None:
        numbers = _NUMBERS.get(platform.machine())
        if numbers is None:
            raise NoKernelKeys(f"no keyring calls known for {platform.machine()}")
        self._add_key, self._keyctl = numbers
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.syscall.restype = ctypes.c_long
        if self._control(_LINK, _USER_RING, _PROCESS_RING) < 0:
            raise NoKernelKeys(f"keyctl: {os.strerror(ctypes.get_errno())}")

    def _control(self, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
        # Whole words: a C `int` would leave the upper half of a register to chance.
        words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
        return int(self._libc.syscall(ctypes.c_long(self._keyctl), *words))

    def find(self, name: str) -> int | None:
        """Return the number of a key, or None."""
        number = self._control(_SEARCH, _USER_RING, _TYPE, name.encode(), 0)
        return number if number > 0 else None

    def add(self, name: str, octets: "ctypes.Array[ctypes.c_char]") -> None:
        """Keep octets under a name; they are copied from where they lie.

        Raises:
            NoKernelKeys: a quota or a sandbox refuses it.
        """
        number = self._libc.syscall(
            ctypes.c_long(self._add_key), _TYPE, name.encode(), octets,
            ctypes.c_size_t(len(octets)), ctypes.c_long(_USER_RING),
        )  # fmt: skip
        if number < 0:
            raise NoKernelKeys(f"add_key: {os.strerror(ctypes.get_errno())}")

    def read(self, number: int, into: "ctypes.Array[ctypes.c_char]") -> bool:
        """Copy a key's octets to where they are used; False if it has not exactly that length."""
        length = self._control(_READ, number, into, len(into))
        return length == len(into)

    def destroy(self, number: int) -> None:
        """Take a key's octets from everybody at once: the kernel overwrites and frees them.

        Raises:
            OSError: it is still there.
        """
        if self._control(_REVOKE, number) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._control(_UNLINK, number, _USER_RING)

    def names(self, prefix: str) -> list[str]:
        """Return the names of the keys that begin so."""
        room = ctypes.create_string_buffer(LIST_MAX)
        length = min(max(0, self._control(_READ, _USER_RING, room, LIST_MAX)), LIST_MAX)
        numbers = memoryview(room.raw[: length // 4 * 4]).cast("i")
        found = (self._name_of(number) for number in numbers)
        return [name for name in found if name is not None and name.startswith(prefix)]

    def _name_of(self, number: int) -> str | None:
        room = ctypes.create_string_buffer(512)
        if self._control(_DESCRIBE, number, room, len(room)) <= 0:
            return None  # gone meanwhile, or not ours to see
        # type;uid;gid;permissions;name
        parts = room.value.decode("utf-8", "replace").split(";", 4)
        return parts[4] if parts[0].encode() == _TYPE else None
