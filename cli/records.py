"""The audit log and the clock guard of a store, as commands open them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from privacy.clock import ClockGuard
    from privacy.log.file import AuditLog


def now_us() -> int:
    """Return the wall clock, µs since 1970."""
    return time.time_ns() // 1_000


def log_of(store: Path) -> "AuditLog":
    """Return a store's audit log; nothing is opened."""
    from privacy.log.file import AuditLog
    from privacy.store.layout import keys_beside

    return AuditLog(store, keys_beside(store), now_us)


def guard_of(store: Path, log: "AuditLog") -> "ClockGuard":
    """Return the guard of the clock that deletions on this store follow."""
    from privacy.clock import ClockGuard

    return ClockGuard(store, record=log.append)
