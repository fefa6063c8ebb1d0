"""The first day: the load of the line by closed five minutes, until a whole day is published."""

from datetime import timedelta

import pytest

from analyzer import first_day
from school.catalogue import load_catalogue
from tests.analyzer_release.examples import (
    FILES,
    MONDAY,
    NEXT_MONDAY,
    link_minutes,
    minute_of,
    write_part,
)

SATURDAY = MONDAY + timedelta(days=5)


def publish(place, clock, *, day=MONDAY):
    now = minute_of(day, clock)
    return first_day.publish(place.root, place.school, now=now, catalogue=load_catalogue())


def steps(place):
    (line,) = place.published.document("first-day")["lines"]
    return [
        (s["from"], s["to"], s["minutes_seen"], s["down_mbit_s"], s["busiest_share"])
        for s in line["steps"]
    ]


@pytest.fixture
def begun(empty):
    """The capture began at 07:56 of a Monday and was read until 08:07."""
    write_part(empty.root, "link", MONDAY, link_minutes(MONDAY, "07:56", 11, 4.0))
    return empty


def test_five_minutes_are_published_once_they_are_over_and_later_rows_are_there(begun):
    done = publish(begun, "08:07")
    assert (done.steps, done.why_none) == (1, None)
    assert steps(begun) == [("08:00", "08:05", 5, 4.0, 0.4)]


def test_five_minutes_that_nobody_measured_to_their_end_wait_and_are_then_published_as_seen(begun):
    assert [s[0] for s in (publish(begun, "08:15"), steps(begun))[1]] == ["08:00"]
    publish(begun, "08:16")
    assert steps(begun)[1:] == [("08:05", "08:10", 2, 4.0, 0.4)]


def test_what_is_not_measured_is_no_zero(empty):
    rows = [*link_minutes(MONDAY, "08:01", 1, 4.0), *link_minutes(MONDAY, "09:11", 1, 4.0)]
    write_part(empty.root, "link", MONDAY, rows)
    publish(empty, "09:12")
    assert ("09:05", "09:10", 0, None, None) in steps(empty)


@pytest.mark.parametrize(
    ("day", "clock", "why"),
    [
        (MONDAY, "08:04", first_day.NOTHING_YET),
        (SATURDAY, "08:30", "no school day, so nothing that the school decides on"),
    ],
)
def test_before_anything_is_over_the_reason_is_said(empty, day, clock, why):
    write_part(empty.root, "link", day, link_minutes(day, "08:01", 3, 4.0))
    assert publish(empty, clock, day=day).why_none == why
    assert empty.published.document("school")["name"]  # the pages open all the same


def test_slots_of_few_persons_and_hours_outside_of_slots_are_never_shown(empty):
    """Of 17:00, with 19 declared persons, the load would be theirs."""
    rows = [*link_minutes(MONDAY, "08:12", 1, 4.0), *link_minutes(MONDAY, "17:00", 30, 4.0)]
    write_part(empty.root, "link", MONDAY, rows)
    publish(empty, "17:30")
    shown = [s for s in steps(empty) if s[2]]
    assert shown == []
    assert publish(empty, "17:30").why_none == first_day.NOTHING_YET


def test_no_slice_and_no_acknowledgement_is_needed_and_no_name_is_in_it(begun):
    publish(begun, "08:07")
    payload = begun.published.document("first-day")
    assert set(payload) == {"document", "day", "step_minutes", "lines", "policy"}
    assert set(payload["lines"][0]["steps"][0]) == {
        "slot", "from", "to", "minutes", "minutes_seen", "down_mbit_s", "up_mbit_s", "busiest_share",
    }  # fmt: skip
    assert not (begun.root / "flows").exists()


def test_once_a_day_is_published_the_document_is_gone_for_good(place):
    publish(place, "08:16")
    assert "first-day" in place.published.documents()
    place.release(NEXT_MONDAY)
    assert "first-day" not in place.published.documents()
    assert publish(place, "08:16", day=NEXT_MONDAY).why_none == first_day.PUBLISHED
    assert "first-day" not in place.published.documents()


def test_a_day_without_a_capacity_says_so(empty):
    empty.redeclare(lines=FILES["lines.yaml"].replace("2026-09-01", "2026-09-08"))
    write_part(empty.root, "link", MONDAY, link_minutes(MONDAY, "08:00", 6, 4.0))
    assert publish(empty, "08:16").why_none == first_day.NO_CAPACITY


def test_the_first_days_load_is_no_analysis_and_does_not_hide_that_the_last_one_is_old(begun):
    publish(begun, "08:07")
    assert begun.published.document("status")["analyzed"] is None
    begun.analyze()
    publish(begun, "08:20", day=NEXT_MONDAY + timedelta(days=3))
    status = begun.published.document("status")
    assert status["analyzed"] == NEXT_MONDAY.isoformat()
    assert status["as_of"] > status["analyzed"]
