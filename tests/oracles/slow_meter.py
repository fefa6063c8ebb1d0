"""A slow meter in plain Python: the rules of collector/meter, written for reading.

Flow key: both ends, protocol, IP version, outermost VLAN. The packet clock never runs back by less
than ten minutes (a larger fall begins a new era). A flow's slice is what falls into one clock
minute; flows end after 60 s of silence (TCP 120 s), closed TCP flows after 5 s, and a SYN on a
closed flow begins another one. Octets are what the IP header claims, at most what was on the wire.

With a cap, a table that is full makes room before the next packet: a sixteenth of the flows, the
oldest first; unanswered ones (the youngest fourth may still wait for its answer), then those that
were brief or fell silent, then any. (Among answered flows the compiled table knows age roughly.)

Knows nothing of names or devices. Change together with collector/meter/.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address

from tests.oracles.captures import Record
from tests.oracles.slow_links import Rejected, ip_offset, number, take
from tests.oracles.slow_tunnels import DEPTH, inner_frame

SECOND = 1_000_000
MINUTE = 60 * SECOND
BACKWARD = 600 * SECOND
IDLE, TCP_IDLE, LINGER = 60 * SECOND, 120 * SECOND, 5 * SECOND
BRIEF, QUIET = SECOND, 5 * SECOND
FIN, SYN, RST, ACK = 1, 2, 4, 16
TRANSPORTS = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmp"}
WITH_PORTS = (6, 17, 132, 136)


@dataclass(frozen=True, slots=True)
class Packet:
    """What the meter needs of one frame."""

    version: int
    protocol: int
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    vlan: int
    octets: int
    flags: int

    @property
    def transport(self) -> str:
        return TRANSPORTS.get(self.protocol, "other")


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a flow inside one clock minute, without the random flow id."""

    minute: int
    zone: str
    ip_version: int
    transport: str
    server_port: int
    up_bytes: int
    down_bytes: int
    up_packets: int
    down_packets: int
    active_s: int
    down_peak_bytes_s: int
    down_sumsq_bytes_s: float
    age_s: int
    end_reason: str | None


# --- dissection ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ip:
    version: int
    protocol: int
    source: bytes
    target: bytes
    octets: int
    body: bytes
    part: str = "whole"
    identification: int = 0
    header: int = 0
    """Octets before the body, extension headers too."""


def _ipv4(data: bytes, wire: int) -> _Ip:
    header = (number(data, 0, 20) >> 152 & 15) * 4
    if header < 20:
        raise Rejected("bad_ip")
    take(data, 0, header)
    octets = min(number(data, 2, 2) or wire, wire)
    if octets < header:
        raise Rejected("bad_ip")
    ip = _Ip(4, data[9], data[12:16], data[16:20], octets, data[header:octets], header=header)
    fragment = number(data, 6, 2)
    if fragment & 0x1FFF:
        ip.part = "later"
    elif fragment & 0x2000:
        ip.part = "first"
    ip.identification = number(data, 4, 2)
    return ip


def _ipv6(data: bytes, wire: int) -> _Ip:
    take(data, 0, 40)
    claimed = number(data, 4, 2)
    octets = min(claimed + 40, wire) if claimed else wire
    if octets < 40:
        raise Rejected("bad_ip")
    ip = _Ip(6, data[6], data[8:24], data[24:40], octets, data[40:octets], header=40)
    for _ in range(8):
        if ip.protocol not in (0, 43, 44, 51, 60, 135) or len(ip.body) < 8:
            break
        following, length = ip.body[0], ip.body[1]
        if ip.protocol == 44:
            offset = number(ip.body, 2, 2)
            ip.part = "later" if offset >> 3 else "first" if offset & 1 else "whole"
            ip.identification = number(ip.body, 4, 4)
            size = 8
        else:
            size = 8 + length * (4 if ip.protocol == 51 else 8)
        ip.protocol, ip.body = following, ip.body[size:]
        ip.header += size
        if ip.part == "later":
            break
    return ip


class Dissector:
    """Frames to packets; remembers the ports that first fragments told."""

    def __init__(self) -> None:
        self._ports: dict[tuple, tuple[int, int]] = {}

    def packet(self, record: Record) -> Packet:
        """Raises Rejected."""
        at, vlan = ip_offset(record.frame, record.link)
        packet, ip = self._one(record.frame[at:], record.wire - at, vlan)
        octets = packet.octets
        for _ in range(DEPTH):
            carried = inner_frame(ip.protocol, (packet.source[1], packet.target[1]), ip.body)
            if ip.part == "later" or carried is None:
                break
            kind, start = carried
            try:
                if kind == "ethernet":
                    frame = ip.body[start:]
                    start += ip_offset(frame, 1)[0]
                wire = ip.octets - ip.header - start
                packet, ip = self._one(ip.body[start:], wire, vlan)
            except Rejected:
                break
        return replace(packet, octets=octets)

    def _one(self, data: bytes, wire: int, vlan: int) -> tuple[Packet, "_Ip"]:
        version = number(data, 0, 1) >> 4
        if version not in (4, 6):
            raise Rejected("bad_ip")
        ip = _ipv4(data, wire) if version == 4 else _ipv6(data, wire)
        sport, dport, flags = self._transport(ip)
        packet = Packet(
            version, ip.protocol, (ip.source, sport), (ip.target, dport), vlan, ip.octets, flags
        )
        return packet, ip

    def _transport(self, ip: _Ip) -> tuple[int, int, int]:
        if ip.protocol not in WITH_PORTS:
            return 0, 0, 0
        key = (ip.source, ip.target, ip.protocol, ip.identification)
        if ip.part == "later":
            return *self._ports.get(key, (0, 0)), 0
        if len(ip.body) < 4:
            return 0, 0, 0
        ports = struct.unpack(">HH", ip.body[:4])
        if ip.part == "first":
            self._ports[key] = ports
        return *ports, ip.body[13] if ip.protocol == 6 and len(ip.body) >= 20 else 0


# --- where a flow belongs ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlowZone:
    """A declared zone."""

    name: str
    subnets: tuple[IPv4Network | IPv6Network, ...] = ()
    vlans: tuple[int, ...] = ()


def never_routed(octets: bytes) -> bool:
    """Multicast, broadcast, link-local, loopback and nothing: never on the Internet line."""
    address = ip_address(octets)
    if address.version == 4:
        return (
            address.is_multicast
            or address.is_link_local
            or address.is_loopback
            or int(address) in (0, 2**32 - 1)
        )
    return address.is_multicast or address.is_link_local or int(address) in (0, 1)


def source_is_client(packet: Packet) -> bool:
    """The client sends the SYN; without one, it has the port that is no service's."""
    if packet.transport == "tcp" and packet.flags & SYN:
        return not packet.flags & ACK
    return not packet.source[1] < 1024 <= packet.target[1]


def as_multiset(flows: Iterable[Iterable[Slice]]) -> Counter[tuple[Slice, ...]]:
    """Count flows by their slices: flow ids are random, so flows are compared as a multiset."""

    def order(part: Slice) -> tuple:
        return part.minute, part.age_s, part.up_bytes, part.down_bytes, part.end_reason or ""

    return Counter(tuple(sorted(flow, key=order)) for flow in flows)


# --- metering ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Flow:
    zone: str
    local: bool
    up_end: tuple[bytes, int]
    client: tuple[bytes, int]
    server_port: int
    packet: Packet
    first: int
    last: int
    slice: int
    slices: list
    closed: set = field(default_factory=set)
    down_by_second: Counter = field(default_factory=Counter)
    up: int = 0
    down: int = 0
    up_packets: int = 0
    down_packets: int = 0
    answered: bool = False

    @property
    def idle_limit(self) -> int:
        if len(self.closed) == 2:
            return LINGER
        return TCP_IDLE if self.packet.transport == "tcp" else IDLE

    def count(self, packet: Packet, now: int) -> None:
        """Add a packet to the current slice."""
        up = packet.source == self.up_end
        self.down_by_second[now // SECOND] += 0 if up else packet.octets
        if up:
            self.up, self.up_packets = self.up + packet.octets, self.up_packets + 1
        else:
            self.down, self.down_packets = self.down + packet.octets, self.down_packets + 1
        self.last = now


class SlowMeter:
    """Offer records, then `finish`; read `flows`, `totals` and `rejected`."""

    def __init__(
        self, zones: Sequence[SlowZone] = (), inside: Iterable = (), cap: int | None = None
    ) -> None:
        self._cap = cap
        self._zones, self._inside = zones, tuple(inside)
        self._dissector = Dissector()
        self._table: dict[tuple, _Flow] = {}
        self._flows: list[_Flow] = []
        self._clock = 0
        self._minute: int | None = None
        self.offered = self.octets = self.local_octets = self.started = 0
        self.rejected: Counter[str] = Counter()

    def offer(self, record: Record) -> None:
        """Meter one frame."""
        if self._cap is not None and len(self._table) >= self._cap:
            self._make_room(max(1, self._cap // 16))
        self._advance(record.time_us)
        self.offered += 1
        try:
            packet = self._dissector.packet(record)
        except Rejected as reason:
            self.rejected[str(reason)] += 1
            return
        self.octets += packet.octets
        self._account(packet, self._clock)

    def finish(self) -> Counter[tuple[Slice, ...]]:
        """End all flows. Returns each flow as its slices, and how many flows are like that."""
        for key in list(self._table):
            self._end(key, "forced")
        return as_multiset(flow.slices for flow in self._flows if not flow.local)

    def _make_room(self, wanted: int) -> None:
        now, size = self._clock, len(self._table)
        for gives_way, looks in (
            (lambda flow: not flow.answered, size - size // 4),
            (lambda flow: flow.last - flow.first < BRIEF or now - flow.last > QUIET, size),
            (lambda _: True, size),
        ):
            oldest = list(self._table.items())[:looks]
            for key in [key for key, flow in oldest if gives_way(flow)]:
                if wanted == 0:
                    return
                self._end(key, "resources")
                wanted -= 1

    def _advance(self, time_us: int) -> None:
        if 0 <= self._clock - time_us <= BACKWARD:
            time_us = self._clock
        minute = time_us // MINUTE
        if self._minute is not None and minute != self._minute:
            for key, flow in list(self._table.items()):
                if time_us - flow.last > flow.idle_limit:
                    self._end(key, "idle")
        self._clock, self._minute = time_us, minute

    def _account(self, packet: Packet, now: int) -> None:
        ends = sorted([packet.source, packet.target])
        key = (*ends, packet.protocol, packet.version, packet.vlan)
        flow = self._table.get(key)
        if flow is not None:
            again = len(flow.closed) == 2 and packet.flags & (SYN | ACK) == SYN
            if again or now - flow.last > flow.idle_limit:
                self._end(key, "idle")
        flow = self._table.get(key) or self._begin(key, packet, now)
        if not flow.slice <= now < flow.slice + MINUTE:
            self._export(flow, None)
            flow.slice = now // MINUTE * MINUTE
        flow.count(packet, now)
        flow.answered |= packet.source != flow.client
        self.local_octets += packet.octets if flow.local else 0
        if packet.transport == "tcp" and packet.flags & RST:
            flow.closed |= {0, 1}
        elif packet.transport == "tcp" and packet.flags & FIN:
            flow.closed.add(ends.index(packet.source))

    def _zone_of(self, octets: bytes) -> tuple[bool, str | None]:
        """Return (inside, zone): the longest declared prefix decides."""
        address = ip_address(octets)
        declared = [(net, zone.name) for zone in self._zones for net in zone.subnets]
        declared += [(net, None) for net in self._inside if net not in dict(declared)]
        fitting = [entry for entry in declared if address in entry[0]]
        if not fitting:
            return False, None
        return True, max(fitting, key=lambda entry: entry[0].prefixlen)[1]

    def _begin(self, key: tuple, packet: Packet, now: int) -> _Flow:
        self.started += 1
        client_first = source_is_client(packet)
        (source_in, source_zone), (target_in, target_zone) = (
            self._zone_of(packet.source[0]),
            self._zone_of(packet.target[0]),
        )
        school_first = source_in if source_in != target_in else client_first
        zone = source_zone if school_first else target_zone
        by_vlan = [z.name for z in self._zones if packet.vlan and packet.vlan in z.vlans]
        unrouted = never_routed(packet.source[0]) or never_routed(packet.target[0])
        flow = _Flow(
            zone=zone or (by_vlan[-1] if by_vlan else "unmatched"),
            local=bool(self._zones) and ((source_in and target_in) or unrouted),
            up_end=packet.source if school_first else packet.target,
            client=packet.source if client_first else packet.target,
            server_port=packet.target[1] if client_first else packet.source[1],
            packet=packet,
            first=now,
            last=now,
            slice=now // MINUTE * MINUTE,
            slices=[],
        )
        self._flows.append(flow)
        self._table[key] = flow
        return flow

    def _end(self, key: tuple, reason: str) -> None:
        flow = self._table.pop(key)
        ended = len(flow.closed) == 2 and reason != "resources"
        self._export(flow, "ended" if ended else reason)

    def _export(self, flow: _Flow, end: str | None) -> None:
        flow.slices.append(_slice(flow, end))
        flow.up = flow.down = flow.up_packets = flow.down_packets = 0
        flow.down_by_second = Counter()


def _single(number: float) -> float:
    """Round to the four octets that the column has."""
    return struct.unpack("f", struct.pack("f", number))[0]


def _slice(flow: _Flow, end: str | None) -> Slice:
    per_second = flow.down_by_second.values()
    return Slice(
        minute=flow.slice // SECOND,
        zone=flow.zone,
        ip_version=flow.packet.version,
        transport=flow.packet.transport,
        server_port=flow.server_port,
        up_bytes=flow.up,
        down_bytes=flow.down,
        up_packets=flow.up_packets,
        down_packets=flow.down_packets,
        active_s=len(per_second),
        down_peak_bytes_s=max(per_second),
        down_sumsq_bytes_s=_single(sum(octets * octets for octets in per_second)),
        age_s=max(0, (flow.slice - flow.first) // SECOND),
        end_reason=end,
    )
