"""What the web process may ask of the collector: to stop. Nothing else, and no signature. I/O.

    STORE/requests/stop      its presence alone means: write nothing about devices

The directory is the only one in which the web user writes and the collector reads; the packaging
makes it (owner: the web user, readable by the collector). What the file holds is never read, so
whoever can write there can stop the capture and do nothing else; starting it again takes a decision
that the DPO signed (`jauge privacy resume`). A place that cannot be looked at counts as a request:
in doubt, nothing is written.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

DIRECTORY: Final = "requests"
STOP: Final = "stop"
_READABLE: Final = 0o644


def stop_file(store: Path) -> Path:
    """Return where the request lies."""
    return store / DIRECTORY / STOP


def stop_requested(store: Path) -> bool:
    """Say whether somebody asked to stop, or it cannot be known. Raises nothing."""
    try:
        os.lstat(stop_file(store))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def request_stop(store: Path) -> None:
    """Ask the collector to stop; asking twice changes nothing.

    Raises:
        OSError: the directory is not there, or may not be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with contextlib.suppress(FileExistsError):
        os.close(os.open(stop_file(store), flags, _READABLE))


def remove_request(store: Path) -> None:
    """Take the request away, after a signed decision.

    Raises:
        OSError: it may not be removed.
    """
    stop_file(store).unlink(missing_ok=True)
