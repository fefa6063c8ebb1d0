"""What privacy settings amount to: noise, the four epsilons, and what a month of T5-bis costs. Pure."""

from typing import Any, Final

from privacy.gate.noise import epsilon, epsilons
from privacy.settings import MOST, PrivacySettings

MONTH_DAYS: Final = 20
"""School days of a full month: a device that came each of them is in one T5-bis release so often."""


def effects(settings: PrivacySettings) -> dict[str, Any]:
    """Return, as JSON values, sigma by table and the epsilons that are always told together."""
    monthly = settings.method("T5-bis").rho
    return {
        "sigma": {name: round(settings.method(name).sigma, 1) for name in MOST},
        "epsilon": {
            **epsilons(settings.total_rho),
            "t5bis_month": epsilon(monthly, MONTH_DAYS),
        },
    }
