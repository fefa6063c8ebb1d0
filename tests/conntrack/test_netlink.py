"""The decoder against messages built by hand: values, reasons, and whatever else may come."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.conntrack.entry import Tracked, pull_entry
from collector.conntrack.netlink import (
    ATTRIBUTES_MAX,
    Message,
    Rejected,
    Unused,
    pull_attributes,
    pull_messages,
)
from tests.conntrack import wire as w


def entry_of(data: bytes):
    (message,) = pull_messages(data)
    return message if isinstance(message, Rejected) else pull_entry(message)


def test_a_connection_behind_masquerade_is_read_with_both_tuples():
    tracked = entry_of(w.line(counts=(1_500, 3, 90_000, 70), start_ms=w.NOW_MS, state=w.TIME_WAIT))
    inside, outside = int(ip_address("10.10.0.2")), int(ip_address("203.0.113.1"))
    assert (tracked.original.source, tracked.original.source_port) == (inside, 40_000)
    assert (tracked.reply.target, tracked.reply.target_port) == (outside, 40_000)
    assert tracked.counters == (1_500, 3, 90_000, 70)
    assert (tracked.number, tracked.start_ms) == (7, w.NOW_MS)
    assert (tracked.ended, tracked.gone) == (True, False)


def test_ipv6_without_translation_is_read():
    tracked = entry_of(
        w.gone(source="2001:db8:10::2", target="2001:db8::7", outside=None, protocol=17)
    )
    assert tracked.original.version == 6
    assert tracked.original.target == tracked.reply.source == int(ip_address("2001:db8::7"))
    assert tracked.gone


@pytest.mark.parametrize(
    ("situation", "data", "reason"),
    [
        ("shorter than a header", b"\x10\0\0\0", Unused.TRUNCATED),
        ("a length below the header's", b"\4\0\0\0" + bytes(12), Unused.LENGTH),
        ("cut", w.line()[:-8], Unused.TRUNCATED),
        ("no connection", w.message(0x201, b""), Unused.OTHER_MESSAGE),
        ("no addresses", w.message(w.NEW, bytes(4)), Unused.NO_ADDRESS),
        ("two versions", w.line(outside="2001:db8::1"), Unused.NO_ADDRESS),
        ("another table", w.line(zone=3), Unused.OTHER_TABLE),
        ("an attribute of no length", w.message(w.NEW, bytes(12)), Unused.LENGTH),
        ("an attribute that is longer", w.message(w.NEW, bytes(4) + b"\xff\0\1\0"), Unused.TRUNCATED),
        (
            "more attributes than there are kinds",
            w.message(w.NEW, bytes(4) + w.attribute(90, b"") * (ATTRIBUTES_MAX + 1)),
            Unused.LENGTH,
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_rejected_with_its_reason(situation, data, reason):
    assert entry_of(data) == Rejected(reason)


def test_a_datagram_holds_several_messages_and_ends_at_the_first_that_makes_no_sense():
    found = list(pull_messages(w.line(number=1) + w.line(number=2) + w.done() + b"\1"))
    assert [type(m) for m in found] == [Message, Message, Message, Rejected]


def test_counters_that_no_link_carries_are_none():
    assert entry_of(w.line(counts=(1 << 63, 1, 0, 0))).counters is None


@given(st.data())
def test_mutated_and_cut_no_exception_leaves_the_decoder(data):
    whole = bytearray(w.line(start_ms=w.NOW_MS) + w.gone(protocol=17))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for message in pull_messages(cut):
        if isinstance(message, Message):
            assert isinstance(pull_entry(message), Tracked | Rejected)


@given(st.binary(max_size=300))
def test_noise_raises_nothing(noise):
    for message in pull_messages(noise):
        if isinstance(message, Message):
            pull_entry(message)
    assert isinstance(pull_attributes(noise), dict | Rejected)


@given(
    st.tuples(*[st.integers(0, 2**61)] * 4),
    st.integers(0, 2**32 - 1),
    st.sampled_from([(6, True), (17, False)]),
)
def test_what_was_built_is_what_is_read(counts, number, protocol):
    tracked = entry_of(w.line(counts=counts, number=number, protocol=protocol[0]))
    assert (tracked.counters, tracked.number) == (counts, number)
