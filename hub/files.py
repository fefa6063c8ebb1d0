"""Files that are there whole, durably, or not at all; and that are never overwritten. Does I/O."""

import os
from pathlib import Path
from typing import Final

from privacy.store.files import sync_directory

PRIVATE: Final = 0o600


def write_once(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, durably; the directory is.

    Raises:
        FileExistsError: something stands there; it stays as it is.
        OSError: it cannot be written.
    """
    temporary = _written(path, data)
    try:
        os.link(temporary, path)  # unlike a rename, it refuses where something stands
    finally:
        temporary.unlink()
    sync_directory(path.parent)


def write_again(path: Path, data: bytes) -> None:
    """Write a file in place of another, durably.

    Raises:
        OSError: it cannot be written.
    """
    _written(path, data).replace(path)
    sync_directory(path.parent)


def _written(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    return temporary
