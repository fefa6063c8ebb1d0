"""Overwriting secrets in this process's memory, as far as Python lets us. Does I/O on memory.

What it cannot reach: copies that libraries made (OpenSSL contexts, Arrow's encryption properties) and
let go of. Short-lived processes hold those; the kernel clears their pages when they end.
"""

import ctypes
from typing import Final

_HEADER: Final = bytes.__basicsize__ - 1
"""Where the octets of a CPython bytes object begin; its size counts the closing zero."""


def wipe(secret: bytes | bytearray) -> None:
    """Overwrite a secret with zeros, in place.

    A `bytes` object is overwritten behind Python's back: only for octets that nobody else holds.
    """
    if isinstance(secret, bytearray):
        ctypes.memset((ctypes.c_char * len(secret)).from_buffer(secret), 0, len(secret))
    elif len(secret) > 1:  # shorter ones are shared by the whole interpreter
        ctypes.memset(id(secret) + _HEADER, 0, len(secret))
