"""The wall clock that stamps packets: the kernel's, asked by system call. Does I/O.

While no packet comes, the meter's clock follows the wall. A library between us and the kernel (libfaketime)
would give another time than the packets bear, and every flow would end at each packet.
"""

import ctypes
import platform
import time
from typing import Final

_NUMBERS: Final = {"x86_64": 228, "aarch64": 113, "riscv64": 113}
"""clock_gettime by machine (include/uapi/asm/unistd)."""
_REALTIME: Final = 0
_NUMBER: Final = _NUMBERS.get(platform.machine())


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64))


_LIBC: Final = ctypes.CDLL(None)


def wall_us() -> int:
    """Return µs since 1970."""
    if _NUMBER is not None:
        now = _Time()
        if _LIBC.syscall(ctypes.c_long(_NUMBER), ctypes.c_long(_REALTIME), ctypes.byref(now)) == 0:
            return int(now.seconds * 1_000_000 + now.nanoseconds // 1_000)
    return time.time_ns() // 1_000
