"""The columns of a slice that behaviours look at, and the measures that several of them share."""

from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import Table
from ibis.expr.types import BooleanValue, FloatingValue

from school.words import Behaviour

NONE: Final = Behaviour.NONE.value
WEB_PORTS: Final = (80, 443, 8000, 8080, 8443)
"""Ports of sites, TCP or QUIC. 8000 is Icecast's, 8080 and 8443 are HTTP's and TLS's second ones."""
FIRST_HIGH_PORT: Final = 1024
"""From here on no port is assigned to the system's services (RFC 6335 section 6)."""
HEAVY_BYTES: Final = 180_000
"""Octets of a slice, both ways, below which it says nothing of its flow: 24 kbit/s, the thinnest that
any behaviour of a flow knows. Most slices end here, cheaply."""
LARGEST: Final = 2**63 - 1
"""Of a signed 64-bit integer."""

COLUMNS: Final = (
    *("minute", "flow", "device", "transport", "server_port", "site", "app", "end_reason"),
    *("up_bytes", "down_bytes", "up_packets", "down_packets"),
    *("active_s", "down_peak_bytes_s", "down_sumsq_bytes_s", "age_s"),
)
"""Columns of SLICE_SCHEMA that are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One slice, as far as behaviours see it (meaning of the columns: privacy.records)."""

    minute_s: int
    """Seconds since 1970 of the clock minute."""
    flow: int
    device: int | None
    transport: str
    server_port: int
    named: bool
    app: str | None
    ended: bool
    up_bytes: int
    down_bytes: int
    up_packets: int
    down_packets: int
    active_s: int
    down_peak_bytes_s: int
    down_sumsq_bytes_s: float
    age_s: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Shape":
        """Read a row that has `COLUMNS`."""
        same = {name: row[name] for name in COLUMNS if name in cls.__dataclass_fields__}
        return cls(
            minute_s=int(row["minute"].timestamp()),
            named=row["site"] is not None,
            ended=row["end_reason"] is not None,
            **same,
        )


def is_heavy(row: Shape) -> bool:
    """Say whether a slice is unnamed and large enough to be judged with its flow."""
    return not row.named and row.active_s > 0 and row.up_bytes + row.down_bytes >= HEAVY_BYTES


def heavy(slices: Table) -> BooleanValue:
    """`is_heavy` as an expression."""
    return (
        slices.site.isnull()
        & (slices.active_s > 0)
        & (slices.up_bytes + slices.down_bytes >= HEAVY_BYTES)
    )


def squared(row: Shape) -> float:
    """Return the square of the octets to the school."""
    return float(row.down_bytes) * float(row.down_bytes)


def squared_down(slices: Table) -> FloatingValue:
    """`squared` as an expression.

    Over `down_sumsq_bytes_s` it is the number of seconds that would carry the slice evenly: 60 for
    a perfectly steady minute, 1 for a single burst.
    """
    down = slices.down_bytes.cast("float64")
    return down * down


def squares(slices: Table) -> FloatingValue:
    """Return the sum of squares in double precision, as Python has it."""
    return slices.down_sumsq_bytes_s.cast("float64")


def times(octets: Any, factor: int) -> Any:
    """Return octets times a factor, in 63 bits: what would pass them stays just below.

    A day's octets add up to less than 2^63 (`analyzer.store`), so that a product which passes 63 bits is
    more than anything that it is compared with, and remains it: engines differ on an overflow, not here.
    """
    return ibis.least(octets, LARGEST // factor) * factor


def active(slices: Table) -> Any:
    """Return the seconds with packets in a width that products fit in."""
    return slices.active_s.cast("int64")
