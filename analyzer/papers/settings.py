"""The settings beside their profile, and what each signed decision changed. Pure.

What is stricter and what looser is `privacy.terms`'s to say: the same order decides whether a change
needs the DPO's signature.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from privacy import canonical
from privacy.acknowledgement import DECIDED, KEY_DECLARED, Decision, read
from privacy.keys import public_key
from privacy.log.entries import Entry
from privacy.sealed import SealBroken
from privacy.settings import MOST, PROFILES, PrivacySettings
from privacy.terms import Difference, Terms, differences

SAME: Final = "same"


def profile_of(settings: PrivacySettings) -> PrivacySettings:
    """Return the profile that the settings name, untouched."""
    return PrivacySettings(profile=settings.profile, total_rho=PROFILES[settings.profile])


def against_profile(settings: PrivacySettings) -> list[dict[str, Any]]:
    """Return every setting: respect, value in force, value of the profile, and how they compare."""
    approved = profile_of(settings)
    found = {d.respect: d for d in differences(Terms(settings=approved), Terms(settings=settings))}
    mine, theirs = _flat(settings), _flat(approved)
    return [
        {
            "name": name,
            "value": value,
            "approved": theirs[name],
            "sense": found[name].direction.value if name in found else SAME,
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
        method = settings.method(name)
        named |= {
            f"{name}: cost (rho)": round(method.rho, 9),
            f"{name}: cap": method.cap,
            f"{name}: noise (sigma)": method.sigma,
        }
    return named


def decisions(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the DPO's signed decisions, newest first, each with what it changed and its signer."""
    found: list[dict[str, Any]] = []
    key, before = "", None
    for entry in entries:
        if entry.kind == KEY_DECLARED:
            key = str(entry.facts["public_key"])
        elif entry.kind == DECIDED and key:
            sealed: Mapping[str, Any] = entry.facts["sealed"]
            try:
                signed = read(canonical.dump(sealed), public_key(key))
            except (SealBroken, TypeError, ValueError):
                continue  # of an earlier key or version: it decides nothing
            found.append(
                {
                    "number": entry.number,
                    "at": entry.at,
                    "decision": signed.decision.value,
                    "signer": sealed["seal"]["key"],
                    "first": before is None,
                    "differences": told(differences(before, signed.terms)) if before else [],
                }
            )
            before = signed.terms if signed.decision is Decision.ACKNOWLEDGED else before
    return found[::-1]


def told(found: Iterable[Difference]) -> list[dict[str, str]]:
    """Return differences as JSON values; those of a table's noise are among them."""
    return [
        {
            "respect": each.respect,
            "before": each.before,
            "after": each.after,
            "direction": each.direction.value,
        }
        for each in found
    ]
