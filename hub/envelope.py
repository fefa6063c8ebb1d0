"""What a school signs beside a release: for whom, which, and in which place of a chain. Pure.

An envelope names the hub (by its key), the school, the release (table, period, length, digest) and its
place: position n and the digest of envelope n - 1. So a release that was taken from another hub,
another school or another place is none here, and a gap shows. Sealed by the push key, whose every
payload has a `kind`: no envelope passes for a card or a withdrawal.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.form import open_exact
from privacy.sealed import seal

KIND: Final = "hub-push"
WITHDRAWAL: Final = "hub-withdrawal"
START: Final = "0" * 64
"""The digest before the first envelope."""
LARGEST: Final = 4 << 10
"""Octets of an envelope; ours have some 500."""
_TYPES: Final[dict[str, type]] = {
    "hub": str, "uai": str, "table": str, "period": str, "octets": int, "sha256": str,
    "position": int, "previous": str,
}  # fmt: skip


class NotAnEnvelope(Exception):
    """The payload has other fields than an envelope."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One signed push."""

    hub: str
    """Name of the hub's key (`privacy.sealed.key_id`)."""
    uai: str
    table: str
    period: str
    octets: int
    sha256: str
    """Of the sealed file, as it is stored at the school."""
    position: int
    previous: str
    """SHA-256 of the sealed envelope before, `START` for the first."""


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of some octets, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def seal_envelope(envelope: Envelope, key: Ed25519PrivateKey) -> bytes:
    """Return the sealed envelope; the same envelope gives the same octets (RFC 8032)."""
    return seal({"kind": KIND, **asdict(envelope)}, key)


def open_envelope(data: bytes, key: Ed25519PublicKey) -> Envelope:
    """Return an envelope after its seal was checked.

    Raises:
        SealBroken: not sealed, altered, or sealed by another key.
        NotAnEnvelope: sealed, and something else.
    """
    payload = open_exact(data, key)
    if payload.pop("kind", None) != KIND or payload.keys() != _TYPES.keys():
        raise NotAnEnvelope
    if any(type(payload[name]) is not wanted for name, wanted in _TYPES.items()):
        raise NotAnEnvelope
    return Envelope(**payload)


def withdrawal(hub: str, uai: str, position: int, previous: str) -> dict[str, Any]:
    """Return what a school signs when it leaves: in a place of its chain, so it is said once."""
    return {
        "kind": WITHDRAWAL, "hub": hub, "uai": uai, "position": position, "previous": previous,
    }  # fmt: skip
