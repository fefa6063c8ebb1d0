"""What `2026-T1` is."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from school.calendar import Calendar, Slot
from school.terms import terms_between, terms_of

WEEK = ("mon", "tue", "wed", "thu", "fri")
SLOT = Slot("M1", "lesson", WEEK, 480, 535, 400)
ZONE_C = Calendar(ZoneInfo("Europe/Paris"), "C", (SLOT,), boarding=False)


def spans(calendar: Calendar, year: int) -> list[tuple[str, str, str]]:
    return [(t.name, t.starts.isoformat(), t.ends.isoformat()) for t in terms_of(calendar, year)]


@pytest.mark.parametrize(
    ("zone", "t1", "t2", "t3"),
    [
        ("A", "2026-12-18", "2027-04-09", "2027-07-02"),
        ("B", "2026-12-18", "2027-04-16", "2027-07-02"),
        ("C", "2026-12-18", "2027-04-02", "2027-07-02"),
    ],
)
def test_terms_end_before_christmas_spring_and_summer(zone: str, t1: str, t2: str, t3: str):
    found = spans(replace(ZONE_C, holiday_zone=zone), 2026)
    assert [(name, ends) for name, _, ends in found] == [
        ("2026-T1", t1), ("2026-T2", t2), ("2026-T3", t3),
    ]  # fmt: skip
    assert [starts for _, starts, _ in found][1] == "2027-01-04"


def test_no_school_day_of_a_year_is_outside_its_terms_or_in_two():
    terms = terms_of(ZONE_C, 2026)
    taught = [d for d in ZONE_C.days(date(2026, 8, 1), date(2027, 8, 1)) if ZONE_C.is_school_day(d)]
    assert all(sum(term.starts <= day <= term.ends for term in terms) == 1 for day in taught)
    weeks = [week for term in terms for week in term.weeks]
    assert len(weeks) == len(set(weeks))


def test_holiday_weeks_are_in_no_term_and_short_weeks_are():
    weeks = terms_of(ZONE_C, 2026)[0].weeks
    assert not {"2026-W43", "2026-W44"} & set(weeks)  # All Saints
    assert "2026-W46" in weeks  # 11 November is one day of it


def test_without_declared_holidays_terms_end_with_december_and_march():
    bare = replace(ZONE_C, holiday_zone="declared")
    ends = [end for _, _, end in spans(bare, 2026)]
    assert ends[:2] == ["2026-12-31", "2027-03-31"]


def test_terms_between_two_days():
    names = [t.name for t in terms_between(ZONE_C, date(2026, 12, 25), date(2027, 4, 30))]
    assert names == ["2026-T2", "2026-T3"]
