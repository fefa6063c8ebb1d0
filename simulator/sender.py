"""Sends a capture through one end of a veth pair, as a tap aggregator would deliver it. Does I/O.

Each frame is followed by a twelve-octet trailer with its own time, so that a whole day passes in
seconds and keeps its clock. The trailer is the one that timestamping aggregators append: seconds,
nanoseconds, flags, device, port, all big-endian. Such aggregators also slice: a frame goes out as
long as the capture kept it, and the IP header tells its true length. `padded` sends every frame in
its original length instead: tens of gigabytes that a ring of 64 MiB cannot always take in full.
"""

import mmap
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TRAILER: Final = struct.Struct(">IIBHB")
"""Seconds and nanoseconds of the epoch, flags, device id, port: twelve octets."""
DEVICE_ID: Final = 1
PORT: Final = 1
MTU: Final = 65_535
"""MTU that both ends of the veth pair need for super-packets."""

_FILE_HEADER: Final = 24
_RECORD: Final = struct.Struct("<IIII")
_NANOSECONDS: Final = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}
"""Magic number → nanoseconds in the unit of the second time field."""
_ETHERNET: Final = 1
BURST: Final = 48
"""Packets between two looks at the clock: even padded to 60 kB, under 3 MB in a ring of 64 MiB."""
PACKETS_S: Final = 100_000
"""Rate that is not exceeded: a collector that shares two cores with the sender keeps up."""
DEADLINE_S: Final = 60.0
SOL_PACKET: Final = 263
"""linux/socket.h; Python's socket module has no name for it."""
PACKET_QDISC_BYPASS: Final = 20
"""linux/if_packet.h: hand frames straight to the driver, there is nothing to queue for."""
SEND_BUFFER_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Sent:
    """What was handed to the interface."""

    packets: int
    octets: int
    """Frame octets by their original length, trailers left out."""
    seconds: float


def _records(octets: mmap.mmap) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (seconds, nanoseconds, captured, original, place of the frame) of each record."""
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", octets)
    if magic not in _NANOSECONDS or link != _ETHERNET:
        raise ValueError("not a little-endian Ethernet pcap")
    unit = _NANOSECONDS[magic]
    place, end = _FILE_HEADER, len(octets)
    while place < end:
        seconds, fraction, captured, original = _RECORD.unpack_from(octets, place)
        place += _RECORD.size
        yield seconds, fraction * unit, captured, original, place
        place += captured


def _open(interface: str) -> socket.socket:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # protocol 0: never receives
    link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    link.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    link.bind((interface, 0))
    return link


def send_day(
    pcap: Path,
    interface: str,
    *,
    padded: bool = False,
    packets_s: int = PACKETS_S,
    deadline_s: float = DEADLINE_S,
    progress: Callable[[int], None] | None = None,
) -> Sent:
    """Send every packet of a capture through `interface`, in order, at up to `packets_s` a second.

    Args:
        pcap: little-endian pcap of link type Ethernet, as `simulator.packets` writes it.
        interface: a veth end with MTU `MTU`, in this process's network namespace.
        padded: zeros up to the original length in front of the trailer, instead of a sliced frame.
        packets_s: pace; the sender sleeps a little after a burst when it is ahead.
        deadline_s: seconds after which it gives up.
        progress: called with the packets sent so far, now and then.

    Raises:
        ValueError: another kind of file.
        TimeoutError: the deadline passed.
        OSError: no such interface, no permission, or a frame above the MTU.
    """
    began = time.monotonic()
    zeros = memoryview(bytes(MTU))
    packets = octets = 0
    with (
        pcap.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
        _open(interface) as link,
    ):
        for seconds, nanoseconds, captured, original, place in _records(mapped):
            trailer = TRAILER.pack(seconds, nanoseconds, 0, DEVICE_ID, PORT)
            with view[place : place + captured] as frame:
                link.sendmsg((frame, zeros[: original - captured] if padded else b"", trailer))
            packets += 1
            octets += original
            if packets % BURST == 0:
                _pace(began, packets / packets_s, deadline_s)
                if progress is not None and packets % (BURST * 200) == 0:
                    progress(packets)
    return Sent(packets, octets, time.monotonic() - began)


def _pace(began: float, due_s: float, deadline_s: float) -> None:
    """Sleep until the pace allows more.

    Raises:
        TimeoutError: the deadline passed.
    """
    elapsed = time.monotonic() - began
    if elapsed > deadline_s:
        raise TimeoutError("the capture was not sent in time")
    if due_s > elapsed:
        time.sleep(due_s - elapsed)
