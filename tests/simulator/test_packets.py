"""The packet day against Scapy's own dissection, and against its plan."""

import struct
from collections import Counter
from datetime import date

import numpy as np
import pytest
from scapy.layers.dns import DNS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.tls.handshake import TLSClientHello
from scapy.layers.tls.record import TLS
from scapy.utils import RawPcapReader

from simulator import packets as room
from simulator.packets import write_day
from simulator.pool import MSS
from simulator.quic import DATAGRAM_BYTES, client_keys
from simulator.services import all_hosts
from simulator.wire import SUPER_BYTES

SUNDAY = date(2026, 11, 15)
SEED = 11


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("packets") / "day.pcap"
    return path, write_day(path)


@pytest.fixture(scope="module")
def records(capture):
    """The first packets of the school day: handshakes, names and data of the first lesson."""
    path, plan = capture
    kept = []
    with RawPcapReader(str(path)) as reader:
        for number, (raw, meta) in enumerate(reader):
            if number > 16_000:
                break
            kept.append((raw, meta.wirelen))
    assert plan.packets >= 300_000
    return kept


def _network(frame):
    return frame[IP] if IP in frame else frame[IPv6]


def test_lengths_and_checksums_are_those_scapy_computes(records) -> None:
    seen = Counter()
    for raw, wire in records[::7]:
        frame = Ether(raw)
        network = _network(frame)
        if IP in frame:
            assert network.len + 14 == wire
            again = network.copy()
            again.remove_payload()
            del again.chksum
            again.len = network.len
            assert IP(bytes(again)).chksum == network.chksum
        else:
            assert network.plen + 54 == wire
        assert wire <= SUPER_BYTES + 14
        seen[network.version, TCP in frame] += 1
    assert set(seen) == {(4, True), (4, False), (6, True), (6, False)}


def _hellos(records):
    """Join the client's TLS segments by sequence number: each flow's opening octets."""
    waiting = {}
    for raw, _ in records:
        frame = Ether(raw)
        if TCP not in frame or frame[TCP].dport != 443:
            continue
        network, payload = _network(frame), bytes(frame[TCP].payload)
        key = (network.src, frame[TCP].sport, network.dst)
        if payload[:3] == b"\x16\x03\x01":
            waiting[key] = (frame[TCP].seq + len(payload) & 0xFFFFFFFF, payload)
        elif key in waiting and waiting[key][0] == frame[TCP].seq:
            waiting[key] = (None, waiting[key][1] + payload)
    return [octets for _, octets in waiting.values()]


def test_hellos_carry_the_names_and_half_of_them_span_two_segments(records) -> None:
    known = {host.name for host in all_hosts() if host.name}
    names, split = Counter(), 0
    for hello in _hellos(records):
        length = 5 + struct.unpack("!H", hello[3:5])[0]
        if len(hello) < length:
            continue  # the second segment comes after the sample
        split += length > MSS
        message = TLS(hello[:length]).msg[0]
        assert isinstance(message, TLSClientHello)
        names.update(e.servernames[0].servername.decode() for e in message.ext if e.type == 0)
    assert split > 50
    assert sum(names.values()) > 300
    assert len(names) > 20
    assert set(names) <= known


def test_dns_and_initials_are_captured_whole(records) -> None:
    known = {host.name for host in all_hosts() if host.name}
    answers, initials = Counter(), 0
    for raw, wire in records:
        frame = Ether(raw)
        if DNS in frame:
            assert len(raw) == wire
            answers[frame[DNS].qd[0].qname.decode().rstrip(".")] += 1
        elif UDP in frame and frame[UDP].dport == 443 and len(raw) > DATAGRAM_BYTES:
            assert len(raw) == wire
            initials += 1
    assert initials > 20
    assert len(answers) > 20
    assert set(answers) <= known


def test_plan_counts_what_the_file_holds(capture) -> None:
    path, plan = capture
    octets = np.memmap(path, np.uint8, mode="r")
    place, packets, total = 24, 0, 0
    read = struct.Struct("<IIII").unpack_from
    last = 0
    while place < len(octets):
        seconds, nanoseconds, captured, original = read(octets, place)
        assert seconds * 10**9 + nanoseconds >= last
        last = seconds * 10**9 + nanoseconds
        place += 16 + captured
        packets += 1
        total += original - 14
    assert (packets, total) == (plan.packets, plan.ip_bytes)
    assert plan.ip_bytes == plan.down_bytes + plan.up_bytes
    assert set(plan.names) == {"tls_sni", "quic_sni", "http_host", "dns"}


def test_down_octets_of_a_flow_are_those_of_its_slices(capture) -> None:
    _, plan = capture
    slices, flows = plan.day.slices, plan.day.flows
    want = np.bincount(slices.flow, slices.down_bytes, minlength=len(flows.device))
    heavy = want > 1_000_000
    assert np.allclose(plan.flow_down_bytes[heavy], want[heavy], rtol=0.001)


def test_a_seed_gives_the_same_capture(tmp_path) -> None:
    for name, seed in (("a", SEED), ("b", SEED), ("c", SEED + 1)):
        write_day(tmp_path / name, day=SUNDAY, seed=seed)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_quic_keys_are_those_of_rfc_9001_appendix_a() -> None:
    key, iv, protection = client_keys(bytes.fromhex("8394c8f03e515708"))
    assert key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert iv.hex() == "fa044b2f42a3fd3b46fb255c"
    assert protection.hex() == "9f50449e04a0e810283a1e9933adedd2"


def test_nothing_is_sent_to_an_address_that_belongs_to_somebody(records) -> None:
    for raw, _ in records[::20]:
        network = _network(Ether(raw))
        for address in (network.src, network.dst):
            assert address.startswith(
                ("10.", "198.18.", "192.0.2.", "2001:db8:", "fd7c:6a75:6765:")
            )


def test_the_packet_room_writes_nothing_but_its_file(tmp_path) -> None:
    room.write_day(tmp_path / "only.pcap", day=SUNDAY)
    assert [path.name for path in tmp_path.iterdir()] == ["only.pcap"]
