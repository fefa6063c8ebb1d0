"""The sealed document `annotations`: what may have moved a number, and when. Pure.

Changes of capacity come from lines.yaml and exams from calendar.yaml by themselves; the rest is what
annotations.yaml declares. Nothing in it comes from a slice.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from school.lines import Line
from school.load import School

MEGA = 1_000_000
WEEKEND = timedelta(days=3)
"""Exam days of a Friday and of the Monday after it are one session."""


def annotations_document(school: School) -> dict[str, Any]:
    """Return the dated events, oldest first; both ends of a span are included."""
    events = [
        *(event for line in school.lines for event in _capacities(line)),
        *_exams(school.calendar.exams),
        *(
            {
                "kind": event.kind,
                "from": event.day.isoformat(),
                "to": event.day.isoformat(),
                "label": event.label.as_dict(),
                "service": event.service,
            }
            for event in school.annotations.events
        ),
    ]
    return {
        "document": "annotations",
        "events": sorted(events, key=lambda e: (e["from"], e["kind"], e.get("service") or "")),
    }


def _capacities(line: Line) -> Iterator[dict[str, Any]]:
    for before, after in pairwise(line.capacity):
        yield {
            "kind": "capacity",
            "from": after.since.isoformat(),
            "to": after.since.isoformat(),
            "line": line.name,
            "down_mbit_s": [
                round(before.down_bit_s / MEGA, 3),
                round(after.down_bit_s / MEGA, 3),
            ],
        }


def _exams(days: Iterable[date]) -> Iterator[dict[str, Any]]:
    """Yield one event for each session of exams."""
    session: list[date] = []
    for day in sorted(days):
        if session and day - session[-1] > WEEKEND:
            yield _session(session)
            session = []
        session.append(day)
    if session:
        yield _session(session)


def _session(days: list[date]) -> dict[str, Any]:
    return {"kind": "exams", "from": days[0].isoformat(), "to": days[-1].isoformat()}
