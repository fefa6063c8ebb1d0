"""Retention: flow slices do not outlive the days that privacy.yaml keeps them. I/O.

A day goes in this order, so that a kill at any point leaves either everything readable and younger
than the limit, or nothing readable; the next run goes on where this one stopped:

    its key is destroyed          from here on nobody can read the day, wherever a copy lies
    the log says so               with what the manifest named
    the manifest forgets it       no reader looks for it
    its directory → `.trash/`     synced
    the files are unlinked        synced
    the log says so

A day's age is that of its oldest possible row, by the day's own date, never by when a file was written:
with 8 days kept, Monday's rows are gone as the next Tuesday begins. A day without files may still have a
key, and a day without a key may still have files: both are looked for. Files that the manifest does not
know go, too. Link rows hold nothing of a device; they stay for the longer views.
"""

import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from analyzer.store import Store
from privacy.log.file import AuditLog
from privacy.store.files import sync_directory
from privacy.store.layout import FLOWS, LINK, TEMPORARY, TRASH, day_directory

GRACE_S = 600
"""A file that somebody is committing right now is younger."""
_PARTITION = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What `jauge purge` did, or would do."""

    purged: tuple[date, ...]
    """Days whose key was destroyed, or whose removal an interrupted run had begun."""
    kept: int
    """Days of slices that stay."""
    leftovers: int
    """Things that an interrupted purge had left in the trash."""
    unknown: int
    """Files that the manifest does not know."""


def expired(days: Iterable[date], *, as_of: date, retention_days: int) -> tuple[date, ...]:
    """Return the days that have to go: their first row is `retention_days` old as `as_of` begins."""
    first_kept = as_of - timedelta(days=retention_days - 1)
    return tuple(sorted(day for day in days if day < first_kept))


def purge(
    root: Path, *, log: AuditLog, as_of: date, retention_days: int, dry_run: bool
) -> PurgeReport:
    """Erase the slices of expired days and what the manifest does not know.

    Args:
        root: the store's directory.
        log: gets a signed proof of each deletion.
        as_of: the school's local day, of a clock that is believed.
        retention_days: from the privacy settings.
        dry_run: only say what would go.

    Raises:
        StoreBusy: an analysis or release works on this store.
        LogRefused: the log cannot take the proofs.
        OSError: something could not be erased; run it again.
    """
    store = Store(root)
    with store.locked():
        proofs = _Proofs(log)
        days = sorted({*store.days(FLOWS), *_directories(root), *store.keys.days()})
        gone = expired(days, as_of=as_of, retention_days=retention_days)
        begun = tuple(day for day in store.keys.erased() if not proofs.whole(day))
        trash = root / TRASH
        leftovers = len(list(trash.iterdir())) if trash.is_dir() else 0
        work = sorted({*gone, *begun})
        going = {day_directory(root, FLOWS, day) for day in work}
        unknown = sum(path.parent not in going for path in _unknown(store))
        if not dry_run:
            for day in work:
                _erase(store, day, proofs)
            unknown = _sweep(store, log)
            _empty(trash)
    kept = sum(day not in work for day in days)
    return PurgeReport(tuple(work), kept=kept, leftovers=leftovers, unknown=unknown)


class _Proofs:
    """Which days the log says are erased."""

    def __init__(self, log: AuditLog) -> None:
        self.log = log
        self._said: dict[str, set[str]] = {"day_key_destroyed": set(), "day_files_deleted": set()}
        for entry in log.entries():
            if entry.kind in self._said:
                self._said[entry.kind].add(entry.facts["day"])

    def has(self, kind: str, day: date) -> bool:
        return day.isoformat() in self._said[kind]

    def whole(self, day: date) -> bool:
        return all(self.has(kind, day) for kind in self._said)

    def add(self, kind: str, day: date, **facts: int) -> None:
        self.log.append(kind, {"day": day.isoformat(), **facts})
        self._said[kind].add(day.isoformat())


def _directories(root: Path) -> list[date]:
    """Return the days that have a directory, whether the manifest knows them or not."""
    found = (_PARTITION.fullmatch(path.name) for path in (root / FLOWS).glob("day=*"))
    return [date.fromisoformat(match[1]) for match in found if match]


def _erase(store: Store, day: date, proofs: _Proofs) -> None:
    manifest = store.reader.manifest
    segments = manifest.segments(FLOWS, day)
    store.keys.destroy(day)
    if not proofs.has("day_key_destroyed", day):
        proofs.add(
            "day_key_destroyed",
            day,
            segments=len(segments),
            rows=sum(segment.rows for segment in segments),
            octets=sum(segment.bytes for segment in segments),
        )
    if manifest.exists():
        manifest.forget_day(FLOWS, day)
    trash = store.root / TRASH
    directory = day_directory(store.root, FLOWS, day)
    if directory.is_dir():
        _move(directory, trash)
    files = 0
    for moved in trash.glob(f"{directory.name}*"):
        files += sum(path.is_file() for path in moved.rglob("*"))
        _empty(moved)
    if files or not proofs.has("day_files_deleted", day):
        proofs.add("day_files_deleted", day, files=files)


def _move(path: Path, trash: Path) -> None:
    """Take a file or directory from where readers look, durably; a name in use gets a number."""
    trash.mkdir(mode=0o700, exist_ok=True)
    place, number = trash / path.name, 0
    while place.exists():
        number += 1
        place = trash / f"{path.name}.{number}"
    path.rename(place)
    sync_directory(path.parent)
    sync_directory(trash)


def _empty(directory: Path) -> None:
    if directory.is_dir():
        shutil.rmtree(directory)
        sync_directory(directory.parent)


def _unknown(store: Store) -> list[Path]:
    """Return files where readers look or writers work that no segment names and nobody just wrote."""
    root = store.root
    known = {root / path for path in store.reader.manifest.paths() if path}
    there = (path for place in (FLOWS, LINK, TEMPORARY) for path in (root / place).rglob("*"))
    now = time.time()
    return [
        path for path in there
        if path not in known and not path.is_dir() and _age_s(path, now) > GRACE_S
    ]  # fmt: skip


def _age_s(path: Path, now: float) -> float:
    try:
        return abs(now - path.lstat().st_mtime)
    except FileNotFoundError:
        return 0.0


def _sweep(store: Store, log: AuditLog) -> int:
    found = _unknown(store)
    for path in found:
        _move(path, store.root / TRASH)
    if found:
        _empty(store.root / TRASH)
        log.append("unknown_files_deleted", {"files": len(found)})
    return len(found)
