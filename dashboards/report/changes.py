"""Before and after each dated event of the term: what clearly moved, and what did not. Pure.

The comparison is that of the page (`dashboards.beside`). A training is about its service only. Around
another event, a service that had its own training within the compared weeks is left out: its move
would be told as the work of the event. What the line did is in the part on the line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards import beside
from dashboards.dated import Event, event_name, events_of
from dashboards.events import EXAMS, TRAINING
from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.report.material import Material
from dashboards.sentences import use_name
from dashboards.texts import Texts
from privacy.derived import Derived, Like, OneSided, Refused
from privacy.release import Release


@dataclass(frozen=True, slots=True)
class Around:
    """One event, and what is said of it."""

    heading: str
    said: tuple[str, ...]


def changes(material: Material, texts: Texts) -> list[Around]:
    """Return every event of the term but exams, oldest first; empty without one."""
    snapshot, term = material.snapshot, material.term
    events = [e for e in events_of(snapshot) if e.kind != EXAMS]
    told = []
    for event in events:
        if term.starts <= event.starts <= term.ends:
            heading = texts("report.changes.heading", day=texts.day(event.starts),
                            name=event_name(event, texts))  # fmt: skip
            said = tuple(_said(event, events, snapshot, texts))
            told.append(Around(texts.sentence(heading), said))
    return told


def _said(event: Event, events: Sequence[Event], snapshot: Snapshot, texts: Texts) -> list[str]:
    named = {use_name(use, texts): beside.of_use(use) for use in CHARTER_USES}
    told: list[str] = []
    if not event.service and snapshot.weeks:
        like = beside.like_weeks(snapshot.weeks, event.starts, snapshot)
        told += _compared(like, named, snapshot, texts)
    if snapshot.services:
        like = beside.like_weeks(snapshot.services, event.starts, snapshot)
        told += _services(like, event, events, snapshot, texts)
    return list(dict.fromkeys(told))


def _compared(
    like: Like | Refused,
    numbers: Mapping[str, Callable[[Release], Derived]],
    snapshot: Snapshot,
    texts: Texts,
) -> list[str]:
    """Say what clearly moved, then name what did not."""
    if isinstance(like, Refused):
        return [texts.sentence(beside.refused_said(like, texts))]
    found = beside.compared(like, numbers, snapshot)
    told = [beside.said(each, texts) for each in found if each.found.clear]
    rest = []
    for kind, key in ((False, "same"), (True, "unknown")):
        names = [each.name for each in found
                 if not each.found.clear and isinstance(each.found, OneSided) is kind]  # fmt: skip
        if names:
            rest.append(texts(f"report.changes.{key}", names=texts.join(names)))
    return [*told, " ".join(rest)] if rest else told


def _services(
    like: Like | Refused, event: Event, events: Sequence[Event], snapshot: Snapshot, texts: Texts
) -> list[str]:
    if isinstance(like, Refused):
        return [texts.sentence(beside.refused_said(like, texts))]
    names = [cell.get("service") for cell in snapshot.services[-1].cells]
    if event.service:
        one = {event.service: beside.of_service(event.service)}
        return [beside.said(each, texts) for each in beside.compared(like, one, snapshot)]
    trained = trained_within(like, events)
    numbers = {name: beside.of_service(name) for name in names if name not in trained}
    found = beside.compared(like, numbers, snapshot)
    told = [beside.said(each, texts) for each in found if each.found.clear]
    if trained:
        told.append(texts("report.changes.trained", count=len(trained), names=texts.join(trained)))
    return told


def trained_within(like: Like, events: Sequence[Event]) -> list[str]:
    """Return the services that had a training within the compared weeks."""
    weeks = (*like.before, *like.after)
    first, last = min(w.starts for w in weeks), max(w.ends for w in weeks)

    def within(day: date) -> bool:
        return first <= day < last

    return sorted({e.service for e in events if e.kind == TRAINING and e.service
                   and within(e.starts)})  # fmt: skip
