"""The single loads of the processor read what the readable readers read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collector.jit import compiled
from collector.meter import octets

READERS = {
    "be16": (2, "big"),
    "be24": (3, "big"),
    "be32": (4, "big"),
    "be64": (8, "big"),
    "le16": (2, "little"),
    "le32": (4, "little"),
}


@compiled
def _read_all(buf, o):
    return (
        octets.be16(buf, o),
        octets.be24(buf, o),
        octets.be32(buf, o),
        octets.be64(buf, o),
        octets.le16(buf, o),
        octets.le32(buf, o),
    )


@compiled
def _copy(target, at, buf, o, n):
    octets.copy(target, at, buf, o, n)


@given(data=st.binary(min_size=8, max_size=40), place=st.integers(0, 32))
def test_every_reader_reads_the_number_that_stands_there_at_any_offset(data, place):
    o = min(place, len(data) - 8)
    buf = np.frombuffer(data, np.uint8)
    for (size, order), value in zip(READERS.values(), _read_all(buf, o), strict=True):
        expected = int.from_bytes(data[o : o + size], order)
        assert value % (1 << (8 * size)) == expected


@given(data=st.binary(min_size=1, max_size=64), cut=st.data())
def test_a_copy_moves_its_octets_and_no_others(data, cut):
    o = cut.draw(st.integers(0, len(data) - 1))
    n = cut.draw(st.integers(-3, len(data) - o))
    target = np.full(80, 0xEE, np.uint8)
    _copy(target, 5, np.frombuffer(data, np.uint8), o, n)
    moved = data[o : o + max(n, 0)]
    assert target.tobytes() == b"\xee" * 5 + moved + b"\xee" * (75 - len(moved))
