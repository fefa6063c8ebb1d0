"""Static SVG of how schools spread. Pure.

The middle half is a bar, the median a stroke, the reader's own school a dashed line with its margin.
Names stand over the bars so that they stay readable at 320 px. No end of a spread is drawn: there is
none in what comes here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from dashboards.charts import ticks
from dashboards.charts_svg import across, line, open_svg, text
from dashboards.texts import Texts

_WIDTH, _LEFT, _RIGHT = 420.0, 4.0, 16.0
_ROW, _TOP, _THICK, _FOOT = 44.0, 6.0, 16.0, 22.0


@dataclass(frozen=True, slots=True)
class Band:
    """One indicator; None where nothing may be said."""

    name: str
    low: float | None = None
    """None with a `high`: the bar begins at the axis, hatched up to `below`."""
    median: float | None = None
    high: float | None = None
    below: float | None = None
    """Under what the marks that are None lie."""
    own: float | None = None
    own_margin: float = 0.0
    note: str = ""


def spread_svg(bands: tuple[Band, ...], *, ident: str, texts: Texts) -> Markup:
    """Return the drawing."""
    highs = [each.high for each in bands if each.high is not None]
    highs += [each.own + each.own_margin for each in bands if each.own is not None]
    highs += [each.below for each in bands if each.below is not None]
    axis = ticks(max([*highs, 1.0]))
    height = _TOP + _ROW * len(bands) + _FOOT

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(value, 0.0), axis[-1]) / axis[-1]

    floor = height - _FOOT
    parts = [open_svg(_WIDTH, height, ident, form=" ranks")]
    for tick in axis:
        parts.append(line("grid", x(tick), _TOP, x(tick), floor))
        where = "start" if tick == 0 else "middle"
        parts.append(text(f"tick {where}", x(tick), height - 6, texts.number(tick, 1)))
    for index, band in enumerate(bands):
        parts += _band(band, _TOP + index * _ROW, x, ident)
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text went through escape()


def _band(band: Band, y: float, x: Callable[[float], float], ident: str) -> list[str]:
    parts = [text("slot start", _LEFT + 4, y + 13, band.name)]
    bar, middle = y + 19, y + 19 + _THICK / 2
    if band.high is None and band.below is None:
        return [*parts, text("note start", _LEFT + 6, middle + 4, band.note)]
    if band.high is not None:
        start = x(band.low if band.low is not None else band.below or 0.0)
        parts.append(across("bar load", start, x(band.high), bar, _THICK))
    if band.low is None:
        hatch = f"url(#{ident}-hatch)"
        parts.append(across("withheld", x(0), x(band.below or 0.0), bar, _THICK, fill=hatch))
    if band.median is not None:
        parts.append(line("peak", x(band.median), bar - 2, x(band.median), bar + _THICK + 2))
    if band.own is not None:
        low, high = x(band.own - band.own_margin), x(band.own + band.own_margin)
        parts.append(line("whisker", low, middle, high, middle))
        parts.append(line("limit", x(band.own), bar - 4, x(band.own), bar + _THICK + 4))
    return parts
