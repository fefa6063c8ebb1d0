"""HTTP/1 requests: Host, absolute URI, CONNECT (RFC 9112 section 3.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.meter.http import METHOD_MAX, method_length, pull_host
from collector.meter.layout import MORE, REJECT, VALUE
from tests.collector.outcomes import OUTCOMES, mutated, octets, prefixes

GET = (
    b"GET /manuel?page=1 HTTP/1.1\r\nUser-Agent: x\r\nHost: manuels.example\r\nAccept: */*\r\n\r\n"
)
CASES = [
    ("Host among headers", GET, "manuels.example", 0),
    ("Host in capitals, with tab and port", b"POST / HTTP/1.1\r\nHOST:\tapi.example:8080 \r\n\r\n", "api.example", 0),
    ("bare line feeds", b"GET / HTTP/1.0\nhost: vieux.example\n\n", "vieux.example", 0),
    ("absolute URI wins over Host", b"GET http://un.example/x HTTP/1.1\r\nHost: deux.example\r\n\r\n", "un.example", 0),
    ("absolute URI without Host", b"GET http://un.example:80/x HTTP/1.0\r\n\r\n", "un.example", 0),
    ("user information", b"GET http://moi@un.example/ HTTP/1.1\r\n\r\n", "un.example", 0),
    ("CONNECT", b"CONNECT ent.example:443 HTTP/1.1\r\nHost: proxy.example\r\n\r\n", "ent.example", 1),
    ("IPv6 literal", b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "", 0),
    ("no Host", b"GET / HTTP/1.0\r\n\r\n", "", 0),
    ("WebDAV", b"PROPPATCH /f HTTP/1.1\r\nHost: fichiers.example\r\n\r\n", "fichiers.example", 0),
]  # fmt: skip
SAMPLES = [data for _, data, _, _ in CASES]
cases = pytest.mark.parametrize(
    ("data", "host", "connect"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)


def read(data: bytes):
    outcome, offset, length, connect = pull_host(octets(data), 0, len(data))
    assert 0 <= offset <= offset + length <= len(data)
    return outcome, data[offset : offset + length].decode("latin-1"), connect


@cases
def test_a_whole_request_gives_its_host(data, host, connect):
    assert read(data) == (VALUE, host, connect)


@cases
def test_byte_by_byte_the_answer_comes_once_and_stays(data, host, connect):
    seen = [read(part) for part in prefixes(data)]
    decided = next(i for i, answer in enumerate(seen) if answer[0] != MORE)
    assert set(seen[decided:]) == {(VALUE, host, connect)}


@cases
def test_a_second_request_behind_changes_nothing(data, host, connect):
    assert read(data + b"GET / HTTP/1.1\r\nHost: suivant.example\r\n\r\n") == (VALUE, host, connect)


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 200 OK\r\n", b"get / HTTP/1.1\r\n", b"\x16\x03\x01", b"GE / HTTP/1.1\r\n", b"SSH-2.0-x"],
)  # fmt: skip
def test_what_is_no_request_is_rejected(data):
    assert read(data)[0] == REJECT


def test_a_method_of_seventeen_capitals_is_none():
    assert method_length(octets(b"A" * METHOD_MAX + b" "), 0, METHOD_MAX + 1) == METHOD_MAX + 1
    assert method_length(octets(b"A" * 17 + b" "), 0, 18) == 0
    assert method_length(octets(b"PATC"), 0, 4) == -1


def test_headers_without_end_are_given_up():
    endless = b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 1_200
    assert read(endless[:8_000])[0] == MORE
    assert read(endless)[0] == REJECT


@given(data=mutated(SAMPLES) | st.binary(max_size=200))
def test_a_mutated_request_has_one_of_three_outcomes(data):
    assert read(data)[0] in OUTCOMES
