"""The DPO's decision: until it is in the audit log, nothing about devices is written. Pure.

The DPO signs the terms (`privacy.terms`) with a key of his own, on a machine of his own. The log
holds his public key (as the school declared it) and his signed decisions, whole. The rules:

1. His latest acknowledgement counts, and it covers terms that are nowhere looser than what he signed.
2. A decision names the entry of the log that it answers (`after`): the latest one that had decided
   anything. An old signed file, recorded again, answers nothing.
3. A withdrawal counts whatever it answers: it only ever takes away.
4. A key declared anew takes back what the old one signed; both stay visible in the log.
5. A stop (`capture_stopped_by_dpo`) stands until an acknowledgement that answers it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from privacy import canonical
from privacy.keys import public_key
from privacy.log.entries import Entry
from privacy.sealed import SealBroken, open_sealed, seal
from privacy.terms import Terms, at_least_as_tight

DOCUMENT: Final = "acknowledgement"
KEY_DECLARED: Final = "dpo_key_declared"
DECIDED: Final = "dpo_decided"
STOPPED: Final = "capture_stopped_by_dpo"
NOTHING: Final = -1
"""Answered by a decision where nothing was decided before."""


class Decision(StrEnum):
    """What a DPO may say."""

    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


class Standing(StrEnum):
    """What the log says about some terms."""

    IN_FORCE = "in_force"
    NO_KEY = "no_key"
    NOT_DECIDED = "not_decided"
    LOOSER = "looser"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


SENTENCES: Final = {
    Standing.IN_FORCE: "the DPO acknowledged these settings, or looser ones",
    Standing.NO_KEY: "no DPO has been declared",
    Standing.NOT_DECIDED: "the DPO has not acknowledged these settings",
    Standing.LOOSER: "these settings are looser in some respect than those that the DPO acknowledged",
    Standing.WITHDRAWN: "the DPO withdrew the acknowledgement",
    Standing.STOPPED: "the DPO stopped the capture",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A decision whose signature was checked."""

    decision: Decision
    terms: Terms
    after: int
    """Number of the entry that it answers, or NOTHING."""

    @property
    def settings(self) -> str:
        """Digest of the terms, 64 hex digits."""
        return self.terms.digest()


@dataclass(frozen=True, slots=True)
class State:
    """What the log's entries amount to."""

    key: str | None = None
    """The DPO's public key, base64."""
    acknowledged: Terms | None = None
    sealed: Any = None
    """The signed acknowledgement, whole."""
    withdrawn: bool = False
    stopped: bool = False
    last: int = NOTHING
    """Number of the latest entry that decided anything."""

    def standing(self, terms: Terms) -> Standing:
        """Say whether terms are in force. Raises nothing."""
        if self.key is None:
            return Standing.NO_KEY
        return Standing.STOPPED if self.stopped else self.covered(terms)

    def covered(self, terms: Terms) -> Standing:
        """Say whether terms are acknowledged, the capture stopped or not. Raises nothing."""
        if self.key is None:
            return Standing.NO_KEY
        if self.acknowledged is None:
            return Standing.WITHDRAWN if self.withdrawn else Standing.NOT_DECIDED
        tight = at_least_as_tight(terms, self.acknowledged)
        return Standing.IN_FORCE if tight else Standing.LOOSER


def sign(
    decision: Decision, terms: Terms, key: Ed25519PrivateKey, *, after: int = NOTHING
) -> bytes:
    """Return the sealed file that the DPO hands back.

    Args:
        decision: what he says.
        terms: to what.
        key: his.
        after: number of the entry of the log that he answers (`State.last`).
    """
    payload = {
        "document": DOCUMENT,
        "decision": decision.value,
        "terms": terms.model_dump(mode="json"),
        "settings": terms.digest(),
        "after": after,
    }
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
        decision, terms = Decision(payload["decision"]), Terms.model_validate(payload["terms"])
        after = payload["after"]
        if payload["settings"] != terms.digest() or type(after) is not int:
            raise ValueError("form")
    except (KeyError, ValueError, ValidationError):
        raise SealBroken("not a decision of this version") from None
    return Signed(decision, terms, after)


def declared_key(entries: Iterable[Entry]) -> str | None:
    """Return the public key that the log declares last, base64; None if there is none."""
    return state_of(entries).key


def standing(entries: Iterable[Entry], terms: Terms) -> Standing:
    """Return whether the terms are in force, from the log alone. Raises nothing."""
    return state_of(entries).standing(terms)


def state_of(entries: Iterable[Entry]) -> State:
    """Return what the log's entries amount to, oldest first. Raises nothing."""
    state = State()
    for entry in entries:
        if entry.kind == KEY_DECLARED:
            key = entry.facts["public_key"]
            state = State(key=key, stopped=state.stopped, last=entry.number)
        elif entry.kind == STOPPED:
            state = replace(state, stopped=True, last=entry.number)
        elif entry.kind == DECIDED and state.key is not None:
            state = _decided(state, entry)
    return state


def _decided(state: State, entry: Entry) -> State:
    """Return the state after a signed decision; one that answers nothing changes nothing."""
    sealed = entry.facts["sealed"]
    try:
        signed = read(canonical.dump(sealed), public_key(state.key or ""))
    except (SealBroken, TypeError, ValueError):
        return state  # of an earlier key, or of an earlier version
    if signed.decision is Decision.WITHDRAWN:
        return State(key=state.key, withdrawn=True, stopped=state.stopped, last=entry.number)
    if signed.after != state.last:
        return state
    return State(key=state.key, acknowledged=signed.terms, sealed=sealed, last=entry.number)
