"""Findings about the line, from stored link-load releases. Pure; no text in any language.

Every threshold that turns numbers into a word is a constant here, and the pages print it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dashboards.reading import CLASS_TIME, Capacity, Line, LinkDay, School, SlotLoad

ENOUGH_SHARE = 0.05
"""Up to 5 % of class minutes at 80 % or more: about two minutes and a half per lesson."""
SHORT_SHARE = 0.20
"""From 20 % on (eleven minutes of each lesson), lessons wait for the line."""
MISSING_SHARE = 0.10
"""Above 10 % of class minutes unseen the verdict is `cannot_tell`."""
SATURATED_MINUTES = 5
"""A slot of a day counts as saturated from five minutes at 95 % or more."""
REPEAT_SHARE = 0.75
"""A slot is named as repeating when at least three in four of its days saturate…"""
REPEAT_DAYS = 3
"""… and at least three of them were seen."""
BUSY_SHARE = 0.75
"""A slot of a day counts as busy almost throughout from three in four minutes at 80 % or more."""
BUSY_DAYS = 4
BUSY_HITS = 3
"""A slot is named as busy when three of the last four same weekdays are."""
FEWEST_DAYS = 10
"""Before and after are compared from two school weeks of days on each side."""


class Verdict(StrEnum):
    """Is the line enough during lessons?"""

    ENOUGH = "enough"
    TIGHT = "tight"
    SHORT = "short"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Tally:
    """Class minutes added up over some days."""

    days: int
    seen: int
    missing: int
    over_80: int
    over_95: int

    @property
    def share_80(self) -> float:
        """Share of the seen minutes at 80 % or more."""
        return self.over_80 / self.seen if self.seen else 0.0

    @property
    def share_95(self) -> float:
        """Share of the seen minutes at 95 % or more."""
        return self.over_95 / self.seen if self.seen else 0.0

    @property
    def verdict(self) -> Verdict:
        """The word, by the constants above."""
        if not self.seen or self.missing > MISSING_SHARE * (self.seen + self.missing):
            return Verdict.CANNOT_TELL
        if self.share_80 >= SHORT_SHARE:
            return Verdict.SHORT
        return Verdict.TIGHT if self.share_80 > ENOUGH_SHARE else Verdict.ENOUGH


def class_time(days: Iterable[LinkDay]) -> Tally:
    """Add up the class-time slots of some days of one line."""
    taken = list(days)
    slots = [slot for day in taken for slot in day.slots if slot.period == CLASS_TIME]
    return Tally(
        days=len(taken),
        seen=sum(slot.minutes_seen for slot in slots),
        missing=sum(slot.minutes_missing for slot in slots),
        over_80=sum(slot.minutes_80 for slot in slots),
        over_95=sum(slot.minutes_95 for slot in slots),
    )


def by_week(days: Iterable[LinkDay]) -> dict[str, list[LinkDay]]:
    """Group the days of one line by ISO week, oldest first."""
    weeks: dict[str, list[LinkDay]] = defaultdict(list)
    for day in sorted(days, key=lambda item: item.day):
        weeks[day.week].append(day)
    return dict(weeks)


def latest_full_week(weeks: dict[str, list[LinkDay]], school: School) -> str | None:
    """Return the latest week whose school days were all published; else the latest with any."""
    for period in reversed(weeks):
        expected = set(school.week(period).school_days)
        if expected and expected <= {day.day for day in weeks[period]}:
            return period
    return next(reversed(weeks), None)


def busiest_day(days: list[LinkDay], school: School) -> LinkDay | None:
    """Return the day of the latest full week that has the fullest slot; the later of two alike."""
    weeks = by_week(days)
    period = latest_full_week(weeks, school)
    if period is None:
        return None
    return max(
        weeks[period],
        key=lambda day: (
            max((s.minutes_80 / s.minutes_seen for s in day.slots if s.minutes_seen), default=0.0),
            day.day,
        ),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A capacity change, with class time before and after it."""

    before: Capacity
    after: Capacity
    tally_before: Tally
    tally_after: Tally
    left: tuple[tuple[int, str], ...] = ()
    """Weekday and slot of what is still full, or nearly, after it."""

    @property
    def comparable(self) -> bool:
        """Whether both sides hold enough days to say anything."""
        return min(self.tally_before.days, self.tally_after.days) >= FEWEST_DAYS


def latest_change(line: Line, days: Iterable[LinkDay]) -> Change | None:
    """Return the latest capacity change that has published days on both sides."""
    taken = list(days)
    for before, after in reversed(line.changes()):
        earlier = [day for day in taken if before.starts <= day.day < after.starts]
        later = [day for day in taken if day.day >= after.starts]
        if earlier and later:
            left = tuple((weekday, slot.slot) for weekday, slot in still_full(later))
            return Change(before, after, class_time(earlier), class_time(later), left)
    return None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A slot that saturates again and again on the same weekdays."""

    weekdays: tuple[int, ...]
    """0 is Monday."""
    slot: str
    starts: str
    ends: str
    saturated: int
    seen: int
    minutes: float
    """Mean minutes at 95 % or more on those days."""


def is_saturated(slot: SlotLoad) -> bool:
    """Say whether one slot of one day counts as saturated."""
    return slot.minutes_95 >= SATURATED_MINUTES


def _weekday_slots(days: Iterable[LinkDay]) -> dict[tuple[int, str], list[SlotLoad]]:
    found: dict[tuple[int, str], list[SlotLoad]] = defaultdict(list)
    for day in days:
        for slot in day.slots:
            if slot.minutes_seen:
                found[day.day.weekday(), slot.slot].append(slot)
    return found


def repeats(days: Iterable[LinkDay]) -> list[Repeat]:
    """Return the slots that saturate repeatedly, one item per slot, the worst first."""
    by_slot: dict[str, list[tuple[int, list[SlotLoad]]]] = defaultdict(list)
    for (weekday, name), loads in sorted(_weekday_slots(days).items()):
        hits = sum(is_saturated(load) for load in loads)
        if len(loads) >= REPEAT_DAYS and hits >= REPEAT_SHARE * len(loads):
            by_slot[name].append((weekday, loads))
    found = [_repeat(name, groups) for name, groups in by_slot.items()]
    return sorted(found, key=lambda item: (-item.minutes, item.starts))


def _repeat(name: str, groups: list[tuple[int, list[SlotLoad]]]) -> Repeat:
    loads = [load for _, group in groups for load in group]
    return Repeat(
        weekdays=tuple(weekday for weekday, _ in groups),
        slot=name,
        starts=loads[0].starts,
        ends=loads[0].ends,
        saturated=sum(is_saturated(load) for load in loads),
        seen=len(loads),
        minutes=sum(load.minutes_95 for load in loads) / len(loads),
    )


@dataclass(frozen=True, slots=True)
class Busy:
    """A slot that is loaded almost throughout, week after week, on one weekday."""

    weekday: int
    slot: str
    starts: str
    ends: str


def busy_slots(days: Iterable[LinkDay]) -> list[Busy]:
    """Return the slots of a weekday that are busy now and do not saturate, in timetable order."""
    taken = sorted(days, key=lambda day: day.day)
    saturated = {(day, item.slot) for item in repeats(taken) for day in item.weekdays}
    found = []
    for (weekday, name), loads in _weekday_slots(taken).items():
        last = loads[-BUSY_DAYS:]
        hits = sum(load.minutes_80 >= BUSY_SHARE * load.minutes_seen for load in last)
        if hits >= BUSY_HITS and (weekday, name) not in saturated:
            found.append(Busy(weekday, name, last[-1].starts, last[-1].ends))
    return sorted(found, key=lambda item: (item.weekday, item.starts))


def still_full(days: Iterable[LinkDay]) -> list[tuple[int, "Repeat | Busy"]]:
    """Return each weekday's slots that saturate again and again, or are busy almost throughout."""
    taken = list(days)
    found: list[tuple[int, Repeat | Busy]] = [
        (weekday, item) for item in repeats(taken) for weekday in item.weekdays
    ]
    found += [(item.weekday, item) for item in busy_slots(taken)]
    return sorted(found, key=lambda each: (each[0], each[1].starts))


@dataclass(frozen=True, slots=True)
class Headroom:
    """The most that lessons ask of the line at its loaded moments, Mbit/s, downwards."""

    first: date
    """Since the capacity of today."""
    rate: float
    capacity: float
    left_out: tuple[tuple[int, str], ...]
    """Weekday and slot of what is told on its own: see `still_full`."""


def headroom(days: Iterable[LinkDay]) -> Headroom | None:
    """Return what lessons leave free, from `FEWEST_DAYS` of days at today's capacity on."""
    taken = sorted(days, key=lambda day: day.day)
    now = [day for day in taken if taken and day.down_capacity == taken[-1].down_capacity]
    left = tuple((weekday, item.slot) for weekday, item in still_full(now))
    rates = [
        slot.down.p95_mbit_s
        for day in now
        for slot in day.slots
        if slot.period == CLASS_TIME and slot.minutes_seen
        and (day.day.weekday(), slot.slot) not in left
    ]  # fmt: skip
    if len(now) < FEWEST_DAYS or not rates:
        return None
    return Headroom(now[0].day, max(rates), now[-1].down_capacity, left)


def weekday_table(days: Iterable[LinkDay]) -> dict[tuple[str, int], Tally]:
    """Return, per (slot, weekday), the minutes added up over the days."""
    return {
        (name, weekday): Tally(
            days=len(loads),
            seen=sum(load.minutes_seen for load in loads),
            missing=sum(load.minutes_missing for load in loads),
            over_80=sum(load.minutes_80 for load in loads),
            over_95=sum(load.minutes_95 for load in loads),
        )
        for (weekday, name), loads in _weekday_slots(days).items()
    }


def week_table(days: Iterable[LinkDay]) -> dict[tuple[str, str], Tally]:
    """Return, per (slot, ISO week), the minutes added up over the days."""
    found: dict[tuple[str, str], list[SlotLoad]] = defaultdict(list)
    for day in days:
        for slot in day.slots:
            found[slot.slot, day.week].append(slot)
    return {
        key: Tally(
            days=len(loads),
            seen=sum(load.minutes_seen for load in loads),
            missing=sum(load.minutes_missing for load in loads),
            over_80=sum(load.minutes_80 for load in loads),
            over_95=sum(load.minutes_95 for load in loads),
        )
        for key, loads in found.items()
    }


def since(days: Iterable[LinkDay], first: date) -> list[LinkDay]:
    """Return the days from a date on."""
    return [day for day in days if day.day >= first]


def before(days: Iterable[LinkDay], first: date) -> list[LinkDay]:
    """Return the days before a date."""
    return [day for day in days if day.day < first]


VERDICT_ORDER = {
    Verdict.ENOUGH: 0,
    Verdict.TIGHT: 1,
    Verdict.SHORT: 2,
    Verdict.CANNOT_TELL: 3,
}
"""From best to worst."""
