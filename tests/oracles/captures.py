"""Read pcap and pcapng in plain Python: (microseconds, wire length, octets, link type) a packet.

Simple on purpose, a second opinion on collector/meter/files.py. Stops quietly where a file stops
making sense, as the meter does.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1000, 16),
    b"\x34\xcd\xb2\xa1": ("<", 1, 24),
    b"\xa1\xb2\xcd\x34": (">", 1, 24),
}
ETHERNET = 1
LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One captured frame."""

    time_us: int
    wire: int
    frame: bytes
    link: int


def records(path: Path) -> Iterator[Record]:
    """Yield the packets of a capture; nothing when it is none."""
    data = path.read_bytes()
    if data[:4] in _PCAP:
        yield from _pcap(data)
    elif data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(data)


def _pcap(data: bytes) -> Iterator[Record]:
    order, divisor, header = _PCAP[data[:4]]
    link = struct.unpack(order + "I", data[20:24])[0] & 0x0FFFFFFF
    at = 24
    while at + header <= len(data):
        seconds, part, captured, wire = struct.unpack(order + "4I", data[at : at + 16])
        at += header
        if captured > LONGEST or at + captured > len(data):
            return
        frame = data[at : at + captured]
        yield Record(seconds * 10**6 + part // divisor, max(wire, captured), frame, link)
        at += captured


def _interface(body: bytes, order: str) -> tuple[int, int]:
    """Return (link type, time units in a second); offsets and odd units do not occur here."""
    link = struct.unpack(order + "H", body[:2])[0]
    units, at = 10**6, 8
    while at + 4 <= len(body):
        code, size = struct.unpack(order + "HH", body[at : at + 4])
        if code == 9:
            power = body[at + 4]
            units = 2 ** (power & 127) if power & 128 else 10**power
        at += 4 + (size + 3) // 4 * 4
    return link, units


def _pcapng(data: bytes) -> Iterator[Record]:
    order, interfaces, at = "<", [], 0
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack(order + "II", data[at : at + 8])
        if length < 12 or length % 4 or at + length > len(data):
            return
        body = data[at + 8 : at + length - 4]
        if kind == 1:
            interfaces.append(_interface(body, order))
        if kind == 6:
            number, high, low, captured, wire = struct.unpack(order + "5I", body[:20])
            link, units = interfaces[number]
            stamp = ((high << 32) | low) * 10**6 // units
            yield Record(stamp, max(wire, captured), body[20 : 20 + captured], link)
        at += length
