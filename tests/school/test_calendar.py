from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.calendar import WEEKDAYS, Calendar, Slot
from school.load import load_school
from tests.school.declared import directory

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(name="calendar", scope="module")
def _calendar(tmp_path_factory):
    return load_school(directory(tmp_path_factory.mktemp("school"))).calendar


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("minute", "period", "slot"),
    [
        ("2026-09-07 06:59", "night", None),
        ("2026-09-07 07:00", "break", None),
        ("2026-09-07 08:00", "lesson", "M1"),
        ("2026-09-07 08:54", "lesson", "M1"),
        ("2026-09-07 08:55", "break", None),
        ("2026-09-07 12:00", "meal", "Midi"),
        ("2026-09-07 13:30", "lesson", "S1"),
        ("2026-09-07 17:59", "break", None),
        ("2026-09-07 18:00", "evening", None),
        ("2026-09-07 22:00", "night", None),
        ("2026-09-09 13:30", "break", None),  # a Wednesday: no S1
        ("2026-09-12 10:00", "closed", None),  # a Saturday
        ("2026-09-13 18:59", "closed", None),  # a Sunday…
        ("2026-09-13 19:00", "evening", "Retour"),  # …on which boarders come back
        ("2026-09-13 23:59", "evening", "Retour"),
        ("2026-10-19 08:30", "closed", None),  # autumn holidays, all zones
        ("2026-11-11 08:30", "lesson", "M1"),  # Armistice, declared open
        ("2026-11-16 08:30", "closed", None),  # declared closed
        ("2027-02-08 08:30", "closed", None),  # winter holidays of zone C only
        ("2027-02-22 08:30", "lesson", "M1"),  # zones A and B are away, zone C is back
        ("2027-05-07 08:30", "closed", None),  # bridge of the Ascension
    ],
)
def test_the_period_of_a_minute(calendar, minute, period, slot):
    found = calendar.slot_at(paris(minute))
    assert (calendar.period_at(paris(minute)), found.name if found else None) == (period, slot)


def test_without_boarding_the_school_is_closed_outside_its_day(calendar):
    day_school = Calendar(calendar.timezone, "C", calendar.slots, boarding=False)
    answers = {
        hour: day_school.period_at(paris(f"2026-09-07 {hour}:30")) for hour in ("07", "09", "20")
    }
    assert answers == {"07": "closed", "09": "break", "20": "closed"}


@pytest.mark.parametrize(("zone", "closed"), [("A", False), ("B", False), ("C", True)])
def test_holidays_depend_on_the_zone(calendar, zone, closed):
    other = Calendar(calendar.timezone, zone, calendar.slots, boarding=True)
    assert other.is_off(date(2027, 2, 8)) is closed


def test_a_lesson_at_eight_stays_a_lesson_when_the_clocks_change(calendar):
    # Clocks go back on 25 October 2026 and forward on 28 March 2027, both on a Sunday.
    for utc in ("2026-10-16T06:00", "2026-11-02T07:00", "2027-03-26T07:00", "2027-03-29T06:00"):
        moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
        expected = "closed" if utc.startswith("2027-03-29") else "lesson"  # Easter Monday
        assert calendar.period_at(moment) == expected


def test_both_hours_of_the_autumn_night_have_the_same_period(calendar):
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert calendar.local(first).hour == calendar.local(second).hour == 2
    assert calendar.period_at(first) == calendar.period_at(second)
    assert calendar.local_day(datetime(2026, 10, 25, 22, 59, tzinfo=UTC)) == date(2026, 10, 25)
    assert calendar.local_day(datetime(2026, 10, 25, 23, 0, tzinfo=UTC)) == date(2026, 10, 26)


def test_a_moment_without_time_zone_is_refused(calendar):
    with pytest.raises(ValueError, match="time zone"):
        calendar.period_at(datetime(2026, 9, 7, 8, 0))  # noqa: DTZ001 - the point of the test


def test_weeks_are_whole_and_list_their_school_days(calendar):
    weeks = calendar.weeks(date(2026, 11, 12), date(2026, 11, 17))
    assert [(week.period, week.starts.isoformat(), week.ends.isoformat()) for week in weeks] == [
        ("2026-W46", "2026-11-09", "2026-11-16"),
        ("2026-W47", "2026-11-16", "2026-11-23"),
    ]
    assert [len(week.school_days) for week in weeks] == [5, 4]  # the 16th is declared closed
    assert [week.period for week in calendar.weeks(date(2027, 1, 1), date(2027, 1, 2))] == [
        "2026-W53"
    ]


@st.composite
def timetables(draw):
    cuts = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=10)))
    slots = [
        Slot(
            f"S{n}",
            draw(st.sampled_from(["lesson", "break", "meal", "evening"])),
            tuple(draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))),
            start,
            end,
            30,
        )
        for n, (start, end) in enumerate(pairwise(cuts))
    ]
    return Calendar(PARIS, "C", tuple(slots), boarding=draw(st.booleans()))


@given(timetables(), st.integers(0, 600_000))
def test_any_minute_of_any_timetable_agrees_with_its_definition(calendar, minutes):
    moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = moment.astimezone(PARIS)
    held = [
        slot
        for slot in calendar.slots
        if WEEKDAYS[local.weekday()] in slot.days
        and not calendar.is_off(local.date())
        and slot.starts <= local.hour * 60 + local.minute < slot.ends
    ]
    assert len(held) <= 1
    found = calendar.slot_at(moment)
    assert found == (held[0] if held else None)
    if held:
        assert calendar.period_at(moment) == held[0].period
    elif calendar.is_off(local.date()):
        assert calendar.period_at(moment) == "closed"
