"""A flood beside real traffic, as frames in the order of time; what was sent is counted.

Real flows: a SYN, an answer after a round trip, then a packet each way every second or so until
they end; half of them begin while the flood runs. The flood: one SYN per flow from a random
address of a wide prefix, answered by its accomplice or not.
"""

import heapq
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from tests.collector import frames as f

REAL_PORT, FLOOD_PORT = 443, 80
ROUND_TRIP_US = 80_000
TALK_EVERY_US = 900_000
CLIENT = {4: "172.16.{}.{}", 6: "2001:db8:aa::{:x}:{:x}"}
SERVER = {4: "198.51.100.7", 6: "2001:db8:bb::7"}
PREFIX = {4: "10.0.0.0/8", 6: "2001:db8:cc::/48"}
SOURCE_AT = {4: 26, 6: 22}
"""Offset of the source address in an Ethernet frame."""
TARGET_AT = {4: 30, 6: 38}
WIDTH = {4: 4, 6: 16}


@dataclass(frozen=True)
class Flood:
    """One scenario."""

    syns: int = 1_000_000
    a_second: int = 50_000
    real: int = 1_000
    version: int = 4
    answered: bool = False
    calm: bool = False
    """Leave the flood out: the real flows alone."""
    start_us: int = f.NOON_US + 50_000_000
    """Ten seconds before a clock minute ends: real flows have a slice on either side of it."""

    @property
    def length_us(self) -> int:
        return self.syns * 1_000_000 // self.a_second

    @property
    def stop_us(self) -> int:
        return self.start_us + self.length_us


def _flow_ends(flood: Flood, number: int) -> dict:
    return {
        "client": CLIENT[flood.version].format(number // 250, number % 250 + 1),
        "server": SERVER[flood.version],
        "sport": 20_000 + number,
    }


def real_flow(flood: Flood, number: int) -> Iterator[tuple[int, bytes]]:
    """One connection of a person, from its SYN to its end."""
    ends = _flow_ends(flood, number)

    def up(payload=b"", flags=f.ACK):
        return f.tcp_frame(
            payload, source=ends["client"], target=ends["server"], sport=ends["sport"],
            dport=REAL_PORT, flags=flags,
        )  # fmt: skip

    def down(payload=b"", flags=f.ACK):
        return f.tcp_frame(
            payload, source=ends["server"], target=ends["client"], sport=REAL_PORT,
            dport=ends["sport"], flags=flags,
        )  # fmt: skip

    early = number % 2 == 0
    at = flood.start_us - 2_000_000 if early else flood.start_us
    at += (number * 7_919 * 1_000) % (1_500_000 if early else flood.length_us * 3 // 4)
    yield at, up(flags=f.SYN)
    yield at + ROUND_TRIP_US, down(flags=f.SYN | f.ACK)
    at += ROUND_TRIP_US
    while at < flood.stop_us:
        yield at, up(b"u" * 60)
        yield at + ROUND_TRIP_US, down(b"d" * 900)
        at += TALK_EVERY_US
    yield at, up(flags=f.FIN | f.ACK)
    yield at + ROUND_TRIP_US, down(flags=f.FIN | f.ACK)


def attack(flood: Flood, seed: int = 1) -> Iterator[tuple[int, bytes]]:
    """SYNs from random addresses of a wide prefix to one server."""
    chance = random.Random(seed)  # noqa: S311 - a test's choice of addresses
    version, width = flood.version, WIDTH[flood.version]
    net = ip_network(PREFIX[version])
    base, spread = int(net.network_address), net.num_addresses
    ends = {"source": str(net.network_address), "target": SERVER[version], "dport": FLOOD_PORT}
    syn = f.tcp_frame(flags=f.SYN, **ends)
    answer = f.tcp_frame(
        flags=f.SYN | f.ACK, source=ends["target"], target=ends["source"], sport=FLOOD_PORT,
        dport=40_000,
    )  # fmt: skip
    head, tail = syn[: SOURCE_AT[version]], syn[SOURCE_AT[version] + width :]
    back, rest = answer[: TARGET_AT[version]], answer[TARGET_AT[version] + width :]
    # A walk with a stride that is coprime to the prefix: no address comes twice.
    at, stride = chance.randrange(spread), chance.randrange(spread // 3, spread // 2) | 1
    for n in range(flood.syns):
        at = (at + stride) % spread
        now = flood.start_us + n * 1_000_000 // flood.a_second
        address = (base + at).to_bytes(width, "big")
        yield now, head + address + tail
        if flood.answered:
            yield now + 1, back + address + rest


def packets(flood: Flood) -> Iterator[tuple[int, bytes]]:
    """All of it in the order of time."""
    real = sorted(
        (p for n in range(flood.real) for p in real_flow(flood, n)), key=lambda packet: packet[0]
    )
    return heapq.merge(real, () if flood.calm else attack(flood), key=lambda packet: packet[0])


@dataclass
class Sent:
    """What a written flood holds."""

    packets: int = 0
    ip_bytes: int = 0


def write(path, flood: Flood) -> Sent:
    """Write the scenario as a capture file, without holding it in memory."""
    sent = Sent()
    record = struct.Struct("<4I")
    with path.open("wb") as file:
        file.write(f.pcap([]))
        for now, frame in packets(flood):
            file.write(record.pack(now // 1_000_000, now % 1_000_000, len(frame), len(frame)))
            file.write(frame)
            sent.packets += 1
            sent.ip_bytes += len(frame) - 14
    return sent
