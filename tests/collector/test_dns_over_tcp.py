"""DNS over TCP (RFC 7766): each message has its length before it, wherever segments are cut."""

import struct
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.meter.layout import REASSEMBLY_BYTES, REASSEMBLY_PACKETS
from tests.collector import frames as f
from tests.collector.outcomes import mutated
from tests.support.metering import meter_file

HOST, OTHER = "ent.lycee.example", "manuel.example"
OTHER_SERVER = "203.0.113.77"
MS = 1_000


def message(host=HOST, server=f.SERVER, **options) -> bytes:
    answer = f.dns_answer(host, [f.cname("edge.example"), f.a(server)], **options)
    return struct.pack(">H", len(answer)) + answer


def exchange(segments, *, handshake=True):
    """A query and the resolver's segments [(offset in its stream, octets)]; then a connection to each server."""
    back = {"source": f.RESOLVER, "target": f.CLIENT, "sport": 53, "dport": 41_000}
    out = {"source": f.CLIENT, "target": f.RESOLVER, "sport": 41_000, "dport": 53}
    frames = []
    if handshake:
        frames += [
            f.tcp_frame(flags=f.SYN, seq=99, **out),
            f.tcp_frame(flags=f.SYN | f.ACK, seq=999, **back),
        ]
    query = f.dns_answer(HOST, [], flags=0x0100)
    frames.append(f.tcp_frame(struct.pack(">H", len(query)) + query, seq=100, **out))
    frames += [f.tcp_frame(data, seq=1_000 + offset, **back) for offset, data in segments]
    frames += [
        f.tcp_frame(flags=f.SYN, target=f.SERVER, dport=443),
        f.tcp_frame(flags=f.SYN, target=OTHER_SERVER, dport=8_443),
    ]
    return [(f.NOON_US + i * MS, frame) for i, frame in enumerate(frames)]


def sites(tmp_path, packets):
    rows = meter_file(f.write(tmp_path / "dns-over-tcp.pcap", packets)).slices.to_pylist()
    return {row["server_port"]: row["site"] for row in rows if row["server_port"] != 53}


def cut(stream: bytes, *places: int):
    edges = [0, *places, len(stream)]
    return [(a, stream[a:b]) for a, b in pairwise(edges)]


BOTH = message() + message(OTHER, OTHER_SERVER)
BEHIND = len(message())


@pytest.mark.parametrize(
    "segments",
    [
        cut(BOTH),
        cut(BOTH, 2),
        cut(BOTH, 1),
        cut(BOTH, 2, BEHIND, BEHIND + 2),
        cut(BOTH, BEHIND - 5),
        cut(BOTH, BEHIND + 1),
        cut(BOTH, *range(20, len(BOTH), 20)),
        cut(BOTH, 30)[::-1],
        [*cut(BOTH, 30), *cut(BOTH, 30)],
        [(0, BOTH[:40]), (20, BOTH[20:])],
    ],
    ids=["in one segment", "length alone", "length cut in two", "each length alone",
         "cut in the first", "length of the second cut", "cut every 20 octets",
         "out of order", "all sent twice", "overlapping"],
)  # fmt: skip
def test_every_answer_of_a_stream_names_the_flow_that_follows(tmp_path, segments):
    assert sites(tmp_path, exchange(segments)) == {443: HOST, 8_443: OTHER}


def test_a_stream_whose_beginning_was_not_seen_is_read_from_the_first_segment_that_was(tmp_path):
    assert sites(tmp_path, exchange(cut(BOTH), handshake=False))[443] == HOST


def test_behind_what_is_no_dns_nothing_is_read(tmp_path):
    assert sites(tmp_path, exchange(cut(b"\0\x05hello" + BOTH)))[443] is None
    assert sites(tmp_path, exchange(cut(message(flags=0x0100) + BOTH)))[443] is None


def test_an_answer_that_says_there_is_no_such_name_does_not_end_the_stream(tmp_path):
    missing = f.dns_answer("no.example", [], flags=0x8183)
    stream = struct.pack(">H", len(missing)) + missing + BOTH
    assert sites(tmp_path, exchange(cut(stream))) == {443: HOST, 8_443: OTHER}


def test_a_stream_is_read_as_far_as_its_bounds_go_and_no_further(tmp_path):
    filler = f.dns_answer("no.example", [f.Answer(16, b"x" * 4_000)])
    padded = struct.pack(">H", len(filler)) + filler
    near, far = padded + BOTH, padded * 3 + BOTH
    assert len(near) < REASSEMBLY_BYTES < len(padded * 3)
    assert sites(tmp_path, exchange(cut(near, 4_000)))[443] == HOST
    assert sites(tmp_path, exchange(cut(far, *range(1_400, len(far), 1_400))))[443] is None
    many = cut(BOTH, *range(1, REASSEMBLY_PACKETS + 5))
    assert sites(tmp_path, exchange(many))[8_443] is None


@given(
    data=mutated([BOTH]) | st.binary(max_size=200),
    places=st.lists(st.integers(1, 150), max_size=6).map(sorted),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_stream_cut_anywhere_is_counted_and_harmless(tmp_path_factory, data, places):
    segments = [part for part in cut(data, *(p for p in places if p < len(data))) if part[1]]
    packets = exchange(segments)
    path = f.write(tmp_path_factory.getbasetemp() / "mutated-dns-over-tcp.pcap", packets)
    totals = meter_file(path).totals
    assert (totals.packets_parsed, totals.gap()) == (len(packets), 0)
