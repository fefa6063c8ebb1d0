"""Figures for paper: black and white, with patterns and words; every text of 11 points. Pure.

One unit of a drawing is one point of paper. Colours are presentation attributes, so that the same
drawing serves WeasyPrint, which reads no style sheet inside SVG, and a page under a strict CSP. The
`title` becomes the alternative text of the figure in the PDF.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

from markupsafe import Markup, escape

from dashboards.charts import Bar, Columns, columns_ticks, value_label
from dashboards.texts import Texts

POINTS = 11
"""Size of every text: the smallest that the report allows."""
INK, SOFT, FILL, PAPER = "#000000", "#8a8a8a", "#4a4a4a", "#ffffff"
_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, 2.0, 16.0, 30.0
_LINE_ROOM = 12.0
"""Height of one line of text."""
Point = tuple[float, float]
_TICK_ROOM = 34.0
"""Width of a date under the axis, so that two never touch."""
_BAR = 0.58
"""Width of a column, of the room that it has."""
_WIDE_LETTERS = {"%": 10.5, " ": 3.5, "\u00a0": 3.5, "\u202f": 2.2, ",": 3.5, ".": 3.5, "<": 8.6}


def wide(text: str) -> float:
    """Return about how wide a text of 11 points is, in points."""
    return sum(_WIDE_LETTERS.get(each, 6.6 if each.isalpha() else 7.0) for each in text)


_EMPTY = 0.72
"""Room of a week without anything, of that of another, where several follow each other."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Where the columns stand, and what the highest point of the axis means."""

    edges: tuple[float, ...]
    """Left edge of each position, and where the last one ends."""
    step: float
    floor: float
    top: float
    labels: tuple[str, ...]
    """The number of each column, as the page writes it."""
    upright: bool
    """The numbers fit beside each other; else they stand turned."""

    def y(self, value: float) -> float:
        return _TOP + (self.floor - _TOP) * (1 - min(value, self.top) / self.top)

    def middle(self, first: int, last: int | None = None) -> float:
        return (self.edges[first] + self.edges[1 + (first if last is None else last)]) / 2


def columns_drawing(
    chart: Columns, *, ident: str, alt: str, size: tuple[float, float], texts: Texts
) -> Markup:
    """Return a column chart with its numbers: solid with a margin, hatched when withheld, else a word."""
    width, height = size
    axis = columns_ticks(chart)
    short = any(bar.days for bar in chart.bars)
    floor = height - _BOTTOM - (_LINE_ROOM if short else 0)
    field = _field(chart, axis[-1], (width, floor), texts)
    parts = [_open(size, ident, alt)]
    ticks = [axis[0], axis[len(axis) // 2], axis[-1]]
    if field.y(ticks[0]) - field.y(ticks[1]) < _LINE_ROOM or ticks[2] == ticks[1]:
        ticks = [axis[0], axis[-1]]  # else their texts would touch
    for tick in ticks:
        y = field.y(tick)
        parts.append(_line((_LEFT, y), (width - _RIGHT, y), SOFT, 0.4))
        label = value_label(tick, texts, percent=chart.percent)
        parts.append(_text(_LEFT - 5, y + 4, label, "end"))
    every = 1 if field.step >= _TICK_ROOM else 2
    for index, bar in enumerate(chart.bars):
        parts.extend(_column(bar, index, ident, field))
        middle = field.middle(index)
        if index % every == 0:
            month = bar.tick[1] or _month_before(chart.bars, index)
            parts.append(_text(middle, floor + 12, bar.tick[0], "middle"))
            parts.append(_text(middle, floor + 24, month, "middle"))
        parts.append(_text(middle, floor + 36, bar.days, "middle"))
    parts.extend(_notes(chart.bars, field))
    parts.extend(_marks(chart.bars, field, width))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _field(chart: Columns, highest: float, place: tuple[float, float], texts: Texts) -> _Field:
    """Return a field with room for a number above the highest column."""
    width, floor = place
    weights: list[float] = []
    for note, run in groupby(chart.bars, key=_note):
        count = len(list(run))
        weights += [_EMPTY if note and count > 1 else 1.0] * count
    step = (width - _LEFT - _RIGHT) / max(sum(weights), 1.0)
    edges = tuple(_LEFT + step * part for part in accumulate(weights, initial=0.0))
    labels = [_label(bar, chart, texts) for bar in chart.bars]
    if max(map(wide, labels), default=0.0) > step - 2:
        labels = [re.sub(r"[\u202f\u00a0]", "", label) for label in labels]
    widest = max(map(wide, labels), default=0.0)
    upright = widest <= step
    highs = [bar.value + (bar.margin or 0) for bar in chart.bars if bar.value is not None]
    highs += [float(bar.below) for bar in chart.bars if bar.below is not None]
    room = floor - _TOP
    above = _LINE_ROOM if upright else widest + 4
    needed = max(highs, default=0.0) * room / max(room - above, 1.0)
    return _Field(edges, step, floor, max(highest, needed), tuple(labels), upright)


def _label(bar: Bar, chart: Columns, texts: Texts) -> str:
    if bar.value is not None:
        return value_label(bar.value, texts, percent=chart.percent)
    return f"<{texts.number(bar.below)}" if bar.below is not None else ""


def _month_before(bars: Sequence[Bar], index: int) -> str:
    return next((bar.tick[1] for bar in reversed(bars[:index]) if bar.tick[1]), "")


def _marks(bars: Sequence[Bar], field: _Field, width: float) -> list[str]:
    parts = []
    for index, bar in enumerate(bars):
        if bar.mark:
            x = field.edges[index]
            parts.append(_line((x, 2), (x, field.floor), INK, 1.2, dash="4 2"))
            end = width - x - 4 < wide(bar.mark)
            parts.append(_text(x - 3 if end else x + 3, 10, bar.mark, "end" if end else "start"))
    return parts


def _notes(bars: Sequence[Bar], field: _Field) -> list[str]:
    """Write once, over weeks that follow each other, why they have nothing; a dot where no room is."""
    parts = []
    for note, run in groupby(enumerate(bars), key=lambda item: _note(item[1])):
        found = [index for index, _ in run]
        room = field.edges[found[-1] + 1] - field.edges[found[0]] + (1 - _BAR) * field.step
        if note and wide(note) <= room + 3:
            middle = field.middle(found[0], found[-1])
            parts.append(_text(middle, field.floor - 5, note, "middle"))
        elif note:
            parts.extend(
                f'<circle cx="{field.middle(index):.1f}" cy="{field.floor - 4:.1f}" r="1.6" '
                f'fill="{INK}"/>'
                for index in found
            )
    return parts


def _note(bar: Bar) -> str:
    return bar.note if bar.value is None and bar.below is None else ""


def _column(bar: Bar, index: int, ident: str, field: _Field) -> list[str]:
    middle, width = field.middle(index), field.step * _BAR
    label = field.labels[index]
    if bar.value is not None:
        low, high = max(bar.value - (bar.margin or 0), 0), bar.value + (bar.margin or 0)
        parts = [_rect(middle - width / 2, field.y(bar.value), width, field.floor, FILL)]
        if bar.margin:
            top, bottom = field.y(high), field.y(low)
            parts.append(_line((middle, top), (middle, bottom), INK, 1.0))
            parts.extend(
                _line((middle - 2.5, y), (middle + 2.5, y), INK, 1.0) for y in (top, bottom)
            )
            parts.append(_line((middle, field.y(bar.value)), (middle, bottom), PAPER, 1.0))
        return [*parts, _number(label, middle, field.y(high), field)]
    if bar.below is not None:
        top = field.y(bar.below)
        box = _rect(middle - width / 2, top, width, field.floor, f"url(#{ident}-hatch)")
        return [box, _number(label, middle, top, field)]
    return []


def _number(label: str, middle: float, top: float, field: _Field) -> str:
    """Write a number above its column, turned where two would touch, on white: grid lines pass here."""
    if not field.upright:
        return (
            f'<text transform="translate({middle + 4:.1f} {top - 3:.1f}) rotate(-90)" '
            f'fill="{INK}">{escape(label)}</text>'
        )
    room = wide(label) + 2
    return (
        f'<rect x="{middle - room / 2:.1f}" y="{top - 12:.1f}" width="{room:.1f}" '
        f'height="10.5" fill="{PAPER}"/>' + _text(middle, top - 3, label, "middle")
    )


def _open(size: tuple[float, float], ident: str, alt: str) -> str:
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="paper" role="img" '
        f'aria-labelledby="{ident}-alt" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="DejaVu Sans, Liberation Sans, sans-serif" '
        f'font-size="{POINTS}"><title id="{ident}-alt">{escape(alt)}</title>'
        f'<defs><pattern id="{ident}-hatch" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<rect width="5" height="5" fill="{PAPER}"/>'
        f'<path d="M-1 1 L1 -1 M0 5 L5 0 M4 6 L6 4" stroke="{INK}" stroke-width="0.9"/>'
        f"</pattern></defs>"
    )


def _rect(x: float, y: float, width: float, floor: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(floor - y, 0):.1f}" '
        f'fill="{fill}" stroke="{INK}" stroke-width="0.6"/>'
    )


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _line(start: Point, end: Point, ink: str, wide: float, dash: str = "") -> str:
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{ink}" '
        f'stroke-width="{wide:g}"{_dash(dash)}/>'
    )


def _text(x: float, y: float, text: Any, anchor: str) -> str:
    if not text:
        return ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
    )
