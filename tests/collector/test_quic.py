"""QUIC Initials (RFC 9001, RFC 9369): vectors, reassembly, everything that is not one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import quic
from collector.quic import Handshakes, QuicReject, client_keys, pull_crypto, pull_varint
from collector.reduce import make_reducer
from tests.collector import frames as f
from tests.collector import quic_packets as q
from tests.collector.outcomes import mutated
from tests.support.metering import meter_file

HOST = "ent.lycee.example"
HELLO = f.client_hello(HOST)
LONG = f.client_hello(HOST, filler=1_400, filler_first=True)
VERSIONS = pytest.mark.parametrize(
    "version", [q.V1, q.V2, q.DRAFT_29, q.MVFST], ids=["v1", "v2", "draft-29", "mvfst draft-27"]
)

# --- vectors of the RFCs ---------------------------------------------------------------------------

RFC_KEYS = [
    ("RFC 9001 A.1", q.V1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
     "9f50449e04a0e810283a1e9933adedd2"),
    ("RFC 9369 A.1", q.V2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
     "45b95e15235d6f45a6b19cbcb0294ba9"),
]  # fmt: skip
RFC_CRYPTO = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000041301"
    "1302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007"
    "000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f5"
    "0f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00"
    "024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f0"
    "3e51570806048000ffff"
)
"""The CRYPTO frame of RFC 9001 A.2 and RFC 9369 A.2: a hello for example.com."""
RFC_PACKETS = [
    ("RFC 9001 A.2", q.V1, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
     "e221af44860018ab0856972e194cd934"),
    ("RFC 9369 A.2", q.V2, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
     "a18b2faa745b6fe189cf772a9f84cbfc"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_", "version", "key", "iv", "hp"), RFC_KEYS, ids=[c[0] for c in RFC_KEYS]
)
def test_keys_of_the_rfc(_, version, key, iv, hp):
    keys = client_keys(version, q.CONNECTION)
    assert (keys.key.hex(), keys.iv.hex(), keys.hp.hex()) == (key, iv, hp)


@pytest.mark.parametrize(
    ("_", "version", "start", "tag"), RFC_PACKETS, ids=[c[0] for c in RFC_PACKETS]
)
def test_packet_of_the_rfc(_, version, start, tag):
    """Built here and equal to the RFC's: its header, first sealed octets, and its tag over it all."""
    packet = q.initial(q.padded(RFC_CRYPTO), q.Shape(version))
    assert len(packet) == 1_200
    assert packet.hex().startswith(start)
    assert packet.hex().endswith(tag)
    assert Handshakes().offer(1, packet) == RFC_CRYPTO[4:]


# --- collecting a hello ---------------------------------------------------------------------------


def offered(*datagrams: bytes) -> tuple[bytes | None, Handshakes]:
    handshakes = Handshakes()
    return [handshakes.offer(7, datagram) for datagram in datagrams][-1], handshakes


@VERSIONS
def test_one_datagram_holds_the_hello(version):
    assert offered(q.initial(q.padded(q.crypto(0, HELLO)), q.Shape(version)))[0] == HELLO


@VERSIONS
@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "second first"])
def test_shuffled_and_split_frames_over_two_datagrams(version, swapped):
    one, two, three, four, five, six = q.cut(LONG, 3, 90, 700, 1_000, 1_300)
    shape = q.Shape(version)
    datagrams = [
        q.initial(q.padded(four + b"\x01" + two + b"\0\0" + one), shape),
        q.initial(q.padded(six + b"\x02\0\0\0\0" + three + five), q.Shape(version, number=3)),
    ]
    assert offered(*(datagrams[::-1] if swapped else datagrams))[0] == LONG


def test_overlapping_and_repeated_frames():
    frames = [q.crypto(0, HELLO[:60]), q.crypto(40, HELLO[40:]), q.crypto(0, HELLO[:9])]
    assert offered(q.initial(q.padded(b"".join(frames))))[0] == HELLO


def test_two_initials_coalesced_in_one_datagram():
    one, two = q.cut(HELLO, 50)
    assert offered(q.initial(one) + q.initial(two, q.Shape(number=3)))[0] == HELLO


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_each_length_of_packet_number(size):
    packet = q.initial(q.padded(q.crypto(0, HELLO)), q.Shape(number=1, number_bytes=size))
    assert offered(packet)[0] == HELLO


def test_after_retry_the_keys_follow_the_new_connection_id_and_a_token_is_skipped():
    fresh = q.Shape(connection=b"server-id", token=b"t" * 90)
    before = q.initial(q.padded(q.crypto(0, HELLO[:100])))
    assert offered(before, q.initial(q.padded(q.crypto(0, HELLO)), fresh))[0] == HELLO


def test_a_later_initial_to_the_servers_id_opens_with_the_first_keys():
    one, two = q.cut(LONG, 1_000)
    second = q.Shape(connection=b"chosen", keyed_by=q.CONNECTION, number=3)
    assert offered(q.initial(q.padded(one)), q.initial(q.padded(two), second))[0] == LONG


def test_an_acknowledgement_before_the_hello():
    for ack in (b"\x02\x05\x00\x01\x00\x01\x01", b"\x03\x05\x00\x00\x00\x01\x02\x03"):
        assert offered(q.initial(q.padded(ack + q.crypto(0, HELLO))))[0] == HELLO


ZERO_RTT = b"\xd0" + q.initial(b"")[1:15] + q.varint(40, 2) + b"z" * 40
"""Early data with the ids of an Initial (RFC 9000 section 17.2.3): nobody but the server opens it."""


@pytest.mark.parametrize(
    "datagrams",
    [[q.initial(q.crypto(0, HELLO)) + ZERO_RTT], [ZERO_RTT + q.initial(q.crypto(0, HELLO))],
     [ZERO_RTT, q.initial(q.padded(q.crypto(0, HELLO)))]],
    ids=["behind the Initial", "before it", "in a datagram before it"],
)  # fmt: skip
def test_early_data_beside_the_hello_changes_nothing(datagrams):
    assert offered(*datagrams)[0] == HELLO


def test_a_first_packet_that_was_lost_comes_again_under_another_number():
    """The capture missed the first half; the client sends it again (RFC 9002 section 6.2)."""
    one, two = q.cut(LONG, 1_000)
    late, again = (
        q.initial(q.padded(x), q.Shape(number=n)) for n, x in enumerate([two, one], start=1)
    )
    assert offered(late, again)[0] == LONG


def test_a_new_source_id_and_packet_numbers_between_two_initials_change_nothing():
    """After version negotiation a client keeps its keys' id and may choose any other (RFC 9000)."""
    one, two = q.cut(LONG, 1_000)
    shapes = q.Shape(number=0, number_bytes=1), q.Shape(number=70_000, number_bytes=4)
    packets = [q.initial(q.padded(x), shape) for x, shape in zip((one, two), shapes, strict=True)]
    assert offered(*packets)[0] == LONG


def test_version_negotiation_another_version_begins_anew():
    first = q.initial(q.padded(q.crypto(0, HELLO)), q.Shape(q.V1))
    second = q.initial(q.padded(q.crypto(0, HELLO)), q.Shape(q.V2, connection=b"another1"))
    assert offered(first[:900], second)[0] == HELLO


def test_a_gap_gives_what_is_before_it():
    one, _, three = q.cut(LONG, 400, 900)
    assert offered(q.initial(q.padded(one + three)))[0] == LONG[:400]


def test_the_servers_initial_does_not_open_with_the_clients_keys():
    _, handshakes = offered(q.initial(q.padded(q.crypto(0, HELLO)), q.Shape(side="server in")))
    assert handshakes.rejected[QuicReject.KEYS] == 1


# --- outcomes --------------------------------------------------------------------------------------

WHOLE = q.initial(q.padded(q.crypto(0, HELLO)))
RETRY = b"\xf0" + WHOLE[1:15] + b"token and tag"
REJECTED = [
    (QuicReject.VERSION, b"\xc0\x0a\x0a\x0a\x0a" + WHOLE[5:]),
    (QuicReject.TRUNCATED, WHOLE[:900]),
    (QuicReject.TRUNCATED, WHOLE[:5] + b"\x15" + b"c" * 21 + WHOLE[14:]),
    (QuicReject.NOT_INITIAL, RETRY),
    (QuicReject.NOT_INITIAL, b"\xd0" + WHOLE[1:15] + b"\x20" + b"z" * 32),
    (QuicReject.KEYS, WHOLE[:-1] + bytes([WHOLE[-1] ^ 1])),
    (QuicReject.FRAMES, q.initial(q.padded(b"") + b"\x06\x00\x41")),
]


@pytest.mark.parametrize(("reason", "datagram"), REJECTED, ids=[c[0].value for c in REJECTED])
def test_each_reason_to_reject(reason, datagram):
    stream, handshakes = offered(datagram)
    assert stream is None
    assert {r for r, n in handshakes.rejected.items() if n} == {reason}


def test_no_reason_is_left_without_a_test():
    assert {reason for reason, _ in REJECTED} == set(QuicReject)


def test_cut_at_each_octet_nothing_comes_out_and_nothing_breaks():
    assert {offered(WHOLE[:n])[0] for n in range(len(WHOLE))} == {None}


@given(data=mutated([WHOLE, WHOLE[:60], RETRY]) | st.binary(max_size=80))
def test_a_mutated_datagram_is_a_stream_nothing_or_a_reason(data):
    stream, _ = offered(data)
    assert stream is None or isinstance(stream, bytes)


@given(payload=mutated([q.crypto(0, HELLO), b"\x02\x05\x00\x01\x00\x01\x01" + q.crypto(3, b"abc")]))
def test_mutated_frames_stay_inside_the_payload(payload):
    for offset, data in pull_crypto(payload) or []:
        assert offset >= 0
        assert data in payload


def test_an_acknowledgement_of_a_milliard_ranges_ends():
    assert pull_crypto(b"\x02\x05\x00" + q.varint(10**9) + b"\x00" * 50) is None


@given(value=st.integers(0, 2**62 - 1), size=st.sampled_from([1, 2, 4, 8]))
def test_variable_length_integers(value, size):
    written = q.varint(value, size)
    assert pull_varint(written + b"x", 0) == (value, len(written))
    assert [pull_varint(written[:n], 0) for n in range(len(written))] == [None] * len(written)


# --- bounds ----------------------------------------------------------------------------------------


def test_hellos_in_progress_are_bounded_and_the_oldest_gives_way():
    handshakes = Handshakes()
    half, rest = (q.initial(q.padded(part)) for part in q.cut(LONG, 900))
    for flow in range(quic.FLOWS_MAX + 1):
        handshakes.offer(flow, half)
    assert handshakes.offer(1, rest) == LONG
    assert handshakes.offer(0, rest) == b""


@settings(max_examples=20)
@given(offsets=st.lists(st.integers(0, 2**30), max_size=30))
def test_a_hello_is_collected_up_to_its_bound(offsets):
    frames = b"".join(q.crypto(offset, b"x" * 9) for offset in offsets)
    stream, _ = offered(q.initial(q.padded(frames)))
    assert len(stream or b"") <= quic.CRYPTO_MAX


# --- through the meter -----------------------------------------------------------------------------


def in_flow(tmp_path, payloads, *, gap_us=1_000, **options):
    """The row of one flow whose client sends these datagrams."""
    frames = [f.udp_frame(payload, dport=443) for payload in payloads]
    packets = [(f.NOON_US + i * gap_us, frame) for i, frame in enumerate(frames)]
    metered = meter_file(f.write(tmp_path / "flow.pcap", packets), **options)
    return metered.slices.to_pylist()[0]


@pytest.mark.parametrize(
    ("host", "ech", "flagged"),
    [("cloudflare-ech.com", True, True), ("www.lycee.example", True, False)],
    ids=["outer hello", "GREASE"],
)
def test_ech_inside_quic_is_flagged_only_with_an_outer_name(tmp_path, host, ech, flagged):
    hello = q.initial(q.padded(q.crypto(0, f.client_hello(host, ech=ech))))
    row = in_flow(tmp_path, [hello], reduce=make_reducer(lambda name: name))
    assert (row["site"], row["site_source"], row["ech"]) == (host, "quic_sni", flagged)


@pytest.mark.parametrize(("before", "named"), [(7, True), (8, False)])
def test_a_hello_is_looked_for_in_the_clients_first_datagrams(tmp_path, before, named):
    hello = q.initial(q.padded(q.crypto(0, HELLO)))
    row = in_flow(tmp_path, [b"\x00" * 30] * before + [hello])
    assert (row["site"] == HOST) == named


@pytest.mark.parametrize(("wait_s", "named"), [(15, True), (29, True), (31, False)])
def test_a_hello_is_waited_for_so_many_seconds(tmp_path, wait_s, named):
    one, two = (q.initial(q.padded(part)) for part in q.cut(LONG, 1_400))
    row = in_flow(tmp_path, [one, two], gap_us=wait_s * 1_000_000)
    assert (row["site"] == HOST) == named


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(3)), version=st.sampled_from([q.V1, q.V2, q.DRAFT_29, q.MVFST]))
def test_the_flow_gets_the_name_whatever_the_order(tmp_path_factory, order, version):
    parts = q.cut(LONG, 500, 1_000)
    sent = [
        f.udp_frame(q.initial(q.padded(parts[i]), q.Shape(version, number=i)), dport=443)
        for i in order
    ]
    path = tmp_path_factory.getbasetemp() / "quic.pcap"
    metered = meter_file(f.write(path, [(f.NOON_US + i, frame) for i, frame in enumerate(sent)]))
    row = metered.slices.to_pylist()[0]
    assert (row["site"], row["site_source"]) == (HOST, "quic_sni")
    assert metered.totals.names == {"quic_sni": 1}
