"""Stamps packets out of templates and writes them as a pcap file, a bounded chunk at a time.

Does I/O (one file). Everything is NumPy over whole chunks: gather the templates' octets, then patch
addresses, ports, lengths, sequence numbers and the IPv4 checksum.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.day import Flows
from simulator.people import Roster
from simulator.pool import RESOLVER4, RESOLVER6, Pool, server4, server6
from simulator.services import PORT, all_hosts
from simulator.wire import ETHERNET_BYTES, Packets

Ints = NDArray[np.int64]
Octets = NDArray[np.uint8]

CHUNK: Final = 60_000
"""Packets in memory at a time: some 10 MB of octets and 80 MB of places."""
MAGIC_NS: Final = 0xA1B23C4D
SNAPLEN: Final = 65_535
ETHERNET: Final = 1
RECORD_BYTES: Final = 16
GATEWAY_MAC: Final = bytes.fromhex("020000000001")
FIRST_PORT: Final = 20_000
FIRST_DNS_PORT: Final = 42_000
SECOND: Final = 1_000_000_000


def _ranks(device: Ints) -> Ints:
    """Return each flow's number among the flows of its device: ports that never repeat in a day."""
    order = np.argsort(device, kind="stable")
    starts = np.searchsorted(device[order], device[order])
    ranks = np.empty(len(device), np.int64)
    ranks[order] = np.arange(len(device)) - starts
    return ranks


def _big_endian(values: Ints, width: int) -> Octets:
    """Return values as rows of `width` octets, network order."""
    shifts = 8 * np.arange(width - 1, -1, -1)
    return ((values[:, None] >> shifts) & 0xFF).astype(np.uint8)


def _put(buffer: Octets, at: Ints, rows: Octets) -> None:
    buffer[at[:, None] + np.arange(rows.shape[1])] = rows


class _Addresses:
    """Addresses and ports of both ends, by device and by host (the resolver is the last host)."""

    def __init__(self, flows: Flows, roster: Roster) -> None:
        hosts = all_hosts()
        self.resolver = len(hosts)
        self.inside4 = _big_endian(roster.ipv4.astype(np.int64), 4)
        self.inside6 = roster.ipv6
        four = [server4(number) for number in range(len(hosts))] + [int(RESOLVER4)]
        self.outside4 = _big_endian(np.array(four), 4)
        six = [server6(number) for number in range(len(hosts))] + [RESOLVER6]
        self.outside6 = np.stack([np.frombuffer(address.packed, np.uint8) for address in six])
        self.port = np.array([PORT[host.wire] for host in hosts] + [53])
        self.mac = roster.mac
        self.rank = _ranks(flows.device)
        self.device, self.host = flows.device, flows.host


class Stamper:
    """Turns packets into the octets of pcap records."""

    def __init__(self, flows: Flows, roster: Roster, pool: Pool, midnight_s: int) -> None:
        self._addresses = _Addresses(flows, roster)
        self._pool = pool
        self._midnight_ns = midnight_s * SECOND

    def stamp(self, packets: Packets) -> Octets:
        """Return the records of these packets, end to end."""
        pool = self._pool
        frame = packets.ip_bytes + ETHERNET_BYTES
        captured = np.minimum(pool.length[packets.template], frame)
        record = captured + RECORD_BYTES
        at = np.cumsum(record) - record + RECORD_BYTES
        total = int(record.sum())
        source = np.repeat(pool.offset[packets.template] - at, record)
        source += np.arange(total)
        # The sixteen octets before each frame are no template's: patched just below.
        buffer = pool.octets[np.clip(source, 0, len(pool.octets) - 1)]
        self._put_record(buffer, at - RECORD_BYTES, packets, captured, frame)
        self._put_ethernet(buffer, at, packets)
        six = pool.ipv6[packets.template]
        self._put_network(buffer, at, packets, six)
        self._put_transport(buffer, at + ETHERNET_BYTES + np.where(six, 40, 20), packets, six)
        return buffer

    def _put_record(
        self, buffer: Octets, at: Ints, packets: Packets, captured: Ints, frame: Ints
    ) -> None:
        time_ns = packets.time_ns + self._midnight_ns
        fields = np.stack([time_ns // SECOND, time_ns % SECOND, captured, frame], axis=1)
        _put(buffer, at, fields.astype("<u4").view(np.uint8).reshape(len(at), RECORD_BYTES))

    def _put_ethernet(self, buffer: Octets, at: Ints, packets: Packets) -> None:
        inside = self._addresses.mac[self._addresses.device[packets.flow]]
        gateway = np.broadcast_to(np.frombuffer(GATEWAY_MAC, np.uint8), inside.shape)
        up = packets.up[:, None]
        _put(buffer, at, np.where(up, gateway, inside))
        _put(buffer, at + 6, np.where(up, inside, gateway))

    def _put_network(
        self, buffer: Octets, at: Ints, packets: Packets, six: NDArray[np.bool_]
    ) -> None:
        ends = self._addresses
        device = ends.device[packets.flow]
        host = np.where(packets.dns, ends.resolver, ends.host[packets.flow])
        for chosen, inside, outside, offset in (
            (~six, ends.inside4, ends.outside4, 12),
            (six, ends.inside6, ends.outside6, 8),
        ):
            ip = at[chosen] + ETHERNET_BYTES
            here, there = inside[device[chosen]], outside[host[chosen]]
            up = packets.up[chosen][:, None]
            _put(buffer, ip + offset, np.where(up, here, there))
            _put(buffer, ip + offset + here.shape[1], np.where(up, there, here))
        four = at[~six] + ETHERNET_BYTES
        _put(buffer, four + 2, _big_endian(packets.ip_bytes[~six], 2))
        _put(buffer, four + 4, _big_endian(packets.seq[~six] & 0xFFFF, 2))
        _put(buffer, at[six] + ETHERNET_BYTES + 4, _big_endian(packets.ip_bytes[six] - 40, 2))
        self._put_checksum(buffer, four)

    def _put_checksum(self, buffer: Octets, ip: Ints) -> None:
        """RFC 791: one's complement of the one's complement sum of the header's ten words."""
        _put(buffer, ip + 10, np.zeros((len(ip), 2), np.uint8))
        words = buffer[ip[:, None] + np.arange(20)].astype(np.int64)
        total = (words[:, 0::2] * 256 + words[:, 1::2]).sum(axis=1)
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        _put(buffer, ip + 10, _big_endian(~total & 0xFFFF, 2))

    def _put_transport(
        self, buffer: Octets, at: Ints, packets: Packets, six: NDArray[np.bool_]
    ) -> None:
        ends = self._addresses
        rank = ends.rank[packets.flow]
        client = np.where(packets.dns, FIRST_DNS_PORT, FIRST_PORT) + rank
        server = ends.port[np.where(packets.dns, ends.resolver, ends.host[packets.flow])]
        _put(buffer, at, _big_endian(np.where(packets.up, client, server), 2))
        _put(buffer, at + 2, _big_endian(np.where(packets.up, server, client), 2))
        udp = self._pool.udp[packets.template]
        length = packets.ip_bytes - np.where(six, 40, 20)
        _put(buffer, at[udp] + 4, _big_endian(length[udp], 2))
        _put(buffer, at[udp] + 6, np.zeros((int(udp.sum()), 2), np.uint8))
        _put(buffer, at[packets.dns] + 8, _big_endian(rank[packets.dns] & 0xFFFF, 2))
        tcp = ~udp
        _put(buffer, at[tcp] + 4, _big_endian(packets.seq[tcp] & 0xFFFFFFFF, 4))
        _put(buffer, at[tcp] + 8, _big_endian(packets.ack[tcp] & 0xFFFFFFFF, 4))
        _put(buffer, at[tcp] + 16, np.zeros((int(tcp.sum()), 2), np.uint8))


def write_capture(
    path: Path,
    packets: Packets,
    stamper: Stamper,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write packets (ordered by time) as a nanosecond pcap of link type Ethernet.

    Raises:
        OSError: the file cannot be written.
    """
    total = len(packets.flow)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", MAGIC_NS, 2, 4, 0, 0, SNAPLEN, ETHERNET))
        for start in range(0, total, CHUNK):
            chunk = packets.take(np.arange(start, min(start + CHUNK, total)))
            file.write(stamper.stamp(chunk).tobytes())
            if progress is not None:
                progress(min(start + CHUNK, total), total)
