from datetime import date, timedelta
from itertools import chain

import pytest

from privacy.gate.periods import PeriodKind, period_of
from privacy.gate.tables import CHARTER_USES, definitions, published_zones, rehearsal
from privacy.settings import PrivacySettings
from tests.privacy.examples import SERVICES, SETTINGS, SLOTS, T1, T6, TABLES, Zone

T1_KEYS = T1.keys()
USES = ("any", "pedagogical", "residual_private", "abusive", "resource_inappropriate")


def test_t1_has_every_declared_zone_times_every_use_and_any():
    assert len(T1.keys()) == 3 * 5
    assert {(dict(k)["zone"], dict(k)["use"]) for k in T1_KEYS} == {
        (zone, use) for zone in ("salles", "bureaux", "internat") for use in USES
    }


def test_t6_has_the_four_charter_uses():
    assert T6.keys() == tuple((("use", use),) for use in CHARTER_USES)


def test_keys_are_sorted_as_a_stored_release_reads_them_back():
    every = list(chain.from_iterable(table.keys() for table in TABLES.values()))
    assert all(key == tuple(sorted(key)) for key in every)


MERGES = [
    ("a zone at the floor stands alone", [Zone("a", 20)], {"a": "a"}),
    ("a zone under the floor is in no cell", [Zone("a", 19)], {"a": None}),
    (
        "a small zone merges where the school says",
        [Zone("a", 3, "b"), Zone("b", 40)],
        {"a": "b", "b": "b"},
    ),
    (
        "two small zones stand together",
        [Zone("a", 12, "b"), Zone("b", 12)],
        {"a": "b", "b": "b"},
    ),
    (
        "together still too small: in no cell",
        [Zone("a", 5, "b"), Zone("b", 5)],
        {"a": None, "b": None},
    ),
    (
        "a chain is followed to its end",
        [Zone("a", 5, "b"), Zone("b", 5, "c"), Zone("c", 30)],
        {"a": "c", "b": "c", "c": "c"},
    ),
    (
        "a circle leads nowhere",
        [Zone("a", 50, "b"), Zone("b", 50, "a"), Zone("c", 30)],
        {"a": None, "b": None, "c": "c"},
    ),
    (
        "persons of a zone that counts no devices publish nobody",
        [Zone("a", 500, "b", counts_devices=False), Zone("b", 19)],
        {"a": None, "b": None},
    ),
    ("an unknown target leads nowhere", [Zone("a", 50, "z")], {"a": None}),
]


@pytest.mark.parametrize(("zones", "expected"), [m[1:] for m in MERGES], ids=[m[0] for m in MERGES])
def test_zones_merge_by_declaration(zones, expected):
    assert published_zones(zones, 20) == expected


def test_a_zone_that_counts_no_devices_has_no_cells():
    tables = definitions([Zone("a", 50), Zone("wifi", 90, None, counts_devices=False)], SETTINGS)
    assert tables["T1"].zones == ("a",)


def test_a_school_of_one_small_zone_has_whole_school_tables_only():
    assert list(definitions([Zone("a", 10)], SETTINGS)) == ["T4", "T5-bis", "T6", "T7"]


def test_of_more_slots_than_twelve_the_first_twelve_have_cells():
    names = [f"S{n}" for n in range(20)]
    assert len(definitions([], SETTINGS, slots=names)["T2"].keys()) == 12 * 4


def test_keys_are_the_product_of_what_the_school_declares():
    assert [(name, len(table.keys())) for name, table in TABLES.items()] == [
        ("T1", 3 * 5), ("T2", 3 * 4), ("T3", 2), ("T4", 6), ("T5-bis", 2), ("T6", 4), ("T7", 10),
    ]  # fmt: skip


def test_cells_have_the_names_that_the_analysis_counts_under_and_releases_store():
    """Fixed for good: stored releases carry them, and a cell of another name would stay empty."""
    assert {
        name: table.dimensions for name, table in TABLES.items() if name not in ("T1", "T2")
    } == {
        "T3": (("service", SERVICES),),
        "T4": (("use", (*USES[1:], "technical", "undetermined")),),
        "T5-bis": (("use", ("abusive", "resource_inappropriate")),),
        "T6": (("use", USES[1:]),),
        "T7": (
            (
                "group",
                (
                    *("education", "conferencing", "video", "audio", "games", "social", "files"),
                    *("updates", "web", "undetermined"),
                ),
            ),
        ),
    }
    assert T1.dimensions == (("zone", ("salles", "bureaux", "internat")), ("use", USES))
    assert TABLES["T2"].dimensions == (("slot", SLOTS), ("use", USES[1:]))


def test_periods_of_the_tables_are_those_of_the_design():
    periods = {name: table.period.value for name, table in TABLES.items()}
    assert periods == {
        "T1": "week", "T2": "week", "T3": "week", "T4": "week",
        "T5-bis": "month", "T6": "day", "T7": "month",
    }  # fmt: skip
    assert rehearsal(SETTINGS).period.value == "week"


def test_of_more_services_than_forty_the_first_forty_have_cells():
    names = [f"service {n}" for n in range(50)]
    found = definitions([], SETTINGS, services=names)["T3"]
    assert found.cells() == tuple((name,) for name in names[:40])


def test_no_table_that_is_released_by_itself_is_a_rehearsal():
    assert "rehearsal" not in TABLES
    assert rehearsal(SETTINGS).keys() == T6.keys()


def test_the_cap_is_that_of_the_settings():
    strict = PrivacySettings.model_validate({"tables": {"T1": {"share": 0.25, "cap": 3}}})
    assert definitions([Zone("a", 50)], strict)["T1"].cap == 3


@pytest.mark.parametrize(
    ("day", "name", "starts"),
    [
        (date(2026, 9, 7), "2026-W37", date(2026, 9, 7)),
        (date(2026, 9, 13), "2026-W37", date(2026, 9, 7)),
        (date(2027, 1, 1), "2026-W53", date(2026, 12, 28)),
        (date(2024, 12, 30), "2025-W01", date(2024, 12, 30)),
    ],
)
def test_a_week_is_the_iso_week(day, name, starts):
    week = period_of(PeriodKind.WEEK, day)
    assert (week.name, week.starts, len(week.days())) == (name, starts, 7)
    assert week.ends == starts + timedelta(days=7)


@pytest.mark.parametrize(
    ("day", "name", "days"),
    [
        (date(2026, 9, 30), "2026-09", 30),
        (date(2026, 12, 1), "2026-12", 31),
        (date(2028, 2, 29), "2028-02", 29),
        (date(2027, 2, 14), "2027-02", 28),
    ],
)
def test_a_month_is_the_calendar_month(day, name, days):
    month = period_of(PeriodKind.MONTH, day)
    assert (month.name, month.starts.day, len(month.days())) == (name, 1, days)
    assert month.ends.day == 1


def test_the_days_of_a_period_are_its_own_in_order():
    week = period_of(PeriodKind.WEEK, date(2026, 9, 10))
    assert week.days() == tuple(date(2026, 9, 7 + n) for n in range(7))
    assert period_of(PeriodKind.DAY, date(2026, 9, 7)).days() == (date(2026, 9, 7),)


def test_the_kinds_of_period_have_the_names_that_documents_store():
    assert [kind.value for kind in PeriodKind] == ["day", "week", "month"]


def test_a_period_is_closed_when_its_last_day_is_over():
    day = period_of(PeriodKind.DAY, date(2026, 9, 7))
    assert not day.closed(date(2026, 9, 7))
    assert day.closed(date(2026, 9, 8))
    week = period_of(PeriodKind.WEEK, date(2026, 9, 7))
    assert not week.closed(date(2026, 9, 13))
    assert week.closed(date(2026, 9, 14))
