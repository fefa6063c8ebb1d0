"""A page of memory for keys: never swapped, in no core file, overwritten before it is let go."""

import ctypes
import mmap
from typing import Final

_DONTDUMP: Final = 16  # MADV_DONTDUMP (madvise(2)); Python 3.11 has no name for it everywhere


class NotLocked(Exception):
    """The kernel refuses to lock even one page: raise the limit (LimitMEMLOCK, `ulimit -l`)."""


class LockedPage:
    """Slots of equal size in one locked page.

    Raises:
        NotLocked: the page might be swapped.
    """

    def __init__(self, slot_octets: int) -> None:
        self._slot = slot_octets
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._page.madvise(_DONTDUMP)
        whole = (ctypes.c_char * mmap.PAGESIZE).from_buffer(self._page)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mlock(whole, ctypes.c_size_t(mmap.PAGESIZE)) != 0:
            raise NotLocked("memory for keys cannot be locked; raise LimitMEMLOCK")

    @property
    def slots(self) -> int:
        """How many there are."""
        return mmap.PAGESIZE // self._slot

    def slot(self, number: int) -> "ctypes.Array[ctypes.c_char]":
        """Return a slot, to be written and read in place."""
        return (ctypes.c_char * self._slot).from_buffer(self._page, number * self._slot)

    def view(self, number: int) -> memoryview:
        """Return a slot's octets without copying them."""
        return memoryview(self._page)[number * self._slot : (number + 1) * self._slot]

    def wipe(self, number: int) -> None:
        """Overwrite a slot."""
        slot = self.slot(number)
        ctypes.memset(slot, 0, len(slot))
