"""What a page must say of its own state: old, silent, on holiday, not closed, not allowed. Pure.

Each state says why and what to do; the words are `state.<key>.why` and `state.<key>.what`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.reading import Snapshot
from dashboards.texts import Texts

STALE_DAYS = 2
"""The analysis runs every night: two days without one is a fault."""
SILENT_DAYS = 2
"""School days without any capture before the page says that the probe is silent."""
LINK_DAYS = 3
"""Days of the line alone, without uses, before the page asks whether the DPO was asked."""
WEEKLY = frozenset({"uses", "services", "park", "before_after", "overview"})


@dataclass(frozen=True, slots=True)
class State:
    """One notice over a page."""

    key: str
    title: str
    why: str
    what: str


def states(snapshot: Snapshot, page: str, texts: Texts) -> list[State]:
    """Return the notices of one page, the gravest first."""
    return [
        State(
            key,
            texts(f"state.{key}.title"),
            texts(f"state.{key}.why", **values),
            texts(f"state.{key}.what", **values),
        )
        for key, values in _found(snapshot, page, texts)
    ]


def _found(snapshot: Snapshot, page: str, texts: Texts) -> Iterator[tuple[str, dict[str, str]]]:
    as_of = snapshot.status.as_of
    simulated = any(origin == "simulated" for _, _, origin in snapshot.status.origins)
    if snapshot.today and not simulated and (snapshot.today - as_of).days >= STALE_DAYS:
        age = texts("state.days", count=(snapshot.today - as_of).days,
                    n=(snapshot.today - as_of).days)  # fmt: skip
        yield "stale", {"day": texts.day(as_of), "age": age}
    silent = _silent(snapshot)
    if silent:
        yield "silent", {"day": texts.day(silent)}
    if page in WEEKLY and _only_the_line(snapshot):
        yield "line_only", {}
    holiday = _holiday(snapshot, snapshot.today if not simulated else as_of)
    if holiday:
        yield "holiday", {"day": texts.day_month(holiday)}
    elif page in WEEKLY and snapshot.weeks:
        opened = _open_week(snapshot)
        if opened:
            yield (
                "open_week",
                {
                    "week": texts.day_month(opened),
                    "day": texts.day(opened + timedelta(days=7)),
                },
            )


def _silent(snapshot: Snapshot) -> date | None:
    """Return the last captured day where school days since then were not captured."""
    seen = [each.day for each in snapshot.status.coverage if each.offered]
    if not seen:
        return None
    missed = [
        day
        for week in snapshot.school.weeks
        for day in week.school_days
        if max(seen) < day < snapshot.status.as_of
    ]
    return max(seen) if len(missed) >= SILENT_DAYS else None


def _only_the_line(snapshot: Snapshot) -> bool:
    return len(snapshot.link) >= LINK_DAYS and not snapshot.weeks and not snapshot.days


def _holiday(snapshot: Snapshot, day: date | None) -> date | None:
    """Return the Monday of the present week where it has no school day."""
    if day is None:
        return None
    monday = day - timedelta(days=day.weekday())
    known = next((week for week in snapshot.school.weeks if week.starts == monday), None)
    return monday if known is not None and not known.school_days else None


def _open_week(snapshot: Snapshot) -> date | None:
    """Return the Monday of the week that has days of the line and is not released yet."""
    released = {release.period for release in snapshot.weeks}
    waiting = [day.day for day in snapshot.link if day.week not in released]
    latest = max(waiting, default=None)
    if latest is None or latest < snapshot.weeks[-1].starts:
        return None
    return latest - timedelta(days=latest.weekday())
