"""The packets of a day as arrays: which template, when, how long, with which sequence numbers. Pure.

Flows of `simulator.day` become DNS exchanges, handshakes, hellos, data and closings. Times keep the
order within a flow; sequence numbers run on without gap or overlap, so that a reassembler can join
the hellos. `simulator.capture_file` stamps the octets.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.day import Day, Flows
from simulator.pool import MSS, QUIC_VARIANTS, VERSIONS, Pool
from simulator.services import Wire, all_hosts

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ETHERNET_BYTES: Final = 14
SUPER_BYTES: Final = 60_000
"""Largest IP length; below 65,535 so that a trailer and a header still fit one frame."""
LEAST_DATA_BYTES: Final = 120
KEPT_UP_BYTES: Final = 2_500
"""Slices that send less than this to the outside show it in their first minute only."""
POST_QUANTUM_SHARE: Final = 0.5
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

_HOSTS: Final = all_hosts()
_WIRE: Final = {wire: number for number, wire in enumerate(Wire)}
_WIRES: Final = np.array([_WIRE[host.wire] for host in _HOSTS])
_TCP_WIRES: Final = [_WIRE[wire] for wire in (Wire.TLS, Wire.BARE, Wire.HTTP)]
_DATA: Final = {
    Wire.TLS: "tls",
    Wire.BARE: "tls",
    Wire.HTTP: "http",
    Wire.QUIC: "quic",
    Wire.PEER: "peer",
    Wire.NTP: "ntp",
}


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets as arrays, one element each; any order until sorted by time."""

    time_ns: Ints
    """Since local midnight."""
    template: Ints
    flow: Ints
    ip_bytes: Ints
    up: Flags
    seq: Ints
    ack: Ints
    dns: Flags

    def take(self, order: NDArray[np.intp] | Flags) -> "Packets":
        """Return the packets at these places."""
        names = Packets.__dataclass_fields__
        return Packets(*(getattr(self, name)[order] for name in names))


@dataclass(frozen=True, slots=True)
class Wired:
    """Flows with what the wire adds: times, numbers, which hello."""

    flows: Flows
    wire: Ints
    start_ns: Ints
    version: Ints
    """0 for IPv4, 1 for IPv6: the column of every template table."""
    tcp: Flags
    long_hello: Flags
    client_seq: Ints
    server_seq: Ints
    head_bytes: Ints
    """IP and transport header of a data packet."""


class _Tables:
    """Template numbers by host and IP version; −1 where there is none."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def by_host(self, *key: object) -> Ints:
        """Return an array [host, version] for templates (key[0], host, *key[1:], version)."""
        kind, *rest = key
        numbers = self.pool.number
        rows = [
            [numbers.get((kind, host, *rest, version), -1) for version in VERSIONS]
            for host in range(len(_HOSTS))
        ]
        return np.array(rows)

    def queries(self, kind: str) -> Ints:
        """Return an array [host, version] of DNS messages asked over the version they ask for."""
        numbers = self.pool.number
        rows = [
            [numbers.get((kind, host, version, version), -1) for version in VERSIONS]
            for host in range(len(_HOSTS))
        ]
        return np.array(rows)

    def data(self) -> Ints:
        """Return an array [wire, version] of data templates."""
        return np.array(
            [
                [self.pool.find("data", _DATA[wire], version) for version in VERSIONS]
                for wire in Wire
            ]
        )

    def plain(self, kind: str) -> Ints:
        """Return an array [version]."""
        return np.array([self.pool.find(kind, version) for version in VERSIONS])

    def ip_bytes(self, template: Ints) -> Ints:
        """Return the IP length of whole templates."""
        return self.pool.length[template] - ETHERNET_BYTES


def _wire_flows(rng: np.random.Generator, flows: Flows) -> Wired:
    count = len(flows.device)
    wire = _WIRES[flows.host]
    tcp = np.isin(wire, _TCP_WIRES)
    tls = np.isin(wire, [_WIRE[Wire.TLS], _WIRE[Wire.BARE]])
    version = flows.ipv6.astype(np.int64)
    return Wired(
        flows=flows,
        wire=wire,
        start_ns=flows.start_s * SECOND + rng.integers(0, SECOND // 2, count),
        version=version,
        tcp=tcp,
        long_hello=tls & (rng.random(count) < POST_QUANTUM_SHARE),
        client_seq=rng.integers(0, 2**32, count),
        server_seq=rng.integers(0, 2**32, count),
        head_bytes=20 + 20 * version + np.where(tcp, 20, 8),
    )


def _whole(
    tables: _Tables, wired: Wired, flow: Ints, template: Ints, *, after_ms: float, up: bool
) -> Packets:
    """Return one packet per flow that is its template, at a fixed time after the flow's start."""
    ahead = np.zeros(len(flow), np.int64)
    mine, theirs = (
        (wired.client_seq, wired.server_seq) if up else (wired.server_seq, wired.client_seq)
    )
    return Packets(
        time_ns=wired.start_ns[flow] + int(after_ms * MILLISECOND),
        template=template,
        flow=flow,
        ip_bytes=tables.ip_bytes(template),
        up=np.full(len(flow), up),
        seq=mine[flow] + ahead,
        ack=theirs[flow] + 1,
        dns=np.zeros(len(flow), bool),
    )


def _moved(packets: Packets, *, seq: int = 0, ack: int = 0, dns: bool = False) -> Packets:
    return Packets(
        packets.time_ns,
        packets.template,
        packets.flow,
        packets.ip_bytes,
        packets.up,
        packets.seq + seq,
        packets.ack + ack,
        np.full(len(packets.flow), dns),
    )


def _name_packets(tables: _Tables, wired: Wired) -> list[Packets]:
    """Return the DNS exchange in front of every flow that has a name."""
    host, version = wired.flows.host, wired.version
    queries, answers = tables.queries("query"), tables.queries("answer")
    named = np.flatnonzero(queries[host, version] >= 0)
    ask = _whole(tables, wired, named, queries[host, version][named], after_ms=0, up=True)
    told = _whole(tables, wired, named, answers[host, version][named], after_ms=6, up=False)
    return [_moved(ask, dns=True), _moved(told, dns=True)]


def _opening_packets(rng: np.random.Generator, tables: _Tables, wired: Wired) -> list[Packets]:
    """Return TCP handshakes and what carries the names: hellos, Initials, requests."""
    host, version = wired.flows.host, wired.version
    tcp = np.flatnonzero(wired.tcp)
    syn = tables.plain("syn")[version[tcp]]
    syn_ack = tables.plain("syn-ack")[version[tcp]]
    parts = [
        _moved(_whole(tables, wired, tcp, syn, after_ms=8, up=True), ack=-1),
        _whole(tables, wired, tcp, syn_ack, after_ms=20, up=False),
    ]
    http = wired.wire == _WIRE[Wire.HTTP]
    short = wired.tcp & ~wired.long_hello & ~http
    for kind, chosen, after_ms, seq in (
        ("get", http, 21, 1),
        ("hello", short, 21, 1),
        ("hello-1", wired.long_hello, 21, 1),
        ("hello-2", wired.long_hello, 21.1, 1 + MSS),
    ):
        flow = np.flatnonzero(chosen)
        template = tables.by_host(kind)[host, version][flow]
        whole = _whole(tables, wired, flow, template, after_ms=after_ms, up=True)
        parts.append(_moved(whole, seq=seq))
    quic = np.flatnonzero(wired.wire == _WIRE[Wire.QUIC])
    variants = np.stack([tables.by_host("initial", n) for n in range(QUIC_VARIANTS)])
    drawn = rng.integers(0, QUIC_VARIANTS, len(quic))
    initial = variants[drawn, host[quic], version[quic]]
    parts.append(_whole(tables, wired, quic, initial, after_ms=21, up=True))
    return parts


def _hello_bytes(tables: _Tables, wired: Wired) -> Ints:
    """Return the octets of payload with which the client opened each TCP flow."""
    total = np.zeros(len(wired.wire), np.int64)
    host, version = wired.flows.host, wired.version
    http = wired.wire == _WIRE[Wire.HTTP]
    for kind, chosen in (
        ("get", http),
        ("hello", wired.tcp & ~wired.long_hello & ~http),
        ("hello-1", wired.long_hello),
        ("hello-2", wired.long_hello),
    ):
        template = tables.by_host(kind)[host, version]
        payload = tables.ip_bytes(template) - wired.head_bytes
        total += np.where(chosen, payload, 0)
    return total


def _cut(volume: Ints) -> tuple[Ints, Ints]:
    """Cut volumes into super-packets: (which volume, octets) of each packet, in order."""
    count = -(-volume // SUPER_BYTES)
    which = np.repeat(np.arange(len(volume)), count)
    size = np.full(len(which), SUPER_BYTES)
    last = np.cumsum(count) - 1
    size[last[count > 0]] = (volume - (count - 1) * SUPER_BYTES)[count > 0]
    return which, np.maximum(size, LEAST_DATA_BYTES)


def _data_packets(
    rng: np.random.Generator, tables: _Tables, wired: Wired, day: Day, *, up: bool
) -> tuple[Packets, Ints]:
    """Return the data packets of one direction, and the TCP payload of each flow."""
    slices = day.slices
    ntp = wired.wire[slices.flow] == _WIRE[Wire.NTP]
    if up:
        kept = slices.first | (slices.up_bytes >= KEPT_UP_BYTES)
        volume = np.where(kept, slices.up_bytes, 0)
    else:
        volume = slices.down_bytes
    volume = np.where(ntp, np.where(slices.first, 1, 0), volume)
    which, size = _cut(volume)
    flow = slices.flow[which]
    template = tables.data()[wired.wire[flow], wired.version[flow]]
    size = np.where(ntp[which], tables.ip_bytes(template), size)
    begins = np.maximum(slices.minute * 60 * SECOND, wired.start_ns[slices.flow] + 60 * MILLISECOND)
    begins = np.where(ntp & (not up), begins + 20 * MILLISECOND, begins)
    length = np.where(
        ntp, MILLISECOND, (slices.minute + 1) * 60 * SECOND - 5 * MILLISECOND - begins
    )
    drawn = rng.random(len(which))
    drawn = drawn[np.lexsort((drawn, which))]
    payload = size - wired.head_bytes[flow]
    before = np.cumsum(payload) - payload
    first = np.searchsorted(flow, np.arange(len(wired.wire)))
    start = np.concatenate([before, [0]])[first]
    isn = (wired.client_seq + 1 + _hello_bytes(tables, wired)) if up else wired.server_seq + 1
    peer = wired.server_seq + 1 if up else wired.client_seq + 1
    packets = Packets(
        time_ns=begins[which] + (drawn * length[which]).astype(np.int64),
        template=template,
        flow=flow,
        ip_bytes=size,
        up=np.full(len(flow), up),
        seq=isn[flow] + before - start[flow],
        ack=peer[flow],
        dns=np.zeros(len(flow), bool),
    )
    return packets, np.bincount(flow, payload, minlength=len(wired.wire)).astype(np.int64)


def _closing_packets(tables: _Tables, wired: Wired, sent: dict[bool, Ints]) -> list[Packets]:
    """Return FIN from both sides, at the end of each TCP flow's last minute."""
    flows = wired.flows
    flow = np.flatnonzero(wired.tcp)
    ends = (flows.start_s // 60 + flows.minutes) * 60 * SECOND
    parts = []
    for up, before_ms in ((True, 3), (False, 2)):
        fin = _whole(
            tables, wired, flow, tables.plain("fin")[wired.version[flow]], after_ms=0, up=up
        )
        opened = _hello_bytes(tables, wired) if up else np.zeros(len(ends), np.int64)
        parts.append(
            Packets(
                ends[flow] - before_ms * MILLISECOND,
                fin.template,
                flow,
                fin.ip_bytes,
                fin.up,
                fin.seq + 1 + (opened + sent[up])[flow],
                fin.ack,
                fin.dns,
            )
        )
    return parts


def day_packets(day: Day, pool: Pool, seed: int) -> Packets:
    """Return the day's packets, ordered by time."""
    rng = np.random.default_rng([seed, 5, day.day.toordinal()])
    tables = _Tables(pool)
    wired = _wire_flows(rng, day.flows)
    down, down_payload = _data_packets(rng, tables, wired, day, up=False)
    up, up_payload = _data_packets(rng, tables, wired, day, up=True)
    parts = [
        down,
        up,
        *_name_packets(tables, wired),
        *_opening_packets(rng, tables, wired),
        *_closing_packets(tables, wired, {True: up_payload, False: down_payload}),
    ]
    names = Packets.__dataclass_fields__
    packets = Packets(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    return packets.take(np.argsort(packets.time_ns, kind="stable"))
