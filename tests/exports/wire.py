"""Datagrams built by hand from the formats' documents, with nothing of the code under test."""

import struct
from ipaddress import ip_address

NOW = 1_790_000_000.0
"""A Monday in 2026, UTC; not a whole minute."""
EXPORTER, PORT = "192.0.2.254", 40_000

OCTETS, PACKETS, PROTOCOL, SPORT, SRC4, DPORT, DST4 = 1, 2, 4, 7, 8, 11, 12
LAST, FIRST, SRC6, DST6, INTERVAL, SAMPLER = 21, 22, 27, 28, 34, 48
START_MS, END_MS = 152, 153

PLAIN = [
    (SRC4, 4), (DST4, 4), (FIRST, 4), (LAST, 4), (OCTETS, 4), (PACKETS, 4), (SPORT, 2), (DPORT, 2),
    (PROTOCOL, 1),
]  # fmt: skip
"""softflowd's own IPv4 template without what nobody reads."""
ABSOLUTE = [(SRC4, 4), (DST4, 4), (START_MS, 8), (END_MS, 8), (OCTETS, 8), (PACKETS, 4), (SPORT, 2), (DPORT, 2), (PROTOCOL, 1)]  # fmt: skip


def address(text: str) -> int:
    return int(ip_address(text))


def v5(*records: bytes, sequence=0, uptime=1_000_000, now=NOW, engine=0, sampling=0, count=None):
    head = struct.pack(
        ">HHIIIIBBH",
        5,
        len(records) if count is None else count,
        uptime,
        int(now),
        0,
        sequence % 2**32,
        0,
        engine,
        sampling,
    )
    return head + b"".join(records)


def v5_record(
    source="10.0.0.1",
    target="198.51.100.7",
    *,
    sport=50_000,
    dport=443,
    octets=1_000,
    packets=10,
    first=990_000,
    last=995_000,
    protocol=6,
):
    return struct.pack(
        ">IIIHHIIIIHHBBBBHHBBH",
        address(source), address(target), 0, 1, 2, packets, octets, first, last, sport, dport,
        0, 0x1B, protocol, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def flow_set(number: int, body: bytes, *, padding=0) -> bytes:
    return struct.pack(">HH", number, 4 + len(body) + padding) + body + bytes(padding)


def _v9_fields(fields):
    return b"".join(struct.pack(">HH", kind, width) for kind, width in fields)


def _ipfix_fields(fields):
    out = b""
    for field in fields:
        kind, width = field[:2]
        if len(field) == 3:
            out += struct.pack(">HHI", kind | 0x8000, width, field[2])
        else:
            out += struct.pack(">HH", kind, width)
    return out


def v9_template(number, fields, *, padding=0):
    return flow_set(
        0, struct.pack(">HH", number, len(fields)) + _v9_fields(fields), padding=padding
    )


def v9_options(number, scope, fields, *, padding=0):
    body = struct.pack(">HHH", number, 4 * len(scope), 4 * len(fields))
    return flow_set(1, body + _v9_fields([*scope, *fields]), padding=padding)


def ipfix_template(number, fields):
    return flow_set(2, struct.pack(">HH", number, len(fields)) + _ipfix_fields(fields))


def ipfix_options(number, scope, fields):
    body = struct.pack(">HHH", number, len(scope) + len(fields), len(scope))
    return flow_set(3, body + _ipfix_fields([*scope, *fields]))


def v9(*sets, sequence=0, uptime=1_000_000, now=NOW, domain=0, count=1):
    head = struct.pack(">HHIIII", 9, count, uptime, int(now), sequence % 2**32, domain)
    return head + b"".join(sets)


def ipfix(*sets, sequence=0, now=NOW, domain=0):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), int(now), sequence % 2**32, domain) + body


def values(fields, **given) -> bytes:
    """One fixed-length record: numbers by element, 0 where none is given."""
    out = b""
    for field in fields:
        kind, width = field[:2]
        out += int(given.get(f"e{kind}", 0)).to_bytes(width, "big")
    return out


def plain(source="10.0.0.1", target="198.51.100.7", *, sport=50_000, dport=443, octets=1_000,
          packets=10, first=990_000, last=995_000, protocol=6) -> bytes:  # fmt: skip
    return values(
        PLAIN, e8=address(source), e12=address(target), e22=first, e21=last, e1=octets, e2=packets,
        e7=sport, e11=dport, e4=protocol,
    )  # fmt: skip


def absolute(source="10.0.0.1", target="198.51.100.7", *, sport=50_000, dport=443, octets=1_000,
             packets=10, start=NOW - 10, end=NOW - 5, protocol=6) -> bytes:  # fmt: skip
    return values(
        ABSOLUTE, e8=address(source), e12=address(target), e152=int(start * 1000),
        e153=int(end * 1000), e1=octets, e2=packets, e7=sport, e11=dport, e4=protocol,
    )  # fmt: skip


def opaque(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def ipv4_header(source="10.0.0.1", target="198.51.100.7", *, octets=1_400, sport=50_000, dport=443):
    head = struct.pack(">BBHHHBBH", 0x45, 0, octets, 1, 0, 64, 6, 0)
    ends = struct.pack(">II", address(source), address(target))
    return head + ends + struct.pack(">HH", sport, dport) + bytes(16)


def ethernet(packet: bytes, *, kind=0x0800, tags=b"", source=b"\2\0\0\0\0\1") -> bytes:
    return b"\2\0\0\0\0\xfe" + source + tags + struct.pack(">H", kind) + packet


def raw_header(header: bytes, *, protocol=1, frame=1_418) -> bytes:
    return struct.pack(">I", 1) + opaque(struct.pack(">III", protocol, frame, 4) + opaque(header))


def flow_sample(*structures: bytes, rate=100, expanded=False) -> bytes:
    if expanded:
        head = struct.pack(">IIIIIIIIIII", 1, 0, 3, rate, rate, 0, 0, 1, 0, 2, len(structures))
        return struct.pack(">I", 3) + opaque(head + b"".join(structures))
    head = struct.pack(">IIIIIIII", 1, 3, rate, rate, 0, 1, 2, len(structures))
    return struct.pack(">I", 1) + opaque(head + b"".join(structures))


def counter_sample() -> bytes:
    return struct.pack(">I", 2) + opaque(struct.pack(">III", 1, 3, 0))


def sflow(*samples: bytes, sequence=0, uptime=1_000_000) -> bytes:
    head = struct.pack(">II", 5, 1) + ip_address(EXPORTER).packed
    return (
        head + struct.pack(">IIII", 0, sequence % 2**32, uptime, len(samples)) + b"".join(samples)
    )
