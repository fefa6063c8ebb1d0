"""The matrix of encapsulations: frames that Scapy builds, and the flows that they must give.

Links × IP headers × tunnels × a UDP or a TCP payload, both directions. The header under test is the
innermost one or, where there is a tunnel, also the outermost one. What is expected follows from the
case, never from the collector.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP, IPOption_Router_Alert, fragment
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    fragment6,
)
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from tests.collector import frames as f
from tests.collector.link_layers import MACS

FOLLOWED = 4
"""Tunnels that are followed inwards."""
PIECE = 400
"""Octets of a fragment's body: the headers of four tunnels are in the first one."""
BODY = 900
"""Octets of a payload that comes in three fragments; the frame fits the wire of 1,500."""
PROBE = b"\x45"
"""What stands for an IPv4 packet where only the link's own octets are asked for."""


# --- IP headers under test ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """One way to write an IP header."""

    name: str
    version: int
    fragmented: bool = False
    options: tuple[Packet, ...] = ()


HEADERS = (
    Header("IPv4", 4),
    Header("IPv4 options", 4, options=(IPOption_Router_Alert(), IPOption_NOP())),
    Header("IPv6", 6),
    Header("hop-by-hop", 6, options=(IPv6ExtHdrHopByHop(),)),
    Header("destination", 6, options=(IPv6ExtHdrDestOpt(),)),
    Header("routing", 6, options=(IPv6ExtHdrRouting(addresses=["2001:db8::77"], segleft=0),)),
    Header(
        "all three",
        6,
        options=(
            IPv6ExtHdrHopByHop(),
            IPv6ExtHdrDestOpt(),
            IPv6ExtHdrRouting(addresses=["2001:db8::77"], segleft=0),
        ),
    ),
    Header("IPv4 fragments", 4, fragmented=True),
    Header("IPv6 fragments", 6, fragmented=True),
)
PLAIN = {4: HEADERS[0], 6: HEADERS[2]}


def _ip_packets(
    header: Header, ends: tuple[int, int], body: Packet, protocol: int, number: int
) -> list[Packet]:
    """Return the body in one IP packet, or in its fragments. `ends`: source and target."""
    source, target = ends
    if header.version == 4:
        ip = IP(src=_v4(source), dst=_v4(target), id=number & 0xFFFF, proto=protocol)
        ip.options = [option.copy() for option in header.options]
        packet = ip / body
        return fragment(packet, fragsize=PIECE) if header.fragmented else [packet]
    ip6 = IPv6(src=_v6(source), dst=_v6(target))
    if header.fragmented:
        ip6.nh = 44
        whole = ip6 / IPv6ExtHdrFragment(id=number, nh=protocol) / body
        return fragment6(whole, PIECE + 48)  # the size of the packet, headers too
    chain: Packet = ip6
    for option in header.options:
        chain = chain / option.copy()
    chain.lastlayer().nh = protocol
    return [chain / body]


def _v4(number: int) -> str:
    return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _v6(number: int) -> str:
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"


# --- tunnels --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One encapsulation: its own IP version, what it carries, and its body around a packet."""

    name: str
    version: int
    carries: tuple[int, ...]
    protocol: int
    body: Callable[[Packet, int], Packet]


def _gre(packet: Packet, version: int, **fields: int) -> Packet:
    return GRE(proto=0x0800 if version == 4 else 0x86DD, **fields) / packet


def _vxlan(packet: Packet, version: int) -> Packet:
    inside = Ether(**MACS, type=0x0800 if version == 4 else 0x86DD) / packet
    return UDP(sport=51_000, dport=4_789) / VXLAN(vni=42, flags=8) / inside


def _vxlan_tagged(packet: Packet, version: int) -> Packet:
    """Another tag inside of each frame: only the one outside is the school's."""
    kind = 0x0800 if version == 4 else 0x86DD
    tagged = Ether(**MACS, type=0x8100) / Dot1Q(vlan=1 + len(packet) % 4_000, type=kind) / packet
    return UDP(sport=51_000, dport=4_789) / VXLAN(vni=42, flags=8) / tagged


def _bare(packet: Packet, _version: int) -> Packet:
    return packet


def _keyed(packet: Packet, version: int) -> Packet:
    """RFC 2890: key and sequence number."""
    return _gre(packet, version, key_present=1, key=9, seqnum_present=1, sequence_number=5)


GRE4 = Tunnel("GRE", 4, (4, 6), 47, _gre)
GRE_KEYED = Tunnel("GRE with key and sequence", 4, (4, 6), 47, _keyed)
GRE6 = Tunnel("GRE over IPv6", 6, (4, 6), 47, _gre)
FOUR_IN_SIX = Tunnel("4in6", 6, (4,), 4, _bare)
SIX_IN_FOUR = Tunnel("6in4", 4, (6,), 41, _bare)
VXLAN4 = Tunnel("VXLAN", 4, (4, 6), 17, _vxlan)
VXLAN6 = Tunnel("VXLAN over IPv6", 6, (4, 6), 17, _vxlan)

VXLAN_TAGGED = Tunnel("VXLAN with a tag inside", 4, (4, 6), 17, _vxlan_tagged)

CHAINS: dict[str, tuple[Tunnel, ...]] = {"no tunnel": ()}
CHAINS |= {
    tunnel.name: (tunnel,)
    for tunnel in (GRE4, GRE_KEYED, GRE6, FOUR_IN_SIX, SIX_IN_FOUR, VXLAN4, VXLAN6, VXLAN_TAGGED)
}
CHAINS |= {
    "depth 2": (SIX_IN_FOUR, VXLAN6),
    "depth 4": (VXLAN4, FOUR_IN_SIX, GRE_KEYED, GRE6),
    "depth 4 from IPv6": (GRE6, SIX_IN_FOUR, VXLAN6, GRE4),
    "depth 5": (GRE4, VXLAN6, GRE_KEYED, GRE6, GRE4),
    "depth 8": (VXLAN4, GRE6, FOUR_IN_SIX, GRE4, VXLAN6, GRE4, SIX_IN_FOUR, GRE6),
    "depth 8 from IPv6": (GRE6, VXLAN4, GRE4, SIX_IN_FOUR, GRE6, VXLAN6, GRE4, GRE_KEYED),
}
"""Outermost first."""


# --- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flow:
    """What the slices of one flow add up to."""

    transport: str
    ip_version: int
    server_port: int
    up_bytes: int = 0
    down_bytes: int = 0
    up_packets: int = 0
    down_packets: int = 0
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the matrix for one link: its frames in order, and its flows."""

    name: str
    frames: tuple[bytes, ...]
    flows: Counter[Flow]
    octets: int
    deep: int
    """Packets with more tunnels than are followed."""
    needs: int
    """Octets of a frame that a capture must hold for the same flows (names apart)."""


@dataclass(frozen=True, slots=True)
class _Cell:
    chain: tuple[Tunnel, ...]
    headers: tuple[Header, ...]
    """Of each IP packet, outermost first; one more than tunnels."""
    transport: str
    number: int
    """Gives the addresses, so that no two cells share a flow."""


def _payload(cell: _Cell, *, up: bool) -> Packet:
    """The innermost transport packet: a DNS message or a TLS hello, and the answer."""
    long = any(header.fragmented for header in cell.headers)
    size = (BODY if long else 40) + cell.number % 100 + (0 if up else 7)
    if cell.transport == "udp":
        data = f.dns_answer("a.example.com", [f.a("198.51.100.1")], flags=0x0100 if up else 0x8182)
        ports = (40_000, 53)
        layer: Packet = UDP(sport=ports[not up], dport=ports[up])
    else:
        hello = f.tls_records(f.client_hello(_host(cell.number), filler=size))
        data = hello if up else b"\x17\x03\x03" + b"x" * size
        ports = (40_000, 443)
        layer = TCP(sport=ports[not up], dport=ports[up], flags="PA", seq=1_000, ack=1)
    return layer / Raw(data.ljust(size, b"\0"))


def _host(number: int) -> str:
    return f"s{number}.example.com"


def _packets(cell: _Cell, *, up: bool) -> list[tuple[bytes, int]]:
    """Return the outermost packets of one direction, each with how deep it can be followed.

    How deep: number of headers that are not later fragments, from outside.
    """
    base = cell.number << 5
    packets: list[Packet] = [_payload(cell, up=up)]  # of octets (Raw) from the first header on
    protocol = 6 if cell.transport == "tcp" else 17
    depth = {0: len(cell.chain) + 1}
    for level in range(len(cell.chain), -1, -1):
        ends = (0x0A000000 + base + level, 0xC6000000 + base + level)
        header = cell.headers[level]
        after: list[Packet] = []
        seen: dict[int, int] = {}
        for index, packet in enumerate(packets):
            pieces = _ip_packets(header, ends if up else ends[::-1], packet, protocol, cell.number)
            for piece, part in enumerate(pieces):
                seen[len(after)] = depth[index] if piece == 0 else level
                after.append(Raw(bytes(part)))
        packets, depth = after, seen
        if level:
            tunnel = cell.chain[level - 1]
            protocol = tunnel.protocol
            packets = [tunnel.body(packet, header.version) for packet in packets]
    return [(bytes(packet), depth[index]) for index, packet in enumerate(packets)]


def _level_key(cell: _Cell, level: int) -> tuple[str, int, int]:
    """Return (transport, IP version, server port) of the flow that ends at a level's IP header."""
    if level == len(cell.chain):
        port = 443 if cell.transport == "tcp" else 53
        return cell.transport, cell.headers[level].version, port
    vxlan = cell.chain[level].protocol == 17
    return "udp" if vxlan else "other", cell.headers[level].version, 4_789 if vxlan else 0


def _flow_level(cell: _Cell, reached: int) -> int:
    """Return the level whose flow a packet belongs to."""
    return min(reached, len(cell.chain), FOLLOWED)


def _expected(cell: _Cell, both: dict[bool, list[tuple[bytes, int]]]) -> Counter[Flow]:
    """Add the packets of each flow up. Each VXLAN direction is a flow: its target port is fixed."""
    flows: dict[tuple[int, bool], Flow] = {}
    inside = len(cell.chain)
    whole = not cell.headers[-1].fragmented  # payload is read of whole packets only
    for up, packets in both.items():
        for data, reached in packets:
            level = _flow_level(cell, reached)
            key = _level_key(cell, level)
            alone = not up and level < inside and key[0] == "udp"
            flow = flows.get((level, alone)) or Flow(*key)
            flows[level, alone] = _with(flow, len(data), up=up or alone)
            if level == inside and cell.transport == "tcp" and whole:
                flows[level, alone] = replace(flows[level, alone], site=_host(cell.number))
    return Counter(flows.values())


def _with(flow: Flow, octets: int, *, up: bool) -> Flow:
    if up:
        return replace(flow, up_bytes=flow.up_bytes + octets, up_packets=flow.up_packets + 1)
    return replace(flow, down_bytes=flow.down_bytes + octets, down_packets=flow.down_packets + 1)


def _cells() -> Iterator[tuple[str, _Cell]]:
    """Yield each cell with its name. The header under test is the innermost, then the outermost."""
    number = 1
    for (chain_name, chain), header, transport in product(CHAINS.items(), HEADERS, ("udp", "tcp")):
        outer = tuple(PLAIN[tunnel.version] for tunnel in chain)
        places = {}
        if not chain or header.version in chain[-1].carries:
            places["inside"] = (*outer, header)
        if chain and chain[0].version == header.version and header not in PLAIN.values():
            places["outside"] = (header, *outer[1:], PLAIN[chain[-1].carries[-1]])
        for place, headers in places.items():
            cell = _Cell(chain, headers, transport, number)
            yield f"{chain_name}, {header.name} {place}, {transport}", cell
            number += 1


def _needs(cell: _Cell, up: list[tuple[bytes, int]]) -> int:
    """Return the octets of an IP packet up to the end of the flow's TCP or UDP header."""
    data = bytes(_payload(cell, up=True).payload)
    return up[0][0].index(data[:12])


@cache
def _bare_cases() -> tuple[Case, ...]:
    """Build the matrix without a link: Scapy's work is done once."""
    built = []
    for name, cell in _cells():
        both = {up: _packets(cell, up=up) for up in (True, False)}
        every = [packet for packets in both.values() for packet in packets]
        built.append(
            Case(
                name=name,
                frames=tuple(data for data, _ in every),
                flows=_expected(cell, both),
                octets=sum(len(data) for data, _ in every),
                deep=sum(min(reached, len(cell.chain)) > FOLLOWED for _, reached in every),
                needs=_needs(cell, both[True]),
            )
        )
    return tuple(built)


def cases(link: Callable[[bytes], bytes]) -> list[Case]:
    """Return the matrix on one link: all headers, tunnels and transports."""
    margin = len(link(PROBE)) - len(PROBE)
    return [
        replace(case, frames=tuple(map(link, case.frames)), needs=margin + case.needs)
        for case in _bare_cases()
    ]
