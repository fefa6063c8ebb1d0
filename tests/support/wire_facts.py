"""An independent look at a capture file, with Scapy: flows, octets, first segments of a hello.

Shares no code with the collector: it is the oracle of the golden and live tests.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.utils import RawPcapReader

HANDSHAKE = b"\x16\x03"
"""A TLS record that carries a handshake message (RFC 8446 section 5.1)."""
ETHERNET = 14
SCHOOL = (ip_network("10.10.0.0/20"), ip_network("fd7c:6a75:6765:10::/64"))


def is_school(address: str) -> bool:
    """Say whether an address is on the school's side."""
    return any(ip_address(address) in network for network in SCHOOL)


@dataclass(frozen=True, slots=True)
class Key:
    """One flow, from the side that began it."""

    transport: str
    client: str
    client_port: int
    server: str
    server_port: int


@dataclass(slots=True)
class Seen:
    """What passed in one flow; up is from the client."""

    up_packets: int = 0
    up_bytes: int = 0
    down_packets: int = 0
    down_bytes: int = 0
    up_payloads: list[bytes] = field(default_factory=list)


def frames(path: Path) -> Iterator[bytes]:
    """Yield the frames of a capture."""
    with RawPcapReader(str(path)) as reader:
        for data, _ in reader:
            yield data


def ip_octets(packet: Packet) -> int:
    """Return the octets of the IP packet by its own header (0 for merged ones without length)."""
    if IP in packet:
        return int(packet[IP].len)
    return 40 + int(packet[IPv6].plen)


def line_octets(frame: bytes, mtu: int = 1_500) -> int:
    """Return the IP octets of a frame as the line carries them: a merged TCP packet in segments."""
    packet = Ether(frame)
    network = packet.getlayer(IP) or packet.getlayer(IPv6)
    if network is None:
        return 0
    octets = len(bytes(network)) if len(frame) > ETHERNET + mtu else ip_octets(packet)
    if TCP not in packet or octets <= mtu:
        return octets
    headers = (network.ihl * 4 if IP in packet else 40) + packet[TCP].dataofs * 4
    segments = -(-(octets - headers) // (mtu - headers))
    return octets + (segments - 1) * headers


def _ends(packet: Packet) -> Key | None:
    network = packet.getlayer(IP) or packet.getlayer(IPv6)
    if network is None:
        return None
    for name, layer in (("tcp", TCP), ("udp", UDP)):
        if layer in packet:
            part = packet[layer]
            return Key(name, network.src, part.sport, network.dst, part.dport)
    return None


def _reverse(key: Key) -> Key:
    return Key(key.transport, key.server, key.server_port, key.client, key.client_port)


def flows(path: Path) -> dict[Key, Seen]:
    """Return every TCP and UDP flow of a capture; its first packet comes from the client."""
    found: dict[Key, Seen] = defaultdict(Seen)
    for frame in frames(path):
        packet = Ether(frame)
        key = _ends(packet)
        if key is None:
            continue
        back = _reverse(key)
        if back in found:
            found[back].down_packets += 1
            found[back].down_bytes += ip_octets(packet)
            continue
        seen = found[key]
        seen.up_packets += 1
        seen.up_bytes += ip_octets(packet)
        payload = bytes(packet[TCP].payload if TCP in packet else packet[UDP].payload)
        if payload and (TCP not in packet or packet[TCP].dataofs):
            seen.up_payloads.append(payload)
    return dict(found)


def hello_octets(seen: Seen) -> tuple[int, int] | None:
    """Return (octets of the ClientHello's record, octets of it in the first segment), or None."""
    first = next((p for p in seen.up_payloads if p[:2] == HANDSHAKE), None)
    if first is None:
        return None
    return 5 + int.from_bytes(first[3:5], "big"), len(first)
