"""One line is measured at one point: the other side of the address translation shows the same packets. I/O.

Beside each store, for each line and point (`lan`, `wan`, `mirror`, `conntrack`, `listen`), a file that its
collectors hold shared as long as they live. Who finds another point of his line held, refuses: two
points would count every connection twice, once under the gateway's own address. Two collectors at the
same point are two inside interfaces, and lawful. The kernel lets go of what a killed collector held.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

from privacy.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE

DIRECTORY: Final = ".lines"


class MeasuredElsewhere(Exception):
    """Another collector measures this line at another point; its point is the message."""


def hold(store: Path, line: str, point: str) -> int:
    """Hold a point of a line until the descriptor that is returned is closed, or the process ends.

    Raises:
        MeasuredElsewhere: another point of this line is held.
        OSError: the store cannot be written.
    """
    directory = store / DIRECTORY
    directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    own = _open(directory / f"{line}.{point}")
    fcntl.flock(own, fcntl.LOCK_SH)
    for other in directory.glob(f"{line}.*"):
        where = other.name.removeprefix(f"{line}.")
        if where != point and _is_held(other):
            os.close(own)
            raise MeasuredElsewhere(where)
    return own


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)


def _is_held(path: Path) -> bool:
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
