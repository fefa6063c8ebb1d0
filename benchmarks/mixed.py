"""Make a large mixed capture by multiplying small ones with shifted addresses.

Each copy has addresses of its own (both ends shifted alike, so flows stay flows) and the packets
of all captures are interleaved by time, as on a busy link.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

_ETHERNET = 1
_SPAN_US = 300_000_000
"""All copies happen within five minutes."""


def _records(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield (microseconds, wire length, octets) of an Ethernet pcap; nothing of other files."""
    data = path.read_bytes()
    for order in "<>":
        if len(data) < 24 or struct.unpack(order + "I", data[:4])[0] != 0xA1B2C3D4:
            continue
        if struct.unpack(order + "I", data[20:24])[0] & 0xFFFF != _ETHERNET:
            return
        at = 24
        while at + 16 <= len(data):
            seconds, micros, captured, wire = struct.unpack(order + "4I", data[at : at + 16])
            if captured > len(data) - at - 16:
                return
            yield seconds * 1_000_000 + micros, wire, data[at + 16 : at + 16 + captured]
            at += 16 + captured


def _address_offset(frame: bytes) -> int:
    """Return the offset of the IPv4 source address behind Ethernet and VLAN tags, 0 for others."""
    at = 12
    while frame[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    if frame[at : at + 2] != b"\x08\x00" or len(frame) < at + 22:
        return 0
    return at + 2 + 12


def make(captures: Iterable[Path], target: Path, packets: int) -> int:
    """Write a pcap of about `packets` packets. Returns how many it holds."""
    frames, times, wires, offsets = [], [], [], []
    for path in sorted(captures):
        records = list(_records(path))
        if not records:
            continue
        first = min(record[0] for record in records)
        for when, wire, frame in records:
            frames.append(frame)
            times.append((when - first) % _SPAN_US)
            wires.append(wire)
            offsets.append(_address_offset(frame))
    copies = max(1, round(packets / len(frames)))
    moment = np.array(times, np.int64)
    rng = np.random.default_rng(1)
    shifts = rng.integers(0, _SPAN_US, copies)
    every = np.concatenate([(moment + shift) % _SPAN_US for shift in shifts])
    order = np.argsort(every, kind="stable")
    base = 1_760_000_000 * 1_000_000
    with target.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, _ETHERNET))
        for position in order.tolist():
            copy, i = divmod(position, len(frames))
            frame = frames[i]
            at = offsets[i]
            if at and copy:
                changed = bytearray(frame)
                for offset in (at, at + 4):  # both ends: 16 bits of the copy's number
                    changed[offset + 1] ^= copy & 0xFF
                    changed[offset + 2] ^= copy >> 8
                frame = bytes(changed)
            seconds, micros = divmod(base + int(every[position]), 1_000_000)
            out.write(struct.pack("<4I", seconds, micros, len(frame), wires[i]))
            out.write(frame)
    return len(order)
