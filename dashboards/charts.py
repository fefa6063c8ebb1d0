"""The two chart forms of the pages: what they hold, apart from how they are drawn.

`charts_svg` and `charts_plotly` draw the same values. A withheld cell is a hatched box up to its
threshold with `< n` written on it, never a bar of a number; a missing one is a word.
"""

import math
from dataclasses import dataclass

from dashboards.texts import Texts

COLOURS = {
    "pedagogical": "#27A374",
    "residual_private": "#8B9835",
    "abusive": "#9639CA",
    "resource_inappropriate": "#AF3591",
    "load": "#2F7FC1",
    "p95": "#D4631A",
    "limit": "#C4314B",
    "withheld": "#808080",
}
"""At least 3:1 on both page grounds (tests/pages/test_palette.py); roles are also CSS classes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One position of a column chart: a value with its margin, a threshold, or a word."""

    tick: tuple[str, str]
    """Two short lines under the axis."""
    name: str
    """The position in full, for hover and table."""
    value: float | None = None
    margin: float | None = None
    below: int | None = None
    note: str = ""
    """Why there is nothing, when there is nothing."""
    mark: str = ""
    """What changed just before this position."""
    days: str = ""
    """A third line under the axis, for a week that is not a full school week."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns over time."""

    role: str
    bars: tuple[Bar, ...]
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One slot of a day, Mbit/s; None where nothing was measured."""

    name: str
    hours: str
    mean: float | None
    p95: float | None
    peak: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Load of the slots of a day against the declared capacity."""

    rows: tuple[Row, ...]
    capacity: float


@dataclass(frozen=True, slots=True)
class Rank:
    """One named bar: a value with its margin, a threshold, or a word."""

    name: str
    value: float | None = None
    margin: float | None = None
    below: float | None = None
    note: str = ""
    role: str = "load"


@dataclass(frozen=True, slots=True)
class Ranks:
    """Named bars, one under the other."""

    rows: tuple[Rank, ...]
    percent: bool = False


PATTERNS = {
    "pedagogical": "",
    "residual_private": "/",
    "abusive": "x",
    "resource_inappropriate": ".",
    "load": "",
}
"""Pattern of each role beside its colour, in Plotly's words: told apart without colour."""

LABEL_ROOM = 1.15
"""Room above the tallest column for the number written on it."""


def ticks(high: float, wanted: int = 5) -> list[float]:
    """Return round axis values from 0 to the first one at or above `high`."""
    step = _nice(max(high, 1e-9) / wanted)
    count = math.ceil(high / step - 1e-9)
    return [round(index * step, 6) for index in range(max(count, 1) + 1)]


def _nice(step: float) -> float:
    """Return the next 1, 2, 2.5 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return float(next(s * power for s in (1, 2, 2.5, 5, 10) if step <= s * power * (1 + 1e-9)))


def value_label(value: float, texts: Texts, *, percent: bool) -> str:
    """Return what stands beside a value."""
    return texts.percent(value) if percent else texts.number(value, 1 if value < 10 else 0)  # noqa: PLR2004


def columns_ticks(chart: Columns) -> list[float]:
    """Return the value axis, margins and thresholds included."""
    highs = [bar.value + (bar.margin or 0) for bar in chart.bars if bar.value is not None]
    highs += [float(bar.below) for bar in chart.bars if bar.below is not None]
    return ticks(max([*highs, 0.1 if chart.percent else 1.0]) * LABEL_ROOM)


def rows_ticks(chart: Rows) -> list[float]:
    """Return the rate axis, Mbit/s; the capacity is always on it."""
    highs = [row.peak for row in chart.rows if row.peak is not None]
    return ticks(max([chart.capacity, *highs]))
