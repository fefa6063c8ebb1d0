"""Memory of a process that runs for months: taken at the start, given back after each large moment. I/O.

Rows pass from the meter's thread to Arrow and are freed by the one that seals. Arrow's own pools keep
what one thread took and another freed: RssAnon grew by 60 MiB before the first sealing, and further by
each. The C library returns a large block the moment it is freed, if it may not learn otherwise.
"""

import ctypes
import mmap
import os
from typing import Any, Final

POOL: Final = "ARROW_DEFAULT_MEMORY_POOL"
LARGE_BYTES: Final = 256 << 10
"""Blocks from here on are mappings of their own. Set, it stays: glibc would raise it to 32 MiB by itself."""
ARENAS_MAX: Final = 2
"""Heaps that the C library keeps, each with its own largest moment: one of the meter, one of the store."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # mallopt(3)
_LIBC: Final = ctypes.CDLL(None)


def settle() -> None:
    """Let the allocators of this process give back what is freed. Call it before Arrow is imported."""
    os.environ.setdefault(POOL, "system")
    if hasattr(_LIBC, "mallopt"):  # glibc; other C libraries give back by themselves
        _LIBC.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        _LIBC.mallopt(_M_TRIM_THRESHOLD, LARGE_BYTES)
        _LIBC.mallopt(_M_ARENA_MAX, ARENAS_MAX)


def give_back() -> None:
    """Return freed memory to the system: a process of months must not hold its largest moment.

    Sealing takes some hundred MiB for a second. Arrow's pool and the C library keep what is freed, the
    latter an arena per thread, and hold the highest of each.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)


def take(octets: Any) -> None:
    """Touch every page of an array: what was said at the start is held from the start.

    Args:
        octets: uint8, one axis; its values stay.
    """
    octets[:: mmap.PAGESIZE] |= 0
