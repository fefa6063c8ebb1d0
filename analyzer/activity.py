"""From one day's slices to what each device did in each zone: one DuckDB query. I/O.

One local day at a time, never more: pseudonyms change at midnight, and a verdict that used another
day's slices would let one device-day weigh in two. Within the day nothing here joins devices.

The result has one row per device-day and zone, with minutes and nothing else: no site, no hour, no
volume. It lives in memory only, until `privacy.gate.bounded` has counted it.

A slice counts when it has a device and something came back (`down_bytes` > 0): an attempt that the
filter refused, or that nobody answered, is no use. The network is never reached (no extension is
loaded) and nothing is spilled to a temporary file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ibis
import pyarrow as pa

from analyzer import expression
from analyzer.facts import MINUTE_SCHEMA
from privacy.gate.bounded import Activity
from privacy.gate.tables import CHARTER_USES
from school.catalogue import Catalogue
from school.load import School

Published = Mapping[str, str | None]
SLOW_RULE = "partial_aggregate_pushdown"
"""This rule of DuckDB 2.0's planner takes over half a second on the charter's nested cases, for a
query that runs in 40 ms; it changes no result. Remove when planning is quick without."""
MEMORY_LIMIT = "2GB"
THREADS = 2


MINUTES = MINUTE_SCHEMA.append(pa.field("link_state", pa.string()))
"""Columns of the `minutes` that a question needs."""


@contextmanager
def engine() -> Iterator[Any]:
    """Open an in-memory DuckDB that reads local files only."""
    connection = ibis.duckdb.connect(
        threads=THREADS,
        memory_limit=MEMORY_LIMIT,
        temp_directory="",
        disabled_optimizers=SLOW_RULE,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    try:
        yield connection
    finally:
        connection.disconnect()


class Question:
    """The one query, compiled once and asked of one day after another.

    Compiling the charter takes longer than answering for a day, so the expression becomes a view
    over two named relations, `slices` and `minutes`, that each day replaces.

    Args:
        connection: from `engine`.
        slices: some day's slices as an Arrow dataset, for the columns.
        school: the school's declarations.
        catalogue: the services catalogue.
        published: under which zone each declared zone is published.
    """

    def __init__(
        self,
        connection: Any,
        slices: Any,
        *,
        school: School,
        catalogue: Catalogue,
        published: Published,
    ) -> None:
        self._connection = connection
        self._load(slices, MINUTES.empty_table())
        rows = connection.table("slices")
        counting = rows.filter(rows.device.notnull(), rows.down_bytes > 0)
        classified = expression.classified(
            counting, school=school, catalogue=catalogue, minutes=connection.table("minutes")
        )
        # Kept: its small in-memory tables leave the engine together with it.
        self._expression = _by_device_and_zone(classified, published)
        connection.create_view("answer", self._expression)

    def _load(self, slices: Any, minutes: pa.Table) -> None:
        self._connection.con.register("slices", slices)
        self._connection.con.register("minutes", minutes)

    def ask(self, slices: Any, minutes: pa.Table) -> list[Activity]:
        """Return what every device did, per published zone, over one local day.

        Args:
            slices: the day's slices (SLICE_SCHEMA, checked) as an Arrow dataset: DuckDB asks it for
                the columns and row groups that it needs, one after the other.
            minutes: every minute of that day with timetable and state of the link (`MINUTES`); a
                slice filed under another day than its own finds no minute and counts for nobody.
        """
        self._load(slices, minutes)
        rows = self._connection.table("answer").to_pyarrow()
        return [_activity(row) for row in rows.to_pylist() if row["day"] is not None]


def _by_device_and_zone(classified: Any, published: Published) -> Any:
    """Return minutes per (day, device, published zone), in all and for each charter use."""
    zones = [(zone, name) for zone, name in published.items() if name is not None]
    place = classified.zone.cases(*zones, else_=None) if zones else ibis.null(str)
    known = classified.select("day", "device", "minute", "use", place=place)
    flags = {f"use{n}": (known.use == use).any() for n, use in enumerate(CHARTER_USES)}
    by_minute = known.group_by(["day", "device", "place", "minute"]).aggregate(**flags)
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
