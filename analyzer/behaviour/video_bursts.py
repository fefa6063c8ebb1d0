"""Video: every minute a few bursts with pauses between them, as long as it plays.

A player fills its buffer, then fetches a segment of 2–10 s whenever there is room for one (RFC 8216
section 6.3.3; on-off cycles: Rao et al. 2011). Pages burst too, but not minute after minute
with the same weight; a download does not pause; music fetches a whole track and is silent for
minutes.
"""

from typing import Any, Final

import ibis
from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour.shape import WEB_PORTS, Shape, squared, squared_down, squares, times
from analyzer.behaviour.steady_audio import MOST_DOWN_BYTES, is_whole, whole

LEAST_DOWN_BYTES: Final = MOST_DOWN_BYTES
"""Of a minute: more than any sound, which comes in segments too."""
MOST_UP_SHARE: Final = 10
LEAST_PEAK_SHARE: Final = 20
"""The busiest second carries at least a twentieth: three times the minute's mean."""
LEAST_EVEN_S: Final = 2.5
"""Seconds that would carry the minute evenly: more than one burst."""
MOST_EVEN_S: Final = 35
"""Pauses fill at least a third of the minute."""
LEAST_MINUTES: Final = 3
MOST_GAP: Final = 4 / 3
"""Minutes from the first to the last that fits, over the minutes that fit: hardly any is missing."""
MOST_SPREAD: Final = 3
"""The heaviest minute over the lightest."""


def is_bursting(row: Shape) -> bool:
    """Say whether a slice may be a whole minute of a video."""
    return (
        is_whole(row)
        and row.server_port in WEB_PORTS
        and row.down_bytes >= LEAST_DOWN_BYTES
        and row.up_bytes * MOST_UP_SHARE <= row.down_bytes
        and row.down_peak_bytes_s * LEAST_PEAK_SHARE >= row.down_bytes
        and LEAST_EVEN_S * row.down_sumsq_bytes_s
        <= squared(row)
        <= MOST_EVEN_S * row.down_sumsq_bytes_s
    )


def bursting(slices: Table) -> BooleanValue:
    """`is_bursting` as an expression."""
    return (
        whole(slices)
        & slices.server_port.isin(WEB_PORTS)
        & (slices.down_bytes >= LEAST_DOWN_BYTES)
        & (times(slices.up_bytes, MOST_UP_SHARE) <= slices.down_bytes)
        & (slices.down_peak_bytes_s.cast("int64") * LEAST_PEAK_SHARE >= slices.down_bytes)
        & (ibis.literal(LEAST_EVEN_S, "float64") * squares(slices) <= squared_down(slices))
        & (squared_down(slices) <= MOST_EVEN_S * squares(slices))
    )


def holds(rows: list[Shape]) -> bool:
    """Say whether a flow is a video, from its heavy slices."""
    fits = [row for row in rows if is_bursting(row)]
    if len(fits) < LEAST_MINUTES:
        return False
    against = sum(is_whole(row) and not is_bursting(row) for row in rows)
    ages = [row.age_s for row in fits]
    weights = [row.down_bytes for row in fits]
    return (
        against * 3 <= len(fits)
        and float(max(ages) - min(ages)) <= 60 * MOST_GAP * (len(fits) - 1)
        and max(weights) <= MOST_SPREAD * min(weights)
    )


def marks(slices: Table) -> dict[str, Any]:
    """Return what `sums` adds up, once for each slice."""
    fit = bursting(slices)
    nothing = ibis.null("int64")
    return {
        "is_bursting": fit,
        "video_age": ibis.ifelse(fit, slices.age_s.cast("int64"), nothing),
        "video_weight": ibis.ifelse(fit, slices.down_bytes, nothing),
    }


def sums(marked: Table) -> dict[str, Any]:
    """Return what `verdict` needs, as aggregates over slices with the marks of all behaviours."""
    return {
        "video_fit": marked.is_bursting.sum(),
        "video_against": (marked.is_whole & ~marked.is_bursting).sum(),
        "video_span_s": (marked.video_age.max() - marked.video_age.min()).fill_null(0),
        "video_least": marked.video_weight.min().fill_null(0),
        "video_most": marked.video_weight.max().fill_null(0),
    }


def verdict(flows: Table) -> BooleanValue:
    """`holds` over a table with the columns of `sums`."""
    gap = ibis.literal(60 * MOST_GAP, "float64")
    return (
        (flows.video_fit >= LEAST_MINUTES)
        & (flows.video_against * 3 <= flows.video_fit)
        & (flows.video_span_s.cast("float64") <= gap * (flows.video_fit - 1).cast("float64"))
        & (flows.video_most <= times(flows.video_least, MOST_SPREAD))
    )
