"""Durable writes: directories, renames, and a file that remembers its first error. Does I/O.

Rules: an error on a write or a sync is final for that file (Linux marks the pages clean, a second
fsync would succeed and prove nothing); `close()` proves nothing either.
"""

import os
import stat
from pathlib import Path
from typing import Final

PRIVATE_DIRECTORY: Final = 0o700
PRIVATE_FILE: Final = 0o600
_OTHERS: Final = 0o077


class Poisoned(OSError):
    """A write or a sync of this file failed: whatever it holds is not to be trusted."""


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable.

    Raises:
        OSError: they may not be.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private(directory: Path) -> None:
    """Make a directory and its missing parents, 0700, durably.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (directory, *directory.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        sync_directory(path.parent)


def who_may_replace(directory: Path) -> str | None:
    """Return a sentence when other users may open a private directory, or put another in its place.

    That is: it is not 0700, or they may write into a directory above it, save with the sticky bit
    (as in /tmp). The group of a directory counts as others unless it is root's or its owner's own.

    Raises:
        OSError: a directory above it cannot be looked at.
    """
    whole = directory.resolve()
    if whole.is_dir() and whole.stat().st_mode & _OTHERS:
        return f"{whole} is open to other users; chmod 700 {whole}"
    for above in whole.parents:
        if not above.exists():
            continue
        found = above.stat()
        own_group = found.st_gid in {0, found.st_uid}
        who = "o" * bool(found.st_mode & stat.S_IWOTH)
        who += "g" * bool(found.st_mode & stat.S_IWGRP and not own_group)
        if who and not found.st_mode & stat.S_ISVTX:
            return (
                f"other users may write into {above}, and so replace {whole}; chmod {who}-w {above}"
            )
    return None


class NewFile:
    """A new file (0600) that takes octets from a library and keeps the first error.

    Libraries that write in a destructor or in `close()` may swallow an error; `finish` does not.
    Has the methods of a Python file that pyarrow calls.
    """

    mode = "wb"

    def __init__(self, path: Path) -> None:
        self._handle = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE
        )
        self._at = 0
        # Not the error itself: its traceback holds this file, and all rows on their way into it, until a
        # full collection of garbage, which a collector of months may never see.
        self._failed: tuple[int | None, str | None] | None = None
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Write all octets, however few the kernel takes at a time.

        Raises:
            OSError: the file is poisoned.
        """
        if self._failed is not None:
            raise Poisoned(*self._failed)
        try:
            self._at += write_all(self._handle, data)
        except OSError as error:
            self._failed = error.errno, error.strerror
            raise
        return memoryview(data).nbytes

    def tell(self) -> int:
        """Return how many octets were written."""
        return self._at

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def readable(self) -> bool:
        """Say no."""
        return False

    def writable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say no."""
        return False

    def close(self) -> None:
        """Do nothing: the one who opened it finishes it."""

    def finish(self) -> int:
        """Sync and close; returns the size in octets.

        Raises:
            OSError: a write, the sync or the close failed.
        """
        if self._failed is not None:
            raise Poisoned(*self._failed)
        os.fsync(self._handle)
        self.closed = True
        os.close(self._handle)
        return self._at

    def abandon(self) -> None:
        """Close without trust."""
        if not self.closed:
            self.closed = True
            os.close(self._handle)


def write_all(handle: int, data: bytes | memoryview) -> int:
    """Write every octet to a descriptor; returns their number.

    Raises:
        OSError: some may be missing.
    """
    rest = memoryview(data).cast("B")
    total = len(rest)
    while rest:
        written = os.write(handle, rest)
        rest = rest[written:]
    return total


def write_small(path: Path, data: bytes) -> None:
    """Write a small new file whole, durably, or not at all (0600); an old one is replaced.

    Raises:
        OSError: the old file, or none, is there.
    """
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    file = NewFile(temporary)
    try:
        file.write(data)
        file.finish()
        temporary.rename(path)
    except OSError:
        file.abandon()
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
