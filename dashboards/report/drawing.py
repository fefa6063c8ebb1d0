"""Figures for paper: black and white, with patterns and words; every text of 11 points. Pure.

One unit of a drawing is one point of paper. Colours are presentation attributes, so that the same
drawing serves WeasyPrint, which reads no style sheet inside SVG, and a page under a strict CSP. The
`title` becomes the alternative text of the figure in the PDF.
"""

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape

from dashboards.charts import Bar, Columns, columns_ticks, value_label
from dashboards.report.curve import BANDS, Curve
from dashboards.texts import Texts

POINTS = 11
"""Size of every text: the smallest that the report allows."""
INK, SOFT, FILL, PAPER = "#000000", "#8a8a8a", "#4a4a4a", "#ffffff"
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 6.0, 22.0, 34.0
Point = tuple[float, float]
_TICK_ROOM = 42.0
"""Width of a date under the axis, so that two never touch."""


def columns_drawing(
    chart: Columns, *, ident: str, alt: str, size: tuple[float, float], texts: Texts
) -> Markup:
    """Return a column chart: solid with a margin, hatched when withheld, a dot when empty."""
    width, height = size
    axis = columns_ticks(chart)
    top, floor = axis[-1], height - _BOTTOM
    step = (width - _LEFT - _RIGHT) / max(len(chart.bars), 1)

    def y(value: float) -> float:
        return _TOP + (floor - _TOP) * (1 - min(value, top) / top)

    parts = [_open(size, ident, alt)]
    for tick in axis[:: 1 if len(axis) <= 4 else 2]:  # noqa: PLR2004 - two texts need 11 points each
        parts.append(_line((_LEFT, y(tick)), (width - _RIGHT, y(tick)), SOFT, 0.4))
        label = value_label(tick, texts, percent=chart.percent)
        parts.append(_text(_LEFT - 5, y(tick) + 4, label, "end"))
    every = max(1, -(-int(_TICK_ROOM) // max(int(step), 1)))
    for index, bar in enumerate(chart.bars):
        left = _LEFT + index * step
        parts.extend(_column(bar, ident, (left, step), y, floor))
        if index % every == 0:
            month = bar.tick[1] or _month_before(chart.bars, index)
            parts.append(_text(left + step / 2, floor + 14, bar.tick[0], "middle"))
            parts.append(_text(left + step / 2, floor + 28, month, "middle"))
    parts.extend(_marks(chart.bars, step, floor, width))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _month_before(bars: Sequence[Bar], index: int) -> str:
    return next((bar.tick[1] for bar in reversed(bars[:index]) if bar.tick[1]), "")


def _marks(bars: Sequence[Bar], step: float, floor: float, width: float) -> list[str]:
    parts = []
    for index, bar in enumerate(bars):
        if bar.mark:
            x = _LEFT + index * step
            parts.append(_line((x, 14), (x, floor), INK, 1.2, dash="4 2"))
            room = width - x - 4
            end = room < 6.5 * len(bar.mark)
            parts.append(_text(x - 3 if end else x + 3, 11, bar.mark, "end" if end else "start"))
    return parts


def _column(
    bar: Bar, ident: str, place: tuple[float, float], y: Callable[[float], float], floor: float
) -> list[str]:
    left, step = place
    middle, width = left + step / 2, step * 0.62
    if bar.value is not None:
        low, high = max(bar.value - (bar.margin or 0), 0), bar.value + (bar.margin or 0)
        parts = [_rect(middle - width / 2, y(bar.value), width, floor, FILL)]
        if bar.margin:
            parts.append(_line((middle, y(high)), (middle, y(low)), INK, 1.0))
            parts.extend(
                _line((middle - 2.5, y(end)), (middle + 2.5, y(end)), INK, 1.0)
                for end in (high, low)
            )
            parts.append(_line((middle, y(bar.value)), (middle, y(low)), PAPER, 1.0))
        return parts
    if bar.below is not None:
        return [_rect(middle - width / 2, y(bar.below), width, floor, f"url(#{ident}-hatch)")]
    return [f'<circle cx="{middle:.1f}" cy="{floor - 4:.1f}" r="1.6" fill="{INK}"/>']


_LINES = (("", INK), ("5 3", INK))
"""Stroke of the first and of the second curve."""


def curve_drawing(
    curves: Sequence[Curve], *, ident: str, alt: str, size: tuple[float, float], texts: Texts
) -> Markup:
    """Return the duration curves: full with round points, dashed with square ones."""
    width, height = size
    floor = height - _BOTTOM

    def x(band: int) -> float:
        return _LEFT + 8 + (width - _LEFT - _RIGHT - 26) * band / (BANDS - 1)

    def y(share: float) -> float:
        return _TOP + (floor - _TOP) * (1 - share)

    parts = [_open(size, ident, alt)]
    for share in (0.0, 0.5, 1.0):
        parts.append(_line((_LEFT, y(share)), (width - _RIGHT, y(share)), SOFT, 0.4))
        parts.append(_text(_LEFT - 5, y(share) + 4, texts.percent(share), "end"))
    parts.extend(
        _text(x(band), floor + 14, texts.percent(band / BANDS), "middle")
        for band in range(0, BANDS, 2)
    )
    parts.append(_text(width - _RIGHT, floor + 28, texts("report.load.axis"), "end"))
    for index, each in enumerate(curves[: len(_LINES)]):
        dash, ink = _LINES[index]
        points = " ".join(f"{x(k):.1f},{y(s):.1f}" for k, s in enumerate(each.shares))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="1.4"'
            f"{_dash(dash)}/>"
        )
        parts.extend(_point(x(k), y(s), square=bool(index)) for k, s in enumerate(each.shares))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _point(x: float, y: float, *, square: bool) -> str:
    if square:
        return (
            f'<rect x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5" fill="{PAPER}" '
            f'stroke="{INK}"/>'
        )
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{INK}"/>'


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
