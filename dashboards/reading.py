"""What the pages read: sealed payloads turned into small frozen values. Pure.

Must know nothing of files or of the web. A payload that lacks a part raises `KeyError` or
`ValueError`; the caller says so on the page. Numbers are taken as they are stored.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from dashboards.events import Event, exam_days
from dashboards.first_day import FirstDay
from privacy.release import Release

Labels = Mapping[str, str]

CHARTER_USES = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
"""The four uses that releases hold, in the order of every page."""
CELL_KEYS: Mapping[str, tuple[str, ...]] = {
    "T1": ("zone", "use"),
    "T2": ("slot", "use"),
    "T3": ("service",),
    "T4": ("use",),
    "T5-bis": ("use",),
    "T6": ("use",),
    "T7": ("group",),
    "rehearsal": ("use",),
}
"""Dimensions without which a cell cannot be shown."""
BY_DAY, BY_MONTH = frozenset({"T6"}), frozenset({"T5-bis", "T7"})
"""Tables whose period is a day, a month; the others have weeks."""
CLASS_TIME = "lesson"
"""The period whose slots count as class time."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the contract promises from a date on."""

    starts: date
    down_mbit_s: float
    up_mbit_s: float


@dataclass(frozen=True, slots=True)
class Line:
    """One Internet line and its declared capacities, oldest first."""

    name: str
    label: Labels
    capacities: tuple[Capacity, ...]

    def changes(self) -> tuple[tuple[Capacity, Capacity], ...]:
        """Return (before, after) of every dated change."""
        return tuple(zip(self.capacities, self.capacities[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Slot:
    """One declared timetable slot, local times `HH:MM`."""

    name: str
    period: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class Zone:
    """One published zone."""

    name: str
    label: Labels
    kind: str
    persons: int


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week, [starts, ends], and its school days (none in the holidays)."""

    period: str
    starts: date
    school_days: tuple[date, ...]
    exams: tuple[date, ...] = ()
    """Its days of exams; such a week is shown, and compared with no other."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a school year (`school.terms` says what it is), days included."""

    name: str
    """`2026-T1`."""
    starts: date
    ends: date
    weeks: tuple[str, ...]
    """The ISO weeks that hold one of its school days, those to come included."""


@dataclass(frozen=True, slots=True)
class School:
    """The sealed document `school`."""

    name: str
    timezone: str
    zones: tuple[Zone, ...]
    slots: tuple[Slot, ...]
    lines: tuple[Line, ...]
    weeks: tuple[Week, ...]
    terms: tuple[Term, ...] = ()
    """Oldest first; none in documents written before terms were."""
    uai: str = ""
    """The school's national number, if declared."""
    public_url: str = ""
    """Where people in the school open these pages, if declared."""
    dpo: str = ""
    """How to reach the data protection officer, if declared."""

    def week(self, period: str) -> Week:
        """Return a declared week, or the bare ISO week when the calendar does not hold it."""
        for week in self.weeks:
            if week.period == period:
                return week
        return Week(
            period=period, starts=date.fromisocalendar(*iso_parts(period), 1), school_days=()
        )


@dataclass(frozen=True, slots=True)
class Direction:
    """Load of one slot in one direction, Mbit/s (NaN where no minute was seen) and clock minutes."""

    mean_mbit_s: float
    p95_mbit_s: float
    peak_mbit_s: float
    minutes_80: int
    minutes_95: int
    histogram: tuple[int, ...] = ()
    """Minutes per tenth of the capacity, the last tenth open above."""


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """Load of one slot of one day."""

    slot: str
    period: str
    starts: str
    ends: str
    minutes_seen: int
    minutes_missing: int
    down: Direction
    up: Direction
    loss_share: float

    @property
    def minutes_80(self) -> int:
        """Minutes at 80 % or more in the more loaded direction."""
        return max(self.down.minutes_80, self.up.minutes_80)

    @property
    def minutes_95(self) -> int:
        """Minutes at 95 % or more in the more loaded direction."""
        return max(self.down.minutes_95, self.up.minutes_95)


@dataclass(frozen=True, slots=True)
class LinkDay:
    """Load of one line on one day."""

    day: date
    line: str
    origin: str
    down_capacity: float
    up_capacity: float
    slots: tuple[SlotLoad, ...]
    policy: str | None = None
    """Digest of the policy under which it was published; None before policies had one."""

    @property
    def week(self) -> str:
        """ISO week of the day, such as `2026-W41`."""
        return iso_week(self.day)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the capture saw on one day, in packets."""

    day: date
    offered: int
    lost: int
    """Dropped by the kernel or shed on purpose."""


@dataclass(frozen=True, slots=True)
class Status:
    """The sealed document `status`."""

    as_of: date
    origins: tuple[tuple[date, date, str], ...]
    """(first day, last day, `measured` or `simulated`)."""
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one page may show, oldest first in each table."""

    school: School
    status: Status
    charter: Mapping[str, Any]
    privacy: Mapping[str, Any]
    weeks: tuple[Release, ...]
    days: tuple[Release, ...]
    link: tuple[LinkDay, ...]
    fills: tuple[Release, ...] = ()
    """T7: what filled the saturated line, the last months."""
    slots: tuple[Release, ...] = ()
    """T2: the uses by slot, week by week."""
    services: tuple[Release, ...] = ()
    """T3: the followed services, week by week."""
    volumes: tuple[Release, ...] = ()
    """T4: bounded volumes by use, week by week."""
    months: tuple[Release, ...] = ()
    """T5-bis: what the charter restricts, month by month."""
    rehearsals: tuple[Release, ...] = ()
    """A closed week again under a draft."""
    events: tuple[Event, ...] = ()
    """Dated events, oldest first."""
    today: date | None = None
    """The reader's day, to say that the pages are old; None: nothing is said of it."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """(table, period) of the releases that this version cannot read; the others are shown."""
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Sealed documents that an older analyzer did not write: register, journal, audit…, by name."""
    policy: str = ""
    """Digest of the policy in force, 64 hex digits; recomputed from the documents."""
    first_day: FirstDay | None = None
    """The running day by five minutes, where no day is published yet."""

    def earlier(self) -> tuple[str | None, ...]:
        """Return the policy of each release shown that was made under another one; None: not said."""
        made = [r.policy_digest for r in (*self.weeks, *self.days, *self.fills)]
        made += [day.policy for day in self.link]
        return tuple(each for each in made if each != self.policy)


def iso_week(day: date) -> str:
    """Return the ISO week of a day: 2026-10-05 → `2026-W41`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def with_exams(school: School, events: Iterable[Event]) -> School:
    """Return the school whose weeks know their exams."""
    days = exam_days(events)
    weeks = tuple(
        replace(week, exams=tuple(day for day in week.school_days if day in days))
        for week in school.weeks
    )
    return replace(school, weeks=weeks)


def iso_parts(period: str) -> tuple[int, int]:
    """Return year and number of an ISO week: `2026-W41` → 2026, 41."""
    year, _, week = period.partition("-W")
    return int(year), int(week)


def read_school(payload: Mapping[str, Any]) -> School:
    """Read the document `school`."""
    return School(
        name=str(payload["name"]),
        timezone=str(payload["timezone"]),
        zones=tuple(_published_zones(payload["zones"])),
        slots=tuple(
            Slot(item["name"], item["period"], item["from"], item["to"])
            for item in payload["slots"]
        ),
        lines=tuple(_line(item) for item in payload["lines"]),
        weeks=tuple(
            Week(
                period=item["period"],
                starts=date.fromisoformat(item["starts"]),
                school_days=tuple(date.fromisoformat(day) for day in item["school_days"]),
            )
            for item in payload["weeks"]
        ),
        terms=tuple(
            Term(
                name=item["term"],
                starts=date.fromisoformat(item["starts"]),
                ends=date.fromisoformat(item["ends"]),
                weeks=tuple(item["weeks"]),
            )
            for item in payload.get("terms", ())
        ),
        uai=str(payload.get("uai") or ""),
        public_url=str(payload.get("public_url") or ""),
        dpo=str(payload.get("dpo") or ""),
    )


def _published_zones(items: Iterable[Mapping[str, Any]]) -> Iterable[Zone]:
    """Zones that merge upward (`published_as` another zone, or none) have no cells of their own."""
    for item in items:
        if item.get("published_as", item["name"]) == item["name"]:
            yield Zone(item["name"], item["label"], item["kind"], int(item["persons"]))


def _line(item: Mapping[str, Any]) -> Line:
    capacities = (
        Capacity(
            starts=date.fromisoformat(each["from"]),
            down_mbit_s=float(each["down_mbit_s"]),
            up_mbit_s=float(each["up_mbit_s"]),
        )
        for each in item["capacity"]
    )
    ordered = tuple(sorted(capacities, key=lambda capacity: capacity.starts))
    return Line(name=item["name"], label=item["label"], capacities=ordered)


def read_status(payload: Mapping[str, Any]) -> Status:
    """Read the document `status`."""
    return Status(
        as_of=date.fromisoformat(payload["as_of"]),
        origins=tuple(
            (date.fromisoformat(item["from"]), date.fromisoformat(item["to"]), item["origin"])
            for item in payload["origins"]
        ),
        coverage=tuple(
            Coverage(
                day=date.fromisoformat(item["day"]),
                offered=int(item["offered"]),
                lost=int(item["kernel_drops"]) + int(item["shed"]),
            )
            for item in payload["coverage"]
        ),
    )


def check_release(release: Release) -> Release:
    """Return a noisy release on which every page can rely.

    Raises:
        KeyError: a cell lacks a dimension of its table.
        ValueError: the period is not one of the table, ends before it starts, or has no noise.
    """
    for cell in release.cells:
        for dimension in CELL_KEYS[release.table]:
            cell.get(dimension)
    if release.table in BY_DAY:
        date.fromisoformat(release.period)
    elif release.table in BY_MONTH:
        date.fromisoformat(f"{release.period}-01")
    else:
        date.fromisocalendar(*iso_parts(release.period), 1)
    if release.ends <= release.starts or not 0 < release.method.sigma < math.inf:
        raise ValueError(release.period)
    return release


def read_link_day(payload: Mapping[str, Any]) -> tuple[LinkDay, ...]:
    """Read one `link` release: one value per line."""
    day = date.fromisoformat(payload["period"])
    return tuple(
        LinkDay(
            day=day,
            line=line["line"],
            origin=payload["origin"],
            down_capacity=float(line["capacity"]["down_mbit_s"]),
            up_capacity=float(line["capacity"]["up_mbit_s"]),
            slots=tuple(_slot_load(slot) for slot in line["slots"]),
            policy=payload.get("policy_digest"),
        )
        for line in payload["lines"]
    )


def _slot_load(item: Mapping[str, Any]) -> SlotLoad:
    return SlotLoad(
        slot=str(item["slot"]),
        period=str(item["period"]),
        starts=time.fromisoformat(item["from"]).strftime("%H:%M"),
        ends=_end(item["to"]),
        minutes_seen=int(item["minutes_seen"]),
        minutes_missing=int(item["minutes_missing"]),
        down=_direction(item["down"]),
        up=_direction(item["up"]),
        loss_share=_rate(item["loss_share"]),
    )


def _end(text: str) -> str:
    """Return the end of a slot; `24:00` ends a day."""
    return text if text == "24:00" else time.fromisoformat(text).strftime("%H:%M")


def _rate(value: float | None) -> float:
    """Return a rate; not a number where no minute was measured, so that it can never pass for 0."""
    return math.nan if value is None else float(value)


def _direction(item: Mapping[str, Any]) -> Direction:
    return Direction(
        mean_mbit_s=_rate(item["mean_mbit_s"]),
        p95_mbit_s=_rate(item["p95_mbit_s"]),
        peak_mbit_s=_rate(item["peak10s_mbit_s"]),
        minutes_80=int(item["minutes_80"]),
        minutes_95=int(item["minutes_95"]),
        histogram=tuple(int(minutes) for minutes in item.get("histogram", ())),
    )


def weeks_between(first: str, last: str) -> list[str]:
    """Return every ISO week from first to last, both included."""
    start = date.fromisocalendar(*iso_parts(first), 1)
    end = date.fromisocalendar(*iso_parts(last), 1)
    count = (end - start).days // 7 + 1
    return [iso_week(start + timedelta(weeks=index)) for index in range(count)]
