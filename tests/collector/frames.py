"""Frames, messages and capture files built octet by octet: quick, and independent of the meter."""

import struct
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

ETHERNET, RAW = 1, 101
SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16
NOON_US = 1_790_000_040 * 1_000_000
"""Start of a minute on a school day (21 September 2026, 14:14 UTC)."""
CLIENT, SERVER, RESOLVER = "10.1.2.3", "203.0.113.9", "10.1.0.1"


def ethernet(payload: bytes, kind: int = 0x0800, *, mac=b"\x02\0\0\0\0\x01", vlans=()) -> bytes:
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    return b"\x02\0\0\0\0\xfe" + mac + tags + struct.pack(">H", kind) + payload


def ipv4(
    payload: bytes, source: str, target: str, protocol: int, *, fragment=0, number=0, options=b""
) -> bytes:
    """`fragment`: flags and offset word; `number`: identification; `options`: multiple of 4."""
    header = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH", 0x40 | header // 4, 0, header + len(payload), number, fragment, 64, protocol, 0
    )
    return head + ip_address(source).packed + ip_address(target).packed + options + payload


def ipv6(payload: bytes, source: str, target: str, following: int) -> bytes:
    head = struct.pack(">IHBB", 0x60000000, len(payload), following, 64)
    return head + ip_address(source).packed + ip_address(target).packed + payload


def tcp(payload: bytes, sport: int, dport: int, *, seq=0, flags=ACK) -> bytes:
    return struct.pack(">HHIIBBHHH", sport, dport, seq, 0, 0x50, flags, 1000, 0, 0) + payload


def udp(payload: bytes, sport: int, dport: int) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def ip_frame(body: bytes, source: str, target: str, protocol: int, **link) -> bytes:
    """An Ethernet frame around IPv4 or IPv6, as the addresses say."""
    if ip_address(source).version == 6:
        return ethernet(ipv6(body, source, target, protocol), 0x86DD, **link)
    return ethernet(ipv4(body, source, target, protocol), **link)


def tcp_frame(payload=b"", *, source=CLIENT, target=SERVER, sport=40_000, dport=443, **rest):
    link = {key: rest.pop(key) for key in ("vlans", "mac") if key in rest}
    return ip_frame(tcp(payload, sport, dport, **rest), source, target, 6, **link)


def udp_frame(payload=b"", *, source=CLIENT, target=SERVER, sport=40_000, dport=443, **link):
    return ip_frame(udp(payload, sport, dport), source, target, 17, **link)


# --- capture files -----------------------------------------------------------------------------


def pcap(frames, *, link=ETHERNET, order="<", nano=False) -> bytes:
    """`frames`: (microseconds, octets) or (microseconds, octets, length on the wire)."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for time_us, frame, *wire in frames:
        seconds, part = divmod(time_us, 1_000_000)
        length = wire[0] if wire else len(frame)
        fraction = part * 1_000 if nano else part
        parts.append(struct.pack(order + "4I", seconds, fraction, len(frame), length) + frame)
    return b"".join(parts)


def block(kind: int, body: bytes, order="<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order="<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(order="<", *, link=ETHERNET, options=b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)


def option(code: int, value: bytes, order="<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def enhanced(stamp: int, frame: bytes, order="<", *, number=0) -> bytes:
    head = struct.pack(order + "5I", number, stamp >> 32, stamp & 2**32 - 1, *[len(frame)] * 2)
    return block(6, head + frame, order)


def pcapng(frames, order="<") -> bytes:
    packets = b"".join(enhanced(time_us, frame, order) for time_us, frame in frames)
    return section(order) + interface(order) + packets


def write(path: Path, frames, **options) -> Path:
    path.write_bytes(pcap(frames, **options))
    return path


# --- messages ----------------------------------------------------------------------------------


def _vector(size: int, body: bytes) -> bytes:
    return len(body).to_bytes(size, "big") + body


def extension(kind: int, body: bytes) -> bytes:
    return struct.pack(">H", kind) + _vector(2, body)


def server_name(host: str) -> bytes:
    return extension(0, _vector(2, b"\0" + _vector(2, host.encode())))


OUTER_ECH = extension(0xFE0D, b"\0" + b"\0\x01\0\x01" + b"\x07" + _vector(2, b"k" * 32))


def client_hello(host: str | None, *, filler=0, ech=False, filler_first=False) -> bytes:
    """A handshake message; `filler` octets stand for a post-quantum key share."""
    padding = extension(51, b"p" * filler) if filler else b""
    named = server_name(host) if host else b""
    extensions = (padding + named if filler_first else named + padding) + (OUTER_ECH * ech)
    body = b"\x03\x03" + b"r" * 32 + _vector(1, b"s" * 32) + _vector(2, b"\x13\x01\x13\x02")
    body += _vector(1, b"\0") + _vector(2, extensions)
    return b"\x01" + _vector(3, body)


def tls_records(handshake: bytes, size: int = 16_384) -> bytes:
    pieces = [handshake[i : i + size] for i in range(0, len(handshake), size)]
    return b"".join(b"\x16\x03\x01" + _vector(2, piece) for piece in pieces)


def dns_name(host: str) -> bytes:
    return b"".join(_vector(1, label.encode()) for label in host.split(".")) + b"\0"


@dataclass(frozen=True)
class Answer:
    """One resource record; the owner is the question's name unless given."""

    kind: int
    data: bytes
    ttl: int = 300
    owner: bytes = b"\xc0\x0c"

    def octets(self) -> bytes:
        return self.owner + struct.pack(">HHI", self.kind, 1, self.ttl) + _vector(2, self.data)


def a(address: str, ttl: int = 300, owner: bytes = b"\xc0\x0c") -> Answer:
    octets = ip_address(address).packed
    return Answer(1 if len(octets) == 4 else 28, octets, ttl, owner)


def cname(host: str) -> Answer:
    return Answer(5, dns_name(host))


def https(*addresses: str, kind: int = 65, target: str | None = None) -> Answer:
    """An HTTPS record (RFC 9460) with an ALPN and address hints."""
    packed = [ip_address(address).packed for address in addresses]
    key = 4 if len(packed[0]) == 4 else 6
    parameters = struct.pack(">HH", 1, 3) + b"\x02h2"
    parameters += struct.pack(">H", key) + _vector(2, b"".join(packed))
    return Answer(kind, struct.pack(">H", 1) + (dns_name(target) if target else b"\0") + parameters)


EDNS = Answer(41, struct.pack(">HH", 12, 40) + b"p" * 40, owner=b"\0")
"""An OPT record with padding, as resolvers send it (RFC 6891, RFC 7830)."""


def dns_answer(question: str, answers, *, flags=0x8180, additional=()) -> bytes:
    head = struct.pack(">6H", 7, flags, 1, len(answers), 0, len(additional))
    asked = dns_name(question) + struct.pack(">HH", 1, 1)
    return head + asked + b"".join(record.octets() for record in [*answers, *additional])


def dns_frame(question: str, answers, *, client=CLIENT, **options) -> bytes:
    payload = dns_answer(question, answers, **options)
    resolver = RESOLVER if ip_address(client).version == 4 else "fd00::53"
    return udp_frame(payload, source=resolver, target=client, sport=53, dport=41_000)
