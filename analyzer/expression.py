"""The charter as one lazy Ibis expression over a slice table. Pure: builds, never executes.

The exception is `classified` with a `minutes` table that has no timetable columns: it asks for the
first and last minute to build them. Everything is standard SQL (joins, CASE, IN, windows), so that
DuckDB and Spark give the same rows.

Change together: `analyzer.facts.category_of` and `_category` here; `analyzer.classify.matches` and
`_matches` here; `analyzer.volumes` and `analyzer.windows`. tests/analyzer_classify compares the two on generated slices and charters.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from analyzer import windows
from analyzer.behaviour import steady_expression
from analyzer.classify import FACT_OF_KEY, MEGABYTE, VOLUME_OF_KEY
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
from school.words import UNMATCHED, Behaviour, Category, DayKind, LinkState, Period, Strength

LINK_COLUMNS: Final = ("link_state", "link_up", "link_down")
"""What a table of minutes may tell of the line (`analyzer.link_state.MINUTES_SCHEMA`)."""
ADDED: Final = ("day", "slot", "period", "zone_kind", "category", "use", "rule")
"""Columns that `classified` adds to those of the slices."""


def classified(slices: Table, *, school: School, catalogue: Catalogue, minutes: Table) -> Table:
    """Return the slices with their context and verdict: columns of the slices + `ADDED`.

    Args:
        slices: table with the columns of `privacy.records.SLICE_SCHEMA`.
        school: what the school declares.
        catalogue: what names are.
        minutes: `minute` (timestamp, UTC, each once), `link_state`, and `link_up` and `link_down`
            if a rule looks at them; a minute that is missing counts as calm. The timetable is made
            for the local days from its first to its last minute; slices of other days get a null
            `day`. It may instead hold `day`, `slot`, `period` and `day_kind` itself (from
            `analyzer.facts.minute_table`), which saves a small query.

    Raises:
        ValueError: `minutes` lacks a column that the charter looks at.
    """
    charter = school.charter
    table = _with_minutes(slices, with_timetable(minutes, school.calendar), charter)
    table = _with_zones(table, school)
    table = _with_categories(table, catalogue)
    table = table.mutate(
        period=table.period.fill_null(Period.CLOSED.value),
        octets=table.up_bytes + table.down_bytes,
    )
    table = windows.with_volumes(table, charter)
    table = table.mutate(rule=rule_expression(table, charter))
    table = windows.with_budgets(table, charter)
    table = table.mutate(use=use_expression(table, charter))
    return table.select(*slices.columns, *ADDED)


def with_timetable(minutes: Table, calendar: Calendar) -> Table:
    """Return `minutes` with the timetable; executes a small query if it is missing."""
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
    told = [name for name in LINK_COLUMNS if name in minutes.columns]
    states = minutes.select(*told, minute_of_table="minute")
    return timetable.left_join(states, timetable.minute == states.minute_of_table).drop(
        "minute_of_table"
    )


def _with_minutes(slices: Table, minutes: Table, charter: Charter) -> Table:
    """Join the minutes, with the optional columns only where a rule looks at them."""
    wanted = {
        "link_state": LinkState.CALM.value,
        **{key: LinkState.CALM.value for key in ("link_up", "link_down") if charter.looks_at(key)},
        **({"day_kind": DayKind.ORDINARY.value} if charter.looks_at("day") else {}),
    }
    missing = sorted(set(wanted) - set(minutes.columns))
    if missing:
        raise ValueError(f"the charter looks at {', '.join(missing)}; the minutes do not tell it")
    known = minutes.select(*wanted, "day", "slot", "period", minute_of_table="minute")
    joined = slices.left_join(known, slices.minute == known.minute_of_table)
    return joined.mutate(**{name: joined[name].fill_null(calm) for name, calm in wanted.items()})


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
    steady = joined.site.isnull() & steady_expression(joined)
    joined = joined.mutate(
        listed=_mapped(joined.list_category, CATEGORY_OF_LIST),
        behaviour=ibis.ifelse(steady, Behaviour.STEADY_AUDIO.value, Behaviour.NONE.value),
    )
    category, evidence = _category(joined)
    return joined.mutate(category=category, evidence=evidence)


def _category(table: Table) -> tuple[StringValue, StringValue]:
    """`analyzer.facts.category_of`, step by step."""
    hinted = _mapped(table.app, APP_CATEGORY)
    by_port = (table.transport == Transport.UDP.value) & table.server_port.isin(HOUSEKEEPING_PORTS)
    by_behaviour = table.behaviour == Behaviour.STEADY_AUDIO.value
    named = table.site.notnull()
    of_site = _strength(table)
    steps: list[tuple[BooleanValue, Any, Any]] = [
        (named & table.site_category.notnull(), table.site_category, of_site),
        (table.listed.notnull(), table.listed, Strength.WEAK.value),
        (hinted.notnull(), hinted, Strength.STRONG.value),
        (named, Category.UNKNOWN.value, of_site),
        (by_port, Category.NTP_PKI_DNS.value, Strength.WEAK.value),
        (by_behaviour, Category.WEB_RADIO.value, Strength.WEAK.value),
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


def use_expression(table: Table, charter: Charter) -> StringValue:
    """Return the use of each slice; `rule` and what tolerances count must be there."""
    branches = [
        ((table.rule == rule.id) & windows.passes(table, rule.tolerance), rule.tolerance.beyond)
        for rule in charter.rules
        if rule.tolerance
    ]
    plain = _mapped(table.rule, {rule.id: rule.use for rule in charter.rules})
    return ibis.cases(*branches, else_=plain) if branches else plain


def _matches(table: Table, when: When) -> BooleanValue:
    """`analyzer.classify.matches`. What is null gives null, which CASE takes for no."""
    test: BooleanValue = ibis.literal(value=True)
    for key, fact in VOLUME_OF_KEY.items():
        least = when.least(key)
        if least is not None:
            test = test & (table[fact] >= least * MEGABYTE)
    for key, fact in FACT_OF_KEY.items():
        allowed = when.allowed(key)
        if allowed is not None:
            test = test & table[fact].isin(sorted(allowed))
    return test
