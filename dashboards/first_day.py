"""The sealed document `first-day` as pages read it: closed five minutes of the running day. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """Five minutes of one line; rates in Mbit/s, NaN where nothing was measured."""

    starts: str
    ends: str
    minutes: int
    minutes_seen: int
    down_mbit_s: float
    up_mbit_s: float

    @property
    def seen(self) -> bool:
        """Whether any of its minutes was measured."""
        return self.minutes_seen > 0


@dataclass(frozen=True, slots=True)
class FirstLine:
    """The closed five minutes of one line, oldest first."""

    name: str
    down_capacity: float
    up_capacity: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class FirstDay:
    """What is published of a day that is not over."""

    day: date
    lines: tuple[FirstLine, ...]

    def line(self, name: str) -> FirstLine | None:
        """Return one line if any of its minutes was measured."""
        found = next((line for line in self.lines if line.name == name), None)
        return found if found and any(step.seen for step in found.steps) else None


def read_first_day(payload: Mapping[str, Any]) -> FirstDay:
    """Read the document.

    Raises:
        KeyError, ValueError, TypeError: not its shape.
    """
    return FirstDay(
        day=date.fromisoformat(payload["day"]),
        lines=tuple(
            FirstLine(
                name=str(line["line"]),
                down_capacity=float(line["capacity"]["down_mbit_s"]),
                up_capacity=float(line["capacity"]["up_mbit_s"]),
                steps=tuple(_step(step) for step in line["steps"]),
            )
            for line in payload["lines"]
        ),
    )


def _step(item: Mapping[str, Any]) -> Step:
    ends = str(item["to"])
    return Step(
        starts=time.fromisoformat(item["from"]).strftime("%H:%M"),
        ends=ends if ends == "24:00" else time.fromisoformat(ends).strftime("%H:%M"),
        minutes=int(item["minutes"]),
        minutes_seen=int(item["minutes_seen"]),
        down_mbit_s=_rate(item["down_mbit_s"]),
        up_mbit_s=_rate(item["up_mbit_s"]),
    )


def _rate(value: float | None) -> float:
    return math.nan if value is None else float(value)
