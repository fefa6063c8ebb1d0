"""What an unnamed flow looks like, from one slice. Pure, twice: for a row, and as an expression.

One behaviour only, and it accuses nobody: a long, steady, one-way stream at the rate of audio.
A radio player pulls 24–320 kbit/s without pause; a video comes in bursts, a call is balanced and
on UDP, a download is faster, a web page shorter. What does not fit all bounds has no behaviour.

The bounds are here once; `looks_steady` and `steady_expression` must stay twins (tests compare).
"""

from typing import Final

from ibis import Table
from ibis.expr.types import BooleanValue

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


def looks_steady(
    *,
    transport: str,
    age_s: int,
    active_s: int,
    up_bytes: int,
    down_bytes: int,
    down_sumsq_bytes_s: float,
) -> bool:
    """Say whether one slice is a part of a steady audio stream."""
    return (
        transport == "tcp"
        and age_s >= LEAST_AGE_S
        and active_s >= LEAST_ACTIVE_S
        and LEAST_DOWN_BYTES <= down_bytes <= MOST_DOWN_BYTES
        and up_bytes * MOST_UP_SHARE <= down_bytes
        and down_sumsq_bytes_s * active_s <= MOST_UNEVENNESS * float(down_bytes) ** 2
    )


def steady_expression(slices: Table) -> BooleanValue:
    """Return `looks_steady` as an expression over the columns of a slice table."""
    down = slices.down_bytes.cast("float64")
    return (
        (slices.transport == "tcp")
        & (slices.age_s >= LEAST_AGE_S)
        & (slices.active_s >= LEAST_ACTIVE_S)
        & slices.down_bytes.between(LEAST_DOWN_BYTES, MOST_DOWN_BYTES)
        & (slices.up_bytes * MOST_UP_SHARE <= slices.down_bytes)
        & (
            slices.down_sumsq_bytes_s.cast("float64") * slices.active_s.cast("float64")
            <= MOST_UNEVENNESS * down * down
        )
    )
