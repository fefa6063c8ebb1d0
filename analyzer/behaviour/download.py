"""Large transfers: what a machine fetches by itself (updates), and what somebody downloads.

Both come as fast as the line lets them, without pauses. Updates still come over plain HTTP (apt,
Windows Update, WSUS: their content is signed), where people's downloads have long been encrypted:
the port is the second sign. Neither accuses.
"""

from typing import Any, Final

from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour.shape import (
    WEB_PORTS,
    Shape,
    active,
    squared,
    squared_down,
    squares,
    times,
)
from analyzer.behaviour.steady_audio import is_whole, whole

UPDATE_PORTS: Final = (80, 7680, 8530, 8531)
"""Plain HTTP; Windows Delivery Optimization; WSUS."""
UPDATE_BYTES: Final = 5_000_000
"""Of a flow: an index of packages (8.8 MB for Debian 12) or more; pages over plain HTTP are smaller."""
PORTS: Final = tuple(sorted({*WEB_PORTS, *UPDATE_PORTS}))
BULK_BYTES: Final = 50_000_000
"""Of a flow: more than a video player takes in its first minutes at the rate of schools."""
LEAST_DOWN_BYTES: Final = 2_000_000
"""Of a slice that says something of a download."""
LEAST_RATE: Final = 400_000
"""Octets in an active second: 3.2 Mbit/s."""
WITHOUT_PAUSE_S: Final = 55
"""Active seconds of a whole minute."""
MOST_UP_SHARE: Final = 10
MOST_UNEVENNESS: Final = 2.5


def is_flowing(row: Shape) -> bool:
    """Say whether a slice is a part of a fast transfer without pauses."""
    return (
        row.server_port in PORTS
        and row.down_bytes >= LEAST_DOWN_BYTES
        and row.down_bytes >= LEAST_RATE * row.active_s
        and row.up_bytes * MOST_UP_SHARE <= row.down_bytes
        and (row.active_s >= WITHOUT_PAUSE_S or not is_whole(row))
        and row.down_sumsq_bytes_s * row.active_s <= MOST_UNEVENNESS * squared(row)
    )


def flowing(slices: Table) -> BooleanValue:
    """`is_flowing` as an expression."""
    return (
        slices.server_port.isin(PORTS)
        & (slices.down_bytes >= LEAST_DOWN_BYTES)
        & (slices.down_bytes >= LEAST_RATE * active(slices))
        & (times(slices.up_bytes, MOST_UP_SHARE) <= slices.down_bytes)
        & ((slices.active_s >= WITHOUT_PAUSE_S) | ~whole(slices))
        & (squares(slices) * active(slices) <= MOST_UNEVENNESS * squared_down(slices))
    )


def _flows_by(rows: list[Shape], least_bytes: int) -> bool:
    fits = [row for row in rows if is_flowing(row)]
    against = sum(is_whole(row) and not is_flowing(row) for row in rows)
    return sum(row.down_bytes for row in fits) >= least_bytes and against * 4 <= len(fits)


def is_update(rows: list[Shape]) -> bool:
    """Say whether a flow is a software update, from its heavy slices."""
    port = rows[0].transport == "tcp" and rows[0].server_port in UPDATE_PORTS
    return port and _flows_by(rows, UPDATE_BYTES)


def is_bulk(rows: list[Shape]) -> bool:
    """Say whether a flow is a large download, from its heavy slices."""
    return _flows_by(rows, BULK_BYTES)


def marks(slices: Table) -> dict[str, Any]:
    """Return what `sums` adds up, once for each slice."""
    fit = flowing(slices)
    updating = (slices.transport == "tcp") & slices.server_port.isin(UPDATE_PORTS)
    return {
        "is_flowing": fit,
        "is_updating": updating,
        "flowing_bytes": fit.ifelse(slices.down_bytes, 0),
    }


def sums(marked: Table) -> dict[str, Any]:
    """Return what the verdicts need, as aggregates over slices with the marks of all behaviours."""
    return {
        "bulk_fit": marked.is_flowing.sum(),
        "bulk_against": (marked.is_whole & ~marked.is_flowing).sum(),
        "bulk_bytes": marked.flowing_bytes.sum(),
        "update_port": marked.is_updating.any(),
    }


def _flowing_by(flows: Table, least_bytes: int) -> BooleanValue:
    return (flows.bulk_bytes >= least_bytes) & (flows.bulk_against * 4 <= flows.bulk_fit)


def update_verdict(flows: Table) -> BooleanValue:
    """`is_update` over a table with the columns of `sums`."""
    return flows.update_port & _flowing_by(flows, UPDATE_BYTES)


def bulk_verdict(flows: Table) -> BooleanValue:
    """`is_bulk` over a table with the columns of `sums`."""
    return _flowing_by(flows, BULK_BYTES)
