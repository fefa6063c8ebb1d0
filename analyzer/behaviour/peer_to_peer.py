"""Peer-to-peer: the only behaviour that accuses, on two of three independent signs of one device.

1. **Fan-out**: in one minute, many unnamed flows to many different high ports. Peers choose their
   ports at random; services have one or a few.
2. **Exchange**: in the same minute, blocks of files come from several of these flows and go out by
   at least one. Games and calls send small packets, and nothing else sends files to strangers.
3. **Mark**: in the same ten minutes, a flow of the device showed BitTorrent on the wire (its own
   handshake, DHT, uTP, local discovery), each of which the collector says on two signs only.

Fan-out with exchange or mark accuses the flows of that minute; a mark accuses, beside the flow that
shows it, the device's unnamed flows on high ports that carry blocks. One sign alone says nothing.
Rows without a device say nothing. No other device is ever looked at.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import ibis
from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour.shape import FIRST_HIGH_PORT, WEB_PORTS, Shape

MARKS: Final = ("bittorrent", "bittorrent_dht", "bittorrent_lsd", "bittorrent_utp")
FAN_FLOWS: Final = 12
"""Answered unnamed flows in a minute; clients keep 50 peers and more (transmission: 50 a torrent)."""
FAN_PORTS: Final = 8
"""Different ports among them; calls and games use a handful of servers."""
BLOCK_BYTES: Final = 100_000
"""Octets one way within a minute: seven blocks of 16 KiB (BEP 3)."""
BLOCK_PACKET_BYTES: Final = 600
"""Mean packet that way: files travel in full packets, games and voices do not."""
BLOCKS_IN: Final = 2
"""Flows that bring blocks."""
MARK_S: Final = 600

NO: Final = ibis.literal(value=False)

Moment = tuple[int, int]
"""Device and second of the minute (or of the ten minutes)."""


def is_stranger(row: Shape) -> bool:
    """Say whether a slice belongs to an answered, unnamed, unmarked flow of a device, on a high port.

    What moves much in small packets is a game or a voice, and no stranger.
    """
    return (
        not row.named
        and row.app is None
        and row.device is not None
        and row.transport in {"tcp", "udp"}
        and row.server_port >= FIRST_HIGH_PORT
        and row.server_port not in WEB_PORTS
        and row.up_bytes > 0
        and row.down_bytes > 0
        and (row.up_bytes + row.down_bytes < BLOCK_BYTES or _brings(row) or _sends(row))
    )


def strangers(slices: Table) -> BooleanValue:
    """`is_stranger` as an expression."""
    return (
        slices.site.isnull()
        & slices.app.isnull()
        & slices.device.notnull()
        & slices.transport.isin(("tcp", "udp"))
        & (slices.server_port >= FIRST_HIGH_PORT)
        & ~slices.server_port.isin(WEB_PORTS)
        & (slices.up_bytes > 0)
        & (slices.down_bytes > 0)
        & ((slices.up_bytes + slices.down_bytes < BLOCK_BYTES) | _with_blocks(slices))
    )


def marked(slices: Table) -> BooleanValue:
    """Say which slices of a device showed BitTorrent on the wire."""
    return slices.app.isin(MARKS) & slices.device.notnull()


def _carries(octets: int, packets: int) -> bool:
    return octets >= BLOCK_BYTES and octets >= BLOCK_PACKET_BYTES * packets


def _carrying(octets: Any, packets: Any) -> Any:
    return (octets >= BLOCK_BYTES) & (octets >= BLOCK_PACKET_BYTES * packets.cast("int64"))


def _with_blocks(slices: Table) -> Any:
    down = _carrying(slices.down_bytes, slices.down_packets)
    return down | _carrying(slices.up_bytes, slices.up_packets)


def _brings(row: Shape) -> bool:
    return _carries(row.down_bytes, row.down_packets)


def _sends(row: Shape) -> bool:
    return _carries(row.up_bytes, row.up_packets)


def accused(rows: Sequence[Shape]) -> list[bool]:
    """Say of each slice whether it is peer-to-peer, from all slices that there are."""
    marked: set[Moment] = set()
    minutes: dict[Moment, list[Shape]] = defaultdict(list)
    for row in rows:
        if row.device is not None and row.app in MARKS:
            marked.add((row.device, row.minute_s // MARK_S))
        if row.device is not None and is_stranger(row):
            minutes[row.device, row.minute_s].append(row)
    return [is_stranger(row) and _accuses(row, minutes, marked) for row in rows]


def _accuses(row: Shape, minutes: dict[Moment, list[Shape]], marked: set[Moment]) -> bool:
    if row.device is None:
        return False
    others = minutes[row.device, row.minute_s]
    ports = {other.server_port for other in others}
    fan_out = len(others) >= FAN_FLOWS and len(ports) >= FAN_PORTS
    exchange = sum(map(_brings, others)) >= BLOCKS_IN and any(map(_sends, others))
    mark = (row.device, row.minute_s // MARK_S) in marked
    return (fan_out and (exchange or mark)) or (mark and (_brings(row) or _sends(row)))


def _ten_minutes(slices: Table) -> Any:
    return slices.minute.epoch_seconds() // MARK_S


def accused_minutes(slices: Table) -> Table:
    """Return the minutes of devices in which there are two signs, or a mark that blocks may join.

    Columns `p2p_device`, `p2p_minute` (each pair once), `p2p_all`: whether every stranger of that
    minute is accused; where it is false, those that carry blocks are.
    """
    rows = slices.filter(strangers(slices) | marked(slices))
    stranger = rows.app.isnull()  # and the others show a mark
    known = rows.select(
        "device",
        "minute",
        "server_port",
        stranger=stranger,
        brings=stranger & _carrying(rows.down_bytes, rows.down_packets),
        sends=stranger & _carrying(rows.up_bytes, rows.up_packets),
    )
    minutes = known.group_by(["device", "minute"]).aggregate(
        flows=known.stranger.sum(),
        ports=known.server_port.nunique(where=known.stranger),
        brings=known.brings.sum(),
        sends=known.sends.sum(),
        marks=(~known.stranger).sum(),
    )
    marks = minutes.filter(minutes.marks > 0)
    marks = marks.select(mark_device="device", mark_time=_ten_minutes(marks)).distinct()
    joined = minutes.left_join(
        marks,
        [minutes.device == marks.mark_device, _ten_minutes(minutes) == marks.mark_time],
    )
    mark = joined.mark_device.notnull()
    fan_out = (joined.flows >= FAN_FLOWS) & (joined.ports >= FAN_PORTS)
    exchange = (joined.brings >= BLOCKS_IN) & (joined.sends >= 1)
    found = joined.select(
        p2p_device="device",
        p2p_minute="minute",
        p2p_all=fan_out & (exchange | mark),
        p2p_some=mark & ((joined.brings > 0) | (joined.sends > 0)),
    )
    return found.filter(found.p2p_all | found.p2p_some).drop("p2p_some")


def verdict(joined: Table) -> BooleanValue:
    """`accused` over slices that `accused_minutes` was joined to."""
    hit = joined.p2p_device.notnull() & (joined.p2p_all | _with_blocks(joined))
    return strangers(joined) & hit.fill_null(NO)
