"""The chances that pages print instead of epsilons: against draws, and against sums by hand."""

import math
import random

import pytest

from privacy.gate.periods import PeriodKind
from privacy.guessing import BOARDING_MONTH, SCHOOL_MONTH, guess, guesses, month_rho
from privacy.settings import MOST, PrivacySettings

DRAWS = 40_000


@pytest.mark.parametrize("rho", [0.0243, 0.6])
def test_the_best_rule_is_right_as_often_as_said(rho):
    """The best rule says "there" above the middle: played with Gaussian noise of that cost."""
    draw = random.Random(7)  # noqa: S311 - a game, not a secret
    sigma = 1 / math.sqrt(2 * rho)  # a count that one device moves by 1
    right = 0
    for _ in range(DRAWS):
        there = draw.random() < 0.5
        right += (there + draw.gauss(0, sigma) > 0.5) is there
    assert right / DRAWS == pytest.approx(guess(rho).mean, abs=0.012)


@pytest.mark.parametrize("rho", [0.0243, 0.6])
def test_no_draw_but_one_in_a_million_makes_him_surer_than_said(rho):
    """He is surer than `worst` only above a value that the noise passes once in a million."""
    mu, worst = math.sqrt(2 * rho), guess(rho).worst
    # Seen x from N(mu, 1) or N(0, 1), the odds for mu are exp(mu x − mu²/2).
    threshold = (math.log(worst / (1 - worst)) + mu * mu / 2) / mu
    passed = 0.5 * math.erfc((threshold - mu) / math.sqrt(2))
    assert passed == pytest.approx(1e-6, rel=1e-3)


def test_no_budget_is_a_coin_and_more_budget_tells_more():
    assert (guess(0.0).mean, guess(0.0).worst) == (0.5, 0.5)
    found = [guess(rho) for rho in (0.001, 0.0243, 0.6, 3.0)]
    assert found == sorted(found, key=lambda each: (each.mean, each.worst))
    assert all(each.mean < each.worst for each in found)


def test_the_standard_profile_in_words():
    found = guesses(PrivacySettings())
    assert round(found["device_day"][1].mean, 3) == 0.544
    assert round(found["school_week"][1].mean, 2) == 0.71
    assert found["school_week"][0] == pytest.approx(25 * 0.0243)


def test_a_month_adds_days_squares_of_weeks_and_the_square_of_the_month():
    settings = PrivacySettings()
    rho = {name: settings.method(name).rho for name in MOST}
    weekly = sum(rho[name] for name in ("T1", "T2", "T3", "T4", "rehearsal"))
    monthly = rho["T5-bis"] + rho["T7"]
    by_hand = weekly * (4 * 25) + rho["T6"] * 20 + monthly * 400
    assert month_rho(settings, SCHOOL_MONTH) == pytest.approx(by_hand)
    assert sum(BOARDING_MONTH) == 31
    assert month_rho(settings, (1,)) == pytest.approx(settings.total_rho)
    assert len(PeriodKind) == 3, "another kind of period needs its own count of days"
