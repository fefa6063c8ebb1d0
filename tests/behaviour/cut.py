"""Keeps a capture small: whole packets while a flow begins, headers after that, gzip around it.

The meter counts octets by the headers' own lengths, so nothing that it measures is lost; names and
handshakes stand in the first packets. Of later headers only what the meter reads is kept: sequence
and acknowledgement numbers, checksums and options become zeros. Frames that do not concern the
invented addresses go.
"""

import gzip
import shutil
import struct
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from scapy.utils import RawPcapReader

from tests.golden.record import INVENTED

WHOLE_PACKETS = 14
"""Of each flow: the collector looks at fewer payloads than that for names and hints."""
ETHERNET, TCP, UDP, NO_OPERATION = 14, 6, 17, b"\x01"
_GLOBAL = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD = struct.Struct("<IIII")


def _layers(frame: bytes) -> tuple[int, int, bytes, bytes] | None:
    """Return (where the transport header begins, its number, both addresses) of an IP frame."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        start = ETHERNET + (frame[ETHERNET] & 15) * 4
        return start, frame[23], frame[26:30], frame[30:34]
    if kind == b"\x86\xdd":
        return ETHERNET + 40, frame[20], frame[22:38], frame[38:54]
    return None


def _invented(octets: bytes) -> bool:
    address = ip_address(octets)
    return any(address in net for net in INVENTED if net.version == address.version)


def _bare(frame: bytes, start: int, protocol: int) -> bytes:
    """Return the headers alone, without what changes from packet to packet and nobody reads."""
    header = bytearray(frame[ETHERNET:start])
    if len(header) == 20:  # IPv4: identification and checksum
        header[4:6] = header[10:12] = b"\0\0"
    if protocol == UDP:
        return frame[:ETHERNET] + bytes(header) + frame[start : start + 6] + b"\0\0"
    length = (frame[start + 12] >> 4) * 4
    ports, flags = frame[start : start + 4], frame[start + 12 : start + 14]
    tcp = ports + bytes(8) + flags + bytes(6) + NO_OPERATION * (length - 20)
    return frame[:ETHERNET] + bytes(header) + tcp


def _records(source: Path) -> Iterator[bytes]:
    seen: Counter[tuple[object, ...]] = Counter()
    with RawPcapReader(str(source)) as reader:
        for frame, meta in reader:
            layers = _layers(frame)
            if layers is None or layers[1] not in (TCP, UDP):
                continue
            start, protocol, *ends = layers
            ports = struct.unpack_from("!HH", frame, start)
            if not (any(map(_invented, ends)) or 53 in ports):
                continue
            key = (protocol, *sorted(zip(ends, ports, strict=True)))
            seen[key] += 1
            kept = frame if seen[key] <= WHOLE_PACKETS else _bare(frame, start, protocol)
            yield _RECORD.pack(meta.sec, meta.usec, len(kept), meta.wirelen) + kept


def cut(source: Path, target: Path) -> None:
    """Write what is kept of a capture."""
    with target.open("wb") as out, gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(_GLOBAL)
        for record in _records(source):
            packed.write(record)


def unpack(source: Path, target: Path) -> None:
    """Write a kept capture as a pcap."""
    with gzip.open(source) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out)
