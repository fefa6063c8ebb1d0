from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from analyzer.classify import FACT_OF_KEY, VOLUME_OF_KEY, NoRule, classify
from analyzer.facts import Facts, minute_table, strength_of
from privacy.records import SLICE_SCHEMA
from school.charter import SET_KEYS, SIZE_KEYS, Charter, When, WhenEntry
from tests.spec.situations import lycee


def test_facts_hold_nothing_that_points_at_a_person():
    names = {field.name for field in fields(Facts)}
    assert names == {
        "zone_kind",
        "period",
        "category",
        "evidence",
        "link_state",
        "link_up",
        "link_down",
        "slot",
        "day_kind",
        "listed",
        "app",
        "behaviour",
        "octets",
        "flow_octets",
        "device_day_octets",
        "rule_minutes",
        "rule_octets",
    }
    assert not names & {"device", "flow", "site", "zone", "minute"}
    assert {"device", "flow", "site", "zone"} <= set(SLICE_SCHEMA.names)


def test_every_key_of_a_condition_is_looked_at():
    assert tuple(WhenEntry.model_fields) == (*SET_KEYS, *SIZE_KEYS)
    assert tuple(field.name for field in fields(When)) == (*SET_KEYS, *SIZE_KEYS)
    assert (tuple(FACT_OF_KEY), tuple(VOLUME_OF_KEY)) == (SET_KEYS, SIZE_KEYS)
    looked_at = {*FACT_OF_KEY.values(), *VOLUME_OF_KEY.values()}
    counted = {"rule_minutes", "rule_octets"}  # what tolerances look at
    assert looked_at | counted == {field.name for field in fields(Facts)}


@pytest.mark.parametrize(
    ("site", "source", "ech", "strength"),
    [
        ("a.fr", "tls_sni", False, "strong"),
        ("a.fr", "quic_sni", False, "strong"),
        ("a.fr", "http_host", False, "strong"),
        ("a.fr", "proxy_connect", False, "strong"),
        ("a.fr", "tls_sni", True, "weak"),
        ("a.fr", "dns", False, "weak"),
        ("a.fr", "log", False, "weak"),
        ("a.fr", "none", False, "none"),
        (None, "tls_sni", False, "none"),
        (None, "none", False, "none"),
    ],
)
def test_strength_of_the_evidence(site, source, ech, strength):
    assert strength_of(site, source, ech=ech) == strength


def test_a_charter_without_its_last_rule_decides_nothing():
    facts = Facts(
        zone_kind="office", period="lesson", category="ent", evidence="strong", link_state="calm"
    )
    empty = Charter(lycee().charter.title, "1", (), ())
    with pytest.raises(NoRule):
        classify(facts, empty)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2026, 10, 24), 1440), (date(2026, 10, 25), 1500), (date(2027, 3, 28), 1380)],
)
def test_days_of_clock_change_are_longer_or_shorter(day, minutes):
    table = minute_table(lycee().calendar, day, day + timedelta(days=1)).to_pylist()
    assert len(table) == minutes
    assert {row["day"] for row in table} == {day}
    moments = [row["minute"] for row in table]
    assert all(b - a == timedelta(minutes=1) for a, b in pairwise(moments))


def test_the_minute_table_says_what_the_calendar_says_over_a_clock_change():
    calendar = lycee().calendar
    table = minute_table(calendar, date(2026, 10, 23), date(2026, 10, 27)).to_pylist()
    assert table[0]["minute"] == datetime(2026, 10, 22, 22, 0, tzinfo=UTC)
    assert table[-1]["minute"] == datetime(2026, 10, 26, 22, 59, tzinfo=UTC)
    for row in table[::7]:
        slot = calendar.slot_at(row["minute"])
        assert row["day"] == calendar.local_day(row["minute"])
        assert row["period"] == calendar.period_at(row["minute"])
        assert row["slot"] == (slot.name if slot else None)


def test_monday_morning_before_and_after_the_clock_change():
    calendar = lycee().calendar
    table = minute_table(calendar, date(2027, 3, 22), date(2027, 4, 1)).to_pylist()
    first = {row["day"]: row["minute"] for row in reversed(table) if row["slot"] == "M1"}
    assert first[date(2027, 3, 26)].hour == 7  # winter: 08:00 in Paris is 07:00 UTC
    assert first[date(2027, 3, 30)].hour == 6  # summer
    assert date(2027, 3, 29) not in first  # Easter Monday
