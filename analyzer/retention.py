"""Retention: flow slices do not outlive the days that privacy.yaml keeps them. I/O.

A day is gone in two steps: its directory is renamed into `.trash/` (from then on no reader finds
it), then its files are unlinked. What an interrupted purge left in the trash goes with the next.
Days are judged by their own date, never by when a file was written. The link rows hold nothing of
a device; they stay for the longer views.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from analyzer.store import Store

TRASH = ".trash"


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What `jauge purge` did, or would do."""

    purged: tuple[date, ...]
    kept: int
    """Days of slices that stay."""
    leftovers: int
    """Directories that an interrupted purge had left behind."""


def expired(days: Iterable[date], *, as_of: date, retention_days: int) -> tuple[date, ...]:
    """Return the days whose slices have to go: older than `retention_days` before `as_of`."""
    first_kept = as_of - timedelta(days=retention_days)
    return tuple(sorted(day for day in days if day < first_kept))


def purge(root: Path, *, as_of: date, retention_days: int, dry_run: bool) -> PurgeReport:
    """Erase the slices of expired days.

    Args:
        root: the store's directory.
        as_of: the school's local day.
        retention_days: from the privacy settings.
        dry_run: only say what would go.

    Raises:
        StoreBusy: an analysis or release works on this store.
        OSError: something could not be erased; run it again.
    """
    store = Store(root)
    with store.locked():
        days = store.days("flows")
        gone = expired(days, as_of=as_of, retention_days=retention_days)
        trash = root / TRASH
        leftovers = len(list(trash.iterdir())) if trash.is_dir() else 0
        if not dry_run:
            trash.mkdir(mode=0o700, exist_ok=True)
            for day in gone:
                (root / "flows" / f"day={day.isoformat()}").rename(trash / f"day={day.isoformat()}")
            shutil.rmtree(trash)
    return PurgeReport(purged=gone, kept=len(days) - len(gone), leftovers=leftovers)
