"""What a collector has to tell the audit log, kept while the log cannot take it."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from privacy.log.file import AuditLog, LogRefused

PENDING_MAX: Final = 256
"""Entries that wait for a log that takes none: a full disk makes a few a day."""


class Notebook:
    """Entries for the log, kept while it cannot take them."""

    def __init__(self, log: AuditLog, say: Callable[[str], None]) -> None:
        self._log, self._say = log, say
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=PENDING_MAX)
        self._said = False

    def add(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Append an entry, now or when the log can take it."""
        self._waiting.append((kind, dict(facts)))
        self.write()

    def write(self) -> None:
        """Append what waits, as far as possible."""
        while self._waiting:
            try:
                self._log.append(*self._waiting[0])
            except (OSError, LogRefused) as error:
                if not self._said:
                    self._said = True
                    self._say(f"the audit log takes no entry now: {_reason(error)}")
                return
            self._waiting.popleft()
            self._said = False

    def entries(self) -> Any:
        """Return what the log holds; nothing while it cannot be read."""
        try:
            return self._log.entries()
        except (OSError, LogRefused):
            return ()


def _reason(error: Exception) -> str:
    return (error.strerror or "error") if isinstance(error, OSError) else str(error)
