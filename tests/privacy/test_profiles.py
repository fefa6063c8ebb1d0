"""The two profiles: `standard`, and `renforce` with five times the noise."""

import pytest
from pydantic import ValidationError

from privacy import canonical
from privacy.gate.noise import draw, epsilons
from privacy.settings import MOST, PrivacySettings

STRONGER = PrivacySettings(profile="renforce")


@pytest.mark.parametrize("written", ["renforce", "renforcé"])
def test_the_stronger_profile_may_be_written_with_its_accent(written):
    settings = PrivacySettings.model_validate({"profile": written})
    assert settings.profile == "renforce"
    assert settings.digest() == STRONGER.digest()


@pytest.mark.parametrize("table", MOST)
def test_every_table_has_five_times_the_noise(table):
    ratio = STRONGER.method(table).sigma / PrivacySettings().method(table).sigma
    assert ratio == pytest.approx(5, rel=1e-4)


def test_a_school_week_has_the_epsilon_that_a_device_day_has_under_standard():
    assert epsilons(STRONGER.total_rho)["school_week"] == pytest.approx(1.0, abs=0.005)


def test_its_budget_cannot_be_that_of_the_other_profile():
    with pytest.raises(ValidationError, match=r"total_rho 0.0243 is more than the 0.000972"):
        PrivacySettings.model_validate({"profile": "renforce", "total_rho": 0.0243})


@pytest.mark.parametrize("profile", [None, 1, ["renforce"], "renforcee"])
def test_another_profile_is_refused(profile):
    with pytest.raises(ValidationError, match="profile") as refused:
        PrivacySettings.model_validate({"profile": profile})
    assert [error["loc"] for error in refused.value.errors()] == [("profile",)]


def test_settings_that_are_no_mapping_are_refused():
    with pytest.raises(ValidationError) as refused:
        PrivacySettings.model_validate([])
    assert refused.value.errors()[0]["input"] == [], "what was given, not what became of it"


def test_settings_that_were_checked_stay_what_they_are():
    assert PrivacySettings.model_validate(STRONGER) == STRONGER


def test_its_smallest_cost_can_be_charged_and_drawn():
    method = STRONGER.method("rehearsal")
    assert b"e-" not in canonical.dump({"rho": method.rho})
    assert len(draw([0] * 4, method)) == 4
