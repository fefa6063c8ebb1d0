"""TLS and HTTP names through the whole meter: segments in any order, tunnels, bounds."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.meter import layout as lay
from collector.reduce import ECH_PUBLIC_NAMES, make_reducer
from tests.collector import frames as f
from tests.support.metering import meter_file

HOST = "ent.lycee.example"
ISN = 0xFFFFFF00
"""Initial sequence number: the hello crosses the wrap to zero."""
HELLO = f.tls_records(f.client_hello(HOST, filler=1_700, filler_first=True))
GET = b"GET / HTTP/1.1\r\nHost: manuels.example\r\n\r\n"


def metered(directory, packets, **options):
    timed = [(f.NOON_US + 1_000 * i, frame) for i, frame in enumerate(packets)]
    return meter_file(f.write(directory / "tcp.pcap", timed), **options)


def name_of(directory, packets, **options):
    row = metered(directory, packets, **options).slices.to_pylist()[0]
    return row["site"], row["site_source"], row["ech"]


def up(data=b"", at=0, flags=f.ACK | f.PSH, **rest):
    """A segment from the client whose first octet is number `at` of the stream."""
    return f.tcp_frame(data, seq=(ISN + 1 + at) & 0xFFFFFFFF, flags=flags, **rest)


def opened(*segments):
    syn = up(at=-1, flags=f.SYN)
    answer = f.tcp_frame(
        source=f.SERVER, target=f.CLIENT, sport=443, dport=40_000, flags=f.SYN | f.ACK
    )
    return [syn, answer, *segments]


TLS = (HOST, "tls_sni", False)


@st.composite
def segments(draw):
    """A hello in 2 to 5 segments: shuffled, some overlapping the next, some sent twice."""
    cuts = sorted(draw(st.sets(st.integers(1, len(HELLO) - 1), min_size=1, max_size=4)))
    edges = [0, *cuts, len(HELLO)]
    overlap = draw(st.sampled_from([0, 0, 5, 400]))
    parts = [(a, HELLO[a : b + overlap]) for a, b in itertools.pairwise(edges)]
    parts += draw(st.lists(st.sampled_from(parts), max_size=3))
    return [up(data, at) for at, data in draw(st.permutations(parts))]


@given(parts=segments())
@settings(max_examples=60, deadline=None)
def test_a_hello_in_segments_in_any_order_gives_its_name(tmp_path_factory, parts):
    assert name_of(tmp_path_factory.getbasetemp(), opened(*parts)) == TLS


@pytest.mark.parametrize("size", [1, 100, 700])
def test_a_hello_octet_by_octet_is_named_within_the_bound_of_packets(tmp_path, size):
    parts = [up(HELLO[at : at + size], at) for at in range(0, len(HELLO), size)]
    named = len(parts) <= lay.REASSEMBLY_PACKETS
    assert (name_of(tmp_path, opened(*parts)) == TLS) == named


def test_joined_in_the_middle_a_whole_hello_gives_its_name(tmp_path):
    assert name_of(tmp_path, [up(HELLO)]) == TLS


def test_a_hello_that_rides_on_the_syn_gives_its_name(tmp_path):
    """TCP Fast Open, RFC 7413 section 4.2."""
    syn = f.tcp_frame(HELLO, seq=ISN, flags=f.SYN)
    assert name_of(tmp_path, [syn]) == TLS


def test_a_hello_larger_than_the_bound_is_given_up_and_the_bytes_stay_counted(tmp_path):
    large = f.tls_records(f.client_hello(HOST, filler=12_000, filler_first=True))
    parts = [up(large[at : at + 1_400], at) for at in range(0, len(large), 1_400)]
    result = metered(tmp_path, opened(*parts))
    assert result.totals.names == {}
    assert result.totals.ip_bytes == sum(len(part) - 14 for part in opened(*parts))


def test_more_hellos_at_once_than_slots_name_the_last_ones(tmp_path):
    flows = lay.REASSEMBLY_SLOTS + 100
    firsts = [up(HELLO[:900], sport=10_000 + i) for i in range(flows)]
    rests = [up(HELLO[900:], 900, sport=10_000 + i) for i in range(flows)]
    names = metered(tmp_path, firsts + rests).totals.names
    assert names == {"tls_sni": lay.REASSEMBLY_SLOTS}


@pytest.mark.parametrize(
    ("host", "ech", "flagged"),
    [
        ("cloudflare-ech.com", True, True),
        ("cloudflare-ech.com", False, False),
        ("www.lycee.example", True, False),
    ],
    ids=["outer hello", "the public name itself", "GREASE"],
)
def test_ech_is_flagged_only_with_an_outer_name(tmp_path, host, ech, flagged):
    hello = f.tls_records(f.client_hello(host, ech=ech))
    reduce = make_reducer(lambda name: name)
    assert name_of(tmp_path, [up(hello)], reduce=reduce) == (host, "tls_sni", flagged)


def test_ech_behind_the_name_in_a_later_segment_is_seen(tmp_path):
    host = sorted(ECH_PUBLIC_NAMES)[0]
    hello = f.tls_records(f.client_hello(host, filler=1_500, ech=True))
    parts = opened(up(hello[:1_000]), up(hello[1_000:], 1_000))
    assert name_of(tmp_path, parts, reduce=make_reducer(lambda name: name))[2]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GET, ("manuels.example", "http_host", False)),
        (b"GET http://un.example/x HTTP/1.1\r\nHost: deux.example\r\n\r\n", ("un.example", "http_host", False)),
        (b"CONNECT ent.example:443 HTTP/1.1\r\n\r\n", ("ent.example", "proxy_connect", False)),
        (b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", (None, "none", False)),
        (b"GET / HTTP/1.1\r\nHost: bad\x80name.example\r\n\r\n", (None, "none", False)),
        (b"SSH-2.0-OpenSSH_9.2\r\n", (None, "none", False)),
    ],
)  # fmt: skip
def test_names_of_requests(tmp_path, request_, expected):
    assert name_of(tmp_path, opened(up(request_))) == expected


def test_a_request_cut_inside_the_host_gives_its_name(tmp_path):
    assert name_of(tmp_path, opened(up(GET[:30], 0), up(GET[30:], 30)))[0] == "manuels.example"


def test_inside_a_connect_tunnel_the_sni_wins(tmp_path):
    """An explicit proxy: the authority is known first, then the hello in the tunnel."""
    connect = b"CONNECT autre.example:443 HTTP/1.1\r\nHost: autre.example\r\n\r\n"
    said = b"HTTP/1.1 200 Connection established\r\n\r\n"
    reply = f.tcp_frame(said, source=f.SERVER, target=f.CLIENT, sport=443, dport=40_000)
    hello = f.tls_records(f.client_hello(HOST))
    assert name_of(tmp_path, opened(up(connect), reply, up(hello, len(connect)))) == TLS


def test_inside_a_connect_tunnel_a_hello_over_two_segments_wins(tmp_path):
    connect = b"CONNECT autre.example:443 HTTP/1.1\r\n\r\n"
    n = len(connect)
    tunnel = [up(HELLO[:1_000], n), up(HELLO[1_000:], n + 1_000)]
    assert name_of(tmp_path, opened(up(connect), *tunnel)) == TLS


def test_a_proxy_that_asks_for_a_password_first_changes_nothing(tmp_path):
    """407, then the same request with credentials on the same connection (RFC 9110 section 15.5.8)."""
    connect = b"CONNECT autre.example:443 HTTP/1.1\r\n\r\n"
    again = b"CONNECT autre.example:443 HTTP/1.1\r\nProxy-Authorization: Negotiate eA==\r\n\r\n"
    refused = f.tcp_frame(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        source=f.SERVER, target=f.CLIENT, sport=443, dport=40_000,
    )  # fmt: skip
    at = len(connect)
    parts = [up(connect), refused, up(again, at), up(HELLO, at + len(again))]
    assert name_of(tmp_path, opened(*parts)) == TLS


@pytest.mark.parametrize("cut", [3, 12, 30])
def test_a_connect_cut_anywhere_gives_the_authority_and_then_the_sni(tmp_path, cut):
    connect = b"CONNECT autre.example:443 HTTP/1.1\r\nHost: autre.example\r\n\r\n"
    halves = [up(connect[:cut]), up(connect[cut:], cut)]
    assert name_of(tmp_path, opened(*halves))[:2] == ("autre.example", "proxy_connect")
    hello = up(f.tls_records(f.client_hello(HOST)), len(connect))
    assert name_of(tmp_path, opened(*halves, hello)) == TLS


def test_a_tunnel_without_a_name_inside_keeps_the_authority(tmp_path):
    connect = b"CONNECT autre.example:22 HTTP/1.1\r\n\r\n"
    inside = up(b"SSH-2.0-OpenSSH_9.2\r\n", len(connect))
    assert name_of(tmp_path, opened(up(connect), inside))[:2] == ("autre.example", "proxy_connect")


def test_pipelined_requests_in_one_segment_give_the_first_ones_name(tmp_path):
    second = GET.replace(b"manuels", b"suivant")
    assert name_of(tmp_path, opened(up(GET + second)))[0] == "manuels.example"


@pytest.mark.parametrize(("wait_s", "named"), [(15, True), (29, True), (31, False)])
def test_the_rest_of_a_hello_is_waited_for_so_many_seconds(tmp_path, wait_s, named):
    parts = opened(up(HELLO[:900]), up(HELLO[900:], 900))
    times = [0, 1, 2, 2 + wait_s * 1_000_000]
    timed = [(f.NOON_US + at, frame) for at, frame in zip(times, parts, strict=True)]
    metered = meter_file(f.write(tmp_path / "slow.pcap", timed))
    assert metered.totals.names == ({"tls_sni": 1} if named else {})


def test_keep_alive_keeps_the_name_of_the_first_request(tmp_path):
    second = GET.replace(b"manuels", b"suivant")
    result = metered(tmp_path, opened(up(GET), up(second, len(GET))))
    assert [row["site"] for row in result.slices.to_pylist()] == ["manuels.example"]
    assert result.totals.names == {"http_host": 1}


def test_the_servers_side_is_looked_at_too_when_the_capture_begins_late(tmp_path):
    """A flow whose first captured packet comes from the server."""
    early = f.tcp_frame(b"", source=f.SERVER, target=f.CLIENT, sport=443, dport=40_000)
    assert name_of(tmp_path, [early, up(HELLO)]) == TLS


def test_the_sni_replaces_the_dns_name(tmp_path):
    frames = [f.dns_frame("dns.example", [f.a(f.SERVER)]), up(HELLO)]
    result = metered(tmp_path, frames)
    assert {row["site_source"] for row in result.slices.to_pylist()} == {"none", "tls_sni"}
    assert result.totals.names == {"tls_sni": 1}
