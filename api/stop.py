"""The DPO's wish that the capture stops: one file, which the collector watches. I/O.

`privacy.requests` says what it means; that its presence alone counts, and that it takes a signed
decision to go on. This is the only thing that the web process writes beside its accounts.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from privacy.requests import request_stop, stop_file

DIRECTORY_MODE: Final = 0o755


class StopRequest:
    """Reads and writes one request. Making one opens nothing.

    Args:
        store: the store's directory, of which the web process may write `requests/` alone; None: no store.
    """

    def __init__(self, store: Path | None) -> None:
        self._store = store

    def possible(self) -> bool:
        """Say whether a request can be written here."""
        if self._store is None:
            return False
        directory = stop_file(self._store).parent
        place = directory if directory.is_dir() else directory.parent
        return place.is_dir() and os.access(place, os.W_OK | os.X_OK)

    def asked(self) -> str:
        """Return when it was asked for, ISO time in UTC; empty: it was not."""
        if self._store is None:
            return ""
        try:
            at = os.lstat(stop_file(self._store)).st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(int(at), UTC).isoformat()

    def ask(self) -> None:
        """Write the request; one that stands already is left alone.

        Raises:
            OSError: it cannot be written here.
        """
        if self._store is None:
            raise FileNotFoundError
        directory = stop_file(self._store).parent
        if not directory.is_dir():  # the packaging makes it; a demonstration has none yet
            directory.mkdir(mode=DIRECTORY_MODE)
        request_stop(self._store)
