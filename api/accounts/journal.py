"""What happened to accounts: counts by day and role, never of a person. Kept twelve months.

Whoever looks for a burst of failed logins finds it; whoever looks for a person finds nobody.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from api.accounts.file import AccountsFile

KEPT_DAYS: Final = 366
WRITE_EVERY_S: Final = 1.0
"""Failures come in floods: they are written together."""
FLOODS: Final = frozenset({"login_failed", "login_paused"})
EVENTS: Final = (
    "login", "login_failed", "login_paused", "logout", "link_used", "password_changed",
    "account_added", "account_removed", "account_reset", "token_made", "token_revoked",
)  # fmt: skip


class Journal:
    """Counts in memory, written to the accounts' file."""

    def __init__(self, file: AccountsFile, clock: Callable[[], float]) -> None:
        self._file, self._clock = file, clock
        self._pending: Counter[tuple[str, str, str]] = Counter()
        self._written = 0.0
        self.counted: Counter[str] = Counter()
        """Events of this process, for /metrics."""

    def count(self, role: str, event: str) -> None:
        """Count one event of a role; the account `unknown` has the role `unknown`."""
        self._pending[self._day(0), role, event] += 1
        self.counted[event] += 1
        if event not in FLOODS or self._clock() - self._written >= WRITE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Write the counts, and forget those older than twelve months."""
        self._written = self._clock()
        pending, self._pending = self._pending, Counter()
        if not pending:
            return
        with self._file.change() as connection:
            connection.execute("DELETE FROM events WHERE day < ?", (self._day(KEPT_DAYS),))
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET times = times + excluded.times",
                [(*key, times) for key, times in pending.items()],
            )

    def read(self) -> list[tuple[str, str, str, int]]:
        """Return (UTC day, role, event, times), oldest first."""
        self.write()
        return self._file.rows("SELECT day, role, event, times FROM events")  # type: ignore[return-value]

    def _day(self, days_ago: int) -> str:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return (now - timedelta(days=days_ago)).date().isoformat()
