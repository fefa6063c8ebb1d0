"""Sends a capture over and over at a fixed pace, whatever happens to the interface meanwhile.

    python -m benchmarks.soak_sender CAPTURE INTERFACE PACKETS_S       (inside a namespace; SIGTERM ends it)

Every FRESH-th round the client's port of each TCP and UDP packet over IPv4 is another one, so that flows
begin and end as in a school and the flow table never sees the same day twice. What the interface refuses
(it is down, or gone) is counted and not sent again: a wire has no memory.
"""

import json
import mmap
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from simulator.sender import PACKET_QDISC_BYPASS, SEND_BUFFER_BYTES, SOL_PACKET

FRESH = 4
BURST = 25
"""Packets between two looks at the clock: half a millisecond at 50,000 a second."""
AGAIN_S = 0.05
"""How long it waits for an interface that is not there."""
_FILE_HEADER, _RECORD = 24, struct.Struct("<IIII")
_IPV4, _TCP, _UDP = b"\x08\x00", 6, 17


class Frames:
    """The frames of a capture in one buffer, and where the client's port of each stands in it."""

    def __init__(self, capture: Path, largest: int = 65_000) -> None:
        with (
            capture.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_,
        ):
            self._octets = bytearray(all_)
        self.places: list[tuple[int, int]] = []
        ports: list[int] = []
        place, end = _FILE_HEADER, len(self._octets)
        while place < end:
            _, _, length, _ = _RECORD.unpack_from(self._octets, place)
            place += _RECORD.size
            if 14 <= length <= largest:
                self.places.append((place, place + length))
                if port := self._client_port(place, length):
                    ports.append(port)
            place += length
        self._ports = np.array(ports, np.int64)
        self.view = memoryview(self._octets)

    def _client_port(self, place: int, length: int) -> int:
        """Return where a port from 1,024 on stands whose other end is below; 0 for none."""
        frame = self._octets[place : place + min(length, 80)]
        if frame[12:14] != _IPV4 or len(frame) < 38 or frame[23] not in (_TCP, _UDP):
            return 0
        if frame[20] & 0x1F or frame[21]:  # a later fragment has no ports
            return 0
        at = 14 + 4 * (frame[14] & 15)
        if len(frame) < at + 4:
            return 0
        source, target = struct.unpack_from(">HH", frame, at)
        if source >= 1024 > target:
            return place + at
        return place + at + 2 if target >= 1024 > source else 0

    def renew(self) -> None:
        """Give every client another port: 1,024 to 65,535, the same change for both directions."""
        octets = np.frombuffer(self._octets, np.uint8)
        now = octets[self._ports].astype(np.int64) * 256 + octets[self._ports + 1]
        then = 1024 + (now - 1024 + 7_919) % (65_536 - 1024)
        octets[self._ports], octets[self._ports + 1] = then >> 8, then & 255


def _open(interface: str) -> socket.socket:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    link.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    link.bind((interface, 0))
    return link


class Sender:
    """Keeps the pace; counts what went and what was refused."""

    def __init__(self, frames: Frames, interface: str, packets_s: int) -> None:
        self._frames, self._interface, self._packets_s = frames, interface, packets_s
        self._link: socket.socket | None = None
        self._stopped = False
        self._began = time.monotonic()
        self._due = 0
        self.sent = self.refused = self.rounds = 0

    def stop(self, *_: Any) -> None:
        """End after the burst."""
        self._stopped = True

    def run(self) -> None:
        """Send until stopped."""
        while not self._stopped:
            if self.rounds % FRESH == FRESH - 1:
                self._frames.renew()
            places = self._frames.places
            for first in range(0, len(places), BURST):
                if self._stopped:
                    break
                self._burst(places[first : first + BURST])
            self.rounds += 1

    def _burst(self, places: list[tuple[int, int]]) -> None:
        view, refused = self._frames.view, 0
        try:
            self._link = self._link or _open(self._interface)
            send = self._link.send
            for begin, end in places:
                try:
                    send(view[begin:end])
                except OSError:
                    refused += 1
        except OSError:  # no such interface
            refused = len(places)
        self.refused += refused
        self.sent += len(places) - refused
        if refused == len(places) and self._link is not None:
            self._link.close()
            self._link = None
            time.sleep(AGAIN_S)
        self._pace(len(places))

    def _pace(self, packets: int) -> None:
        """Sleep until the next burst is due; time that was lost for more than a second stays lost."""
        self._due += packets
        ahead_s = self._due / self._packets_s - (time.monotonic() - self._began)
        if ahead_s > 0:
            time.sleep(ahead_s)
        elif ahead_s < -1:
            self._began -= ahead_s


def main() -> int:
    """Send until SIGTERM; print what was sent."""
    capture, interface, packets_s = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    sender = Sender(Frames(capture), interface, packets_s)
    signal.signal(signal.SIGTERM, sender.stop)
    began = time.monotonic()
    sender.run()
    seconds = time.monotonic() - began
    print(json.dumps({"sent": sender.sent, "refused": sender.refused, "rounds": sender.rounds,
                      "seconds": seconds}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
