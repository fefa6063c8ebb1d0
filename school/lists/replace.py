"""Put a lists file in place, and go back to the one before. Does I/O; never half a file.

Readers map the file, so it is never changed in place: a whole new one is written beside it, synced,
read back, and renamed. The one that was there stays as `NAME.previous`.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from school.lists.layout import ListsRefused
from school.lists.reader import ListsFile

MODE: Final = 0o644
"""Public data: the collector reads it as another user."""


def previous_of(target: Path) -> Path:
    """Return where the file before stays."""
    return target.with_name(target.name + ".previous")


def withdrawn_of(target: Path) -> Path:
    """Return where a file goes that was rolled back."""
    return target.with_name(target.name + ".withdrawn")


def put(target: Path, data: bytes) -> None:
    """Write a lists file in place of another.

    Raises:
        OSError: the directory cannot be written; what was there is untouched.
        ListsRefused: what was written does not read back.
    """
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(MODE)
        ListsFile.open(temporary).close()
        if target.exists():
            _keep(target, previous_of(target))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def roll_back(target: Path) -> ListsFile:
    """Put the file before back in place, and return it opened. The other is kept as withdrawn.

    Raises:
        OSError: the directory cannot be written.
        ListsRefused: there is none, or it is damaged: nothing changes.
    """
    lists = ListsFile.open(previous_of(target))
    try:
        if target.exists():
            _keep(target, withdrawn_of(target))
        previous_of(target).replace(target)
        _sync(target.parent)
    except OSError:
        lists.close()
        raise
    return lists


def _keep(path: Path, name: Path) -> None:
    """Give a file a second name, replacing what had it: at no moment is the first one missing."""
    link = name.with_name(f".{name.name}.link")
    link.unlink(missing_ok=True)
    os.link(path, link)
    link.replace(name)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["ListsRefused", "previous_of", "put", "roll_back", "withdrawn_of"]
