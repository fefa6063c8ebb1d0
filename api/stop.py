"""The DPO's wish that the capture stops: one small file, which the collector watches. I/O.

`requests/stop` is the only thing that the web process writes beside its accounts. It asks; it
cannot decide anything else, and nothing in it comes from the reader but the moment.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

FILE: Final = "stop"
LARGEST: Final = 4096
FILE_MODE: Final = 0o640
DIRECTORY_MODE: Final = 0o750


def _now() -> datetime:
    return datetime.now(UTC)


class StopRequest:
    """Reads and writes one request. Making one opens nothing.

    Args:
        directory: `STORE/requests`, which the web process may write into; None: there is none.
        now: the clock.
    """

    def __init__(self, directory: Path | None, now: Callable[[], datetime] = _now) -> None:
        self._directory, self._now = directory, now

    def possible(self) -> bool:
        """Say whether a request can be written here."""
        directory = self._directory
        if directory is None:
            return False
        place = directory if directory.is_dir() else directory.parent
        return os.access(place, os.W_OK | os.X_OK)

    def asked(self) -> str:
        """Return when it was asked for, ISO time; empty: it was not."""
        if self._directory is None:
            return ""
        try:
            with (self._directory / FILE).open("rb") as file:
                content: Any = json.loads(file.read(LARGEST))
            return datetime.fromisoformat(content["asked"].replace("Z", "+00:00")).isoformat()
        except OSError:
            return ""
        except (ValueError, TypeError, KeyError, AttributeError):
            return (
                self._now().replace(microsecond=0).isoformat()
            )  # there, if not readable: it is asked

    def ask(self) -> None:
        """Write the request, durably; one that stands already is left alone.

        Raises:
            OSError: it cannot be written here.
        """
        if self._directory is None:
            raise FileNotFoundError(FILE)
        if not self._directory.is_dir():
            self._directory.mkdir(mode=DIRECTORY_MODE)
        at = self._now().replace(microsecond=0).isoformat().replace("+00:00", "Z")
        final, temporary = self._directory / FILE, self._directory / f".{FILE}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, FILE_MODE), "wb") as file:
            file.write(json.dumps({"asked": at}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, final)  # whole or not at all, and never over another's request
        except FileExistsError:
            return
        finally:
            temporary.unlink()
