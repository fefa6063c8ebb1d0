import math
from typing import get_args

import pytest
from pydantic import ValidationError

from privacy.gate.noise import epsilon, epsilons
from privacy.settings import (
    MOST,
    STANDARD_TOTAL_RHO,
    PrivacySettings,
    TableName,
    TableSettings,
)

CONTRACT = {
    "profile": "standard",
    "total_rho": "0.0243",
    "retention_days": "8",
    "tables": {"T1": {"share": "0.25", "cap": "5"}, "T6": {"share": "0.10", "cap": "4"}},
    "floor_persons": "20",
    "display": {"sigmas": "4", "reliable_sigmas": "10", "floor_devices_per_day": "11"},
}


def test_the_file_of_the_contract_is_the_standard_profile():
    assert PrivacySettings.model_validate(CONTRACT) == PrivacySettings()
    assert PrivacySettings.model_validate(CONTRACT).digest() == PrivacySettings().digest()


DESIGN = [
    ("T1", 20.3, 5, "device_days"),
    ("T2", 37.0, 10, "device_slots"),
    ("T3", 33.1, 8, "device_days"),
    ("T4", 14_344.4, 1_000, "megabytes"),
    ("T5-bis", 20.3, 2, "device_days"),
    ("T6", 28.7, 4, "device_days"),
    ("T7", 4_303.3, 300, "megabytes"),
    ("rehearsal", 40.6, 4, "device_days"),
]


@pytest.mark.parametrize(("table", "sigma", "cap", "measure"), DESIGN, ids=[d[0] for d in DESIGN])
def test_sigma_is_that_of_the_design_table(table, sigma, cap, measure):
    method = PrivacySettings().method(table)
    assert round(method.sigma, 1) == sigma
    assert (method.cap, method.measure) == (cap, measure)
    assert (method.mechanism, method.unit) == ("discrete_gaussian", "device_day")


def test_all_tables_together_cost_a_device_day_the_total_and_no_more():
    settings = PrivacySettings()
    rho = [settings.method(table).rho for table, *_ in DESIGN]
    assert sum(rho) == pytest.approx(settings.total_rho, rel=1e-12)
    assert sum(rho) <= settings.total_rho * (1 + 1e-12)


def test_settings_name_the_tables_as_the_pages_do():
    written = PrivacySettings.model_validate({"tables": {"T5-bis": {"share": 0.1, "cap": 1}}})
    assert written.table("T5-bis").cap == 1
    assert "T5-bis" in written.model_dump(mode="json")["tables"]


def test_rho_of_a_table_is_its_share_of_the_total():
    assert PrivacySettings().method("T1").rho == pytest.approx(0.006075)
    assert PrivacySettings().method("T6").rho == pytest.approx(0.00243)


def test_four_epsilons_are_published_together():
    expected = {"device_day": 1.0, "two_devices": 2.11, "school_week": 5.83, "boarding_week": 8.60}
    assert epsilons(STANDARD_TOTAL_RHO) == pytest.approx(expected, abs=0.005)


def test_a_device_day_stays_under_epsilon_one():
    assert epsilon(STANDARD_TOTAL_RHO) <= 1.0


LOOSER = [
    ({"total_rho": 0.03}, "total_rho"),
    ({"total_rho": 0}, "total_rho"),
    ({"total_rho": "nan"}, "total_rho"),
    ({"profile": "none"}, "profile"),
    ({"retention_days": 15}, "retention_days"),
    ({"floor_persons": 19}, "floor_persons"),
    ({"display": {"sigmas": 3.9}}, "sigmas"),
    ({"display": {"reliable_sigmas": 9}}, "reliable_sigmas"),
    ({"display": {"sigmas": 12}}, "reliable_sigmas is smaller"),
    ({"display": {"floor_devices_per_day": 10}}, "floor_devices_per_day"),
    ({"tables": {"T1": {"share": 0.95, "cap": 5}}}, "more than 1"),
    ({"tables": {"T1": {"share": 0.25, "cap": 6}}}, "T1: cap 6"),
    ({"tables": {"T6": {"share": 0.1, "cap": 5}}}, "T6: cap 5"),
    ({"tables": {"T6": {"share": 0.1, "cap": 0}}}, "cap"),
    ({"tables": {"T2": {"share": 0.15, "cap": 49}}}, "T2: cap 49 is .* the 48 cells it can fill "),
    ({"tables": {"T3": {"share": 0.15, "cap": 41}}}, "T3: cap 41"),
    ({"tables": {"T4": {"share": 0.1, "cap": 100_001}}}, "the 100000 megabytes a day "),
    ({"tables": {"T5-bis": {"share": 0.1, "cap": 3}}}, "T5-bis: cap 3"),
    ({"tables": {"T7": {"share": 0.1, "cap": 100_001}}}, "T7: cap 100001 .* megabytes a day "),
    ({"tables": {"rehearsal": {"share": 0.05, "cap": 5}}}, "rehearsal: cap 5"),
    ({"tables": {"T1": {"share": 0.25 + 1.5e-9, "cap": 5}}}, "more than 1"),
    ({"retention_days": 0}, "retention_days"),
    ({"total_rho": 0.0243, "tables": {"T6": {"share": 0.0041, "cap": 4}}}, "under 0.0001: only"),
    ({"profile": "renforce", "tables": {"T6": {"share": 0.0041, "cap": 4}}}, "under 4e-06: only"),
    ({"tables": {"T2": {"share": 0.16, "cap": 10}}}, "more than 1"),
    ({"tables": {"T9": {"share": 0.1, "cap": 4}}}, "T9"),
    ({"tables": {"T6": {"share": 0.001, "cap": 4}}}, "only noise"),
    ({"noise": "off"}, "noise"),
]


@pytest.mark.parametrize(("change", "says"), LOOSER, ids=[str(change) for change, _ in LOOSER])
def test_a_looser_or_unknown_setting_cannot_be_loaded(change, says):
    with pytest.raises(ValidationError, match=says):
        PrivacySettings.model_validate(change)


TO_THE_BOUND = [
    {"retention_days": 1},
    {"retention_days": 14},
    {"floor_persons": 20},
    {"display": {"sigmas": 10, "reliable_sigmas": 10}},
    {"tables": {"T1": {"share": 0.25 + 0.5e-9, "cap": 5}}},
    {
        "tables": {"T1": {"share": 0.2500000010000001, "cap": 5}}
    },  # the sum is 1 + ROUNDING, to the bit
    {"tables": {"T6": {"share": 0.0042, "cap": 4}}},
    {"profile": "renforce", "tables": {"T6": {"share": 0.0042, "cap": 4}}},
    {"total_rho": 0.01, "tables": {"T6": {"share": 0.01, "cap": 4}}},
    {
        "tables": {
            "T2": {"share": 0.15, "cap": 48},
            "T3": {"share": 0.15, "cap": 40},
            "T4": {"share": 0.1, "cap": 100_000},
            "T7": {"share": 0.1, "cap": 100_000},
        }
    },
]


@pytest.mark.parametrize("settings", TO_THE_BOUND, ids=str)
def test_a_setting_may_go_to_its_bound(settings):
    assert PrivacySettings.model_validate(settings).digest()


def test_a_share_is_a_part_of_one():
    for share in (0, 1.01):
        with pytest.raises(ValidationError, match="share"):
            TableSettings(share=share, cap=1)
    assert TableSettings(share=1, cap=1).share == 1


def test_every_table_has_a_largest_cap():
    assert tuple(MOST) == get_args(TableName)


@pytest.mark.parametrize("table", MOST)
@pytest.mark.parametrize("profile", ["standard", "renforce"])
def test_sigma_is_the_least_millionth_over_what_rho_asks_for(table, profile):
    settings = PrivacySettings(profile=profile)
    method, share = settings.method(table), settings.table(table).share
    moved = method.cap if table in ("T4", "T7") else math.sqrt(method.cap)
    exact = moved / math.sqrt(2 * settings.total_rho * share) * 10**6
    millionths = round(method.sigma * 10**6)
    assert method.sigma == millionths / 10**6
    assert 0 < millionths - exact <= 1.0001, "the rest is the rounding of this line"


def test_a_stricter_school_gets_more_noise():
    strict = PrivacySettings.model_validate({"total_rho": 0.01, "display": {"sigmas": 5}})
    assert strict.method("T1").sigma > PrivacySettings().method("T1").sigma
    assert strict.digest() != PrivacySettings().digest()


def test_settings_cannot_be_changed_after_they_were_read():
    settings = PrivacySettings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.total_rho = 0.01
    with pytest.raises(ValidationError, match="frozen"):
        settings.tables.T1.cap = 1
