"""The card with which a school enrols: who it is, its two public keys, its workstations. Pure.

The card is sealed by the key that signs pushes, so who brings it holds that key. That the card is the
school's, people say to each other by another way: both sides print `fingerprint`.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.form import open_exact
from privacy import canonical
from privacy.keys import NoKey, public_key, public_text
from privacy.sealed import SealBroken, key_id, seal

KIND: Final = "hub-card"
FORMAT: Final = 1
UAI: Final = re.compile(r"[0-9]{7}[A-Z]")
LEAST_WORKSTATIONS, MOST_WORKSTATIONS = 10, 20_000
"""Under ten, a figure per 100 is a multiple of noise; over 20,000 is a misprint."""
MOST_COUNTS: Final = 50
LONGEST_NAME: Final = 120
LARGEST: Final = 16 << 10
"""Octets of a card; fifty dated counts need five thousand."""
SchoolKind = Literal["ecole", "college", "lycee"]
KINDS: Final[tuple[SchoolKind, ...]] = get_args(SchoolKind)
_FIELDS: Final = frozenset(
    (
        "kind",
        "format",
        "uai",
        "name",
        "school_kind",
        "seal_key",
        "push_key",
        "named",
        "workstations",
    )
)


class CardRefused(ValueError):
    """It is no card, or says what cannot be; carries a sentence."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many declared workstations from a day on."""

    since: date
    count: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a school says of itself to the hub."""

    uai: str
    name: str
    school_kind: str
    seal_key: Ed25519PublicKey
    """Of the releases (`public/seal.pub`)."""
    push_key: Ed25519PublicKey
    """Of what is said to the hub."""
    named: bool
    """Whether the other schools of the hub may see its name beside its figures."""
    workstations: tuple[Count, ...]
    """Oldest first; the first holds for what was before it."""

    def workstations_on(self, day: date) -> int:
        """Return how many workstations the school declared for a day."""
        found = self.workstations[0].count
        for each in self.workstations:
            if each.since <= day:
                found = each.count
        return found


def dump_card(card: Card) -> dict[str, Any]:
    """Return the payload of a card (`load_card` reads it back)."""
    return {
        "kind": KIND,
        "format": FORMAT,
        "uai": card.uai,
        "name": card.name,
        "school_kind": card.school_kind,
        "seal_key": public_text(card.seal_key),
        "push_key": public_text(card.push_key),
        "named": card.named,
        "workstations": [
            {"since": each.since.isoformat(), "count": each.count} for each in card.workstations
        ],
    }


def seal_card(card: Card, key: Ed25519PrivateKey) -> bytes:
    """Return the card as a file, sealed by the key that it names."""
    return seal(dump_card(card), key)


def load_card(data: bytes) -> Card:
    """Read a card and check everything that it can prove by itself.

    Raises:
        CardRefused: not a card, of another version, out of bounds, or not sealed by its own key.
    """
    if len(data) > LARGEST:
        raise CardRefused("larger than any card")
    try:
        payload = _unchecked(data)
        key = public_key(str(payload["push_key"]))
        payload = open_exact(data, key)
    except (ValueError, TypeError, KeyError, NoKey, RecursionError) as error:
        raise CardRefused("not a card of `jauge hub card`") from error
    except SealBroken as broken:
        raise CardRefused(f"not sealed by its own key: {broken}") from broken
    try:
        card = _card(payload)
    except CardRefused:
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise CardRefused("a part of it is missing or misspelt") from error
    return card


def _unchecked(data: bytes) -> dict[str, Any]:
    """Return what a card says before anything of it is checked: only to find its key."""
    payload: dict[str, Any] = json.loads(data)["payload"]
    return payload


def _card(payload: dict[str, Any]) -> Card:
    if payload.keys() != _FIELDS or payload["kind"] != KIND or payload["format"] != FORMAT:
        raise CardRefused("not a card of a version that this one reads")
    card = Card(
        uai=payload["uai"],
        name=payload["name"],
        school_kind=payload["school_kind"],
        seal_key=public_key(payload["seal_key"]),
        push_key=public_key(payload["push_key"]),
        named=payload["named"],
        workstations=tuple(
            Count(date.fromisoformat(each["since"]), each["count"])
            for each in payload["workstations"]
        ),
    )
    check_card(card)
    return card


def check_card(card: Card) -> None:
    """Check what a card says.

    Raises:
        CardRefused: what is out of bounds.
    """
    if not isinstance(card.uai, str) or not UAI.fullmatch(card.uai):
        raise CardRefused("the UAI is not seven digits and a capital letter, such as 0000000A")
    if not isinstance(card.name, str) or not 0 < len(card.name) <= LONGEST_NAME:
        raise CardRefused(f"the school's name has 1 to {LONGEST_NAME} characters")
    if not card.name.isprintable():
        raise CardRefused("the school's name has characters that no page can show")
    if card.school_kind not in KINDS or type(card.named) is not bool:
        raise CardRefused(f"the kind of school is one of {', '.join(KINDS)}")
    if key_id(card.seal_key) == key_id(card.push_key):
        raise CardRefused(
            "one key for releases and pushes: the pushing process would hold the seal"
        )
    _check_counts(card.workstations)


def _check_counts(counts: tuple[Count, ...]) -> None:
    if not 0 < len(counts) <= MOST_COUNTS or list(counts) != sorted(counts, key=lambda c: c.since):
        raise CardRefused("the workstations are 1 to 50 counts, oldest first")
    for each in counts:
        if type(each.count) is not int or not LEAST_WORKSTATIONS <= each.count <= MOST_WORKSTATIONS:
            raise CardRefused(f"workstations: {LEAST_WORKSTATIONS} to {MOST_WORKSTATIONS}")


def fingerprint(card: Card) -> str:
    """Return what two people read to each other: 32 hex digits of everything that the card says."""
    digits = canonical.digest(dump_card(card))[:32]
    return " ".join(digits[place : place + 4] for place in range(0, 32, 4))
