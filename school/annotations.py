"""annotations.yaml: dated events that the charts mark, declared by whoever looks after Jauge. No I/O.

Optional. A change of capacity comes from lines.yaml and exam days from calendar.yaml: neither is
written twice. An event decides no verdict and no publication; it only says why a number may have
moved. It is shown to the committee as it is written, so it never names a person.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from school.declared import STRICT, Label
from school.problems import did_you_mean
from school.reading import Located

FILE: Final = "annotations.yaml"
MOST_EVENTS: Final = 200
"""A dozen a year for many years; a chart marks those of its weeks only."""

EventKind = Literal["training", "filter", "equipment", "other"]


class Event(BaseModel):
    """One dated event as written."""

    model_config = STRICT
    day: date
    kind: EventKind
    label: Label
    service: Annotated[str | None, Field(min_length=1, max_length=80)] = None
    """The followed service that a training was about."""


class AnnotationsFile(BaseModel):
    """annotations.yaml as written."""

    model_config = STRICT
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=MOST_EVENTS)]


@dataclass(frozen=True, slots=True)
class Annotations:
    """The declared events, oldest first."""

    events: tuple[Event, ...] = ()


NO_ANNOTATIONS: Final = Annotations()


def check(file: AnnotationsFile, located: Located, followed: tuple[str, ...]) -> None:
    """Record services that nobody follows, services without a training, and events told twice.

    Args:
        file: the events as written.
        located: where each stands.
        followed: the services of `follow` in services.yaml.
    """
    seen: dict[tuple[date, str, str | None], int] = {}
    for i, event in enumerate(file.events):
        place = ("events", i, "service")
        if event.service is not None and event.kind != "training":
            message = f"only a training is about a service; this event is `{event.kind}`"
            located.problem(place, message, "remove `service`, or write `kind: training`")
        elif event.service is not None and event.service not in followed:
            message = f"no followed service is called `{event.service}`"
            hint = did_you_mean(event.service, sorted(followed))
            located.problem(place, message, hint or "add it to `follow` in services.yaml")
        key = (event.day, event.kind, event.service)
        if key in seen:
            line = located.at(("events", seen[key]))[0]
            located.problem(("events", i), f"the same event is given on line {line}", "keep one")
        seen.setdefault(key, i)


def build(file: AnnotationsFile) -> Annotations:
    """Return the events of a checked file, oldest first."""
    return Annotations(tuple(sorted(file.events, key=lambda event: event.day)))
