"""A day that is over becomes one segment; what is no longer needed goes. Does I/O.

A day is over when the store holds rows of a later one: data time decides, never the wall clock. One
transaction shows the new segment and hides the old ones, whose files stay for a grace time: a reader
that holds the old list still finds them. Each file is ordered by time and read once, batch by batch, side
by side with those that overlap it (merge.py), so that a day of millions of rows never lies in memory whole.

Files whose footers say different things (columns that an exporter could not know) stay apart.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from collector.store.merge import merged, take
from privacy.store.commit import Committer, NotCommitted, Part
from privacy.store.files import sync_directory
from privacy.store.keys import KeyMissing
from privacy.store.layout import FLOWS, LINK, SCHEMAS, TEMPORARY
from privacy.store.manifest import Segment
from privacy.store.parquet import ROW_GROUP
from privacy.store.reader import Reader

COMPACTION: Final = "compaction"
GRACE_US: Final = 600 * 1_000_000
"""How long replaced files stay: an analysis of a day takes seconds."""

Days = list[tuple[str, date]]


def due(committer: Committer) -> Days:
    """Return the (record, day) that are over and lie in several segments, oldest first."""
    found = []
    for record in (FLOWS, LINK):
        days: dict[date, int] = defaultdict(int)
        for segment in committer.manifest.segments(record):
            days[segment.day] += 1
        newest = max(days, default=None)
        found += [(day, record) for day, number in days.items() if number > 1 and day != newest]
    return [(record, day) for day, record in sorted(found)]


class Stopped(Exception):
    """The collector ends: this day is compacted another time."""


def compact(
    committer: Committer, record: str, day: date, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Make one segment of those of a day that say the same; returns how many were replaced.

    Raises:
        NotCommitted: nothing changed.
        Stopped: the same, because it was asked for.
        KeyMissing: the day was erased.
    """
    reader = Reader(committer.root, committer.keys)
    groups: dict[tuple[tuple[bytes, bytes], ...], list[Segment]] = defaultdict(list)
    for segment in reader.segments(record, day):
        metadata = reader.schema(segment).metadata or {}
        groups[tuple(sorted(metadata.items()))].append(segment)
    replaced = 0
    for footer, segments in groups.items():
        if len(segments) > 1:
            schema = SCHEMAS[record].with_metadata(dict(footer))
            taken = take(segments)
            part = Part(_name_of(taken), record, day, schema, COMPACTION)
            rows = _joined(_watched(merged(reader, taken, schema), stopped))
            committer.commit(part, rows, replaces=taken)
            replaced += len(taken)
    return replaced


def _name_of(segments: list[Segment]) -> str:
    """Return the one name of what these segments become."""
    ids = "\n".join(sorted(segment.id for segment in segments))
    return f"day-{hashlib.sha256(ids.encode()).hexdigest()[:16]}"


def _watched(tables: Iterator[pa.Table], stopped: Callable[[], bool]) -> Iterator[pa.Table]:
    for table in tables:
        if stopped():
            raise Stopped
        yield table


def _joined(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Put small tables together: each becomes row groups of its own, and small ones pack badly."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= ROW_GROUP:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def sweep(committer: Committer, *, now_us: int) -> int:
    """Remove replaced files after their grace time, and files that the manifest does not know.

    A file that another process is committing right now is younger than the grace time.

    Returns how many were removed.

    Raises:
        OSError: something could not be removed; do it again.
    """
    gone = [
        (segment, committer.root / path)
        for segment, path, replaced_us in committer.manifest.replaced()
        if now_us - replaced_us > GRACE_US
    ]
    for _, path in gone:
        path.unlink(missing_ok=True)
    if gone:
        committer.manifest.forget_files(segment for segment, _ in gone)
    orphans = [path for path in _unknown(committer) if _old(path, now_us)]
    for path in orphans:
        path.unlink(missing_ok=True)
    for directory in {path.parent for path in [*orphans, *(path for _, path in gone)]}:
        sync_directory(directory)
    return len(gone) + len(orphans)


def _unknown(committer: Committer) -> list[Path]:
    root = committer.root
    there = [path for record in (FLOWS, LINK) for path in (root / record).glob("day=*/*")]
    known = {str(root / path) for path in committer.manifest.paths()}
    return [*(p for p in there if str(p) not in known), *(root / TEMPORARY).iterdir()]


def _old(path: Path, now_us: int) -> bool:
    try:
        return abs(now_us - path.stat().st_mtime_ns // 1_000) > GRACE_US
    except FileNotFoundError:
        return False


def compact_all(committer: Committer, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Compact what is due until `stopped`; returns how many segments were replaced.

    What cannot be compacted stays as it is: nothing is lost by that.

    Raises:
        OSError, NoStore: the manifest cannot be read.
    """
    replaced = 0
    for record, day in due(committer):
        if stopped():
            break
        try:
            replaced += compact(committer, record, day, stopped)
        except (NotCommitted, KeyMissing, Stopped, pa.ArrowException):
            continue
    return replaced
