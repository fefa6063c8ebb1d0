"""The sealed document `annotations`: what may have moved a number, and when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

EXAMS, CAPACITY, TRAINING = "exams", "capacity", "training"
KINDS = (CAPACITY, TRAINING, "filter", "equipment", "other", EXAMS)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may have moved a number."""

    kind: str
    starts: date
    ends: date
    """Included."""
    label: Mapping[str, str]
    """Declared words; empty for a capacity and for exams."""
    service: str = ""
    """The followed service that a training was about."""
    rates: tuple[float, float] = (0.0, 0.0)
    """Mbit/s before and after, for a change of capacity."""

    @property
    def key(self) -> str:
        """Return what names the event in an address."""
        return f"{self.starts.isoformat()}-{self.kind}"


def read_events(payload: Mapping[str, Any]) -> tuple[Event, ...]:
    """Read the document `annotations`."""
    return tuple(
        Event(
            kind=str(item["kind"]),
            starts=date.fromisoformat(item["from"]),
            ends=date.fromisoformat(item["to"]),
            label=item.get("label") or {},
            service=str(item.get("service") or ""),
            rates=_rates(item.get("down_mbit_s", (0, 0))),
        )
        for item in payload["events"]
        if item["kind"] in KINDS
    )


def _rates(pair: Sequence[float]) -> tuple[float, float]:
    before, after = pair
    return float(before), float(after)


def exam_days(events: Iterable[Event]) -> frozenset[date]:
    """Return every day between the first and the last of each session of exams."""
    return frozenset(
        event.starts + timedelta(days=n)
        for event in events
        if event.kind == EXAMS
        for n in range((event.ends - event.starts).days + 1)
    )
