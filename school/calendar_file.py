"""calendar.yaml as written: its models, what no single field can tell, and what it becomes. No I/O.

What the content means for a minute is in `school.calendar`, which days are off in `school.days_off`.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from school.calendar import DAY_MINUTES, WEEKDAYS, Calendar, Slot, clock
from school.days_off import DECLARED, METROPOLE, TERRITORIES, ZONES, zone_that_was_meant
from school.declared import STRICT, SlotName, Text
from school.problems import did_you_mean
from school.reading import Located
from school.words import Period

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


def _holiday_zone(value: Any) -> Any:
    meant = zone_that_was_meant(str(value))
    if meant:
        raise ValueError(meant)
    return value


def _territory(value: str) -> str:
    if value not in TERRITORIES:
        hint = did_you_mean(value, TERRITORIES) or "docs/charter.md lists them"
        raise ValueError(f"`{value}` is no territory that is known here; {hint}")
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


class HolidayEntry(BaseModel):
    """School holidays as written, both days included."""

    model_config = STRICT
    name: Text
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class CalendarFile(BaseModel):
    """calendar.yaml as written."""

    model_config = STRICT
    timezone: Annotated[str, AfterValidator(_timezone)]
    holiday_zone: Annotated[Literal["A", "B", "C", "declared"], BeforeValidator(_holiday_zone)]
    territory: Annotated[str, AfterValidator(_territory)] = METROPOLE
    holidays: Annotated[tuple[HolidayEntry, ...], Field(max_length=100)] = ()
    slots: Annotated[tuple[SlotEntry, ...], Field(min_length=1, max_length=200)]
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()
    exams: tuple[date, ...] = ()


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
        territory=file.territory,
        holidays=tuple((entry.first, entry.last) for entry in file.holidays),
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
    _check_territory(file, located)
    for i, entry in enumerate(file.holidays):
        if entry.last < entry.first:
            message = f"holidays `{entry.name}` end on {entry.last}, before they begin"
            located.problem(("holidays", i, "to"), message, "put the two dates in order")


def _check_territory(file: CalendarFile, located: Located) -> None:
    territory = TERRITORIES[file.territory]
    if file.holiday_zone in ZONES and not territory.has_zone:
        message = (
            f"the school holidays of {territory.name} are not those of zone {file.holiday_zone}"
        )
        hint = "write `holiday_zone: declared` and list them under `holidays`"
        located.problem(("holiday_zone",), message, hint)
    if file.holiday_zone == DECLARED and not file.holidays:
        message = "`holiday_zone: declared` needs `holidays`: without them no day would be one"
        hint = "list them as `{name: Été, from: 2027-07-03, to: 2027-08-31}`"
        located.problem(("holiday_zone",), message, hint)
    if file.holiday_zone in ZONES and file.holidays:
        message = f"`holidays` are declared beside those of zone {file.holiday_zone}"
        hint = "put single days in `closed`, or write `holiday_zone: declared`"
        located.problem(("holidays",), message, hint)
    if file.timezone not in territory.timezones:
        message = f"`{file.timezone}` is not the time of {territory.name}"
        hint = f"write {' or '.join(territory.timezones)}, or another `territory`"
        located.problem(("timezone",), message, hint)


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
