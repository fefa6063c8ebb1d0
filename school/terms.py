"""The three terms of a school year: the one place that says what `2026-T1` is. Pure.

`2026-T1` is the first term of the school year that begins in 2026. Terms are counted in school days,
from the declared calendar alone:

* T1: from the first school day to the last one before the Christmas holidays;
* T2: until the last one before the spring holidays, the first long break from 15 March on;
* T3: until the last one before the summer.

A long break is one with a full week of weekdays off. Where the calendar has no such break (a
calendar of the southern hemisphere, or holidays that nobody declared) the terms end on 31 December
and 31 March. Class councils may close their marks on other days; these terms are those of the
reports, and every page and PDF takes them from the sealed document `school`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from school.calendar import Calendar

TERMS: Final = ("T1", "T2", "T3")
YEAR_STARTS: Final = (8, 1)
"""No school year of a calendar that Jauge knows starts or ends across 1 August."""
WEEKDAYS: Final = 5
LONG: Final = 5
"""Weekdays off in a row that make a long break."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its first and last school day, and the ISO weeks that hold one of its school days."""

    name: str
    """`2026-T1`."""
    starts: date
    ends: date
    """Included."""
    weeks: tuple[str, ...]


@lru_cache(maxsize=32)
def terms_of(calendar: Calendar, year: int) -> tuple[Term, ...]:
    """Return the terms of the school year that begins in `year`; one without school days is left out."""
    first, after = date(year, *YEAR_STARTS), date(year + 1, *YEAR_STARTS)
    taught = [day for day in calendar.days(first, after) if calendar.is_school_day(day)]
    limits = (first, *_limits(calendar, year), after)
    found = []
    for name, low, high in zip(TERMS, limits, limits[1:], strict=False):
        days = [day for day in taught if low <= day < high]
        if days:
            found.append(_term(f"{year}-{name}", days))
    return tuple(found)


def terms_between(calendar: Calendar, first: date, last: date) -> tuple[Term, ...]:
    """Return the terms that hold a day of [first, last], oldest first."""
    years = range(first.year - 1, last.year + 1)
    terms = [term for year in years for term in terms_of(calendar, year)]
    return tuple(term for term in terms if term.starts <= last and term.ends >= first)


def _term(name: str, days: Sequence[date]) -> Term:
    weeks = dict.fromkeys("{}-W{:02d}".format(*day.isocalendar()[:2]) for day in days)
    return Term(name=name, starts=days[0], ends=days[-1], weeks=tuple(weeks))


def _limits(calendar: Calendar, year: int) -> tuple[date, date]:
    """Return the first day of the second and of the third term's stretch of time."""
    breaks = list(_long_breaks(calendar, date(year, 9, 1), date(year + 1, 6, 1)))
    christmas = date(year, 12, 25)
    winter = [last for first, last in breaks if first <= christmas <= last]
    spring = [last for first, last in breaks if first >= date(year + 1, 3, 15)]
    return (
        winter[0] if winter else date(year + 1, 1, 1),
        spring[0] if spring else date(year + 1, 4, 1),
    )


def _long_breaks(calendar: Calendar, start: date, end: date) -> Iterator[tuple[date, date]]:
    """Return (first weekday off, last weekday off) of each long break."""
    run: list[date] = []
    for day in calendar.days(start, end + timedelta(days=1)):
        if day.weekday() >= WEEKDAYS:
            continue
        if calendar.is_off(day):
            run.append(day)
            continue
        if len(run) >= LONG:
            yield run[0], run[-1]
        run = []
