"""Periods of release: months, ISO weeks and days, that never slide or overlap within a table.

Pure. Days are local days of the school, as in the store's `day=` folders.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

LONGEST_MONTH: Final = 31


class PeriodKind(StrEnum):
    """How long a table's period is."""

    DAY = "day"
    WEEK = "week"  # ISO 8601 week, Monday to Sunday
    MONTH = "month"  # calendar month


@dataclass(frozen=True, slots=True)
class Period:
    """The days [starts, ends) of one release. Made by `period_of` only."""

    kind: PeriodKind
    name: str
    """`2026-11` for a month, `2026-W41` for a week, `2026-11-16` for a day; also a file name."""
    starts: date
    ends: date

    def days(self) -> tuple[date, ...]:
        """Return the days of the period, in order."""
        return tuple(
            self.starts + timedelta(days=offset) for offset in range((self.ends - self.starts).days)
        )

    def closed(self, as_of: date) -> bool:
        """Say whether every day of the period was over when `as_of` began."""
        return as_of >= self.ends


def period_of(kind: PeriodKind, day: date) -> Period:
    """Return the period of a kind that holds a day."""
    if kind is PeriodKind.DAY:
        return Period(kind, day.isoformat(), day, day + timedelta(days=1))
    if kind is PeriodKind.MONTH:
        first = day.replace(day=1)
        after = (first + timedelta(days=LONGEST_MONTH)).replace(day=1)
        return Period(kind, f"{first:%Y-%m}", first, after)
    year, week, weekday = day.isocalendar()
    starts = day - timedelta(days=weekday - 1)
    return Period(kind, f"{year:04d}-W{week:02d}", starts, starts + timedelta(days=7))
