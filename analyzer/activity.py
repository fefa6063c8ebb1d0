"""From one day's slices to what each device did: a few DuckDB queries. I/O.

One local day at a time, never more: pseudonyms change at midnight, and a verdict that used another
day's slices would let one device-day weigh in two. Within the day nothing here joins devices.

The results have one row per device-day and zone, slot, service, use or group, with minutes or
octets and nothing else: no site, no hour. They live in memory only, until `privacy.gate.bounded`
has counted them.

A slice counts when it has a device and something came back (`down_bytes` > 0): an attempt that the
filter refused, or that nobody answered, is no use. The network is never reached (no extension is
loaded) and nothing is spilled to a temporary file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import expression, windows
from analyzer.expression import LINK_COLUMNS
from analyzer.facts import MINUTE_SCHEMA
from analyzer.groups import GROUP_OF_CATEGORY
from analyzer.views import Said, views
from privacy.gate.bounded import Activity, DayCells, Seen, count, count_seen
from privacy.gate.tables import CHARTER_USES, Definition
from privacy.settings import TableName
from school.catalogue import Catalogue
from school.load import School
from school.words import LinkState

Published = Mapping[str, str | None]
SLOW_RULES = "partial_aggregate_pushdown,build_side_probe_side,join_order"
"""Rules of DuckDB 2.0's planner that change no result and cost us time. The first takes over half a
second on the charter's nested cases, for a query that runs in 40 ms. The others do not know how many
rows an Arrow dataset has, take it for smaller than eight zones, and then hold a whole day in the
hash table of a join: 2.0 GiB instead of 0.7 for four million slices, and twice the time. The joins
below are written in the order that is right: the slices first, small tables after them."""
MEMORY_LIMIT = "2GB"
THREADS = 2
MOST_IN_WINDOWS = 3_000_000
"""Slices that are asked at once where the charter needs windows: under a gigabyte of them."""


MINUTES = pa.schema([*MINUTE_SCHEMA, *(pa.field(name, pa.string()) for name in LINK_COLUMNS)])
"""Columns of the `minutes` that a question needs."""
QUERY_OF_TABLE: Final[Mapping[TableName, str]] = {
    "T1": "uses",
    "T2": "slots",
    "T3": "services",
    "T4": "volumes",
    "T5-bis": "uses",
    "T6": "uses",
    "T7": "saturated",
    "rehearsal": "uses",
}
"""Which query answers for which table."""
_BY_MINUTE: Final = frozenset({"uses", "slots", "volumes"})
"""Queries over `by_minute`, which is computed once a day."""


@contextmanager
def engine() -> Iterator[Any]:
    """Open an in-memory DuckDB that reads local files only."""
    connection = ibis.duckdb.connect(
        threads=THREADS,
        memory_limit=MEMORY_LIMIT,
        temp_directory="",
        disabled_optimizers=SLOW_RULES,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    try:
        yield connection
    finally:
        connection.disconnect()


class Question:
    """The queries, compiled once (`analyzer.views`) and asked of one day after another.

    Compiling the charter takes longer than answering for a day, so each expression becomes a view
    over two named relations, `slices` and `minutes`, that each day replaces.

    Args:
        connection: from `engine`.
        slices: some day's slices as an Arrow dataset, for the columns.
        school: the school's declarations.
        catalogue: the services catalogue.
        published: under which zone each declared zone is published.
        services: followed services; none: no query for T3.
    """

    def __init__(
        self,
        connection: Any,
        slices: Any,
        *,
        school: School,
        catalogue: Catalogue,
        published: Published,
        services: Sequence[str] = (),
    ) -> None:
        self._connection = connection
        self._windows = windows.needed(school.charter)
        self._load(slices, MINUTES.empty_table())
        said = Said.of(
            school,
            catalogue,
            published,
            services=tuple(services),
            columns=tuple(connection.table(name).schema() for name in ("slices", "minutes")),
        )

        def make(rows: Any, minutes: Any) -> dict[str, Any]:
            declared = {"school": school, "catalogue": catalogue, "minutes": minutes}
            return _expressions(rows, minutes, declared, published=published, services=services)

        views(said, make).create(connection)

    def _load(self, slices: Any, minutes: pa.Table) -> None:
        self._connection.con.register("slices", slices)
        self._connection.con.register("minutes", minutes)

    def ask(
        self, slices: Any, minutes: pa.Table, tables: Iterable[TableName]
    ) -> dict[str, list[Any]]:
        """Return what every device did over one local day, as far as some tables need it.

        Args:
            slices: the day's slices (SLICE_SCHEMA, checked) as an Arrow dataset: DuckDB asks it for
                the columns and row groups that it needs, one after the other.
            minutes: every minute of that day with timetable and state of the link (`MINUTES`); a
                slice filed under another day than its own finds no minute and counts for nobody.
            tables: the tables.

        Returns:
            Rows of Activity (`uses`) or Seen by the name of the query (`QUERY_OF_TABLE`).
        """
        wanted = {QUERY_OF_TABLE[table] for table in tables}
        self._load(slices, minutes)
        answers = {}
        if wanted & _BY_MINUTE:
            known = self._by_minute(slices)
            minutes_now = self._connection.table("minutes")
            answers = {
                name: _OVER_MINUTES[name](known, minutes_now) for name in wanted & _BY_MINUTE
            }
        for name in wanted - _BY_MINUTE:
            answers[name] = [
                Seen(row["device"], (row["cell"],), int(row["amount"]))
                for row in self._connection.table(name).to_pyarrow().to_pylist()
            ]
        return answers

    def _by_minute(self, slices: Any) -> Any:
        """Fill the table `by_minute`; a charter with windows is asked of some devices at a time.

        Every window lies within one device-day, so the parts are exact. DuckDB holds all rows of a
        window at once, which for the whole of a large day would pass `MEMORY_LIMIT`.
        """
        self._connection.raw_sql("DROP TABLE IF EXISTS by_minute")  # Ibis 12 cannot on DuckDB 2
        parts = -(-slices.count_rows() // MOST_IN_WINDOWS) if self._windows else 1
        if parts <= 1:
            now = self._connection.table("by_minute_now")
            return self._connection.create_table("by_minute", now, temp=True)
        for part in range(parts):
            # The remainder of a negative number is negative or zero: pseudonyms are signed.
            rest = pc.subtract(
                pc.field("device"),
                pc.multiply(pc.divide(pc.field("device"), parts), parts),
            )
            own = slices.filter(pc.equal(pc.abs(rest), part))
            self._connection.con.register("slices", own)
            verb = "INSERT INTO by_minute" if part else "CREATE TEMP TABLE by_minute AS"
            self._connection.raw_sql(f"{verb} SELECT * FROM by_minute_now")  # noqa: S608 - constants
        self._connection.con.register("slices", slices)
        return self._connection.table("by_minute")


def counted(answers: Mapping[str, list[Any]], definition: Definition, day: date) -> DayCells:
    """Return the bounded counts of one table from what `Question.ask` found."""
    rows = answers[QUERY_OF_TABLE[definition.name]]
    counting: Any = count if QUERY_OF_TABLE[definition.name] == "uses" else count_seen
    cells: DayCells = counting(rows, definition, day)
    return cells


def _expressions(
    rows: Any,
    minutes: Any,
    declared: dict[str, Any],
    *,
    published: Published,
    services: Sequence[str],
) -> dict[str, Any]:
    """Return the views by name; they depend on nothing but what `Said` holds."""
    counting = rows.filter(rows.device.notnull(), rows.down_bytes > 0)
    full = minutes.filter(minutes.link_state == LinkState.SATURATED.value)
    classified = expression.classified(counting, **declared)
    crowded = expression.classified(counting.semi_join(full, "minute"), among=counting, **declared)
    sites = {e.suffix: e.service for e in declared["catalogue"] if e.service in services}
    return {
        "by_minute_now": _by_minute(classified, published),
        "saturated": _volumes_of_groups(crowded),
        **({"services": _services(classified, sites)} if sites else {}),
    }


def _by_minute(classified: Any, published: Published) -> Any:
    """Return the octets of each use in each minute of a device in a published zone."""
    zones = [(zone, name) for zone, name in published.items() if name is not None]
    place = classified.zone.cases(*zones, else_=None) if zones else ibis.null(str)
    known = classified.filter(classified.day.notnull()).select(
        "device", "minute", "use", place=place, octets=classified.up_bytes + classified.down_bytes
    )
    return known.group_by(["device", "place", "minute", "use"]).aggregate(octets=known.octets.sum())


def _flags(table: Any) -> dict[str, Any]:
    return {f"use{n}": (table.use == use).any() for n, use in enumerate(CHARTER_USES)}


def _uses(by_minute: Any, _minutes: Any) -> list[Activity]:
    each = by_minute.group_by(["device", "place", "minute"]).aggregate(**_flags(by_minute))
    sums = {f"use{n}": each[f"use{n}"].sum() for n in range(len(CHARTER_USES))}
    rows = each.group_by(["device", "place"]).aggregate(minutes=each.count(), **sums)
    return [
        Activity(
            device=row["device"],
            zone=row["place"],
            minutes=row["minutes"],
            use_minutes=tuple(int(row[name]) for name in sums),
        )
        for row in rows.to_pyarrow().to_pylist()
    ]


def _slots(by_minute: Any, minutes: Any) -> list[Seen]:
    slots = minutes.filter(minutes.slot.notnull()).select("slot", minute_of_slot="minute")
    known = by_minute.filter(by_minute.use.isin(CHARTER_USES))
    known = known.inner_join(slots, known.minute == slots.minute_of_slot)
    rows = known.group_by(["device", "slot", "use"]).aggregate(minutes=known.count())
    return [
        Seen(row["device"], (row["slot"], row["use"]), int(row["minutes"]))
        for row in rows.to_pyarrow().to_pylist()
    ]


def _volumes(by_minute: Any, _minutes: Any) -> list[Seen]:
    rows = by_minute.group_by(["device", "use"]).aggregate(octets=by_minute.octets.sum())
    return [
        Seen(row["device"], (row["use"],), int(row["octets"]))
        for row in rows.to_pyarrow().to_pylist()
    ]


_OVER_MINUTES: Final = {"uses": _uses, "slots": _slots, "volumes": _volumes}


def _services(classified: Any, sites: Mapping[str, str]) -> Any:
    """Return how many slices of each followed service a device has."""
    known = classified.filter(classified.day.notnull())
    named = known.select("device", cell=known.site.cases(*sorted(sites.items()), else_=None))
    named = named.filter(named.cell.notnull())
    return named.group_by(["device", "cell"]).aggregate(amount=named.count())


def _volumes_of_groups(crowded: Any) -> Any:
    """Return the octets of each group of categories, for slices of saturated minutes."""
    known = crowded.filter(crowded.day.notnull())
    group = known.category.cases(*sorted(GROUP_OF_CATEGORY.items()), else_=None)
    grouped = known.select("device", cell=group, octets=known.up_bytes + known.down_bytes)
    return grouped.group_by(["device", "cell"]).aggregate(amount=grouped.octets.sum())
