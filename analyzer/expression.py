"""The charter as one lazy Ibis expression over a slice table. Pure: builds, never executes.

The exception is `classified` with a `minutes` table that has no timetable columns: it asks for the
first and last minute to build them. Everything is standard SQL (joins, CASE, IN, windows), so that
DuckDB and Spark give the same rows.

Change together: `analyzer.facts.category_of` and `_category` here; `analyzer.classify.matches` and
`analyzer.masks`; `analyzer.volumes` and `analyzer.windows`. tests/analyzer_classify compares the two
on generated slices and charters.

Small tables (minutes, zones, sites, categories) are joined, and bring as numbers what they allow
(`analyzer.masks`), so that a rule costs no string comparison of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import IntegerValue, Table

from analyzer import masks, windows
from analyzer.behaviour import CATEGORY_OF_BEHAVIOUR, STRENGTH_OF_BEHAVIOUR, with_behaviour
from analyzer.classify import FACT_OF_KEY, VOLUME_OF_KEY
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
from school.charter import Charter
from school.lists import CATEGORY_OF_LIST
from school.load import School
from school.words import UNMATCHED, Category, DayKind, LinkState, Period, Strength

OF_NO_MINUTE: Final[Mapping[str, str | None]] = {
    "period": Period.CLOSED.value,
    "slot": None,
    "day": DayKind.ORDINARY.value,
    "link": LinkState.CALM.value,
    "link_up": LinkState.CALM.value,
    "link_down": LinkState.CALM.value,
}
"""Keys of conditions about the minute, and what counts where nothing is known of it."""
LINK_COLUMNS: Final = ("link_state", "link_up", "link_down")
"""What a table of minutes may tell of the line (`analyzer.link_state.MINUTES_SCHEMA`)."""
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
        minutes: `minute` (timestamp, UTC, each once), `link_state`, and `link_up` and `link_down`
            if a rule looks at them; a minute that is missing counts as calm. The timetable is made
            for the local days from its first to its last minute; slices of other days get a null
            `day`. It may instead hold `day`, `slot`, `period` and `day_kind` itself (from
            `analyzer.facts.minute_table`), which saves a small query.
        among: all slices of the day, when `slices` is a part of them: behaviours look at whole flows.

    Raises:
        ValueError: `minutes` lacks a column that the charter looks at.
    """
    charter = school.charter
    table = _with_minutes(
        with_behaviour(slices, among), with_timetable(minutes, school.calendar), charter
    )
    table = _with_zones(table, school)
    table = _with_categories(table, catalogue, charter)
    table = windows.with_volumes(table.mutate(octets=table.up_bytes + table.down_bytes), charter)
    table = _with_verdicts(table, _matching(table, charter, JOINED), charter, counted=False)
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
    """Join the minutes and what their facts allow; a minute that is not there has `OF_NO_MINUTE`."""
    keys = [key for key in OF_NO_MINUTE if charter.looks_at(key)]
    missing = sorted({FACT_OF_KEY[key] for key in keys} - set(minutes.columns))
    if missing:
        raise ValueError(f"the charter looks at {', '.join(missing)}; the minutes do not tell it")
    filled = minutes.mutate(
        **{
            FACT_OF_KEY[key]: minutes[FACT_OF_KEY[key]].fill_null(OF_NO_MINUTE[key])
            for key in keys
            if OF_NO_MINUTE[key] is not None
        }
    )
    told = _every([masks.of_words(filled[FACT_OF_KEY[key]], key, charter) for key in keys], charter)
    known = filled.select(
        *("day", "slot", "period"),
        minute_of_table="minute",
        **{f"minute_bits{n}": number for n, number in enumerate(told)},
    )
    nothing = masks.everything(charter)
    for key in keys:
        nothing = masks.both(nothing, masks.allowing(charter, key, OF_NO_MINUTE[key]))
    joined = slices.left_join(known, slices.minute == known.minute_of_table)
    joined = joined.mutate(period=joined.period.fill_null(Period.CLOSED.value))
    return _filled(joined, "minute_bits", nothing)


def _filled(table: Table, prefix: str, numbers: masks.Numbers) -> Table:
    names = {f"{prefix}{n}": number for n, number in enumerate(numbers)}
    return table.mutate(
        **{name: table[name].fill_null(ibis.literal(n, "int64")) for name, n in names.items()}
    )


def _every(numbers: Iterable[Sequence[IntegerValue]], charter: Charter) -> list[IntegerValue]:
    """Return the rules that all allow."""
    whole: list[IntegerValue] = [ibis.literal(n, "int64") for n in masks.everything(charter)]
    for some in numbers:
        whole = [one & other for one, other in zip(whole, some, strict=True)]
    return whole


def _dimension(key: str, rows: Mapping[Any, Mapping[str, Any]]) -> Table:
    """A small table of words and numbers by a key, in its order; at least one row."""
    ordered = sorted(rows)
    columns = {key: ordered, **{n: [rows[k][n] for k in ordered] for n in rows[ordered[0]]}}
    return ibis.memtable(pa.table(columns))


def _bits(prefix: str, numbers: masks.Numbers) -> dict[str, int]:
    return {f"{prefix}{n}": number for n, number in enumerate(numbers)}


def _with_zones(table: Table, school: School) -> Table:
    charter = school.charter
    rows = {
        zone.name: {
            "zone_kind": zone.kind,
            **_bits("zone_bits", masks.allowing(charter, "zone", zone.kind)),
        }
        for zone in school.zones
    }
    known = _dimension("zone_of_table", rows)
    joined = table.left_join(known, table.zone == known.zone_of_table)
    joined = joined.mutate(zone_kind=joined.zone_kind.fill_null(UNMATCHED))
    return _filled(joined, "zone_bits", masks.allowing(charter, "zone", UNMATCHED))


_CATEGORIES: Final = tuple(sorted(category.value for category in Category))
_STRENGTHS: Final = tuple(strength.value for strength in Strength)


def _ground(category: str, strength: Strength = Strength.NONE) -> int:
    """Return the number of a category and what it rests on; with no strength, what one is added to."""
    return _CATEGORIES.index(category) * len(_STRENGTHS) + _STRENGTHS.index(strength.value)


def _with_categories(table: Table, catalogue: Catalogue, charter: Charter) -> Table:
    """Add `category` and `evidence`, and what both allow, all read from a table of their numbers."""
    sites = {entry.suffix: {"of_site": _ground(entry.category)} for entry in catalogue}
    lists = {
        name: {"listed": word, "of_list": _ground(word, Strength.WEAK)}
        for name, word in CATEGORY_OF_LIST.items()
    }
    hints = {name: {"of_app": _ground(w, Strength.STRONG)} for name, w in APP_CATEGORY.items()}
    for column, rows in (("site", sites), ("list_category", lists), ("app", hints)):
        known = _dimension(f"{column}_of_table", rows)
        table = table.left_join(known, table[column] == known[f"{column}_of_table"])
    table = table.mutate(ground=_grounds(table))
    grounds = {
        _ground(category, strength): {
            "category": category,
            "evidence": strength.value,
            **_bits("category_bits", _allowed(charter, category, strength)),
        }
        for category, strength in product(_CATEGORIES, Strength)
    }
    known = _dimension("ground_of_table", grounds)
    return table.left_join(known, table.ground == known.ground_of_table)


def _allowed(charter: Charter, category: str, strength: Strength) -> masks.Numbers:
    of_category = masks.allowing(charter, "category", category)
    return masks.both(of_category, masks.allowing(charter, "evidence", strength.value))


def _grounds(table: Table) -> IntegerValue:
    """`analyzer.facts.category_of`, step by step, as numbers: `_ground`."""
    by_port = (table.transport == Transport.UDP.value) & table.server_port.isin(HOUSEKEEPING_PORTS)
    of_behaviours = [
        (behaviour, _ground(category, Strength(STRENGTH_OF_BEHAVIOUR[behaviour])))
        for behaviour, category in sorted(CATEGORY_OF_BEHAVIOUR.items())
    ]
    strength = _strength(table)
    unknown = _ground(Category.UNKNOWN.value)
    return ibis.cases(
        (table.of_site.notnull(), table.of_site + strength),
        (table.of_list.notnull(), table.of_list),
        (table.of_app.notnull(), table.of_app),
        (table.site.notnull(), strength + unknown),
        (by_port, _ground(Category.NTP_PKI_DNS.value, Strength.WEAK)),
        else_=table.behaviour.cases(*of_behaviours, else_=unknown),
    )


def _strength(table: Table) -> IntegerValue:
    """`analyzer.facts.strength_of` for a slice with a site, as what it adds to a category's number."""
    strong = table.site_source.isin(sorted(STRONG_SOURCES)) & ~table.ech
    return ibis.cases(
        (table.site_source == SiteSource.NONE.value, _STRENGTHS.index(Strength.NONE.value)),
        (strong, _STRENGTHS.index(Strength.STRONG.value)),
        else_=_STRENGTHS.index(Strength.WEAK.value),
    )


JOINED: Final = {
    "minute_bits": tuple(OF_NO_MINUTE),
    "zone_bits": ("zone",),
    "category_bits": ("category", "evidence"),
}
"""Numbers that `classified` joins from small tables, and the keys of conditions that they answer."""


def _matching(
    table: Table, charter: Charter, joined: Mapping[str, tuple[str, ...]]
) -> list[IntegerValue]:
    """Return which rules match: `analyzer.classify.matches` for all rules at once.

    Args:
        table: with the facts as columns, but for those that `joined` answers.
        charter: whose rules.
        joined: prefix of columns of numbers → the keys that they answer.
    """
    answered = {key for keys in joined.values() for key in keys}
    count = len(masks.words(charter))
    found: list[Sequence[IntegerValue]] = [
        [table[f"{prefix}{n}"] for n in range(count)] for prefix in joined
    ]
    for key, fact in FACT_OF_KEY.items():
        if charter.looks_at(key) and key not in answered:
            found.append(masks.of_words(table[fact], key, charter))
    for key, fact in VOLUME_OF_KEY.items():
        if charter.looks_at(key):
            found.append(masks.of_volume(table[fact], key, charter))
    return _every(found, charter)


def _with_verdicts(
    table: Table, matching: Sequence[IntegerValue], charter: Charter, *, counted: bool
) -> Table:
    """Add `rule` and `use`; what tolerances count is built where it is not `counted` already."""
    numbers = {f"matching{n}": number for n, number in enumerate(matching)}
    table = table.mutate(**numbers)
    known = [table[name] for name in numbers]
    table = table.mutate(rule=masks.first_rule(known, charter), use=masks.first_use(known, charter))
    if not counted:
        table = windows.with_budgets(table, charter)
    beyond = [
        ((table.rule == rule.id) & windows.passes(table, rule.tolerance), rule.tolerance.beyond)
        for rule in charter.rules
        if rule.tolerance
    ]
    return table.mutate(use=ibis.cases(*beyond, else_=table.use)) if beyond else table


def verdicts(facts: Table, charter: Charter) -> Table:
    """Return a table of facts with `rule` and `use`: `analyzer.classify.classify` for each row.

    Args:
        facts: columns named as the fields of `analyzer.facts.Facts`, and `device` (null: none).
        charter: whose rules.
    """
    return _with_verdicts(facts, _matching(facts, charter, {}), charter, counted=True)
