"""The audit log and the clock guard of a store, as commands open them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.exits import Exit, Refusal

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


@contextmanager
def logged(store: Path) -> "Iterator[AuditLog]":
    """Give a store's audit log; what a person can cause becomes a refusal.

    Raises:
        Refusal: the log is damaged, cannot be read or be written.
    """
    from privacy.log.file import LogRefused

    try:
        yield log_of(store)
    except LogRefused as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    except PermissionError as error:
        message = f"{error.filename}: no permission; run as the user that owns the store"
        raise Refusal(message, Exit.PERMISSION) from None
    except OSError as error:
        raise Refusal(f"{store}: audit log: {error.strerror}", Exit.DATA) from None
