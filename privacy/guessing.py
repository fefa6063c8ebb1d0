"""What the budget lets somebody guess, in chances instead of epsilons. Pure.

An observer knows everything about every other device, reads all that is released, and has to say
whether one device was there or not; before reading he holds both for equally likely. Gaussian noise
of zCDP cost rho is told from its neighbour exactly as N(0, 1) from N(mu, 1) with mu = sqrt(2 rho)
(Dong, Roth, Su: Gaussian Differential Privacy, JRSS B 84, 2022, section 2; costs add up, so do the
squares of mu, corollary 3.3). From there on it is a textbook's test of two normal laws:

    mean success   of the best rule, over all draws: Phi(mu / 2)
    worst case     the surest that a draw can make him, but for one draw in 1/`DELTA`: the logarithm of
                   the odds is normal, N(mu²/2, mu²), so its quantile is mu²/2 + z mu

Whole-number noise with a sigma over 20 differs from this beyond the digits that are shown.
`tests/privacy/test_guessing.py` holds both against draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from privacy.gate.periods import PeriodKind
from privacy.gate.tables import PERIODS
from privacy.settings import DELTA, MOST, PrivacySettings

SCHOOL_MONTH: Final = (5, 5, 5, 5)
"""Days on which a device is there, week by week: a full month of lessons (`effects.MONTH_DAYS`)."""
BOARDING_MONTH: Final = (7, 7, 7, 7, 3)
"""A month of 31 days without a day off."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How far an observer gets who starts from even chances."""

    mean: float
    """Share of right answers of his best rule."""
    worst: float
    """How sure he may be after the most telling draw but one in a million."""


def guess(rho: float) -> Guess:
    """Return what a zCDP cost lets him guess."""
    mu = math.sqrt(2 * rho)
    law = NormalDist()
    odds = mu * mu / 2 + law.inv_cdf(1 - DELTA) * mu
    return Guess(mean=law.cdf(mu / 2), worst=1 / (1 + math.exp(-odds)))


def month_rho(settings: PrivacySettings, weeks: Sequence[int]) -> float:
    """Return the cost of one device over a month, all tables together.

    Within one release, n days of a device weigh n times and cost n² times (group privacy); releases
    of different periods add up.

    Args:
        settings: in force.
        weeks: on how many days of each week of the month the device is there.
    """
    times = {
        PeriodKind.DAY: sum(weeks),
        PeriodKind.WEEK: sum(days * days for days in weeks),
        PeriodKind.MONTH: sum(weeks) ** 2,
    }
    return sum(settings.method(name).rho * times[PERIODS[name]] for name in MOST)


def guesses(settings: PrivacySettings) -> dict[str, tuple[float, Guess]]:
    """Return by name: the zCDP cost of one device's presence, and what it lets an observer guess.

    A week's days count as one block (n² times the day's budget), as its epsilon does.
    """
    day = settings.total_rho
    costs = {
        "device_day": day,
        "two_devices": day * 2**2,
        "school_week": day * 5**2,
        "boarding_week": day * 7**2,
        "school_month": month_rho(settings, SCHOOL_MONTH),
        "boarding_month": month_rho(settings, BOARDING_MONTH),
    }
    return {name: (rho, guess(rho)) for name, rho in costs.items()}
