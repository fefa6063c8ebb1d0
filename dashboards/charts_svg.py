"""Static SVG of a chart: first paint, no JavaScript, print. Pure.

No style attribute (the CSP refuses them): classes only, colours from the style sheet, so that
both colour schemes hold.
"""

from typing import Any

from markupsafe import Markup, escape

from dashboards.charts import (
    PATTERNS,
    Bar,
    Columns,
    Row,
    Rows,
    columns_ticks,
    rows_ticks,
    value_label,
)
from dashboards.texts import Texts

_WIDTH, _HEIGHT = 460.0, 262.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 8.0, 30.0, 56.0
_MANY = 8
"""Beyond so many columns their numbers are written smaller, or neighbours touch."""


def columns_svg(chart: Columns, *, ident: str, texts: Texts) -> Markup:
    """Return the static drawing of a column chart."""
    axis = columns_ticks(chart)
    top = axis[-1]
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(chart.bars), 1)
    height = _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return round(_TOP + height * (1 - min(value, top) / top), 1)

    drawn = [chart.role] if any(bar.value is not None for bar in chart.bars) else []
    parts = [open_svg(_WIDTH, _HEIGHT, ident, *drawn)]
    for tick in axis:
        parts.append(line("grid", _LEFT, y(tick), _WIDTH - _RIGHT, y(tick)))
        label = value_label(tick, texts, percent=chart.percent)
        parts.append(text("tick end", _LEFT - 6, y(tick) + 4, label))
    for index, bar in enumerate(chart.bars):
        left = _LEFT + index * step
        parts.extend(_column(bar, chart, ident, (left, step), y, texts))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _column(
    bar: Bar, chart: Columns, ident: str, place: tuple[float, float], y: Any, texts: Texts
) -> list[str]:
    left, step = place
    middle, width, base = left + step / 2, step * 0.62, y(0)
    many = " many" if len(chart.bars) > _MANY else ""
    parts = [
        text("tick middle", middle, base + 17, bar.tick[0]),
        text("tick middle", middle, base + 32, bar.tick[1]),
        text("tick middle", middle, base + 48, bar.days),
    ]
    if bar.mark:
        parts.append(line("mark", left, _TOP - 14, left, base))
        parts.append(text("mark-label start", left + 4, _TOP - 18, bar.mark))
    if bar.value is not None:
        left_edge, paint = middle - width / 2, filled(ident, chart.role)
        parts.append(rect(f"bar {chart.role}", left_edge, y(bar.value), width, base, fill=paint))
        high = bar.value + (bar.margin or 0)
        if bar.margin:
            parts.append(
                line("whisker", middle, y(high), middle, y(max(bar.value - bar.margin, 0)))
            )
            parts.extend(
                line("whisker", middle - 4, y(end), middle + 4, y(end))
                for end in (high, max(bar.value - bar.margin, 0))
            )
        label = value_label(bar.value, texts, percent=chart.percent)
        parts.append(text(f"value middle{many}", middle, y(high) - 5, label))
    elif bar.below is not None:
        fill = f"url(#{ident}-hatch)"
        parts.append(rect("withheld", middle - width / 2, y(bar.below), width, base, fill=fill))
        parts.append(
            text(f"value middle{many}", middle, y(bar.below) - 5, f"<{texts.number(bar.below)}")
        )
    else:
        parts.append(
            f'<text class="note" transform="translate({middle + 4:.1f} {base - 6:.1f}) rotate(-90)">'
            f"{escape(bar.note)}</text>"
        )
    return parts


_ROW = 38.0
_NAME = 122.0


def rows_svg(chart: Rows, *, ident: str, texts: Texts) -> Markup:
    """Return the static drawing of a day's slots."""
    height = _ROW * len(chart.rows) + 56
    axis = rows_ticks(chart)
    top = max(axis[-1], chart.capacity * 1.04)
    width = 580.0

    def x(value: float) -> float:
        return round(_NAME + (width - _NAME - 44) * min(value, top) / top, 1)

    floor = height - 30
    parts = [open_svg(width, height, ident)]
    for tick in axis:
        parts.append(line("grid", x(tick), 22, x(tick), floor))
        parts.append(text("tick middle", x(tick), floor + 18, texts.number(tick, 1)))
    rows = [_slot_row(row, 26 + i * _ROW, x, texts) for i, row in enumerate(chart.rows)]
    parts.extend(part for row in rows for part in row[:-1])
    limit = x(chart.capacity)
    parts.append(line("limit", limit, 18, limit, floor))
    parts.append(
        text(
            "limit-label end",
            limit,
            12,
            texts("chart.capacity", rate=texts.mbit(chart.capacity)),
        )
    )
    parts.extend(row[-1] for row in rows)  # the numbers, over the line of the capacity
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _slot_row(row: Row, y: float, x: Any, texts: Texts) -> list[str]:
    parts = [
        text("slot end", _NAME - 8, y + 12, row.name),
        text("tick end", _NAME - 8, y + 27, row.hours),
    ]
    if row.mean is None or row.p95 is None or row.peak is None:
        parts.append(text("note start", _NAME + 6, y + 19, row.note))
        return parts
    parts.append(across("bar p95", x(0), x(row.p95), y + 2, 22))
    parts.append(across("bar load", x(0), x(row.mean), y + 7, 12))
    parts.append(line("peak", x(row.peak), y, x(row.peak), y + 26))
    end = max(x(row.p95), x(row.peak))
    parts.append(text("value start", end + 5, y + 18, texts.number(row.p95, 1)))
    return parts


def open_svg(width: float, height: float, ident: str, *roles: str, form: str = "") -> str:
    """Return the start of a drawing: its patterns, for what is withheld and for each role."""
    return (
        f'<svg class="chart{form}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{ident}-title" xmlns="http://www.w3.org/2000/svg">'
        f'<defs><pattern id="{ident}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/>'
        f"</pattern>{''.join(_pattern(ident, role) for role in sorted(set(roles)))}</defs>"
    )


_STROKES = {
    "/": '<path class="over" d="M-2 2 2 -2M0 8 8 0M6 10 10 6"/>',
    "\\": '<path class="over" d="M-2 6 2 10M0 0 8 8M6 -2 10 2"/>',
    "x": '<path class="over" d="M0 0 8 8M0 8 8 0"/>',
    ".": '<circle class="over dot" cx="4" cy="4" r="1.6"/>',
}


def _pattern(ident: str, role: str) -> str:
    strokes = _STROKES.get(PATTERNS.get(role, ""))
    if not strokes:
        return ""
    return (
        f'<pattern id="{ident}-{role}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="bar {role}" width="8" height="8"/>{strokes}</pattern>'
    )


def filled(ident: str, role: str) -> str:
    """Return the fill of a role's bars: empty for the plain ones, which the style sheet fills."""
    return f"url(#{ident}-{role})" if PATTERNS.get(role) else ""


def rect(role: str, x: float, y: float, width: float, base: float, *, fill: str = "") -> str:
    """Return a column that stands on the base line."""
    paint = f' fill="{fill}"' if fill else ""
    role = role if not fill or role == "withheld" else "bar"  # a class would win over the pattern
    return (
        f'<rect class="{role}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{max(base - y, 0):.1f}"{paint}/>'
    )


def across(role: str, start: float, end: float, y: float, height: float, *, fill: str = "") -> str:
    """Return a horizontal bar."""
    paint = f' fill="{fill}"' if fill else ""
    role = role if not fill or role == "withheld" else "bar"
    return (
        f'<rect class="{role}" x="{start:.1f}" y="{y:.1f}" width="{max(end - start, 0):.1f}" '
        f'height="{height:.1f}"{paint}/>'
    )


def line(role: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a line."""
    return f'<line class="{role}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(role: str, x: float, y: float, text: str) -> str:
    """Return a text; nothing for an empty one."""
    return f'<text class="{role}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>' if text else ""
