"""From classified slices to what each device did in each zone of each day: one DuckDB query. I/O.

The result has one row per device-day and zone, with minutes and nothing else: no site, no hour, no
volume. It lives in memory only, until `privacy.gate.bounded` has counted it.

A slice counts when it has a device and something came back (`down_bytes` > 0): an attempt that the
filter refused, or that nobody answered, is no use. The network is never reached (no extension is
loaded) and nothing is spilled to a temporary file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from analyzer import expression
from privacy.gate.bounded import Activity
from privacy.gate.tables import CHARTER_USES

MEMORY_LIMIT = "2GB"
THREADS = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Some days that are analysed in one query."""

    days: tuple[date, ...]
    files: tuple[Path, ...]
    minutes: pa.Table
    """State of the link (analyzer.link_state.MINUTES_SCHEMA)."""


@contextmanager
def engine() -> Iterator[Any]:
    """Open an in-memory DuckDB that reads local files only."""
    connection = ibis.duckdb.connect(
        threads=THREADS,
        memory_limit=MEMORY_LIMIT,
        temp_directory="",
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    try:
        yield connection
    finally:
        connection.disconnect()


def activities(
    connection: Any, batch: Batch, *, school: Any, catalogue: Any, published: dict[str, str | None]
) -> dict[date, list[Activity]]:
    """Return what every device did on each day of a batch.

    Args:
        connection: from `engine`.
        batch: days, their slice files (SLICE_SCHEMA, checked) and the state of the link.
        school: the school's declarations.
        catalogue: the services catalogue.
        published: under which zone each declared zone is published.
    """
    found: dict[date, list[Activity]] = {day: [] for day in batch.days}
    if not batch.files:
        return found
    slices = connection.read_parquet([str(path) for path in batch.files], hive_partitioning=False)
    minutes = ibis.memtable(batch.minutes)
    classified = expression.classified(slices, school=school, catalogue=catalogue, minutes=minutes)
    rows = connection.to_pyarrow(_by_device_and_zone(classified, published))
    for row in rows.to_pylist():
        if row["day"] in found:
            found[row["day"]].append(_activity(row))
    return found


def _by_device_and_zone(classified: Any, published: dict[str, str | None]) -> Any:
    """Return minutes per (day, device, published zone), in all and for each charter use."""
    zones = [(zone, name) for zone, name in published.items() if name is not None]
    place = classified.zone.cases(*zones, else_=None) if zones else ibis.null(str)
    answered = classified.filter(classified.device.notnull(), classified.down_bytes > 0).select(
        "day", "device", "minute", "use", place=place
    )
    flags = {f"use{n}": (answered.use == use).any() for n, use in enumerate(CHARTER_USES)}
    by_minute = answered.group_by(["day", "device", "place", "minute"]).aggregate(**flags)
    sums = {name: by_minute[name].sum() for name in flags}
    return by_minute.group_by(["day", "device", "place"]).aggregate(
        minutes=by_minute.count(), **sums
    )


def _activity(row: dict[str, Any]) -> Activity:
    return Activity(
        device=row["device"],
        zone=row["place"],
        minutes=row["minutes"],
        use_minutes=tuple(int(row[f"use{n}"]) for n in range(len(CHARTER_USES))),
    )
