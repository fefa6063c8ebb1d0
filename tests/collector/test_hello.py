"""TLS ClientHello: whole, byte by byte, cut, trailed, mutated (RFC 8446 section 4.1.2)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.meter.hello import pull_hello, pull_records
from collector.meter.layout import MORE, REASSEMBLY_BYTES, REJECT, VALUE
from tests.collector import frames as f
from tests.collector.outcomes import OUTCOMES, mutated, octets, prefixes

HOST = "ent.lycee.example"
SAMPLES = {
    "small": f.client_hello(HOST),
    "post-quantum share behind the name": f.client_hello(HOST, filler=1_300),
    "name behind the share": f.client_hello(HOST, filler=1_300, filler_first=True),
    "outer ECH": f.client_hello(HOST, ech=True),
}
by_name = pytest.mark.parametrize("hello", SAMPLES.values(), ids=SAMPLES)
SCRATCH = np.zeros(REASSEMBLY_BYTES, np.uint8)


def read_hello(data: bytes):
    outcome, offset, length, ech = pull_hello(octets(data), 0, len(data))
    assert 0 <= offset <= offset + length <= len(data)
    return outcome, data[offset : offset + length].decode("latin-1"), ech


def read_records(data: bytes):
    outcome, spread, offset, length, ech = pull_records(octets(data), 0, len(data), SCRATCH)
    held = SCRATCH.tobytes() if spread else data
    assert 0 <= offset <= offset + length <= len(held)
    return outcome, held[offset : offset + length].decode("latin-1"), ech


@by_name
def test_a_whole_hello_gives_its_name(hello):
    ech = int(hello is SAMPLES["outer ECH"])
    assert read_hello(hello) == (VALUE, HOST, ech)
    assert read_records(f.tls_records(hello)) == (VALUE, HOST, ech)


@by_name
@pytest.mark.parametrize("size", [1, 7, 64, 512])
def test_a_hello_cut_over_several_records_gives_its_name(hello, size):
    assert read_records(f.tls_records(hello, size))[:2] == (VALUE, HOST)


@by_name
@pytest.mark.parametrize(("read", "wrap"), [(read_hello, bytes), (read_records, f.tls_records)])
def test_every_proper_prefix_asks_for_more_and_never_gives_half_a_name(hello, read, wrap):
    whole = wrap(hello)
    seen = [read(data) for data in prefixes(whole)]
    assert {outcome for outcome, _, _ in seen[:-1]} == {MORE}
    assert {name for _, name, _ in seen} == {"", HOST}
    assert seen[-1][0] == VALUE


@by_name
@pytest.mark.parametrize("behind", [b"\0", b"\x16\x03\x01\x00\x05", b"GET / HTTP/1.1\r\n"])
def test_what_follows_changes_nothing(hello, behind):
    assert read_hello(hello + behind)[:2] == (VALUE, HOST)
    assert read_records(f.tls_records(hello) + behind)[:2] == (VALUE, HOST)


def test_a_hello_without_a_name_is_a_value_without_a_name():
    assert read_hello(f.client_hello(None)) == (VALUE, "", 0)


def test_the_inner_ech_extension_says_nothing():
    inner = f.client_hello(HOST).replace(b"\0\0\0\x16\0\x14", b"\xfe\x0d\0\x16\x01\x14")
    assert read_hello(inner) == (VALUE, "", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x02" + f.client_hello(HOST)[1:],
        b"\x01\0\0\x10" + b"\0" * 40,
        b"\x01\xff\xff\xff" + b"\0" * 40,
        f.client_hello(HOST)[:39] + b"\xff" * 60,
    ],
    ids=["a ServerHello", "shorter than its fixed part", "16 MiB", "lengths beyond the message"],
)
def test_what_is_no_hello_is_rejected(data):
    assert read_hello(data.ljust(200, b"\0"))[0] == REJECT


@pytest.mark.parametrize("first", [b"\x17\x03\x03\0\x10", b"\x16\x02\0\0\x10", b"\x16\x03\x01\0\0"])
def test_what_is_no_handshake_record_is_rejected(first):
    assert read_records(first + b"\x01" * 20)[0] == REJECT


@given(data=mutated([*SAMPLES.values()]) | st.binary(max_size=300))
def test_a_mutated_hello_has_one_of_three_outcomes(data):
    assert read_hello(data)[0] in OUTCOMES


@given(data=mutated([f.tls_records(hello, 300) for hello in SAMPLES.values()]))
def test_mutated_records_have_one_of_three_outcomes(data):
    assert read_records(data)[0] in OUTCOMES
