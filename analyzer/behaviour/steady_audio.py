"""Web radio: a long, steady, one-way stream at the rate of audio.

A player pulls 24–320 kbit/s without pause; a video comes in bursts, a call is balanced, a download
is faster, a web page shorter. Stations send a constant rate, so that the minutes of a stream weigh
the same: a transfer that a busy line slows down to these rates does not.
"""

from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour.shape import Shape, active, squared, squared_down, squares, times

LEAST_AGE_S: Final = 120
"""The flow has already lasted two minutes: web pages and pre-loading are over."""
LEAST_ACTIVE_S: Final = 50
"""Seconds of the minute with packets; a player that buffers by chunks is left alone."""
LEAST_DOWN_BYTES: Final = 24_000 // 8 * 60
"""24 kbit/s over a minute: the thinnest radio stream in use."""
MOST_DOWN_BYTES: Final = 360_000 // 8 * 60
"""320 kbit/s with headers."""
MOST_UP_SHARE: Final = 10
"""Down is at least ten times up: acknowledgements only, so neither a call nor a remote desktop."""
MOST_UNEVENNESS: Final = 2
"""Mean of squares over square of mean, over the active seconds: 1 is perfectly steady."""
MOST_AGAINST: Final = 5
"""At most one whole minute in five that does not fit."""
MOST_SPREAD: Final = 1.5
"""The heaviest whole minute over the lightest: constant rate, with the codec's own variation."""


def is_steady(row: Shape) -> bool:
    """Say whether a slice may be a whole minute of a steady audio stream."""
    return (
        row.transport == "tcp"
        and row.active_s >= LEAST_ACTIVE_S
        and LEAST_DOWN_BYTES <= row.down_bytes <= MOST_DOWN_BYTES
        and row.up_bytes * MOST_UP_SHARE <= row.down_bytes
        and row.down_sumsq_bytes_s * row.active_s <= MOST_UNEVENNESS * squared(row)
    )


def steady(slices: Table) -> BooleanValue:
    """`is_steady` as an expression."""
    return (
        (slices.transport == "tcp")
        & (slices.active_s >= LEAST_ACTIVE_S)
        & slices.down_bytes.between(LEAST_DOWN_BYTES, MOST_DOWN_BYTES)
        & (times(slices.up_bytes, MOST_UP_SHARE) <= slices.down_bytes)
        & (squares(slices) * active(slices) <= MOST_UNEVENNESS * squared_down(slices))
    )


def is_whole(row: Shape) -> bool:
    """Say whether the flow was there before the minute and goes on after it."""
    return row.age_s > 0 and not row.ended


def whole(slices: Table) -> BooleanValue:
    """`is_whole` as an expression."""
    return (slices.age_s > 0) & slices.end_reason.isnull()


@dataclass(frozen=True, slots=True)
class Tally:
    """What the heavy slices of one flow add up to."""

    fit: int
    """Steady minutes."""
    old: int
    """Those after the first two minutes."""
    against: int
    """Whole minutes that are not steady."""
    least: int
    """Octets to the school of the lightest and heaviest steady whole minute."""
    most: int


def tally(rows: list[Shape]) -> Tally:
    """Add up the heavy slices of one flow."""
    fits = [row for row in rows if is_steady(row)]
    weights = [row.down_bytes for row in fits if is_whole(row)]
    return Tally(
        fit=len(fits),
        old=sum(row.age_s >= LEAST_AGE_S for row in fits),
        against=sum(is_whole(row) and not is_steady(row) for row in rows),
        least=min(weights, default=0),
        most=max(weights, default=0),
    )


def holds(rows: list[Shape]) -> bool:
    """Say whether a flow is a steady audio stream, from its heavy slices."""
    found = tally(rows)
    return (
        found.old > 0
        and found.against * MOST_AGAINST <= found.fit + found.against
        and found.most <= MOST_SPREAD * found.least
    )


def marks(slices: Table) -> dict[str, Any]:
    """Return what `sums` adds up, once for each slice."""
    fit, every = steady(slices), whole(slices)
    weight = ibis.ifelse(fit & every, slices.down_bytes, ibis.null("int64"))
    return {"is_steady": fit, "is_whole": every, "steady_weight": weight}


def sums(marked: Table) -> dict[str, Any]:
    """`tally` as aggregates over slices with `marks`, their names prefixed."""
    return {
        "steady_fit": marked.is_steady.sum(),
        "steady_old": (marked.is_steady & (marked.age_s >= LEAST_AGE_S)).sum(),
        "steady_against": (marked.is_whole & ~marked.is_steady).sum(),
        "steady_least": marked.steady_weight.min().fill_null(0),
        "steady_most": marked.steady_weight.max().fill_null(0),
    }


def verdict(flows: Table) -> BooleanValue:
    """`holds` over a table with the columns of `sums`."""
    return (
        (flows.steady_old > 0)
        & (flows.steady_against * MOST_AGAINST <= flows.steady_fit + flows.steady_against)
        & (
            flows.steady_most.cast("float64")
            <= ibis.literal(MOST_SPREAD, "float64") * flows.steady_least.cast("float64")
        )
    )
