"""The DPO's decision: until it is in the audit log, nothing about devices is written. Pure.

The DPO signs the digest of the privacy settings with a key of his own, on a machine of his own. The log
holds his public key (as the school declared it) and his signed decisions, whole. A decision stands for
one set of settings: change one of them and it is asked for again. A key declared anew takes back what
the old one signed; both stay visible in the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy import canonical
from privacy.keys import public_key
from privacy.log.entries import Entry
from privacy.sealed import SealBroken, open_sealed, seal

DOCUMENT: Final = "acknowledgement"
KEY_DECLARED: Final = "dpo_key_declared"
DECIDED: Final = "dpo_decided"


class Decision(StrEnum):
    """What a DPO may say."""

    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


class Standing(StrEnum):
    """What the log says about some settings."""

    IN_FORCE = "in_force"
    NO_KEY = "no_key"
    NOT_DECIDED = "not_decided"
    WITHDRAWN = "withdrawn"


SENTENCES: Final = {
    Standing.IN_FORCE: "the DPO acknowledged these settings",
    Standing.NO_KEY: "no DPO has been declared",
    Standing.NOT_DECIDED: "the DPO has not acknowledged these settings",
    Standing.WITHDRAWN: "the DPO withdrew the acknowledgement of these settings",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A decision whose signature was checked."""

    decision: Decision
    settings: str
    """Digest of the privacy settings, 64 hex digits."""


def sign(decision: Decision, settings: str, key: Ed25519PrivateKey) -> bytes:
    """Return the sealed file that the DPO hands back.

    Args:
        decision: what he says.
        settings: digest of the privacy settings, 64 hex digits.
        key: his.
    """
    payload = {"document": DOCUMENT, "decision": decision.value, "settings": settings}
    return seal(payload, key)


def read(data: bytes, public: Ed25519PublicKey) -> Signed:
    """Check a sealed decision.

    Raises:
        SealBroken: not one, altered, or signed by another key.
    """
    payload = open_sealed(data, public)
    if payload.get("document") != DOCUMENT:
        raise SealBroken("another document")
    try:
        return Signed(Decision(payload["decision"]), str(payload["settings"]))
    except (KeyError, ValueError):
        raise SealBroken("not a decision") from None


def declared_key(entries: Iterable[Entry]) -> str | None:
    """Return the public key that the log declares last, base64; None if there is none."""
    keys = [entry.facts["public_key"] for entry in entries if entry.kind == KEY_DECLARED]
    return keys[-1] if keys else None


def standing(entries: Iterable[Entry], settings: str) -> Standing:
    """Return whether the settings are acknowledged, from the log alone. Raises nothing."""
    public: Ed25519PublicKey | None = None
    said: Decision | None = None
    for entry in entries:
        if entry.kind == KEY_DECLARED:
            public, said = public_key(entry.facts["public_key"]), None
        elif entry.kind == DECIDED and public is not None:
            said = _decision(entry.facts["sealed"], public, settings) or said
    if public is None:
        return Standing.NO_KEY
    if said is None:
        return Standing.NOT_DECIDED
    return Standing.IN_FORCE if said is Decision.ACKNOWLEDGED else Standing.WITHDRAWN


def _decision(sealed: Any, public: Ed25519PublicKey, settings: str) -> Decision | None:
    try:
        signed = read(canonical.dump(sealed), public)
    except (SealBroken, TypeError, ValueError):
        return None  # of an earlier key
    return signed.decision if signed.settings == settings else None
