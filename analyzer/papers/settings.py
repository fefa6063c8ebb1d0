"""The settings beside their profile: what the school made stricter, what looser. Pure.

`approved` is the profile's own value: a DPO who acknowledges settings reads this table first.
"""

from typing import Any, Final

from privacy.settings import MOST, PrivacySettings

SAME, STRICTER, LOOSER, OTHER = "same", "stricter", "looser", "other"
LESS_IS_STRICTER: Final = ("total_rho", "retention_days")
MORE_IS_STRICTER: Final = (
    "floor_persons",
    "display.sigmas",
    "display.reliable_sigmas",
    "display.floor_devices_per_day",
)


def profile_of(settings: PrivacySettings) -> PrivacySettings:
    """Return the profile that the settings name, untouched."""
    return PrivacySettings(profile=settings.profile)


def against_profile(settings: PrivacySettings) -> list[dict[str, Any]]:
    """Return every setting: name, value in force, value of the profile, and how they compare."""
    mine, approved = _flat(settings), _flat(profile_of(settings))
    return [
        {
            "name": name,
            "value": value,
            "approved": approved[name],
            "sense": _sense(name, value, approved[name]),
        }
        for name, value in mine.items()
    ]


def _flat(settings: PrivacySettings) -> dict[str, float]:
    named: dict[str, float] = {
        "total_rho": settings.total_rho,
        "retention_days": settings.retention_days,
        "floor_persons": settings.floor_persons,
        "display.sigmas": settings.display.sigmas,
        "display.reliable_sigmas": settings.display.reliable_sigmas,
        "display.floor_devices_per_day": settings.display.floor_devices_per_day,
    }
    for name in MOST:
        table = settings.table(name)
        named |= {f"{name}.share": table.share, f"{name}.cap": table.cap}
    return named


def _sense(name: str, value: float, approved: float) -> str:
    """Return how a value compares. A share moves noise between tables; a cap, accuracy only."""
    if value == approved:
        return SAME
    if name in LESS_IS_STRICTER:
        return STRICTER if value < approved else LOOSER
    if name in MORE_IS_STRICTER:
        return STRICTER if value > approved else LOOSER
    if name.endswith(".share"):
        return STRICTER if value < approved else LOOSER
    return OTHER
