"""Static SVG of named bars, one under the other. Pure.

No Plotly twin: the table beside it holds every number, and names stand over the bars so that they
stay readable at 320 px.
"""

from collections.abc import Callable

from markupsafe import Markup

from dashboards.charts import Rank, Ranks, ticks, value_label
from dashboards.charts_svg import across, filled, line, open_svg, text
from dashboards.texts import Texts

_WIDTH, _LEFT, _RIGHT = 420.0, 4.0, 96.0
_ROW, _TOP, _THICK = 44.0, 6.0, 16.0


def ranks_svg(chart: Ranks, *, ident: str, texts: Texts) -> Markup:
    """Return the drawing; a withheld bar is hatched up to its threshold, with `< n` beside it."""
    highs = [row.value + (row.margin or 0) for row in chart.rows if row.value is not None]
    highs += [row.below for row in chart.rows if row.below is not None]
    top = max(ticks(max([*highs, 0.01 if chart.percent else 1.0]))[-1], 1e-9)

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(value, 0.0), top) / top

    height = _TOP + _ROW * len(chart.rows)
    roles = (row.role for row in chart.rows if row.value is not None)
    parts = [open_svg(_WIDTH, height, ident, *roles, form=" ranks")]
    parts.append(line("axis", _LEFT, _TOP, _LEFT, height - 2))
    for index, row in enumerate(chart.rows):
        parts.extend(_row(row, _TOP + index * _ROW, x, ident, chart, texts))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _row(
    row: Rank, y: float, x: Callable[[float], float], ident: str, chart: Ranks, texts: Texts
) -> list[str]:
    parts = [text("slot start", _LEFT + 4, y + 13, row.name)]
    bar, middle = y + 19, y + 19 + _THICK / 2
    if row.value is not None:
        paint = filled(ident, row.role)
        parts.append(across(f"bar {row.role}", x(0), x(row.value), bar, _THICK, fill=paint))
        end = x(row.value + (row.margin or 0))
        if row.margin:
            low = x(row.value - row.margin)
            parts.append(line("whisker", low, middle, end, middle))
            parts += [line("whisker", at, middle - 4, at, middle + 4) for at in (low, end)]
        parts.append(text("value start", end + 6, middle + 4, ranks_label(row, chart, texts)))
    elif row.below is not None:
        hatch = f"url(#{ident}-hatch)"
        parts.append(across("withheld", x(0), x(row.below), bar, _THICK, fill=hatch))
        parts.append(
            text("value start", x(row.below) + 6, middle + 4, ranks_label(row, chart, texts))
        )
    else:
        parts.append(text("note start", _LEFT + 6, middle + 4, row.note))
    return parts


def ranks_label(row: Rank, chart: Ranks, texts: Texts) -> str:
    """Return what stands beside a bar."""
    if row.value is None:
        return f"<{value_label(row.below or 0, texts, percent=chart.percent)}"
    shown = value_label(row.value, texts, percent=chart.percent)
    if not row.margin:
        return shown
    return f"{shown} ± {value_label(row.margin, texts, percent=chart.percent)}"
