"""Retention: flow slices do not outlive the days that privacy.yaml keeps them. I/O.

A day is gone when its key is destroyed. Then the manifest forgets it, its directory is renamed into
`.trash/` and its files are unlinked. What an interrupted purge left goes with the next, and so does
a directory that the manifest does not know.
Days are judged by their own date, never by when a file was written. The link rows hold nothing of
a device; they stay for the longer views.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from analyzer.store import Store
from privacy.store.files import sync_directory
from privacy.store.layout import FLOWS, TRASH, day_directory

_PARTITION = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


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
        days = sorted({*store.days(FLOWS), *_directories(root)})
        gone = expired(days, as_of=as_of, retention_days=retention_days)
        trash = root / TRASH
        leftovers = len(list(trash.iterdir())) if trash.is_dir() else 0
        if not dry_run:
            trash.mkdir(mode=0o700, exist_ok=True)
            for day in gone:
                _erase(store, day, trash)
            shutil.rmtree(trash)
    return PurgeReport(purged=gone, kept=len(days) - len(gone), leftovers=leftovers)


def _directories(root: Path) -> list[date]:
    """Return the days that have a directory, whether the manifest knows them or not."""
    found = (_PARTITION.fullmatch(path.name) for path in (root / FLOWS).glob("day=*"))
    return [date.fromisoformat(match[1]) for match in found if match]


def _erase(store: Store, day: date, trash: Path) -> None:
    store.keys.destroy(day)
    if store.reader.manifest.exists():
        store.reader.manifest.forget_day(FLOWS, day)
    directory = day_directory(store.root, FLOWS, day)
    if directory.is_dir():
        directory.rename(trash / directory.name)
        sync_directory(directory.parent)
