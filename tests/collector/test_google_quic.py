"""Google's QUIC before RFC 9000: the CHLO in the client's first packet names the flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import gquic
from collector.meter.layout import MORE, REJECT, VALUE
from collector.quic import Handshakes, QuicReject
from tests.collector import frames as f
from tests.collector import google_quic as g
from tests.collector import quic_packets as q
from tests.collector.outcomes import OUTCOMES, mutated, prefixes
from tests.support.metering import meter_file

HOST = "ent.lycee.example"
CHLO = g.chlo(HOST)
OF_TAGS = ["Q024", "Q025", "Q030", "Q033", "Q034", "Q035", "Q038", "Q039", "Q043", "Q046", "Q050"]
HELLOS = dict.fromkeys(OF_TAGS, CHLO) | {
    version: f.client_hello(HOST) for version in ("T050", "T051")
}
versions = pytest.mark.parametrize(("version", "hello"), HELLOS.items(), ids=HELLOS)

# --- the message ---------------------------------------------------------------------------------


def read(message: bytes) -> tuple[int, str]:
    outcome, offset, length = gquic.pull_chlo(message)
    assert 0 <= offset <= offset + length <= len(message)
    return outcome, message[offset : offset + length].decode("latin-1")


@pytest.mark.parametrize(
    "message",
    [CHLO, g.chlo(HOST, before=()), g.chlo(HOST, after=()), g.chlo(HOST, before=(("PAD", b""),))],
    ids=["between others", "first", "last", "behind an empty value"],
)
def test_a_whole_message_gives_its_name(message):
    assert read(message) == (VALUE, HOST)


def test_a_message_without_a_name_is_a_value_without_a_name():
    assert read(g.chlo(None)) == (VALUE, "")


@pytest.mark.parametrize("message", [CHLO, g.chlo(HOST, after=())])
def test_every_prefix_up_to_the_name_asks_for_more_and_never_gives_half_a_name(message):
    end = message.index(HOST.encode()) + len(HOST)
    seen = [read(part) for part in prefixes(message)]
    assert set(seen[:end]) == {(MORE, "")}
    assert set(seen[end:]) == {(VALUE, HOST)}


def test_octets_behind_the_message_change_nothing():
    assert read(CHLO + b"CHLO\x01\0\0\0SNI\0") == (VALUE, HOST)


@pytest.mark.parametrize(
    "message",
    [
        b"SHLO" + CHLO[4:],
        b"CHLX",
        g.chlo("x" * 254),
        b"CHLO" + (gquic.TAGS_MAX + 1).to_bytes(2, "little") + CHLO[6:],
        CHLO[:12] + b"\xff\xff\xff\x7f" + CHLO[16:],
        CHLO[:20] + b"\x01\0\0\0" + CHLO[24:],
    ],
    ids=["a server's", "another word", "a name of 254", "too many tags", "2 GiB", "going back"],
)
def test_what_is_no_client_hello_is_rejected(message):
    assert read(message)[0] == REJECT


@given(message=mutated([CHLO, g.chlo(None)]) | st.binary(max_size=100))
def test_a_mutated_message_has_one_of_three_outcomes(message):
    assert read(message)[0] in OUTCOMES


# --- the packet ----------------------------------------------------------------------------------


@versions
def test_the_first_packet_of_each_version_gives_its_hello(version, hello):
    assert Handshakes().offer(1, g.first_packet(version, hello)) == hello


@pytest.mark.parametrize("number_size", [1, 2, 4, 6])
def test_each_length_of_packet_number(number_size):
    packet = g.public(39, g.stream(CHLO), number_size=number_size)
    assert gquic.pull_handshake(packet) == CHLO


@pytest.mark.parametrize(
    "frames",
    [
        g.stream(CHLO, offset=1_024, offset_size=2),
        g.stream(CHLO, number_size=4),
        g.stream(CHLO, offset_size=8),
        b"\x80\x01" + CHLO,
        b"\x07\0\0" + g.stream(CHLO),
        g.stream(CHLO) + b"\0" * 90,
    ],
    ids=["the second hello, after a rejection", "wide stream id", "wide offset", "without a length",
         "behind ping and padding", "padding behind"],
)  # fmt: skip
def test_shapes_of_the_stream_frame(frames):
    assert gquic.pull_handshake(g.public(43, frames)) == CHLO


WHOLE = g.public(43, g.stream(CHLO))
REJECTED = [
    (QuicReject.VERSION, g.public(23, g.stream(CHLO))),
    (QuicReject.VERSION, g.public(44, g.stream(CHLO))),
    (QuicReject.VERSION, WHOLE.replace(b"Q043", b"Q0x3")),
    (QuicReject.TRUNCATED, WHOLE[:27]),
    (QuicReject.TRUNCATED, WHOLE[:29]),
    (QuicReject.TRUNCATED, g.long_clear(g.stream(CHLO)).replace(b"Q046\x50", b"Q046\x55")),
    (QuicReject.NOT_INITIAL, g.long_clear(g.stream(CHLO), kind=1)),
    (QuicReject.FRAMES, g.public(43, b"\x06" + g.stream(CHLO))),
    (QuicReject.FRAMES, g.public(43, g.stream(CHLO, number=3))),
]


@pytest.mark.parametrize(("reason", "packet"), REJECTED)
def test_each_reason_to_reject(reason, packet):
    handshakes = Handshakes()
    assert handshakes.offer(1, packet) is None
    assert {why for why, n in handshakes.rejected.items() if n} == {reason}


@pytest.mark.parametrize(
    "data",
    [b"", b"\x09", WHOLE[:12], b"\x0b" + WHOLE[1:], b"\x01" + WHOLE[1:], b"\x49" + WHOLE[1:],
     g.long_clear(b"").replace(b"Q046", b"Q045"), q.initial(q.padded(b""))],
    ids=["nothing", "one octet", "cut in the version", "reset", "no connection id", "short header",
         "Q045", "version 1"],
)  # fmt: skip
def test_other_datagrams_are_not_taken_for_one_in_clear(data):
    assert not gquic.in_clear(data)


@pytest.mark.parametrize("packet", [WHOLE, g.long_clear(g.stream(CHLO))], ids=["Q043", "Q046"])
def test_cut_at_each_octet_a_packet_gives_what_is_there_of_the_hello_or_a_reason(packet):
    for part in prefixes(packet):
        if gquic.in_clear(part):
            got = gquic.pull_handshake(part)
            assert isinstance(got, QuicReject) or CHLO.startswith(got)
    assert got == CHLO


@given(data=mutated([WHOLE, g.long_clear(g.stream(CHLO)), g.public(25, g.stream(CHLO))]))
def test_a_mutated_packet_is_a_hello_or_a_reason(data):
    if gquic.in_clear(data):
        got = gquic.pull_handshake(data)
        assert isinstance(got, QuicReject) or got in data


# --- through the meter ---------------------------------------------------------------------------


def test_the_flow_of_each_version_gets_its_name(tmp_path):
    packets = [
        f.udp_frame(g.first_packet(version, hello), dport=443, sport=20_000 + i)
        for i, (version, hello) in enumerate(HELLOS.items())
    ]
    path = f.write(tmp_path / "google.pcap", [(f.NOON_US + i, x) for i, x in enumerate(packets)])
    metered = meter_file(path)
    rows = metered.slices.to_pylist()
    assert {(row["site"], row["site_source"]) for row in rows} == {(HOST, "quic_sni")}
    assert metered.totals.names == {"quic_sni": len(HELLOS)}
