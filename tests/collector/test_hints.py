"""Protocol hints: harmless ones need one sign, accusing ones two, from both ends and fitting.

Payloads are built here by hand from the documents that define them, cited beside each.
"""

import json
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.facts import APP_CATEGORY
from collector.meter.hints import APP_WORDS, HINT_TRIES
from collector.reduce import make_reducer
from collector.sources.files import NotACapture
from school.words import PROTOCOLS
from tests.captures.foreign import CAPTURES, EXPECTED, needs_captures
from tests.collector import frames as f
from tests.support.metering import meter_file

GOLDEN = Path(__file__).parents[1] / "golden"
UP, DOWN = True, False
STEP_US = 1_000


@dataclass(frozen=True, slots=True)
class Said:
    """The payloads of one flow."""

    transport: str
    port: int
    turns: tuple[tuple[bool, bytes], ...]
    """Each payload with who says it: UP is the client."""


def _frames(said: Said, client_port: int) -> list[bytes]:
    sent = {UP: 1_000, DOWN: 9_000}
    built = []
    for up, payload in said.turns:
        ends = {"source": f.CLIENT, "target": f.SERVER, "sport": client_port, "dport": said.port}
        if not up:
            ends = dict(zip(ends, (f.SERVER, f.CLIENT, said.port, client_port), strict=True))
        if said.transport == "udp":
            built.append(f.udp_frame(payload, **ends))
        else:
            built.append(f.tcp_frame(payload, seq=sent[up], flags=f.PSH | f.ACK, **ends))
            sent[up] += len(payload)
    return built


def hints(path: Path, flows: list[Said]) -> list[str]:
    """Meter the flows in one capture; return the hints that were given, sorted."""
    every = [frame for i, said in enumerate(flows) for frame in _frames(said, 50_000 + i)]
    f.write(path, [(f.NOON_US + i * STEP_US, frame) for i, frame in enumerate(every)])
    metered = meter_file(path)
    assert metered.totals.flows == len([said for said in flows if said.turns])
    rows = metered.slices.to_pylist()
    return sorted({row["flow"]: row["app"] for row in rows if row["app"]}.values())


def hint(tmp_path: Path, transport: str, port: int, *turns: tuple[bool, bytes]) -> str | None:
    """Return the hint of one flow."""
    return next(iter(hints(tmp_path / "flow.pcap", [Said(transport, port, turns)])), None)


# --- harmless: one sign ---------------------------------------------------------------------------


def rtp(sequence: int, source: int = 0xCAFE0001) -> bytes:
    """RFC 3550 section 5.1: version 2, payload type 111, time stamp, source."""
    return struct.pack(">BBHII", 0x80, 111, sequence, 960 * sequence, source) + b"\x5a" * 60


STUN = struct.pack(">HHI", 0x0001, 0, 0x2112A442) + b"transaction1"  # RFC 8489 section 5
DTLS = b"\x16\xfe\xfd" + b"\0\0" + b"\0" * 6 + b"\0\x20" + b"\x01" * 32  # RFC 6347 section 4.1
DTLS_1_0 = b"\x16\xfe\xff" + DTLS[3:]
SSH = b"SSH-2.0-OpenSSH_9.9\r\n"  # RFC 4253 section 4.2
ICY = b"ICY 200 OK\r\nicy-name:radio\r\n\r\n"  # Shoutcast 1
ICECAST = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nIcy-Br: 128\r\n\r\n"
RTSP = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"  # RFC 2326 section 7
SMB_1 = struct.pack(">I", 35) + b"\xffSMB\x72" + b"\0" * 30  # [MS-CIFS] 2.2.3.1
SMB_2 = struct.pack(">I", 68) + b"\xfeSMB\x40\0" + b"\0" * 62  # [MS-SMB2] 2.2.1
RDP = b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"  # [MS-RDPBCGR] 2.2.1.1, X.224
NTP = b"\x23" + b"\0" * 47  # RFC 5905 section 7.3: version 4, mode 3
PDU = b"\xa0\x1c" + b"\x02\x01\x01\x02\x01\0\x02\x01\0" + b"\x30\x11" + b"\0" * 17
COMMUNITY = b"\x02\x01\x01\x04\x06public"
SNMP = b"\x30" + bytes([len(COMMUNITY + PDU)]) + COMMUNITY + PDU  # RFC 3416, BER
SNMP_LONG = b"\x30\x82\x01\x2c" + COMMUNITY + PDU + b"\0" * 260  # long form of the length
QUERY = f.dns_answer("a.example.com", [], flags=0x0100)
DOT = f.tls_records(f.client_hello(None))  # RFC 7858 section 3.1
DOQ = b"\xc3\0\0\0\x01\x08" + bytes(range(8)) + b"\0" * 30  # RFC 9250, RFC 9000 section 17.2

HARMLESS = {
    "STUN": ("stun", "udp", 3_478, STUN),
    "DTLS 1.2": ("dtls", "udp", 40_001, DTLS),
    "DTLS 1.0": ("dtls", "udp", 40_001, DTLS_1_0),
    "SSH": ("ssh", "tcp", 22, SSH),
    "SSH elsewhere": ("ssh", "tcp", 443, SSH),
    "Shoutcast": ("icy", "tcp", 8_000, ICY),
    "Icecast": ("icy", "tcp", 80, ICECAST),
    "RTSP": ("rtsp", "tcp", 554, RTSP),
    "SMB 1": ("smb", "tcp", 445, SMB_1),
    "SMB 2": ("smb", "tcp", 445, SMB_2),
    "RDP": ("rdp", "tcp", 3_389, RDP),
    "NTP": ("ntp", "udp", 123, NTP),
    "SNMP": ("snmp", "udp", 161, SNMP),
    "SNMP, length in the long form": ("snmp", "udp", 161, SNMP_LONG),
    "DNS": ("dns", "udp", 53, QUERY),
    "DNS over TCP": ("dns", "tcp", 53, struct.pack(">H", len(QUERY)) + QUERY),
    "DNS over TLS": ("dot", "tcp", 853, DOT),
    "DNS over QUIC": ("doq", "udp", 853, DOQ),
}
"""Situation: (hint, transport, port, payload)."""


@pytest.mark.parametrize("up", [UP, DOWN], ids=["client", "server"])
@pytest.mark.parametrize("name", HARMLESS)
def test_one_payload_of_a_harmless_protocol_says_it(tmp_path, name, up):
    word, transport, port, payload = HARMLESS[name]
    assert hint(tmp_path, transport, port, (up, payload)) == word


def test_rtp_is_four_packets_of_one_source_in_sequence(tmp_path):
    run = [(UP, rtp(n)) for n in (65_534, 65_535, 0, 1)]
    assert hint(tmp_path, "udp", 5_004, *run) == "rtp"
    assert hint(tmp_path, "udp", 5_004, *run[:3]) is None
    assert hint(tmp_path, "udp", 5_004, *[(UP, rtp(1_000 * n)) for n in range(8)]) is None
    assert hint(tmp_path, "udp", 5_004, *[(UP, rtp(n, source=n)) for n in range(8)]) is None


# --- accusing: two signs --------------------------------------------------------------------------


def handshake(info_hash: bytes, peer: bytes) -> bytes:
    """BEP 3, peer protocol: 19, name, eight reserved octets, info-hash, peer id."""
    return b"\x13BitTorrent protocol" + b"\0" * 5 + b"\x10\0\x05" + info_hash + peer


PEERS = (b"-TR4060-aaaaaaaaaaaa", b"-qB5000-bbbbbbbbbbbb")
INFO_HASH, OTHER_HASH = b"0123456789abcdefghij", b"9123456789abcdefghij"

DHT_PING = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"  # BEP 5, its own example
DHT_PONG = b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"
DHT_PONG_V4 = b"d2:ip6:\xcb\0\x71\x09\xc8\xd5" + DHT_PONG[1:]  # BEP 42: the asker's address
DHT_PONG_V6 = b"d2:ip18:" + b"\x20\x01" + b"\0" * 14 + b"\xc8\xd5" + DHT_PONG[1:]
DHT_FIND = (
    b"d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e"
    b"1:q9:find_node1:t8:\x88\xd21:y\xa1\t\xd01:v4:LT\x01\x021:y1:qe"
)
DHT_FOUND = (
    b"d1:rd2:id20:0123456789abcdefghij5:nodes26:" + b"1:t2:zz" * 3 + b"1:t2:"
    b"e1:t8:\x88\xd21:y\xa1\t\xd01:v4:UT\x01\x021:y1:re"
)


def utp(kind: int, connection: int, *, sequence=1, acknowledged=0) -> bytes:
    """BEP 29: type and version, extension, connection id, times, window, numbers."""
    numbers = struct.pack(">III", 1_000_000, 0, 0x100000)
    return (
        struct.pack(">BBH", kind << 4 | 1, 0, connection)
        + numbers
        + struct.pack(">HH", sequence, acknowledged)
    )


UTP_STATE, UTP_SYN = 2, 4


def wireguard_initiation(sender: int) -> bytes:
    """WireGuard section 5.4.2: 148 octets."""
    return struct.pack("<II", 1, sender) + b"\x9c" * 140


def wireguard_response(sender: int, receiver: int) -> bytes:
    """WireGuard section 5.4.3: 92 octets."""
    return struct.pack("<III", 2, sender, receiver) + b"\x9d" * 80


SESSIONS = (b"client-8", b"server-8")


def openvpn_client(session: bytes = SESSIONS[0], *, hmac=b"", opcode=7) -> bytes:
    """draft-openvpn-wire-protocol: P_CONTROL_HARD_RESET_CLIENT_V2, no acknowledgement, packet 0."""
    return bytes([opcode << 3]) + session + hmac + b"\0" + b"\0\0\0\0"


def openvpn_server(acknowledged: bytes = SESSIONS[0], *, hmac=b"") -> bytes:
    """P_CONTROL_HARD_RESET_SERVER_V2: one acknowledgement, the client's session, packet 0."""
    return b"\x40" + SESSIONS[1] + hmac + b"\x01" + b"\0\0\0\0" + acknowledged + b"\0\0\0\0"


def prefixed(payload: bytes) -> bytes:
    return struct.pack(">H", len(payload)) + payload


HMAC = b"\xa5" * 20 + b"\0\0\0\x01" + b"\x66\0\0\0"  # tls-auth: HMAC, packet id, time
WG_A, WG_B = 0x11223344, 0x55667788


@dataclass(frozen=True, slots=True)
class Accusing:
    """An accusing hint: the first sign, the answer to it, and one that answers something else."""

    word: str
    transport: str
    port: int
    first: bytes
    answer: bytes
    foreign: bytes


ACCUSING = {
    "BitTorrent": Accusing(
        "bittorrent", "tcp", 6_881, handshake(INFO_HASH, PEERS[0]),
        handshake(INFO_HASH, PEERS[1]), handshake(OTHER_HASH, PEERS[1]),
    ),
    "DHT ping": Accusing(
        "bittorrent_dht", "udp", 6_881, DHT_PING, DHT_PONG, DHT_PONG.replace(b"2:aa", b"2:bb")
    ),
    "DHT answer with an IPv4 address": Accusing(
        "bittorrent_dht", "udp", 6_881, DHT_PING, DHT_PONG_V4, DHT_PONG_V4.replace(b":aa", b":a")
    ),
    "DHT answer with an IPv6 address": Accusing(
        "bittorrent_dht", "udp", 6_881, DHT_PING, DHT_PONG_V6, DHT_PONG_V6.replace(b"2:aa", b"2:ba")
    ),
    "DHT find_node": Accusing(
        "bittorrent_dht", "udp", 6_881, DHT_FIND, DHT_FOUND,
        DHT_FOUND.replace(b"\x88\xd21:y", b"\x88\xd31:y"),
    ),
    "uTP": Accusing(
        "bittorrent_utp", "udp", 6_881, utp(UTP_SYN, 4_711),
        utp(UTP_STATE, 4_711, sequence=900, acknowledged=1), utp(UTP_STATE, 4_712, acknowledged=1),
    ),
    "WireGuard": Accusing(
        "wireguard", "udp", 51_820, wireguard_initiation(WG_A),
        wireguard_response(WG_B, WG_A), wireguard_response(WG_A, WG_B),
    ),
    "OpenVPN": Accusing(
        "openvpn", "udp", 1_194, openvpn_client(), openvpn_server(), openvpn_server(b"elsewhere"[:8])
    ),
    "OpenVPN on another port": Accusing(
        "openvpn", "udp", 443, openvpn_client(), openvpn_server(), openvpn_server(b"another8")
    ),
    "OpenVPN with tls-auth": Accusing(
        "openvpn", "udp", 1_194, openvpn_client(hmac=HMAC), openvpn_server(hmac=HMAC),
        openvpn_server(b"another8", hmac=HMAC),
    ),
    "OpenVPN with tls-crypt-v2": Accusing(
        "openvpn", "udp", 1_194, openvpn_client(hmac=HMAC, opcode=10), openvpn_server(hmac=HMAC),
        openvpn_server(b"another8", hmac=HMAC),
    ),
    "OpenVPN over TCP": Accusing(
        "openvpn", "tcp", 443, prefixed(openvpn_client()), prefixed(openvpn_server()),
        prefixed(openvpn_server(b"another8")),
    ),
}  # fmt: skip
WORDS = {case.word for case in ACCUSING.values()}
accusing = pytest.mark.parametrize("case", ACCUSING.values(), ids=ACCUSING)


def test_every_word_has_its_situation():
    said = {word for word, *_ in HARMLESS.values()} | {"rtp", "doh", "bittorrent_lsd"} | WORDS
    assert said == set(APP_WORDS) - {None}


@pytest.mark.parametrize("first", [UP, DOWN], ids=["client first", "server first"])
@accusing
def test_two_fitting_signs_accuse_whoever_begins(tmp_path, case, first):
    turns = ((first, case.first), (not first, case.answer))
    assert hint(tmp_path, case.transport, case.port, *turns) == case.word


@accusing
def test_anything_less_says_nothing(tmp_path, case):
    first, answer, foreign = case.first, case.answer, case.foreign
    less = {
        "the first sign alone": [(UP, first)],
        "the first sign, again and again": [(UP, first)] * HINT_TRIES,
        "the answer alone": [(DOWN, answer)],
        "the answer from the same side": [(UP, first), (UP, answer)],
        "an answer to something else": [(UP, first), (DOWN, foreign)],
        "an answer cut in half": [(UP, first), (DOWN, answer[: len(answer) // 2])],
        "something else": [(UP, first), (DOWN, b"\x17\x03\x03\0\x30" + b"\x5c" * 48)],
    }
    if first[:20] != answer[:20]:  # BitTorrent's two signs are alike
        less["the answer before"] = [(DOWN, answer), (UP, first)]
    for what, turns in less.items():
        assert (what, hint(tmp_path, case.transport, case.port, *turns)) == (what, None)


@accusing
def test_beyond_the_bound_nobody_looks(tmp_path, case):
    talk = ((UP, b"\x5c" * 40), (DOWN, b"\x5c" * 40)) * (HINT_TRIES // 2)
    turns = (*talk, (UP, case.first), (DOWN, case.answer))
    assert hint(tmp_path, case.transport, case.port, *turns) is None
    turns = (*talk[2:], (UP, case.first), (DOWN, case.answer))
    assert hint(tmp_path, case.transport, case.port, *turns) == case.word


def test_a_session_of_zeros_is_no_sign_of_openvpn(tmp_path):
    """A session id is random (OpenVPN's session_id_defined() refuses 0): zeros are padding."""
    turns = ((UP, b"\x38" + b"\0" * 40), (DOWN, b"\x40" + b"\0" * 40))
    assert hint(tmp_path, "udp", 27_015, *turns) is None


# --- no false alarm -------------------------------------------------------------------------------

BATCH, BATCHES = 20, 100
FLOW = st.builds(
    Said,
    st.sampled_from(["tcp", "udp"]),
    st.sampled_from([443, 1_194, 6_881, 51_820, 3_389, 40_000]),
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=64)), max_size=4).map(tuple),
)


@given(flows=st.lists(FLOW, min_size=BATCH, max_size=BATCH))
@settings(max_examples=BATCHES, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_payloads_never_accuse(tmp_path_factory, flows):
    path = tmp_path_factory.getbasetemp() / "random.pcap"
    assert WORDS.isdisjoint(hints(path, flows))


@given(data=st.data())
@settings(max_examples=BATCHES, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_sign_answered_by_random_octets_never_accuses(tmp_path_factory, data):
    """Lengths and up to four octets as the protocol has them (of uTP, so the connection's id too)."""
    flows = []
    for case in ACCUSING.values():
        head = data.draw(st.integers(0, 4))
        tail = data.draw(
            st.binary(min_size=len(case.answer) - head, max_size=len(case.answer) - head)
        )
        answer = case.answer[:head] + tail
        if answer != case.answer:
            flows.append(Said(case.transport, case.port, ((UP, case.first), (DOWN, answer))))
    path = tmp_path_factory.getbasetemp() / "answered.pcap"
    assert WORDS.isdisjoint(hints(path, flows))


PLAIN = sorted(path for path in GOLDEN.glob("*.pcap") if "bittorrent" not in path.stem)


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_recorded_browsing_never_accuses(path):
    """HTTPS, QUIC, DNS, HTTP and streams, recorded of real programs."""
    apps = meter_file(path).slices["app"].to_pylist()
    assert apps
    assert WORDS.isdisjoint(apps)


def test_recorded_bittorrent_is_called_that():
    apps = meter_file(GOLDEN / "bittorrent-between-two-peers.pcap").slices["app"].to_pylist()
    assert "bittorrent" in apps


NDPI_NAMES = {"bittorrent": "BitTorrent", "wireguard": "WireGuard", "openvpn": "OpenVPN"}


def _accused(path: Path) -> Counter[str]:
    """Count the accused flows of a capture by protocol, in nDPI's words."""
    try:
        rows = meter_file(path).slices.to_pylist()
    except NotACapture:
        return Counter()
    apps = {row["flow"]: row["app"] for row in rows if row["app"] in WORDS}
    return Counter(NDPI_NAMES[app.split("_")[0]] for app in apps.values())


@pytest.mark.slow
@needs_captures
def test_no_flow_of_other_projects_captures_is_accused_that_ndpi_does_not_accuse():
    agreed: Counter[tuple[str, str]] = Counter()
    for line in EXPECTED.read_text().splitlines():
        flow = json.loads(line)
        agreed[flow["pcap"], flow["ndpi_master"]] += 1
    accused = {
        (path.name, word): number
        for path in sorted(CAPTURES.iterdir())
        for word, number in _accused(path).items()
    }
    assert {key: n for key, n in accused.items() if n > agreed[key]} == {}
    assert sum(accused.values()) >= 14


# --- by group, by name ----------------------------------------------------------------------------


ANNOUNCEMENT = (
    b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 51413\r\n"
    b"Infohash: 0123456789abcdef0123456789abcdef01234567\r\n\r\n\r\n"
)


@pytest.mark.parametrize(
    ("client", "group", "port", "payload", "word"),
    [
        (f.CLIENT, "239.192.152.143", 6_771, ANNOUNCEMENT, "bittorrent_lsd"),
        ("fe80::5", "ff15::efc0:988f", 6_771, ANNOUNCEMENT, "bittorrent_lsd"),
        (f.CLIENT, "239.192.152.144", 6_771, ANNOUNCEMENT, None),
        (f.CLIENT, "239.192.152.143", 1_900, ANNOUNCEMENT, None),
        (f.CLIENT, "239.192.152.143", 6_771, b"M-SEARCH" + ANNOUNCEMENT[9:], None),
    ],
    ids=["IPv4", "IPv6", "another group", "another port", "other words"],
)
def test_a_local_announcement_of_a_torrent_needs_its_words_and_its_group(
    tmp_path, client, group, port, payload, word
):
    frame = f.udp_frame(payload, source=client, target=group, dport=port)
    rows = meter_file(f.write(tmp_path / "lsd.pcap", [(f.NOON_US, frame)])).slices.to_pylist()
    assert [row["app"] for row in rows] == [word]


@pytest.mark.parametrize(
    ("host", "port", "word"),
    [("dns.resolver.example", 443, "doh"), ("dns.resolver.example", 8_443, None),
     ("www.lycee.example", 443, None)],
)  # fmt: skip
def test_https_to_a_public_resolver_is_dns_over_https_and_counted(tmp_path, host, port, word):
    reduce = make_reducer(lambda name: name, is_resolver=lambda site: site.startswith("dns."))
    hello = f.tcp_frame(f.tls_records(f.client_hello(host)), dport=port)
    metered = meter_file(f.write(tmp_path / "doh.pcap", [(f.NOON_US, hello)]), reduce=reduce)
    assert metered.slices["app"].to_pylist() == [word]
    assert metered.totals.as_dict()["apps"] == ({word: 1} if word else {})


def test_a_charter_knows_each_word_that_the_collector_writes_and_no_other():
    assert set(PROTOCOLS) == {word for word in APP_WORDS if word is not None}
    assert set(APP_CATEGORY) <= set(PROTOCOLS)
