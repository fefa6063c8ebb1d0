"""The timetable, and what every minute of the year is for the school. No I/O.

All rules work on local wall-clock time, so that a lesson at 08:00 stays a lesson when the clocks
change; in the repeated hour of autumn both hours have the same period, the lost hour of spring has
no minutes. Rules for a minute, first match:

1. Public holiday, school holiday of the zone (A, B, C, or as declared), or a day in `closed`:
   `closed`.
2. A declared slot of the weekday holds the minute: the slot's period.
3. Not a school day (no lesson slot on that weekday): `closed`.
4. Between the first and the last slot of the day that are not evening or night: `break`.
5. With a boarding zone: 07:00–18:00 `break`, 18:00–22:00 `evening`, else `night`.
6. Otherwise: `closed`.

`open` lists days that are school days in spite of 1 (a Saturday that is made up, a bridge that is
not taken); their slots are those of their weekday. `exams` changes no period: rules may look at it.
Holidays: `school.days_off`, and `holidays` of the file where no decree is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from school.days_off import METROPOLE, days_off
from school.words import DayKind, Period

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
WAKING: Final = 7 * 60
"""Boarders: the night ends at 07:00…"""
EVENING_STARTS: Final = 18 * 60
"""… the evening goes from 18:00…"""
EVENING_ENDS: Final = 22 * 60
"""… to 22:00."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the timetable; the same name on every day it is given."""

    name: str
    period: str
    days: tuple[str, ...]
    starts: int
    """Minutes after local midnight, included."""
    ends: int
    """Minutes after local midnight, excluded."""
    persons: int

    @property
    def from_to(self) -> tuple[str, str]:
        """Return the two clock times, such as ("08:00", "08:55")."""
        return clock(self.starts), clock(self.ends)


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week [starts, ends)."""

    period: str
    """`2026-W37`."""
    starts: date
    ends: date
    school_days: tuple[date, ...]


def clock(minute: int) -> str:
    """Write minutes after midnight as a time of day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The timetable of the school."""

    timezone: ZoneInfo
    holiday_zone: str
    slots: tuple[Slot, ...]
    boarding: bool
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()
    exams: frozenset[date] = frozenset()
    territory: str = METROPOLE
    holidays: tuple[tuple[date, date], ...] = ()
    """Declared school holidays: first and last day."""

    def day_kind(self, day: date) -> str:
        """Say whether exams are declared for a day (`school.words.DayKind`)."""
        return (DayKind.EXAM if day in self.exams else DayKind.ORDINARY).value

    def local(self, moment: datetime) -> datetime:
        """Return a moment in local time.

        Raises:
            ValueError: the moment has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone says nothing about the timetable")
        return moment.astimezone(self.timezone)

    def local_day(self, moment: datetime) -> date:
        """Return the local day of a moment (aware)."""
        return self.local(moment).date()

    def is_off(self, day: date) -> bool:
        """Say whether a day is a holiday or declared closed (weekends are not off by themselves)."""
        if day in self.open:
            return False
        return (
            day in self.closed
            or day in days_off(self.holiday_zone, self.territory, day.year)
            or any(first <= day <= last for first, last in self.holidays)
        )

    def is_school_day(self, day: date) -> bool:
        """Say whether there are lessons that day."""
        weekday = WEEKDAYS[day.weekday()]
        taught = any(s.period == Period.LESSON and weekday in s.days for s in self.slots)
        return taught and not self.is_off(day)

    def slots_of(self, day: date) -> tuple[Slot, ...]:
        """Return the slots of a day, earliest first; none on a day off."""
        if self.is_off(day):
            return ()
        weekday = WEEKDAYS[day.weekday()]
        return tuple(slot for slot in self.slots if weekday in slot.days)

    def slot_at(self, minute: datetime) -> Slot | None:
        """Return the slot that holds a minute (aware), or None."""
        local = self.local(minute)
        return _slot_in(self.slots_of(local.date()), local.hour * 60 + local.minute)

    def period_at(self, minute: datetime) -> str:
        """Return the period of a minute (aware): see the rules at the top of this file."""
        local = self.local(minute)
        return self.of_day(local.date())[local.hour * 60 + local.minute][0]

    def of_day(self, day: date) -> tuple[tuple[str, str | None], ...]:
        """Return (period, slot name or None) for each of the 1,440 wall-clock minutes of a day."""
        return _minutes(self.slots_of(day), taught=self.is_school_day(day), boarding=self.boarding)

    def days(self, start: date, end: date) -> Iterator[date]:
        """Return the days of [start, end)."""
        return (start + timedelta(days=n) for n in range((end - start).days))

    def weeks(self, start: date, end: date) -> tuple[Week, ...]:
        """Return the ISO weeks that hold a day of [start, end), whole."""
        monday = start - timedelta(days=start.weekday())
        found = []
        while monday < end:
            after = monday + timedelta(days=7)
            year, number, _ = monday.isocalendar()
            taught = tuple(day for day in self.days(monday, after) if self.is_school_day(day))
            found.append(Week(f"{year}-W{number:02d}", monday, after, taught))
            monday = after
        return tuple(found)


def _slot_in(slots: tuple[Slot, ...], minute: int) -> Slot | None:
    return next((slot for slot in slots if slot.starts <= minute < slot.ends), None)


@lru_cache(maxsize=64)
def _minutes(
    slots: tuple[Slot, ...], *, taught: bool, boarding: bool
) -> tuple[tuple[str, str | None], ...]:
    by_day = [s for s in slots if s.period not in {Period.EVENING, Period.NIGHT}]
    first = min((slot.starts for slot in by_day), default=DAY_MINUTES)
    last = max((slot.ends for slot in by_day), default=0)
    result: list[tuple[str, str | None]] = []
    for minute in range(DAY_MINUTES):
        slot = _slot_in(slots, minute)
        if slot:
            result.append((slot.period, slot.name))
        elif taught and first <= minute < last:
            result.append((Period.BREAK.value, None))
        else:
            result.append((_outside(minute, taught=taught, boarding=boarding), None))
    return tuple(result)


def _outside(minute: int, *, taught: bool, boarding: bool) -> str:
    if not taught or not boarding:
        return Period.CLOSED.value
    if WAKING <= minute < EVENING_STARTS:
        return Period.BREAK.value
    return (Period.EVENING if EVENING_STARTS <= minute < EVENING_ENDS else Period.NIGHT).value
