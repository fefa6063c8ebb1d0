"""The charter as one lazy Ibis expression over a slice table. Pure: builds, never executes.

The exception is `classified` with a `minutes` table that has no timetable columns: it asks for the
first and last minute to build them. Everything is standard SQL (joins, CASE, IN), so that DuckDB
and Spark give the same rows.

Change together: `analyzer.facts.category_of` and `_category` here; `analyzer.classify.matches` and
`_matches` here. tests/analyzer_classify compares the two on generated slices and charters.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from analyzer.behaviour import CATEGORY_OF_BEHAVIOUR, STRENGTH_OF_BEHAVIOUR, with_behaviour
from analyzer.classify import FACT_OF_KEY, MEGABYTE
from analyzer.facts import (
    APP_CATEGORY,
    HOUSEKEEPING_PORTS,
    MINUTE_SCHEMA,
    STRONG_SOURCES,
    minute_table,
)
from privacy.records import SiteSource, Transport
from school.calendar import Calendar
from school.catalogue import Catalogue
from school.charter import Charter, When
from school.lists import CATEGORY_OF_LIST
from school.load import School
from school.words import UNMATCHED, Category, LinkState, Period, Strength

ADDED: Final = ("day", "slot", "period", "zone_kind", "category", "use", "rule")
"""Columns that `classified` adds to those of the slices."""


def classified(
    slices: Table,
    *,
    school: School,
    catalogue: Catalogue,
    minutes: Table,
    among: Table | None = None,
) -> Table:
    """Return the slices with their context and verdict: columns of the slices + `ADDED`.

    Args:
        slices: table with the columns of `privacy.records.SLICE_SCHEMA`.
        school: what the school declares.
        catalogue: what names are.
        minutes: `minute` (timestamp, UTC, each once) and `link_state`; a minute that is missing
            counts as calm. The timetable is made for the local days from its first to its last
            minute; slices of other days get a null `day`. It may instead hold `day`, `slot` and
            `period` itself (from `analyzer.facts.minute_table`), which saves a small query.
        among: all slices of the day, when `slices` is a part of them: behaviours look at whole flows.
    """
    table = _with_minutes(with_behaviour(slices, among), with_timetable(minutes, school.calendar))
    table = _with_zones(table, school)
    table = _with_categories(table, catalogue)
    table = table.mutate(
        link_state=table.link_state.fill_null(LinkState.CALM.value),
        period=table.period.fill_null(Period.CLOSED.value),
        octets=table.up_bytes + table.down_bytes,
    )
    table = table.mutate(rule=rule_expression(table, school.charter))
    table = table.mutate(use=_mapped(table.rule, {r.id: r.use for r in school.charter.rules}))
    return table.select(*slices.columns, *ADDED)


def with_timetable(minutes: Table, calendar: Calendar) -> Table:
    """Return `minutes` with `day`, `slot` and `period`; executes a small query if they are missing."""
    if {"day", "slot", "period"} <= set(minutes.columns):
        return minutes
    bounds = minutes.aggregate(first=minutes.minute.min(), last=minutes.minute.max())
    row = bounds.to_pyarrow().to_pylist()[0]
    if row["first"] is None:
        known = MINUTE_SCHEMA.empty_table()
    else:
        first, last = calendar.local_day(row["first"]), calendar.local_day(row["last"])
        known = minute_table(calendar, first, last + timedelta(days=1))
    timetable = ibis.memtable(known)
    states = minutes.select("link_state", minute_of_table="minute")
    return timetable.left_join(states, timetable.minute == states.minute_of_table).drop(
        "minute_of_table"
    )


def _with_minutes(slices: Table, minutes: Table) -> Table:
    known = minutes.select("link_state", "day", "slot", "period", minute_of_table="minute")
    return slices.left_join(known, slices.minute == known.minute_of_table)


def _dimension(names: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> Table:
    rows = sorted(pairs)
    columns = {names[0]: [key for key, _ in rows], names[1]: [value for _, value in rows]}
    schema = pa.schema([(name, pa.string()) for name in names])
    return ibis.memtable(pa.table(columns, schema=schema))


def _with_zones(table: Table, school: School) -> Table:
    pairs = ((zone.name, zone.kind) for zone in school.zones)
    known = _dimension(("zone_of_table", "zone_kind"), pairs)
    joined = table.left_join(known, table.zone == known.zone_of_table)
    return joined.mutate(zone_kind=joined.zone_kind.fill_null(UNMATCHED))


def _with_categories(table: Table, catalogue: Catalogue) -> Table:
    pairs = ((entry.suffix, entry.category) for entry in catalogue)
    known = _dimension(("site_of_table", "site_category"), pairs)
    joined = table.left_join(known, table.site == known.site_of_table)
    category, evidence = _category(joined)
    return joined.mutate(category=category, evidence=evidence)


def _category(table: Table) -> tuple[StringValue, StringValue]:
    """`analyzer.facts.category_of`, step by step."""
    listed = _mapped(table.list_category, CATEGORY_OF_LIST)
    hinted = _mapped(table.app, APP_CATEGORY)
    by_port = (table.transport == Transport.UDP.value) & table.server_port.isin(HOUSEKEEPING_PORTS)
    behaved = _mapped(table.behaviour, CATEGORY_OF_BEHAVIOUR)
    as_strong = _mapped(table.behaviour, STRENGTH_OF_BEHAVIOUR)
    named = table.site.notnull()
    of_site = _strength(table)
    steps: list[tuple[BooleanValue, Any, Any]] = [
        (named & table.site_category.notnull(), table.site_category, of_site),
        (listed.notnull(), listed, Strength.WEAK.value),
        (hinted.notnull(), hinted, Strength.STRONG.value),
        (named, Category.UNKNOWN.value, of_site),
        (by_port, Category.NTP_PKI_DNS.value, Strength.WEAK.value),
        (behaved.notnull(), behaved, as_strong),
    ]
    return (
        ibis.cases(
            *((test, category) for test, category, _ in steps), else_=Category.UNKNOWN.value
        ),
        ibis.cases(*((test, evidence) for test, _, evidence in steps), else_=Strength.NONE.value),
    )


def _strength(table: Table) -> StringValue:
    nameless = table.site.isnull() | (table.site_source == SiteSource.NONE.value)
    strong = table.site_source.isin(sorted(STRONG_SOURCES)) & ~table.ech
    return ibis.cases(
        (nameless, Strength.NONE.value),
        (strong, Strength.STRONG.value),
        else_=Strength.WEAK.value,
    )


def _mapped(column: StringValue, mapping: Mapping[str, str]) -> StringValue:
    """CASE over a small mapping, one branch per result; null for what it does not hold."""
    by_result: dict[str, list[str]] = {}
    for key, value in sorted(mapping.items()):
        by_result.setdefault(value, []).append(key)
    branches = [(column.isin(keys), value) for value, keys in by_result.items()]
    return ibis.cases(*branches, else_=ibis.null("string"))


def rule_expression(table: Table, charter: Charter) -> StringValue:
    """Return the id of the first rule that matches, for a table with the columns of the facts."""
    branches = [(_matches(table, rule.when), rule.id) for rule in charter.rules]
    return ibis.cases(*branches, else_=ibis.null("string"))


def _matches(table: Table, when: When) -> BooleanValue:
    """`analyzer.classify.matches`. A null app gives null, which CASE takes for no."""
    test: BooleanValue = ibis.literal(value=True)
    if when.megabytes_at_least is not None:
        test = test & (table.octets >= when.megabytes_at_least * MEGABYTE)
    for key, fact in FACT_OF_KEY.items():
        allowed = when.allowed(key)
        if allowed is not None:
            test = test & table[fact].isin(sorted(allowed))
    return test
