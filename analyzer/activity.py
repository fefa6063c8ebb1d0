"""From one day's slices to what each device did: a few expressions, run by an engine. I/O.

One local day at a time, never more: pseudonyms change at midnight, and a verdict that used another
day's slices would let one device-day weigh in two. Within the day nothing here joins devices.

The results have one row per device-day and zone, slot, service, use or group, with minutes or
octets and nothing else: no site, no hour. They live in memory only, until `privacy.gate.bounded`
has counted them.

A slice counts when it has a device and something came back (`down_bytes` > 0): an attempt that the
filter refused, or that nobody answered, is no use.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import expression, windows
from analyzer.behaviour import noticed
from analyzer.engines import Engine, Slices
from analyzer.expression import LINK_COLUMNS
from analyzer.facts import MINUTE_SCHEMA
from analyzer.groups import GROUP_OF_CATEGORY
from analyzer.views import Read, Said, views
from privacy.gate.bounded import Activity, DayCells, Seen, count, count_seen
from privacy.gate.tables import ALL_USES, CHARTER_USES, Definition
from privacy.settings import TableName
from school.catalogue import Catalogue
from school.load import School
from school.words import LinkState

Published = Mapping[str, str | None]

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
_AMOUNTS: Final = frozenset({"services", "saturated"})
"""Queries whose expression has their own name; the others read `by_slot`."""


class Question:
    """The expressions, compiled once (`analyzer.views`) and asked of one day after another.

    Compiling the charter takes longer than answering for a day, so each expression is SQL over two
    named relations, `slices` and `minutes`, that each day replaces.

    Args:
        engine: that runs them.
        school: the school's declarations.
        catalogue: the services catalogue.
        published: under which zone each declared zone is published.
        services: followed services; none: no query for T3.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        school: School,
        catalogue: Catalogue,
        published: Published,
        services: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._windows = windows.needed(school.charter)
        said = Said.of(
            school,
            catalogue,
            published,
            services=tuple(services),
            minutes=MINUTES,
            dialect=engine.dialect,
        )

        def make(read: Mapping[Read, Any]) -> dict[str, Any]:
            declared = {"school": school, "catalogue": catalogue}
            return _expressions(read, declared, published=published, services=services)

        engine.define(views(said, make))

    def ask(
        self, slices: Slices, minutes: pa.Table, tables: Iterable[TableName]
    ) -> dict[str, list[Any]]:
        """Return what every device did over one local day, as far as some tables need it.

        Args:
            slices: the day's slices, checked.
            minutes: every minute of that day with timetable and state of the link (`MINUTES`); a
                slice filed under another day than its own finds no minute and counts for nobody.
            tables: the tables.

        Returns:
            Rows of Activity (`uses`) or Seen by the name of the query (`QUERY_OF_TABLE`).

        Raises:
            EngineRefused: the engine is away, or gave up.
        """
        wanted = {QUERY_OF_TABLE[table] for table in tables}
        self._engine.load(slices, minutes)
        answers: dict[str, list[Any]] = {}
        if wanted - _AMOUNTS:
            rows = self._engine.ask("by_slot", by_device=self._windows).to_pylist()
            answers = {name: _OF_SLOTS[name](rows) for name in wanted - _AMOUNTS}
        for name in wanted & _AMOUNTS:
            if name == "saturated" and not _ever_full(minutes):
                answers[name] = []  # and no engine need read the day for it
                continue
            answers[name] = [
                Seen(row["device"], (row["cell"],), int(row["amount"]))
                for row in self._engine.ask(name, by_device=False).to_pylist()
            ]
        return answers


def _ever_full(minutes: pa.Table) -> bool:
    full = pc.equal(minutes["link_state"], LinkState.SATURATED.value)
    return bool(pc.any(full).as_py())


def counted(answers: Mapping[str, list[Any]], definition: Definition, day: date) -> DayCells:
    """Return the bounded counts of one table from what `Question.ask` found."""
    rows = answers[QUERY_OF_TABLE[definition.name]]
    counting: Any = count if QUERY_OF_TABLE[definition.name] == "uses" else count_seen
    cells: DayCells = counting(rows, definition, day)
    return cells


def _expressions(
    read: Mapping[Read, Any],
    declared: dict[str, Any],
    *,
    published: Published,
    services: Sequence[str],
) -> dict[str, Any]:
    """Return the views by name; they depend on nothing but what `Said` holds."""
    minutes, rows = read[Read.MINUTES], read[Read.SLICES]
    counting = rows.filter(rows.device.notnull(), rows.down_bytes > 0)
    declared = {"minutes": minutes, "among": read[Read.NOTICED], **declared}
    full = minutes.filter(minutes.link_state == LinkState.SATURATED.value)
    classified = expression.classified(counting, **declared)
    crowded = expression.classified(counting.semi_join(full, "minute"), **declared)
    sites = {e.suffix: e.service for e in declared["catalogue"] if e.service in services}
    return {
        Read.NOTICED: noticed(counting),
        "by_slot": _by_slot(_by_minute(classified, published), minutes),
        "saturated": _volumes_of_groups(crowded),
        **({"services": _services(counting, minutes, sites)} if sites else {}),
    }


def _by_minute(classified: Any, published: Published) -> Any:
    """Return the octets of each use in each minute of a device in a published zone."""
    zones = [(zone, name) for zone, name in published.items() if name is not None]
    place = classified.zone.cases(*zones, else_=None) if zones else ibis.null(str)
    known = classified.filter(classified.day.notnull()).select(
        "device", "minute", "use", place=place, octets=classified.up_bytes + classified.down_bytes
    )
    return known.group_by(["device", "place", "minute", "use"]).aggregate(octets=known.octets.sum())


def _by_slot(by_minute: Any, minutes: Any) -> Any:
    """Return the minutes, and of each use the minutes and octets, of a device in a zone and slot."""
    slots = minutes.select("slot", minute_of_slot="minute")
    known = by_minute.left_join(slots, by_minute.minute == slots.minute_of_slot)
    each = known.group_by(["device", "place", "slot", "minute"]).aggregate(
        **{f"use{n}": (known.use == use).sum() for n, use in enumerate(ALL_USES)},
        **{
            f"octets{n}": ibis.ifelse(known.use == use, known.octets, 0).sum()
            for n, use in enumerate(ALL_USES)
        },
    )
    sums = [f"{what}{n}" for what in ("use", "octets") for n in range(len(ALL_USES))]
    return each.group_by(["device", "place", "slot"]).aggregate(
        minutes=each.count(), **{name: each[name].sum() for name in sums}
    )


def _uses(rows: list[dict[str, Any]]) -> list[Activity]:
    names = ["minutes", *(f"use{ALL_USES.index(use)}" for use in CHARTER_USES)]
    sums: dict[tuple[int, str | None], list[int]] = {}
    for row in rows:
        own = sums.setdefault((row["device"], row["place"]), [0] * len(names))
        for n, name in enumerate(names):
            own[n] += row[name]
    return [
        Activity(device=device, zone=zone, minutes=minutes, use_minutes=tuple(of_uses))
        for (device, zone), (minutes, *of_uses) in sums.items()
    ]


def _slots(rows: list[dict[str, Any]]) -> list[Seen]:
    places = [(use, f"use{ALL_USES.index(use)}") for use in CHARTER_USES]
    sums: Counter[tuple[int, tuple[str, str]]] = Counter()
    for row in rows:
        if row["slot"] is not None:
            for use, name in places:
                sums[row["device"], (row["slot"], use)] += row[name]
    return _seen(sums)


def _volumes(rows: list[dict[str, Any]]) -> list[Seen]:
    sums: Counter[tuple[int, tuple[str]]] = Counter()
    for row in rows:
        for n, use in enumerate(ALL_USES):
            sums[row["device"], (use,)] += row[f"octets{n}"]
    return _seen(sums)


def _seen(sums: Mapping[tuple[int, Any], int]) -> list[Seen]:
    return [Seen(device, cell, amount) for (device, cell), amount in sums.items() if amount]


_OF_SLOTS: Final = {"uses": _uses, "slots": _slots, "volumes": _volumes}


def _services(counting: Any, minutes: Any, sites: Mapping[str, str]) -> Any:
    """Return how many slices of each followed service a device has: names decide it, no verdict."""
    followed = pa.table({"site_of_table": sorted(sites), "cell": [sites[s] for s in sorted(sites)]})
    known = counting.semi_join(minutes.filter(minutes.day.notnull()), "minute")
    table = ibis.memtable(followed)
    named = known.inner_join(table, known.site == table.site_of_table).select("device", "cell")
    return named.group_by(["device", "cell"]).aggregate(amount=named.count())


def _volumes_of_groups(crowded: Any) -> Any:
    """Return the octets of each group of categories, for slices of saturated minutes."""
    known = crowded.filter(crowded.day.notnull())
    group = known.category.cases(*sorted(GROUP_OF_CATEGORY.items()), else_=None)
    grouped = known.select("device", cell=group, octets=known.up_bytes + known.down_bytes)
    return grouped.group_by(["device", "cell"]).aggregate(amount=grouped.octets.sum())
