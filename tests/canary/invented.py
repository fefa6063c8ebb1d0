"""The canaries: an invented machine whose every trait is unmistakable, and the packets it sends.

Its addresses lie in the zones of the demonstration school; its host names have a left-most label
that occurs nowhere else. Scapy and the simulator's builders make real DNS, HTTP, TLS and QUIC.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from simulator.quic import seal_initial
from simulator.templates import client_hello

MAC = bytes.fromhex("02d7e39b51c6")
V4 = IPv4Address("10.10.13.231")
V6 = IPv6Address("fd7c:6a75:6765:10:9d3b:71e4:c58f:26a9")
SERVER4 = IPv4Address("198.51.100.219")
SERVER6 = IPv6Address("2001:db8:e7a1:5c39:84f2:d60b:937e:1ac5")
LABEL = "zwq7kxv3ptjm9d"
AGENT = "Xylograph/7.31 (Quetzalmobile; Vorpal 9981)"
PATH = "/w8vunhk2ysq"
COOKIE = "brlqz6tfcwmx"
SITE = "example.org"
HOST = f"{LABEL}.{SITE}"
GATEWAY_MAC = "02:00:00:00:00:01"
FIRST_S = 1_794_301_200.0
"""Tuesday 10 November 2026, 10:00 in Paris: a lesson on a school day."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One trait that must never be written: a text, or octets."""

    name: str
    text: str | None = None
    octets: bytes | None = None


CANARIES = (
    Canary("mac", octets=MAC),
    Canary("client_v4", octets=V4.packed),
    Canary("client_v6", octets=V6.packed),
    Canary("server_v4", octets=SERVER4.packed),
    Canary("server_v6", octets=SERVER6.packed),
    Canary("host_label", text=LABEL),
    Canary("user_agent", text=AGENT),
    Canary("path", text=PATH),
    Canary("cookie", text=COOKIE),
)


def _ethernet(*, up: bool) -> Packet:
    own = MAC.hex(":")
    return Ether(src=own, dst=GATEWAY_MAC) if up else Ether(src=GATEWAY_MAC, dst=own)


def _ip(version: int, *, up: bool) -> Packet:
    kind, ends = (IP, (V4, SERVER4)) if version == 4 else (IPv6, (V6, SERVER6))
    source, target = ends if up else ends[::-1]
    return _ethernet(up=up) / kind(src=str(source), dst=str(target))


def _talk(version: int, port: int, client_port: int, payload: bytes) -> list[Packet]:
    """A TCP exchange: opening, request in segments of 1,200 octets, an answer, closing."""
    up = _ip(version, up=True) / TCP(sport=client_port, dport=port)
    down = _ip(version, up=False) / TCP(sport=port, dport=client_port)
    packets = [_with(up, "S", 0, 0), _with(down, "SA", 0, 1), _with(up, "A", 1, 1)]
    packets += [
        _with(up, "PA", 1 + at, 1) / Raw(payload[at : at + 1_200])
        for at in range(0, len(payload), 1_200)
    ]
    end = 1 + len(payload)
    answer = f"HTTP/1.1 200 OK\r\nSet-Cookie: {COOKIE}\r\n\r\n".encode() * 30
    packets.append(_with(down, "PA", 1, end) / Raw(answer[:1_200]))
    packets += [_with(up, "FA", end, 1201), _with(down, "FA", 1201, end + 1)]
    return packets


def _with(packet: Packet, flags: str, seq: int, ack: int) -> Packet:
    copy = packet.copy()
    copy[TCP].flags, copy[TCP].seq, copy[TCP].ack = flags, seq, ack
    return copy


def _record(hello: bytes) -> bytes:
    return b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello


def _dns(version: int, client_port: int) -> list[Packet]:
    kind, data = ("A", str(SERVER4)) if version == 4 else ("AAAA", str(SERVER6))
    question = DNSQR(qname=HOST, qtype=kind)
    answer = DNSRR(rrname=HOST, type=kind, rdata=data, ttl=300)
    up = _ip(version, up=True) / UDP(sport=client_port, dport=53)
    down = _ip(version, up=False) / UDP(sport=53, dport=client_port)
    return [up / DNS(id=7, qd=question), down / DNS(id=7, qr=1, qd=question, an=answer)]


def _quic(version: int, client_port: int) -> list[Packet]:
    up = _ip(version, up=True) / UDP(sport=client_port, dport=443)
    down = _ip(version, up=False) / UDP(sport=443, dport=client_port)
    initial = seal_initial(MAC + b"\x01\x02", client_hello(HOST, quic=True))
    return [up / Raw(initial), down / Raw(bytes(1_200))]


def _http(version: int, client_port: int) -> list[Packet]:
    request = (
        f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {AGENT}\r\nCookie: {COOKIE}\r\n\r\n"
    )
    connect = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\nUser-Agent: {AGENT}\r\n\r\n"
    odd = f"GET / HTTP/1.1\r\nHost: {LABEL}\r\nUser-Agent: {AGENT}\r\nReferer: {HOST}{PATH}\r\n\r\n"
    return [
        *_talk(version, 80, client_port, request.encode()),
        *_talk(version, 3128, client_port + 1, connect.encode()),
        *_talk(version, 80, client_port + 2, odd.encode()),
        *_talk(version, 5222, client_port + 3, f"{LABEL} {AGENT}".encode()),
    ]


def canary_packets() -> list[Packet]:
    """Everything that the invented machine says, in order."""
    packets: list[Packet] = [_ethernet(up=True) / ARP(hwsrc=MAC.hex(":"), psrc=str(V4))]
    for version in (4, 6):
        packets += _dns(version, 40_000)
        packets += _talk(version, 443, 40_010, _record(client_hello(HOST, post_quantum=True)))
        packets += _talk(version, 443, 40_011, _record(client_hello(HOST.upper())))
        packets += _talk(version, 8443, 40_012, _record(client_hello(None)))
        packets += _quic(version, 40_020)
        packets += _http(version, 40_030)
    return packets


def write_capture(path: Path) -> int:
    """Write the canary's day; returns the number of packets."""
    packets = canary_packets()
    for number, packet in enumerate(packets):
        packet.time = FIRST_S + number * 1.5
    wrpcap(str(path), packets)
    return len(packets)
