"""Corsica and the territories overseas: what is known is used, the rest must be declared."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analyzer.facts import minute_table
from school.calendar import Calendar
from school.days_off import TERRITORIES, days_off
from school.load import DeclarationErrors, load_school
from tests.school.declared import directory

SLOTS = """slots:
  - {name: M1, period: lesson, days: [mon, tue, wed, thu, fri], from: "08:00", to: "08:55", persons: 420}
  - {name: Soir, period: evening, days: [mon, tue, wed, thu], from: "19:00", to: "24:00", persons: 60}
"""
DECLARED = """holidays:
  - {name: Été austral, from: 2026-12-19, to: 2027-01-25}
"""


def school(folder, territory, timezone, zone="declared", holidays=DECLARED) -> Calendar:
    written = directory(folder / "school")
    head = f"timezone: {timezone}\nholiday_zone: {zone}\nterritory: {territory}\n"
    (written / "calendar.yaml").write_text(head + SLOTS + holidays, encoding="utf-8")
    return load_school(written).calendar


@pytest.mark.parametrize(
    ("territory", "day"),
    [
        ("alsace", date(2027, 3, 26)),  # Good Friday
        ("moselle", date(2028, 12, 26)),
        ("reunion", date(2026, 12, 20)),  # abolition of slavery
        ("guadeloupe", date(2027, 5, 27)),
        ("martinique", date(2027, 5, 22)),
        ("guyane", date(2027, 6, 10)),
        ("mayotte", date(2027, 4, 27)),
        ("nouvelle_caledonie", date(2026, 9, 24)),
        ("polynesie", date(2027, 3, 5)),
    ],
)
def test_each_territory_has_its_own_public_holidays(territory, day):
    assert day in days_off("declared", territory, day.year)
    assert day not in days_off("declared", "metropole", day.year)


def test_the_national_ones_hold_everywhere():
    for territory in TERRITORIES:
        assert date(2026, 11, 11) in days_off("declared", territory, 2026), territory


def test_alsace_has_the_school_holidays_of_its_zone_too():
    assert date(2027, 2, 15) in days_off("B", "alsace", 2027) | days_off("A", "alsace", 2027)
    assert days_off("B", "metropole", 2027) < days_off("B", "alsace", 2027)


@pytest.mark.parametrize(
    ("territory", "timezone", "utc"),
    [
        ("corse", "Europe/Paris", "2026-09-07T06:00"),
        ("reunion", "Indian/Reunion", "2026-09-07T04:00"),
        ("guadeloupe", "America/Guadeloupe", "2026-09-07T12:00"),
        ("guyane", "America/Cayenne", "2026-09-07T11:00"),
        ("nouvelle_caledonie", "Pacific/Noumea", "2026-09-06T21:00"),  # the day before in UTC
        ("polynesie", "Pacific/Tahiti", "2026-09-07T18:00"),
        ("polynesie", "Pacific/Marquesas", "2026-09-07T17:30"),  # half an hour apart
        ("saint_pierre_et_miquelon", "America/Miquelon", "2026-09-07T10:00"),
    ],
)
def test_a_lesson_at_eight_is_at_eight_where_the_school_is(tmp_path, territory, timezone, utc):
    calendar = school(tmp_path, territory, timezone)
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (calendar.period_at(moment), calendar.local_day(moment)) == ("lesson", date(2026, 9, 7))
    assert calendar.period_at(moment - timedelta(minutes=1)) != "lesson"
    table = minute_table(calendar, date(2026, 9, 7), date(2026, 9, 8)).to_pylist()
    first = next(row for row in table if row["slot"] == "M1")
    assert (first["minute"], len(table)) == (moment, 1440)


def test_an_evening_overseas_ends_with_the_local_day(tmp_path):
    calendar = school(tmp_path, "reunion", "Indian/Reunion")
    last = datetime(2026, 9, 7, 23, 59, tzinfo=ZoneInfo("Indian/Reunion"))
    assert (calendar.period_at(last), calendar.local_day(last)) == ("evening", date(2026, 9, 7))
    after = last + timedelta(minutes=1)
    assert (calendar.period_at(after), calendar.local_day(after)) == ("night", date(2026, 9, 8))


def test_declared_holidays_are_closed_and_those_of_the_metropole_are_not(tmp_path):
    calendar = school(tmp_path, "reunion", "Indian/Reunion")
    assert [calendar.is_off(date(2027, 1, day)) for day in (25, 26)] == [True, False]
    assert not calendar.is_off(date(2026, 10, 20))  # autumn holidays of all three zones


@pytest.mark.parametrize(
    ("territory", "zone", "holidays", "told"),
    [
        ("corse", "A", "", "are not those of zone A"),
        ("corse", "declared", "", "needs `holidays`"),
        ("mayotte", "Mayotte", "", "`territory: mayotte`, and list them under `holidays`"),
    ],
)
def test_what_cannot_be_proven_is_refused_in_words(tmp_path, territory, zone, holidays, told):
    with pytest.raises(DeclarationErrors, match=told) as caught:
        school(tmp_path, territory, "Europe/Paris", zone, holidays)
    assert any(
        (p.file, p.line, p.column) == ("calendar.yaml", 2, 15) for p in caught.value.problems
    )
