"""Whether a pushed release may be taken: every rule, in order, and the reason of each refusal. Pure.

The release must be the school's (sealed by its enrolled key), whole, for this hub, in its place, of a
closed period that is not held, and nothing but a release: a field that `privacy.release` does not know
would be a way to carry what must never leave a school. What is drawn with less noise than a release
may have is refused too, so that a school that errs publishes nothing exact here.

The school's own side runs `check_release_file` before it sends anything.
"""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dashboards.reading import CELL_KEYS, check_release
from hub.card import Card
from hub.envelope import Envelope, NotAnEnvelope, digest_of, open_envelope
from hub.form import SHAPELESS, open_exact
from privacy.release import FORMAT, Release, dump_release, load_release
from privacy.sealed import SealBroken
from privacy.settings import MECHANISM, STANDARD_TOTAL_RHO, UNIT, measure_of

TABLES: Final = ("T1", "T4")
"""What the comparison needs: uses by week, volumes by week. Nothing else is sent or taken."""
LARGEST: Final = 256 << 10
"""Octets of a release; forty zones make some 40 KiB."""
MOST_CELLS: Final = 600
LONGEST_WORD: Final = 64
LONGEST_PERIOD_DAYS: Final = 7
ORIGINS: Final = ("measured", "simulated")


class Reason(StrEnum):
    """Why a push is refused. Each has its sentence under `hub.refused` in the catalogues."""

    TOO_LARGE = "too-large"
    ENVELOPE_BROKEN = "envelope-broken"  # not an envelope at all
    FORGED = "forged"  # the envelope is altered, or signed by another key
    FOREIGN_HUB = "foreign-hub"
    FOREIGN_SCHOOL = "foreign-school"
    MISFILED = "misfiled"  # address, envelope and release do not name the same release
    TABLE_NOT_TAKEN = "table-not-taken"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    FOREIGN_SEAL = "foreign-seal"
    SEAL_BROKEN = "seal-broken"
    NOT_A_RELEASE = "not-a-release"
    TOO_EXACT = "too-exact"
    PERIOD_OPEN = "period-open"
    REPLAYED = "replayed"  # its place in the chain is taken by another envelope
    OUT_OF_CHAIN = "out-of-chain"  # a place after the next, or another predecessor
    PERIOD_HELD = "period-held"
    NOT_ENROLLED = "not-enrolled"


class Refused(Exception):
    """A push that is not taken; carries its reason, never a value."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chain of envelopes stands."""

    position: int
    """Of the next envelope."""
    previous: str
    """Digest of the last one."""


@dataclass(frozen=True, slots=True)
class Push:
    """What arrived."""

    table: str
    """As its address says."""
    period: str
    envelope: bytes
    body: bytes


def check_envelope(push: Push, card: Card, hub: str) -> Envelope:
    """Return the envelope of a push that is whole, signed by the school and meant for this hub.

    Args:
        push: what arrived.
        card: of the school that the token names.
        hub: name of this hub's key.

    Raises:
        Refused: with its reason.
    """
    envelope = _open(push.envelope, card.push_key)
    if envelope.hub != hub:
        raise Refused(Reason.FOREIGN_HUB)
    if envelope.uai != card.uai:
        raise Refused(Reason.FOREIGN_SCHOOL)
    if (envelope.table, envelope.period) != (push.table, push.period):
        raise Refused(Reason.MISFILED)
    if len(push.body) < envelope.octets:
        raise Refused(Reason.TRUNCATED)
    if len(push.body) > LARGEST:
        raise Refused(Reason.TOO_LARGE)
    if len(push.body) > envelope.octets or digest_of(push.body) != envelope.sha256:
        raise Refused(Reason.ALTERED)
    return envelope


def _open(data: bytes, key: Ed25519PublicKey) -> Envelope:
    try:
        return open_envelope(data, key)
    except NotAnEnvelope:
        raise Refused(Reason.ENVELOPE_BROKEN) from None
    except SealBroken as broken:
        shapeless = str(broken) == SHAPELESS
        raise Refused(Reason.ENVELOPE_BROKEN if shapeless else Reason.FORGED) from None


def check_release_file(
    body: bytes, key: Ed25519PublicKey, *, table: str, period: str, today: date
) -> Release:
    """Return the release of a sealed file that may be at a hub.

    Args:
        body: the sealed file.
        key: of the school's releases.
        table: what it must be of.
        period: likewise.
        today: a period is closed when it ended before.

    Raises:
        Refused: with its reason.
    """
    if table not in TABLES:
        raise Refused(Reason.TABLE_NOT_TAKEN)
    if len(body) > LARGEST:
        raise Refused(Reason.TOO_LARGE)
    release = _release(_payload(body, key))
    if (release.table, release.period) != (table, period):
        raise Refused(Reason.MISFILED)
    if (release.ends - release.starts).days != LONGEST_PERIOD_DAYS or not _names_its_week(release):
        raise Refused(Reason.NOT_A_RELEASE)
    if not _noisy_enough(release):
        raise Refused(Reason.TOO_EXACT)
    if release.ends > today:
        raise Refused(Reason.PERIOD_OPEN)
    return release


def _payload(body: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    try:
        return open_exact(body, key)
    except SealBroken as broken:
        foreign = str(broken) == "signed by another key"
        raise Refused(Reason.FOREIGN_SEAL if foreign else Reason.SEAL_BROKEN) from None


def _release(payload: dict[str, Any]) -> Release:
    """Read a release, and nothing that is more than a release."""
    try:
        release = check_release(load_release(payload))
        same = payload["format"] == FORMAT and dump_release(release) == payload
        if not same or not 0 < len(release.cells) <= MOST_CELLS or not _plain(release):
            raise Refused(Reason.NOT_A_RELEASE)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        raise Refused(Reason.NOT_A_RELEASE) from None
    return release


def _plain(release: Release) -> bool:
    """Say whether its words are words: short, and digests where digests belong."""
    words = {word for cell in release.cells for pair in cell.key for word in pair}
    digests = (release.charter_digest, release.privacy_digest, release.policy_digest)
    return (
        all(isinstance(word, str) and 0 < len(word) <= LONGEST_WORD for word in words)
        and all(isinstance(each, str) and len(each) == len("0" * 64) for each in digests)
        and release.origin in ORIGINS
        and len({cell.key for cell in release.cells}) == len(release.cells)
        and {tuple(sorted(dict(cell.key))) for cell in release.cells}
        == {tuple(sorted(CELL_KEYS[release.table]))}
    )


def _names_its_week(release: Release) -> bool:
    year, week, _ = release.starts.isocalendar()
    return release.starts.isoweekday() == 1 and release.period == f"{year}-W{week:02d}"


def _noisy_enough(release: Release) -> bool:
    """Say whether its noise is what its own cost asks for, and the cost one that a school may have."""
    method = release.method
    if (method.mechanism, method.unit) != (MECHANISM, UNIT) or method.cap < 1:
        return False
    # The table is one of TABLES: checked before the release was read.
    if method.measure is not measure_of(release.table) or not 0 < method.rho <= STANDARD_TOTAL_RHO:  # type: ignore[arg-type]
        return False
    return method.sigma * math.sqrt(2 * method.rho) >= method.sensitivity * (1 - 1e-9)
