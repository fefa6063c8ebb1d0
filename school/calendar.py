"""calendar.yaml: the timetable, and what every minute of the year is for the school. No I/O.

All rules work on local wall-clock time, so that a lesson at 08:00 stays a lesson when the clocks
change; in the repeated hour of autumn both hours have the same period, the lost hour of spring has
no minutes. Rules for a minute, first match:

1. Public holiday, school holiday of the zone (A, B, C), or a day in `closed`: `closed`.
2. A declared slot of the weekday holds the minute: the slot's period.
3. Not a school day (no lesson slot on that weekday): `closed`.
4. Between the first and the last slot of the day that are not evening or night: `break`.
5. With a boarding zone: 07:00–18:00 `break`, 18:00–22:00 `evening`, else `night`.
6. Otherwise: `closed`.

`open` lists days that are school days in spite of 1 (a Saturday that is made up, a bridge that is
not taken); their slots are those of their weekday. School holidays come from the `holidays`
package (category school): metropolitan zones, from the decrees.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from school.declared import STRICT, SlotName
from school.problems import did_you_mean
from school.reading import Located
from school.words import DayKind, Period

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
WAKING: Final = 7 * 60
"""Boarders: the night ends at 07:00…"""
EVENING_STARTS: Final = 18 * 60
"""… the evening goes from 18:00…"""
EVENING_ENDS: Final = 22 * 60
"""… to 22:00."""
_CLOCK_LENGTH: Final = len("08:00")


def _minute_of_day(value: Any) -> int:
    text = str(value).strip()
    hour, colon, minute = text.partition(":")
    known = colon and len(text) == _CLOCK_LENGTH and (hour + minute).isdecimal()
    if known and text.isascii() and int(minute) < 60:  # noqa: PLR2004 - minutes of an hour
        total = int(hour) * 60 + int(minute)
        if total <= DAY_MINUTES:
            return total
    raise ValueError(f"`{value}` is not a time of day; write it as 08:55")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        message = f"`{value}` is not a time zone; write it as Europe/Paris"
        raise ValueError(message) from None
    return value


Clock = Annotated[int, BeforeValidator(_minute_of_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class SlotEntry(BaseModel):
    """One slot as written."""

    model_config = STRICT
    name: SlotName
    period: Period
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    starts: Annotated[Clock, Field(alias="from")]
    ends: Annotated[Clock, Field(alias="to")]
    persons: Annotated[int, Field(ge=0, le=100_000)]


class CalendarFile(BaseModel):
    """calendar.yaml as written."""

    model_config = STRICT
    timezone: Annotated[str, AfterValidator(_timezone)]
    holiday_zone: Literal["A", "B", "C"]
    slots: Annotated[tuple[SlotEntry, ...], Field(min_length=1, max_length=200)]
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()
    exams: tuple[date, ...] = ()


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


@lru_cache(maxsize=64)
def _days_off(holiday_zone: str, year: int) -> frozenset[date]:
    return frozenset(
        holidays.country_holidays(
            "FR", subdiv=f"Zone {holiday_zone}", years=[year], categories=("public", "school")
        )
    )


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
        return day in self.closed or day in _days_off(self.holiday_zone, day.year)

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


def build(file: CalendarFile, *, boarding: bool) -> Calendar:
    """Return the calendar of a file whose checks passed."""
    slots = tuple(
        Slot(
            name=entry.name,
            period=entry.period.value,
            days=tuple(day for day in WEEKDAYS if day in entry.days),
            starts=entry.starts,
            ends=entry.ends,
            persons=entry.persons,
        )
        for entry in file.slots
    )
    return Calendar(
        timezone=ZoneInfo(file.timezone),
        holiday_zone=file.holiday_zone,
        slots=tuple(sorted(slots, key=lambda slot: (slot.starts, slot.ends, slot.name))),
        boarding=boarding,
        closed=frozenset(file.closed),
        open=frozenset(file.open),
        exams=frozenset(file.exams),
    )


def check(file: CalendarFile, located: Located) -> None:
    """Record slots that end before they start, share a name or overlap, and days given twice."""
    seen: dict[str, int] = {}
    for i, slot in enumerate(file.slots):
        loc = ("slots", i)
        if slot.ends <= slot.starts:
            message = f"slot `{slot.name}` ends at {clock(slot.ends)}, not after it starts"
            hint = "a slot lies within one day: cut it at 24:00 and go on the next day"
            located.problem((*loc, "to"), message, hint)
        if slot.name in seen:
            message = f"two slots are called `{slot.name}`"
            located.problem((*loc, "name"), message, "list its days in one slot, or rename one")
        seen.setdefault(slot.name, i)
        _check_overlap(file, located, i)
    if not any(slot.period == Period.LESSON for slot in file.slots):
        message = "no slot is a lesson, so no day would be a school day"
        located.problem(("slots",), message, did_you_mean("lesson", ["period: lesson"]))
    for day in sorted(set(file.closed) & set(file.open)):
        place = ("open", file.open.index(day))
        located.problem(place, f"{day} is both in `closed` and in `open`", "keep one")


def _check_overlap(file: CalendarFile, located: Located, i: int) -> None:
    slot = file.slots[i]
    for other in file.slots[:i]:
        shared = [day for day in WEEKDAYS if day in slot.days and day in other.days]
        if shared and slot.starts < other.ends and other.starts < slot.ends:
            message = (
                f"slot `{slot.name}` ({clock(slot.starts)}–{clock(slot.ends)}) overlaps slot "
                f"`{other.name}` ({clock(other.starts)}–{clock(other.ends)}) on {shared[0]}"
            )
            located.problem(("slots", i, "from"), message, "a minute belongs to one slot")
