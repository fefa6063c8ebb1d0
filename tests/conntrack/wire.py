"""Conntrack messages built by hand from the kernel's headers, with nothing of the code under test.

linux/netlink.h (nlmsghdr, nlattr), linux/netfilter/nfnetlink.h (nfgenmsg),
linux/netfilter/nfnetlink_conntrack.h (CTA_*).
"""

import struct
from ipaddress import ip_address

NEW, DELETE = 0x100, 0x102
CREATE, MULTI = 0x400, 0x002
ESTABLISHED, TIME_WAIT = 3, 7
NOW_MS = 1_790_000_000_000 - 1_790_000_000_000 % 60_000
"""The start of a minute."""


def message(kind: int, body: bytes, *, flags=0, sequence=0) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def attribute(kind: int, value: bytes, *, nested=False) -> bytes:
    head = struct.pack("=HH", 4 + len(value), kind | (0x8000 if nested else 0))
    return head + value + bytes(-len(value) % 4)


def nest(kind: int, *parts: bytes) -> bytes:
    return attribute(kind, b"".join(parts), nested=True)


def one_way(kind: int, source: str, target: str, sport: int, dport: int, protocol: int) -> bytes:
    ends = ip_address(source), ip_address(target)
    first = 1 if ends[0].version == 4 else 3  # CTA_IP_V4_SRC, CTA_IP_V6_SRC
    addresses = [attribute(first + i, end.packed) for i, end in enumerate(ends)]
    ports = [attribute(2 + i, struct.pack(">H", port)) for i, port in enumerate((sport, dport))]
    return nest(
        kind, nest(1, *addresses), nest(2, attribute(1, bytes([protocol])), *ports)
    )  # CTA_TUPLE_IP, CTA_TUPLE_PROTO


def counters(kind: int, packets: int, octets: int) -> bytes:
    return nest(
        kind, attribute(1, struct.pack(">Q", packets)), attribute(2, struct.pack(">Q", octets))
    )


def connection(
    source="10.10.0.2",
    target="198.51.100.7",
    *,
    sport=40_000,
    dport=443,
    outside="203.0.113.1",
    server=None,
    protocol=6,
    number=7,
    counts=(100, 1, 200, 2),
    state=ESTABLISHED,
    zone=0,
    start_ms=None,
) -> bytes:
    """The attributes of a connection; `counts`: octets and packets there, octets and packets back."""
    body = struct.pack(">BBH", 2, 0, 0)  # nfgenmsg: AF_INET
    body += one_way(1, source, target, sport, dport, protocol)
    body += one_way(2, server or target, outside or source, dport, sport, protocol)
    body += attribute(3, struct.pack(">I", 0x18E))  # CTA_STATUS
    if protocol == 6:
        body += nest(4, nest(1, attribute(1, bytes([state]))))  # CTA_PROTOINFO_TCP_STATE
    if counts is not None:
        body += counters(9, counts[1], counts[0]) + counters(10, counts[3], counts[2])
    body += attribute(12, struct.pack(">I", number))  # CTA_ID
    if zone:
        body += attribute(18, struct.pack(">H", zone))
    if start_ms is not None:
        body += nest(20, attribute(1, struct.pack(">Q", start_ms * 1_000_000)))
    return body


def new(**changes) -> bytes:
    """An event about a new connection: it has no counters."""
    return message(NEW, connection(**{"counts": None, **changes}), flags=CREATE)


def line(**changes) -> bytes:
    """A line of a reading of the whole table."""
    return message(NEW, connection(**changes), flags=MULTI)


def gone(**changes) -> bytes:
    return message(DELETE, connection(**changes))


def done() -> bytes:
    return message(3, struct.pack("=i", 0), flags=MULTI)
