"""A mapped capture file's pages, brought in before the loop needs them and let go of behind it.

Each page that the loop touches first costs it an interruption; a second thread asks the kernel for
a whole chunk at once (madvise(2), MADV_POPULATE_READ, Linux 5.14). It changes nothing but time: what
the kernel refuses, the loop gets page by page.
"""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final

_POPULATE_READ: Final = 22
_DONTNEED: Final = 4
_PAGE: Final = os.sysconf("SC_PAGESIZE")
_madvise = ctypes.CDLL(None, use_errno=True).madvise
_madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Ahead(AbstractContextManager["Ahead"]):
    """Serves one mapping.

    Args:
        mapped: uint8 array over a private mapping of a file that nobody writes to.
        chunk: octets that are walked between two calls of `reached`.
    """

    def __init__(self, mapped: Any, chunk: int) -> None:
        self._start, self._size, self._chunk = mapped.ctypes.data, len(mapped), chunk
        self._known = self._left = 0
        self._worker = ThreadPoolExecutor(1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the thread: the mapping may go afterwards."""
        self._worker.shutdown(cancel_futures=True)

    def reached(self, position: int) -> None:
        """Bring in what comes within two chunks of a position, let go of what lies behind it."""
        known = min(position + 2 * self._chunk, self._size)
        if known > self._known:
            self._worker.submit(self._advise, self._known, known, _POPULATE_READ)
            self._known = known
        if position - self._left >= self._chunk:
            self._worker.submit(self._advise, self._left, position, _DONTNEED)
            self._left = position

    def _advise(self, begin: int, end: int, advice: int) -> None:
        """Advise on whole pages; the last one before `end` is left alone if it is not whole."""
        begin, end = begin // _PAGE * _PAGE, end // _PAGE * _PAGE
        if end > begin:
            _madvise(self._start + begin, end - begin, advice)
