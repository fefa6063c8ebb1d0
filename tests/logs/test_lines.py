"""Each log's line parser: what a line says, what is passed over, what is rejected and why."""

from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.logs.lines import (
    PASSED,
    Answer,
    Passed,
    Question,
    Record,
    Rejected,
    Request,
    Unread,
    host_of_url,
    pull_name,
)
from collector.logs.reader import pull_dns_line, pull_proxy_line

PARIS = ZoneInfo("Europe/Paris")
DNSMASQ = b"Nov 26 20:48:21 gw dnsmasq[812]: "


def at(text):
    address = ip_address(text)
    return address.version, int(address)


PUPIL, SERVER = at("10.10.0.2"), at("198.51.100.7")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        # dnsmasq 2.90, log-queries=extra
        (DNSMASQ + b"41 10.10.0.2/40512 query[A] WWW.Example.org from 10.10.0.2", Question(PUPIL, "www.example.org", 41)),
        (DNSMASQ + b"41 10.10.0.2/40512 query[HTTPS] www.example.org from 10.10.0.2", Question(PUPIL, "www.example.org", 41)),
        (DNSMASQ + b"41 10.10.0.2/40512 reply www.example.org is <CNAME>", PASSED),
        (DNSMASQ + b"41 10.10.0.2/40512 reply edge.example.net is 198.51.100.7", Answer(PUPIL, SERVER, 41)),
        (DNSMASQ + b"41 10.10.0.2/40512 cached edge.example.net is 198.51.100.7", Answer(PUPIL, SERVER, 41)),
        (DNSMASQ + b"41 10.10.0.2/40512 /etc/hosts nas.example.net is 198.51.100.7", Answer(PUPIL, SERVER, 41)),
        (DNSMASQ + b"42 fd00::2/40512 reply edge.example.net is 2001:db8::7", Answer(at("fd00::2"), at("2001:db8::7"), 42)),
        (DNSMASQ + b"41 10.10.0.2/40512 forwarded www.example.org to 192.0.2.53", PASSED),
        (DNSMASQ + b"41 10.10.0.2/40512 reply nx.example.org is NXDOMAIN", PASSED),
        (DNSMASQ + b"41 10.10.0.2/40512 config error is SERVFAIL", PASSED),
        (DNSMASQ + b"41 10.10.0.2/40512 query[A] printer from 10.10.0.2", PASSED),
        (DNSMASQ + b"41 10.10.0.2/40512 query[PTR] 2.0.10.10.in-addr.arpa from 10.10.0.2", PASSED),
        (DNSMASQ + b"started, version 2.90 cachesize 150", PASSED),
        (DNSMASQ + b"query[A] www.example.org from 10.10.0.2", Rejected(Unread.NO_SERIAL)),
        (DNSMASQ + b"reply www.example.org is 198.51.100.7", Rejected(Unread.NO_SERIAL)),
        (DNSMASQ + b"41 10.10.0.999/40512 query[A] www.example.org from 10.10.0.2", Rejected(Unread.ADDRESS)),
        # unbound 1.17, log-queries, log-replies, log-tag-queryreply; dump_cache
        (b"[1790000000] unbound[812:0] info: 10.10.0.2 www.example.org. A IN", Question(PUPIL, "www.example.org")),
        (b"[1790000000] unbound[812:0] query: 10.10.0.2 www.example.org. AAAA IN", Question(PUPIL, "www.example.org")),
        (b"[1790000000] unbound[812:0] reply: 10.10.0.2 www.example.org. A IN NOERROR 0.012345 0 64", Question(PUPIL, "www.example.org")),
        (b"Nov 26 20:48:21 gw unbound: [812:0] info: 10.10.0.2 www.example.org. A IN", Question(PUPIL, "www.example.org")),
        (b"[1790000000] unbound[812:0] info: 10.10.0.2 nx.example.org. A IN NXDOMAIN 0.012345 0 64", PASSED),
        (b"[1790000000] unbound[812:0] info: start of service (unbound 1.17.1).", PASSED),
        (b"[1790000000] unbound[812:0] info: nobody www.example.org. A IN", Rejected(Unread.ADDRESS)),
        (b"www.example.org.\t287\tIN\tA\t198.51.100.7", Record("www.example.org", 287, SERVER, None)),
        (b"www.example.org.\t287\tIN\tCNAME\tedge.example.net.", Record("www.example.org", 287, None, "edge.example.net")),
        (b"example.org.\t287\tIN\tNS\tns.example.org.", PASSED),
        (b";rrset 287 1 0 7 3", PASSED),
        (b"START_RRSET_CACHE", PASSED),
        (b"msg www.example.org. IN A 33152 1 60 0 1 0 0", PASSED),
        (b"www.example.org. IN CNAME 0", PASSED),
        (b"www.example.org.\t287\tIN\tA\t198.51.100.777", Rejected(Unread.ADDRESS)),
        (b"something else", Rejected(Unread.FORMAT)),
        (b"", Rejected(Unread.FORMAT)),
    ],
)  # fmt: skip
def test_lines_of_name_servers(line, says):
    assert pull_dns_line(line) == says


SQUID = b"1790000000.586    180 10.10.0.2 "
END = 1_790_000_000_586


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (SQUID + b"TCP_TUNNEL/200 41100 CONNECT www.example.org:443 - HIER_DIRECT/198.51.100.7 -", Request(PUPIL, "www.example.org", END - 180, END, SERVER)),
        (SQUID + b"TCP_MISS/200 411 GET http://www.example.org/a?b=c mireille ORIGINAL_DST/198.51.100.7 text/html", Request(PUPIL, "www.example.org", END - 180, END, SERVER)),
        (SQUID + b"TCP_MISS/200 411 GET http://www.example.org/ - FIRSTUP_PARENT/192.0.2.9 text/html", Request(PUPIL, "www.example.org", END - 180, END, None)),
        (SQUID + b"TCP_MEM_HIT/200 411 GET http://www.example.org/ - HIER_NONE/- text/html", Request(PUPIL, "www.example.org", END - 180, END, None)),
        (SQUID + b"TCP_DENIED/403 411 GET http://www.example.org/ - HIER_NONE/- text/html", PASSED),
        (SQUID + b"TCP_TUNNEL/200 411 CONNECT 198.51.100.7:443 - HIER_DIRECT/198.51.100.7 -", PASSED),
        (SQUID + b"TCP_MISS/200 411 GET http://[2001:db8::7]/ - HIER_DIRECT/2001:db8::7 -", PASSED),
        (b"1790000000.586    180 pupil TCP_MISS/200 411 GET http://www.example.org/ - HIER_NONE/- -", Rejected(Unread.ADDRESS)),
        (b"1790000000.586 180", Rejected(Unread.FORMAT)),
        # e2guardian 5, formats 1, 2, 4
        (b"2026.9.21 16:13:20 mireille 10.10.0.2 https://www.example.org:443  CONNECT 41100 0  1 200 - - - -", Request(PUPIL, "www.example.org", 1_790_000_000_000, 1_790_000_000_999, None)),
        (b'"2026.9.21 16:13:20","mireille","10.10.0.2","http://www.example.org/a,b","","GET"', Request(PUPIL, "www.example.org", 1_790_000_000_000, 1_790_000_000_999, None)),
        (b"2026.9.21 16:13:20\t-\t10.10.0.2\thttp://www.example.org/\t\tGET", Request(PUPIL, "www.example.org", 1_790_000_000_000, 1_790_000_000_999, None)),
        (b"2026.9.21 16:13:20 - 10.10.0.2 http://www.example.org/ *DENIED* Banned site GET 0 0", PASSED),
        (b"2026.9.41 16:13:20 - 10.10.0.2 http://www.example.org/ GET 0 0", Rejected(Unread.FORMAT)),
        (b"2026.9.21 16:13:20 -", Rejected(Unread.FORMAT)),
        (b"something else", Rejected(Unread.FORMAT)),
    ],
)  # fmt: skip
def test_lines_of_proxies(line, says):
    assert pull_proxy_line(line, PARIS) == says


def test_the_user_of_a_line_is_in_no_value():
    line = SQUID + b"TCP_MISS/200 411 GET http://eve:pw@www.example.org/x mireille HIER_DIRECT/198.51.100.7 -"  # fmt: skip
    said = repr(pull_proxy_line(line, PARIS))
    assert "mireille" not in said
    assert "eve" not in said


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (b"http://a.example/x", b"a.example"),
        (b"a.example:443", b"a.example"),
        (b"https://u:p@a.example:8443/x?http://b.example", b"a.example"),
        (b"http://a.example?x", b"a.example"),
        (b"http://[2001:db8::7]:80/", b"[2001:db8::7]:80"),
    ],
)
def test_only_the_host_of_a_url_is_read(url, host):
    assert host_of_url(url) == host


@pytest.mark.parametrize("text", [b"", b"printer", b"10.0.0.1", b"a b.example", b"x" * 300, b"\xc3\xa9.example"])  # fmt: skip
def test_what_is_no_host_name_is_none(text):
    assert pull_name(text) is None


KINDS = (Question, Answer, Record, Request, Passed, Rejected)
WHOLE = (
    DNSMASQ + b"41 10.10.0.2/40512 query[A] www.example.org from 10.10.0.2",
    DNSMASQ + b"41 10.10.0.2/40512 reply edge.example.net is 198.51.100.7",
    b"[1790000000] unbound[812:0] reply: 10.10.0.2 www.example.org. A IN NOERROR 0.012345 0 64",
    b"www.example.org.\t287\tIN\tA\t198.51.100.7",
    SQUID + b"TCP_TUNNEL/200 41100 CONNECT www.example.org:443 - HIER_DIRECT/198.51.100.7 -",
    b"2026.9.21 16:13:20 - 10.10.0.2 https://www.example.org:443  CONNECT 41100 0  1 200 - -",
    b'"2026.9.21 16:13:20","mireille","10.10.0.2","http://www.example.org/a,b","","GET"',
)


@given(st.sampled_from(WHOLE), st.data())
def test_mutated_cut_and_with_octets_behind_every_line_has_one_of_three_outcomes(whole, data):
    line = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 5))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(line[: data.draw(st.integers(0, len(line)))]) + data.draw(st.binary(max_size=8))
    assert isinstance(pull_dns_line(cut), KINDS)
    assert isinstance(pull_proxy_line(cut, PARIS), KINDS)


@given(st.binary(max_size=200), st.sampled_from([b"", DNSMASQ, DNSMASQ + b"1 ::1/1 ", SQUID, b"2026.9.21 16:13:20 "]))  # fmt: skip
def test_noise_raises_nothing(noise, start):
    assert isinstance(pull_dns_line(start + noise), KINDS)
    assert isinstance(pull_proxy_line(start + noise, PARIS), KINDS)


@given(
    st.ip_addresses(), st.ip_addresses(), st.integers(1, 2**31),
    st.from_regex(r"[a-z0-9]{1,20}\.[a-z]{2,8}\.(org|net|fr)", fullmatch=True),
)  # fmt: skip
def test_what_dnsmasq_writes_is_what_is_read(client, server, serial, name):
    head = DNSMASQ + f"{serial} {client}/5353 ".encode()
    asked = pull_dns_line(head + f"query[A] {name} from {client}".encode())
    answered = pull_dns_line(head + f"reply {name} is {server}".encode())
    assert (asked.name, asked.serial) == (name, serial)
    mapped = getattr(server, "ipv4_mapped", None) or server
    assert answered.address == (mapped.version, int(mapped))


def test_a_long_line_is_read_in_time_that_grows_with_its_length():
    import time

    for start in (DNSMASQ + b"1 ", SQUID, b"2026.9.21 16:13:20 ", b'"2026.9.21 16:13:20","', b"unbound[1:0] info: "):  # fmt: skip
        for fill in (b"a", b" ", b"1", b'"', b"\t", b": "):
            line = start + fill * (8_000 // len(fill))
            began = time.process_time()
            pull_dns_line(line)
            pull_proxy_line(line, PARIS)
            assert time.process_time() - began < 1
