"""Follow a log as it grows: rotation by renaming and by copytruncate, lines that are half written.

The only I/O of this folder. Reading begins at the end of the file as it is found: what was asked before
has no flow that is still to come.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from collector.logs.lines import LINE_MAX, Unread

READ_MAX = 4 << 20
"""Octets read at one look, about a second's: 20,000 lines. A longer backlog is read at the next looks."""
_CHUNK = 1 << 16


class CannotFollow(Exception):
    """The file cannot be read, or is none."""


class Follower:
    """One followed file. Constructing opens nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unread: Counter[Unread] = Counter()
        self.rotations = 0
        self._fd: int | None = None
        self._identity = (0, 0)
        self._at = 0
        self._part = b""
        self._skipping = False

    def open(self) -> None:
        """Begin at the end of the file; one that is not there yet is awaited.

        Raises:
            CannotFollow: it is no file, or may not be read.
        """
        try:
            if not self._switch():
                return
        except OSError as error:
            raise CannotFollow(error.strerror or "cannot be read") from None
        self._at = os.fstat(self._fd).st_size if self._fd is not None else 0

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines that came since the last look, READ_MAX octets at most."""
        left = READ_MAX
        while left > 0:
            data = self._read(min(_CHUNK, left))
            if data:
                left -= len(data)
                yield from self._split(data)
            elif not self._follow_rotation():
                return

    def _read(self, octets: int) -> bytes:
        if self._fd is None:
            return b""
        if os.fstat(self._fd).st_size < self._at:  # copytruncate
            self._at = 0
            self.rotations += 1
            self._drop_part()
        data = os.pread(self._fd, octets, self._at)
        self._at += len(data)
        return data

    def _split(self, data: bytes) -> Iterator[bytes]:
        *whole, rest = (self._part + data).split(b"\n")
        self._part = rest
        for line in whole:
            if self._skipping:
                self._skipping = False
            elif len(line) > LINE_MAX:
                self.unread[Unread.LONG] += 1
            else:
                yield line
        if len(rest) > LINE_MAX:
            if not self._skipping:
                self.unread[Unread.LONG] += 1
            self._skipping, self._part = True, b""

    def _follow_rotation(self) -> bool:
        """Go over to the file that has the name now; False when it is the same or none."""
        try:
            return self._switch()
        except (OSError, CannotFollow):
            return False  # between two files: the next look will tell

    def _switch(self) -> bool:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        if (found.st_dev, found.st_ino) == self._identity and self._fd is not None:
            return False
        if not S_ISREG(found.st_mode):
            raise CannotFollow("it is no regular file")
        fresh = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if self._fd is not None:
            self.rotations += 1
            self._drop_part()
        self.close()
        opened = os.fstat(fresh)
        self._fd, self._at = fresh, 0
        self._identity = (opened.st_dev, opened.st_ino)
        return True

    def _drop_part(self) -> None:
        """What was half written when the file ended will not be finished."""
        if self._part and not self._skipping:
            self.unread[Unread.CUT] += 1
        self._part, self._skipping = b"", False

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
