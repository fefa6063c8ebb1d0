"""Which interface is captured through its life, and what counts as an outage."""

import pytest

from collector.sources.attendance import Attendance
from collector.sources.rtnetlink import Link

US = 1_000_000


def link(number: int, name: str = "lan0", *, up: bool = True) -> Link:
    return Link(number, name, up, 1_500, 0, 0)


def live(*seen: tuple[Link | None, Link | None]) -> tuple[Attendance, list[int | None]]:
    """Show an attendance one (by name, by number) a second; returns it and what it bound to."""
    attendance = Attendance("lan0")
    return attendance, [
        attendance.see(by_name, by_number, (second + 1) * US)
        for second, (by_name, by_number) in enumerate(seen)
    ]


@pytest.mark.parametrize(
    ("situation", "seen", "bound", "outages", "away"),
    [
        ("steady", [(link(3), None), (link(3), link(3))], [3, None], 0, False),
        ("down", [(link(3), None), (link(3, up=False), link(3, up=False))], [3, None], 1, True),
        (
            "down and up",
            [(link(3), None), (link(3, up=False), link(3, up=False)), (link(3), link(3))],
            [3, None, None], 1, False,
        ),
        ("deleted", [(link(3), None), (None, None)], [3, None], 1, True),
        ("made anew", [(link(3), None), (None, None), (link(9), None)], [3, None, 9], 1, False),
        ("made anew unseen", [(link(3), None), (link(9), None)], [3, 9], 1, False),
        ("made anew, down", [(link(3), None), (link(9, up=False), None)], [3, 9], 1, True),
        ("renamed", [(link(3), None), (None, link(3, "lan9"))], [3, None], 0, False),
        (
            "renamed, then another takes the name",
            [(link(3), None), (None, link(3, "lan9")), (link(5), link(3, "lan9"))],
            [3, None, 5], 1, False,
        ),
        ("down from the start", [(link(3, up=False), None)], [3], 1, True),
    ],
)  # fmt: skip
def test_the_life_of_an_interface(situation, seen, bound, outages, away):
    attendance, did_bind = live(*seen)
    assert (did_bind, attendance.outages, attendance.away) == (bound, outages, away)


def test_a_rename_is_counted_once():
    renamed = (None, link(3, "lan9"))
    attendance, _ = live((link(3), None), renamed, renamed, renamed)
    assert (attendance.renames, attendance.outages) == (1, 0)


def test_an_outage_is_told_with_its_times_and_only_once():
    down = (link(3, up=False), link(3, up=False))
    attendance, _ = live((link(3), None), down, down)
    assert (attendance.from_us, attendance.to_us) == (2 * US, 3 * US)
    attendance.told(3 * US)
    attendance.see(link(3), link(3), 5 * US)
    assert (attendance.from_us, attendance.to_us) == (3 * US, 5 * US), "the rest of it"
    attendance.told(6 * US)
    assert (attendance.from_us, attendance.to_us) == (0, 0)


def test_a_binding_that_fails_is_an_outage_and_is_tried_again():
    attendance, _ = live((link(3), None))
    attendance.lose(2 * US)
    assert attendance.away
    assert attendance.see(link(3), None, 3 * US) == 3
    assert (attendance.away, attendance.outages) == (False, 1)


def test_the_counters_of_a_deleted_interface_stay_what_they_were():
    attendance, _ = live((Link(3, "lan0", True, 1_500, 700, 80), None), (None, None))
    assert attendance.link.received_bytes == 700
