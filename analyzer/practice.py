"""The charter as a table of places and times: what is allowed, tolerated, or not. Pure.

Nothing here is written by hand: each declared zone, period and category of services is put before
`analyzer.classify`, as a service that its own name shows beyond doubt, while the line is calm, busy
and saturated, for little traffic and for a lot. What comes out is grouped: first what holds at every
place and time, then per zone what holds there at every time, then by period only what differs. Kinds of zones, not persons: `Facts` has no
such thing. Pages and poster show this table, so that what is displayed is what is enforced.

Of what rules can see besides (a slot, an exam day, a behaviour, a protocol, a list) the table takes
the ordinary case; `also` names those that this charter looks at, and the page then says that the
list of rules is the whole truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from analyzer.classify import MEGABYTE, classify, deciding
from analyzer.facts import Facts
from school.calendar import Calendar
from school.charter import SIZE_KEYS, Charter
from school.labels import CATEGORIES
from school.load import School
from school.words import Category, LinkState, Period, Strength, Use

JUDGED: Final = tuple(category for category in Category if category is not Category.UNKNOWN)
STATES: Final = tuple(state.value for state in LinkState)
BESIDES: Final = ("slot", "day", "list_category", "behaviour", "app")
"""Keys of a condition for which the table takes the ordinary case."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the charter makes of one category at one place and time."""

    little: tuple[str, ...]
    """The use while the line is calm, busy, saturated."""
    much: tuple[str, ...]
    """The same from the largest volume on that a rule names."""
    minutes: int | None
    megabytes: int | None
    beyond: str
    """The use past the tolerance; empty without one."""
    clauses: tuple[str, ...] = field(compare=False)
    """Which clauses say so: told, but no difference by itself."""


Outcomes = Mapping[str, Outcome]
"""Category → outcome, for one kind of zone and one period."""


def practice(school: School) -> dict[str, Any]:
    """Return the table, in words of the vocabularies and with the categories in both languages."""
    charter, periods = school.charter, periods_of(school.calendar)
    kinds = list(dict.fromkeys(zone.kind for zone in school.zones))
    cells = {
        (kind, period): {c.value: _outcome(charter, kind, period, c) for c in JUDGED}
        for kind in kinds
        for period in periods
    }
    same = {
        category.value
        for category in JUDGED
        if len({outcomes[category.value] for outcomes in cells.values()}) == 1
    }
    first = next(iter(cells.values()))
    return {
        "everywhere": _groups({c: o for c, o in first.items() if c in same}),
        "rows": _rows(school, periods, cells, same),
        "sure_only": _sure_only(charter, list(cells)),
        "also": [key for key in BESIDES if charter.looks_at(key)],
    }


def periods_of(calendar: Calendar) -> list[str]:
    """Return the periods that a minute of this school can be in, in the order of a day."""
    known = {slot.period for slot in calendar.slots} | {Period.BREAK.value, Period.CLOSED.value}
    if calendar.boarding:
        known |= {Period.EVENING.value, Period.NIGHT.value}
    return [period.value for period in Period if period.value in known]


def _facts(kind: str, period: str, category: Category, state: str, megabytes: int) -> Facts:
    octets = megabytes * MEGABYTE
    return Facts(
        zone_kind=kind,
        period=period,
        category=category.value,
        evidence=Strength.STRONG.value,
        link_state=state,
        link_up=state,
        link_down=state,
        octets=octets,
        flow_octets=octets,
        device_day_octets=octets,
    )


def _outcome(charter: Charter, kind: str, period: str, category: Category) -> Outcome:
    able = _able(charter, kind, period, category)
    largest = max((r.when.least(key) or 0 for r in able.rules for key in SIZE_KEYS), default=0)
    little, much = (
        [classify(_facts(kind, period, category, state, size), able) for state in STATES]
        for size in (0, largest)
    )
    tolerance = deciding(_facts(kind, period, category, STATES[0], 0), able).tolerance
    return Outcome(
        little=tuple(verdict.use for verdict in little),
        much=tuple(verdict.use for verdict in much),
        minutes=tolerance.minutes if tolerance else None,
        megabytes=tolerance.megabytes if tolerance else None,
        beyond=tolerance.beyond if tolerance else "",
        clauses=tuple(dict.fromkeys(verdict.clause for verdict in (*little, *much))),
    )


def _able(charter: Charter, kind: str, period: str, category: Category) -> Charter:
    """Return the charter without the rules that cannot match here: the same verdicts, sooner."""
    here = {"zone": kind, "period": period, "category": category.value}
    rules = tuple(
        rule
        for rule in charter.rules
        if all(
            (allowed := rule.when.allowed(key)) is None or word in allowed
            for key, word in here.items()
        )
    )
    return replace(charter, rules=rules)


def _groups(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Group categories of one outcome, in the order of the uses and of the vocabulary."""
    found: dict[Outcome, list[str]] = {}
    clauses: dict[Outcome, dict[str, None]] = {}
    for category, outcome in outcomes.items():
        found.setdefault(outcome, []).append(category)
        clauses.setdefault(outcome, {}).update(dict.fromkeys(outcome.clauses))
    uses = [use.value for use in Use]
    ordered = sorted(found.items(), key=lambda item: [uses.index(use) for use in item[0].little])
    return [_group(outcome, categories, list(clauses[outcome])) for outcome, categories in ordered]


def _group(outcome: Outcome, categories: Sequence[str], clauses: list[str]) -> dict[str, Any]:
    labels = [CATEGORIES[Category(category)] for category in categories]
    return {
        "little": list(outcome.little),
        "much": list(outcome.much),
        "minutes": outcome.minutes,
        "megabytes": outcome.megabytes,
        "beyond": outcome.beyond,
        "clauses": sorted(clauses),
        "categories": [{"fr": french, "en": english} for french, english in labels],
    }


def _rows(
    school: School, periods: list[str], cells: Mapping[tuple[str, str], Outcomes], same: set[str]
) -> list[dict[str, Any]]:
    """Zones whose cells are the same share a row."""
    rows: dict[str, list[Any]] = {}
    for zone in school.zones:
        rows.setdefault(repr([cells[zone.kind, period] for period in periods]), []).append(zone)
    return [
        {
            "zones": [zone.label.as_dict() for zone in zones],
            **_row({period: cells[zones[0].kind, period] for period in periods}, same),
        }
        for zones in rows.values()
    ]


def _row(outcomes: Mapping[str, Outcomes], same: set[str]) -> dict[str, Any]:
    """Tell once what holds there at every time; periods that differ alike share a cell."""
    first = next(iter(outcomes.values()))
    steady = {
        category
        for category in first
        if category not in same and len({each[category] for each in outcomes.values()}) == 1
    }
    found: list[dict[str, Any]] = []
    for period, each in outcomes.items():
        groups = _groups({c: o for c, o in each.items() if c not in same | steady})
        twin = next((cell for cell in found if cell["groups"] == groups), None)
        if twin:
            twin["periods"].append(period)
        else:
            found.append({"periods": [period], "groups": groups})
    always = _groups({c: o for c, o in first.items() if c in steady})
    return {"always": always, "cells": [cell for cell in found if cell["groups"]]}


def _sure_only(charter: Charter, places: Sequence[tuple[str, str]]) -> bool:
    """Say whether weak evidence never accuses, whatever the place, the time and the line."""
    for kind, period in places:
        for category in Category:
            able = _able(charter, kind, period, category)
            for state in STATES:
                strong = _facts(kind, period, category, state, 0)
                if classify(replace(strong, evidence=Strength.WEAK), able).use == Use.ABUSIVE:
                    return False
    return True
