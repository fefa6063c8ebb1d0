"""Dated events (the sealed document `annotations`) and how charts and tables mark them. Pure.

A chart of weeks draws a letter where something happened; the legend under it says what the letter
means. Exams are no mark: their weeks say so under the axis, and no comparison uses them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase

from dashboards.events import CAPACITY, EXAMS, Event
from dashboards.reading import Snapshot
from dashboards.texts import Texts


def event_name(event: Event, texts: Texts) -> str:
    """Return `nouveau débit : 50 Mbit/s au lieu de 20`, or the declared words."""
    if event.kind == CAPACITY:
        before, after = event.rates
        return texts("event.capacity", before=texts.number(before, 1), after=texts.mbit(after))
    return texts.label(event.label) if event.label else texts(f"event.{event.kind}")


@dataclass(frozen=True, slots=True)
class Mark:
    """One letter on a chart of weeks."""

    letter: str
    event: Event

    def said(self, texts: Texts) -> str:
        """Return the line of the legend."""
        day = texts.day_month(self.event.starts)
        return texts("event.mark", letter=self.letter, day=day, name=event_name(self.event, texts))


def marks(
    events: Iterable[Event], first: date, last: date, *, service: str | None = None
) -> tuple[Mark, ...]:
    """Return the letters of the events of [first, last].

    Args:
        events: oldest first.
        first: first day of the chart.
        last: last day of the chart.
        service: trainings about other services are left out; None keeps every event.
    """
    shown = [
        event
        for event in events
        if event.kind != EXAMS
        and first <= event.starts <= last
        and (service is None or event.service in {"", service})
    ]
    return tuple(Mark(letter, event) for letter, event in zip(ascii_uppercase, shown, strict=False))


def marks_of_week(found: Iterable[Mark], monday: date) -> str:
    """Return the letters of one week, such as `A B`."""
    after = monday + timedelta(days=7)
    return " ".join(mark.letter for mark in found if monday <= mark.event.starts < after)


def events_of(snapshot: Snapshot) -> tuple[Event, ...]:
    """Return the dated events; a change of capacity is one even where no document says so."""
    told = {event.starts for event in snapshot.events if event.kind == CAPACITY}
    changes = [
        Event(CAPACITY, after.starts, after.starts, {}, "", (before.down_mbit_s, after.down_mbit_s))
        for line in snapshot.school.lines[:1]
        for before, after in line.changes()
        if after.starts not in told
    ]
    return tuple(sorted((*snapshot.events, *changes), key=lambda event: event.starts))
