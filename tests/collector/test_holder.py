"""The holder against a parser that sleeps, asks nonsense, or asks twice. Its kernel is played here."""

import os
import socket

import pytest

from collector.sources.holder import Holder
from collector.sources.protocol import (
    REPORT_BYTES,
    Answer,
    Ask,
    Report,
    pull_report,
    push_ask,
)
from collector.sources.rtnetlink import Link


class Packets:
    """Stands for the kernel's packet socket."""

    def __init__(self) -> None:
        self.offered = self.dropped = 0
        self.bound: list[int] = []
        self.accepted: list[int] = []

    def bind(self, number: int) -> None:
        self.bound.append(number)

    def accept(self, octets: int) -> None:
        self.accepted.append(octets)

    def read_statistics(self) -> None:
        self.offered += 7
        self.dropped += 2


class Flapping:
    """Stands for netlink: an interface that is up and down in turn."""

    def __init__(self) -> None:
        self.asked = 0

    def clear(self) -> None:
        """Nothing waits."""

    def find(self, *, number: int = 0, name: str = "") -> Link | None:
        if name not in {"", "lan0"}:
            return None
        self.asked += bool(name)
        return Link(3, "lan0", self.asked % 2 == 1, 1_500, 0, 0)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def holder(ends, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    made = Holder(Packets(), Flapping(), ends[0], parser=0)
    made._notify = type("Silent", (), {"say": lambda *_: None, "alive": lambda *_: None})()
    return made


def heard(end: socket.socket) -> list[Report | None]:
    reports = []
    while True:
        try:
            data = os.read(end.fileno(), REPORT_BYTES + 1)
        except BlockingIOError:
            return reports
        if not data:
            return [*reports, None]
        reports.append(pull_report(data))


def ask(holder: Holder, end: socket.socket, what: Ask, interface: str = "") -> list[Report | None]:
    os.write(end.fileno(), push_ask(what, interface))
    holder._serve(hung_up=False)
    return heard(end)


def test_a_parser_that_sleeps_through_a_thousand_outages_still_gets_its_answer(holder, ends):
    ask(holder, ends[1], Ask.OPEN, "lan0")
    for _ in range(2_000):
        holder._look_and_tell()
    news, answer = ask(holder, ends[1], Ask.LOOK)
    assert (news.answer, answer.answer) == (Answer.NEWS, Answer.DONE)
    assert answer.outages >= 1_000


def test_the_first_name_is_the_only_one(holder, ends):
    (opened,) = ask(holder, ends[1], Ask.OPEN, "lan0")
    (again,) = ask(holder, ends[1], Ask.OPEN, "wan0")
    assert (opened.answer, opened.interface_number) == (Answer.DONE, 3)
    assert again.interface_number == 3
    assert holder._packets.bound == [3]


def test_an_absent_interface_is_said_and_another_may_be_named(holder, ends):
    (report,) = ask(holder, ends[1], Ask.OPEN, "absent0")
    assert report.answer is Answer.ABSENT
    assert holder._packets.bound == []


def test_after_stop_nothing_is_let_in_again(holder, ends):
    ask(holder, ends[1], Ask.OPEN, "lan0")
    ask(holder, ends[1], Ask.STOP)
    ask(holder, ends[1], Ask.STOP)
    holder._attendance.number = 0  # as if the interface were another one now
    ask(holder, ends[1], Ask.LOOK)
    assert holder._packets.accepted == [0]
    assert holder._packets.bound == [3]


def test_counts_are_sums(holder, ends):
    ask(holder, ends[1], Ask.OPEN, "lan0")
    (first,), (second,) = (ask(holder, ends[1], Ask.LOOK) for _ in range(2))
    assert (second.offered - first.offered, second.dropped - first.dropped) == (7, 2)


@pytest.mark.parametrize("nonsense", [b"", b"x", b"\x09" + bytes(15), bytes(16), bytes(4_000)])
def test_nonsense_ends_the_conversation(holder, ends, nonsense):
    if not nonsense:
        ends[1].shutdown(socket.SHUT_WR)
    else:
        os.write(ends[1].fileno(), nonsense)
    assert holder._serve(hung_up=False) is False
    assert heard(ends[1]) == [None]
