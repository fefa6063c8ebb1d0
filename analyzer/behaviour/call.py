"""A call: datagrams both ways, all the time, at the rates of voice or of a face.

Two independent signs: the shape, and either what the protocol shows (STUN, DTLS, RTP) or a picture
both ways. Voice alone without such a mark looks like an online game, and is left undetermined.
"""

from typing import Any, Final

from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour.shape import Shape, active, squared, squared_down, squares

HINTS: Final = ("stun", "dtls", "rtp")
LEAST_ACTIVE_S: Final = 50
LEAST_PACKETS: Final = 600
"""Each way in a minute: 10 a second. Opus sends 50, or 17 with frames of 60 ms (RFC 7587)."""
MOST_PACKETS_SHARE: Final = 8
"""Packets of the busier way over the other: a face one way, a voice the other."""
LEAST_BYTES: Final = 150_000
"""Each way in a minute: 20 kbit/s with headers, a thin voice."""
PICTURE_BYTES: Final = 1_200_000
"""Each way in a minute: 160 kbit/s, a small face; no game sends that much."""
LEAST_PACKET_BYTES: Final = 85
"""Mean, each way: the acknowledgements of a transfer over QUIC are smaller."""
MOST_PACKET_BYTES: Final = 1_200
"""Mean, each way: packets of a transfer over QUIC are larger (RFC 9000 section 14.1)."""
MOST_UNEVENNESS: Final = 2
LEAST_MINUTES: Final = 2
TUNNEL_PORTS: Final = (500, 1194, 4500, 51820)
"""IPsec, OpenVPN, WireGuard: what is inside cannot be known."""


def is_talk(row: Shape) -> bool:
    """Say whether a slice may be a minute of a call."""
    fewer, more = sorted((row.up_packets, row.down_packets))
    return (
        row.transport == "udp"
        and row.server_port not in TUNNEL_PORTS
        and row.active_s >= LEAST_ACTIVE_S
        and fewer >= LEAST_PACKETS
        and more <= MOST_PACKETS_SHARE * fewer
        and min(row.up_bytes, row.down_bytes) >= _least(row.app)
        and _sized(row.up_bytes, row.up_packets)
        and _sized(row.down_bytes, row.down_packets)
        and row.down_sumsq_bytes_s * row.active_s <= MOST_UNEVENNESS * squared(row)
    )


def _least(app: str | None) -> int:
    return LEAST_BYTES if app in HINTS else PICTURE_BYTES


def _sized(octets: int, packets: int) -> bool:
    return packets * LEAST_PACKET_BYTES <= octets <= packets * MOST_PACKET_BYTES


def talk(slices: Table) -> BooleanValue:
    """`is_talk` as an expression."""
    up, down = slices.up_packets.cast("int64"), slices.down_packets.cast("int64")
    hinted = slices.app.notnull() & slices.app.isin(HINTS)

    def sized(octets: Any, packets: Any) -> BooleanValue:
        return octets.between(packets * LEAST_PACKET_BYTES, packets * MOST_PACKET_BYTES)

    def at_least(octets: int) -> BooleanValue:
        return (slices.up_bytes >= octets) & (slices.down_bytes >= octets)

    return (
        (slices.transport == "udp")
        & ~slices.server_port.isin(TUNNEL_PORTS)
        & (slices.active_s >= LEAST_ACTIVE_S)
        & (up >= LEAST_PACKETS)
        & (down >= LEAST_PACKETS)
        & (up <= MOST_PACKETS_SHARE * down)
        & (down <= MOST_PACKETS_SHARE * up)
        & (at_least(PICTURE_BYTES) | (hinted & at_least(LEAST_BYTES)))
        & sized(slices.up_bytes, up)
        & sized(slices.down_bytes, down)
        & (squares(slices) * active(slices) <= MOST_UNEVENNESS * squared_down(slices))
    )


def holds(rows: list[Shape]) -> bool:
    """Say whether a flow is a call, from its heavy slices."""
    return sum(is_talk(row) for row in rows) >= LEAST_MINUTES


def marks(slices: Table) -> dict[str, Any]:
    """Return what `sums` adds up, once for each slice."""
    return {"is_talk": talk(slices)}


def sums(marked: Table) -> dict[str, Any]:
    """Return what `verdict` needs, as aggregates over slices with `marks`."""
    return {"call_fit": marked.is_talk.sum()}


def verdict(flows: Table) -> BooleanValue:
    """`holds` over a table with the columns of `sums`."""
    return flows.call_fit >= LEAST_MINUTES
