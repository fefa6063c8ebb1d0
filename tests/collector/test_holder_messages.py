"""Messages between parser, holder and kernel: exact, of fixed size, and deaf to nonsense."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.sources.protocol import (
    ASK_BYTES,
    NAME_BYTES_MAX,
    REPORT_BYTES,
    Answer,
    Ask,
    Report,
    pull_ask,
    pull_report,
    push_ask,
    push_report,
)
from collector.sources.ring import InterfaceCounters
from collector.sources.rtnetlink import IFF_LOWER_UP, IFF_UP, Link, pull_link, request

COUNT = st.integers(0, 2**64 - 1)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789.:_-", min_size=1, max_size=NAME_BYTES_MAX)


@given(st.sampled_from(Ask), NAME)
def test_a_question_arrives_as_it_was_asked(ask, name):
    assert len(push_ask(ask, name)) == ASK_BYTES
    assert pull_ask(push_ask(ask, name)) == (ask, name)


@given(st.builds(
    Report, answer=st.sampled_from(Answer), errno=st.integers(0, 200), away=st.booleans(),
    stopping=st.booleans(), interface_number=st.integers(0, 2**31 - 1), mtu=st.integers(0, 2**32 - 1),
    offered=COUNT, dropped=COUNT, received_bytes=COUNT, sent_bytes=COUNT, outages=COUNT,
    renames=COUNT, away_from_us=COUNT, away_to_us=COUNT,
))  # fmt: skip
def test_a_report_arrives_as_it_was_made(report):
    assert len(push_report(report)) == REPORT_BYTES
    assert pull_report(push_report(report)) == report


@given(st.binary(max_size=2 * REPORT_BYTES))
def test_nonsense_is_no_message(data):
    asked = pull_ask(data)
    assert asked is None or (len(data) == ASK_BYTES and data[0] in iter(Ask))
    assert pull_report(data) is None or len(data) == REPORT_BYTES


@pytest.mark.parametrize("name", ["../../etc", "lan0/x", "lan 0", "läge0"])
def test_a_name_that_no_interface_can_bear_is_no_question(name):
    assert pull_ask(struct.pack("=B15s", Ask.OPEN, name.encode())) is None


def answer(name: bytes = b"lan0\0", *, kind: int = 16, flags: int = IFF_UP | IFF_LOWER_UP) -> bytes:
    counters = struct.pack("=24Q", *range(100, 124))
    attributes = b"".join(
        struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)
        for number, value in (
            (3, name),
            (4, struct.pack("=I", 1_400)),
            (99, b"new"),
            (23, counters),
        )
    )
    body = struct.pack("=BxHiII", 0, 1, 7, flags, 0) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


def test_an_answer_about_a_link_is_read():
    assert pull_link(answer()) == Link(7, "lan0", True, 1_400, 102, 103)


@pytest.mark.parametrize(("flags", "up"), [(0, False), (IFF_UP, False), (IFF_LOWER_UP, False)])
def test_a_link_is_up_only_when_switched_on_and_with_a_carrier(flags, up):
    assert pull_link(answer(flags=flags)).up is up


def test_an_answer_cut_at_any_octet_is_none_and_an_error_is_none():
    whole = answer()
    assert [pull_link(whole[:cut]) for cut in range(len(whole))] == [None] * len(whole)
    assert pull_link(whole + b"trailing") == pull_link(whole)
    assert pull_link(answer(kind=2)) is None


@given(st.binary(max_size=300))
def test_hostile_attributes_raise_nothing(tail):
    body = struct.pack("=BxHiII", 0, 1, 7, 0, 0) + tail
    told = pull_link(struct.pack("=IHHII", 16 + len(body), 16, 0, 1, 0) + body)
    assert told is not None
    assert told.number == 7


def test_a_question_to_the_kernel_is_aligned_and_says_its_length():
    for name in ("", "a", "lan0", "fifteen-letters"):
        question = request(name=name)
        assert struct.unpack_from("=I", question) == (len(question),)
        assert len(question) % 4 == 0


def test_counters_are_differences_and_start_again_with_another_interface():
    counters = InterfaceCounters("lan")
    seen = [(3, 1_000, 50), (3, 1_400, 60), (3, 1_400, 60), (9, 30, 7), (9, 40, 7), (9, 5, 7)]
    told = [
        counters.since_last(
            Report(Answer.DONE, interface_number=n, received_bytes=rx, sent_bytes=tx)
        )
        for n, rx, tx in seen
    ]
    assert told == [(0, 0), (400, 10), (0, 0), (30, 7), (10, 0), (0, 0)]
    assert InterfaceCounters("mirror").since_last(Report(Answer.DONE)) == (None, None)
