"""The canaries: invented machines whose every trait is unmistakable, and the packets they send.

Their addresses lie in the zones of the demonstration school; their host names have a left-most label
that occurs nowhere else. Scapy and the simulator's builders make real DNS, HTTP, TLS and QUIC.
"""

import functools
import random
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Machine:
    """Who sends, what it asks for, and as whom."""

    mac: bytes
    v4: IPv4Address
    v6: IPv6Address
    host: str
    """Asked of DNS, HTTP and a proxy."""
    sni: str
    """Asked of TLS and QUIC."""
    agent: str


THE_ONE = Machine(MAC, V4, V6, HOST, HOST, AGENT)
MACHINES = 7
"""Each with a MAC, two addresses, a host, a name of its own for TLS, a user agent: 42; and 8 hosts more."""


def fifty(seed: int) -> tuple[tuple[Machine, ...], tuple[Canary, ...]]:
    """Return machines and their traits: 50 canaries, drawn from a seed."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice
    machines, canaries = [], []
    for n in range(MACHINES):
        machine = _machine(chance, n)
        machines.append(machine)
        canaries += _traits(machine, n)
    for n in range(50 - len(canaries)):
        label = _label(chance)
        canaries.append(Canary(f"sni_also_{n}", text=label))
        one = machines[n % MACHINES]
        machines.append(replace(one, sni=f"{label}.{SITE}"))
    return tuple(machines), tuple(canaries)


def _label(chance: random.Random) -> str:
    return "".join(chance.choices("bcdfghjkmnpqrstvwxz0123456789", k=16))


def _machine(chance: random.Random, number: int) -> Machine:
    agent = f"{_label(chance)}/{number}.{chance.randrange(100)} ({_label(chance)})"
    return Machine(
        mac=b"\x02" + chance.randbytes(5),
        v4=IPv4Address(f"10.10.{chance.randrange(4, 16)}.{chance.randrange(20, 250)}"),
        v6=IPv6Address(bytes.fromhex("fd7c6a7567650010") + chance.randbytes(8)),
        host=f"{_label(chance)}.{SITE}",
        sni=f"{_label(chance)}.{SITE}",
        agent=agent,
    )


def _traits(machine: Machine, number: int) -> list[Canary]:
    return [
        Canary(f"mac_{number}", octets=machine.mac),
        Canary(f"v4_{number}", octets=machine.v4.packed),
        Canary(f"v6_{number}", octets=machine.v6.packed),
        Canary(f"host_{number}", text=machine.host.split(".")[0]),
        Canary(f"sni_{number}", text=machine.sni.split(".")[0]),
        Canary(f"agent_{number}", text=machine.agent),
    ]


def _ethernet(who: Machine, *, up: bool) -> Packet:
    own = who.mac.hex(":")
    return Ether(src=own, dst=GATEWAY_MAC) if up else Ether(src=GATEWAY_MAC, dst=own)


def _ip(who: Machine, version: int, *, up: bool) -> Packet:
    kind, ends = (IP, (who.v4, SERVER4)) if version == 4 else (IPv6, (who.v6, SERVER6))
    source, target = ends if up else ends[::-1]
    return _ethernet(who, up=up) / kind(src=str(source), dst=str(target))


def _talk(who: Machine, version: int, port: int, client_port: int, payload: bytes) -> list[Packet]:
    """A TCP exchange: opening, request in segments of 1,200 octets, an answer, closing."""
    up = _ip(who, version, up=True) / TCP(sport=client_port, dport=port)
    down = _ip(who, version, up=False) / TCP(sport=port, dport=client_port)
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


def _dns(who: Machine, version: int, client_port: int) -> list[Packet]:
    kind, data = ("A", str(SERVER4)) if version == 4 else ("AAAA", str(SERVER6))
    question = DNSQR(qname=who.host, qtype=kind)
    answer = DNSRR(rrname=who.host, type=kind, rdata=data, ttl=300)
    up = _ip(who, version, up=True) / UDP(sport=client_port, dport=53)
    down = _ip(who, version, up=False) / UDP(sport=53, dport=client_port)
    return [up / DNS(id=7, qd=question), down / DNS(id=7, qr=1, qd=question, an=answer)]


def _quic(who: Machine, version: int, client_port: int) -> list[Packet]:
    up = _ip(who, version, up=True) / UDP(sport=client_port, dport=443)
    down = _ip(who, version, up=False) / UDP(sport=443, dport=client_port)
    initial = seal_initial(who.mac + b"\x01\x02", client_hello(who.sni, quic=True))
    return [up / Raw(initial), down / Raw(bytes(1_200))]


def _http(who: Machine, version: int, client_port: int) -> list[Packet]:
    host, agent = who.host, who.agent
    label = host.split(".")[0]
    request = (
        f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nCookie: {COOKIE}\r\n\r\n"
    )
    connect = f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\nUser-Agent: {agent}\r\n\r\n"
    odd = f"GET / HTTP/1.1\r\nHost: {label}\r\nUser-Agent: {agent}\r\nReferer: {host}{PATH}\r\n\r\n"
    return [
        *_talk(who, version, 80, client_port, request.encode()),
        *_talk(who, version, 3128, client_port + 1, connect.encode()),
        *_talk(who, version, 80, client_port + 2, odd.encode()),
        *_talk(who, version, 5222, client_port + 3, f"{label} {agent}".encode()),
    ]


@functools.cache
def canary_packets(who: Machine = THE_ONE) -> tuple[Packet, ...]:
    """Everything that an invented machine says, in order. Made once: Scapy takes its time."""
    packets: list[Packet] = [
        _ethernet(who, up=True) / ARP(hwsrc=who.mac.hex(":"), psrc=str(who.v4))
    ]
    for version in (4, 6):
        packets += _dns(who, version, 40_000)
        packets += _talk(
            who, version, 443, 40_010, _record(client_hello(who.sni, post_quantum=True))
        )
        packets += _talk(who, version, 443, 40_011, _record(client_hello(who.sni.upper())))
        packets += _talk(who, version, 8443, 40_012, _record(client_hello(None)))
        packets += _quic(who, version, 40_020)
        packets += _http(who, version, 40_030)
    return tuple(packets)


def write_capture(
    path: Path, machines: tuple[Machine, ...] = (THE_ONE,), first_s: float = FIRST_S
) -> int:
    """Write the canaries' day; returns the number of packets."""
    packets = [packet for who in machines for packet in canary_packets(who)]
    for number, packet in enumerate(packets):
        packet.time = first_s + number * 1.5
    wrpcap(str(path), packets)
    return len(packets)
