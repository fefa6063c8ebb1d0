"""What the school's pushing process keeps: its key, card, ticket and receipts. Does I/O.

    STORE/hub/push.key            Ed25519, 0600: signs pushes, seals nothing that is published
    STORE/hub/card.json           the last card
    STORE/hub/ticket.json         what the hub gave: its key, address, the token (0600)
    STORE/hub/receipts/000000.json  what the hub signed for each push

It reads the public directory and nothing else of a store: not the exact cells, not the seal's key.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.card import UAI, Card, load_card
from hub.envelope import digest_of
from hub.files import write_again, write_once
from hub.holdings import RECEIPT, WITHDRAWN
from privacy.keys import NoKey, private_key, private_text, public_key
from privacy.sealed import SealBroken, key_id, open_sealed
from privacy.store.files import make_private

TICKET: Final = "hub-ticket"
_TICKET_FIELDS: Final = frozenset(("kind", "name", "hub_key", "uai", "url", "token"))


class OutboxUnusable(Exception):
    """A file is missing or damaged: where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the hub gave to the school, by another way than the network."""

    name: str
    hub_key: Ed25519PublicKey
    uai: str
    url: str
    token: str

    @property
    def key_name(self) -> str:
        """Name of the hub's key, which both sides read to each other."""
        return key_id(self.hub_key)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the hub signed for one push."""

    position: int
    envelope: str
    table: str
    period: str
    sha256: str
    received: str


class Outbox:
    """One directory. Making one opens nothing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def key(self) -> Ed25519PrivateKey:
        """Return the push key, made on first use.

        Raises:
            OutboxUnusable: damaged, or open to others.
        """
        path = self.directory / "push.key"
        if not path.exists():
            make_private(self.directory)
            write_once(path, private_text(Ed25519PrivateKey.generate()))
        if path.stat().st_mode & 0o077:
            raise OutboxUnusable(f"{path} is open to other users; chmod 600 {path}")
        try:
            return private_key(path.read_bytes())
        except NoKey:
            raise OutboxUnusable(
                f"{path} is damaged; restore it, or withdraw and join again"
            ) from None

    def card(self) -> Card | None:
        """Return the last card, None before there is one.

        Raises:
            CardRefused: it is damaged.
        """
        path = self.directory / "card.json"
        return load_card(path.read_bytes()) if path.exists() else None

    def keep_card(self, data: bytes) -> None:
        """Keep a card as the last one."""
        write_again(self.directory / "card.json", data)

    def ticket(self) -> Ticket:
        """Return the ticket.

        Raises:
            OutboxUnusable: the school has joined no hub, or it is damaged.
        """
        path = self.directory / "ticket.json"
        try:
            return read_ticket(path.read_bytes())
        except FileNotFoundError:
            raise OutboxUnusable(
                f"{path}: no ticket; `jauge hub join --ticket FILE` keeps the one that the hub gave"
            ) from None

    def keep_ticket(self, data: bytes) -> None:
        """Keep the ticket of the hub.

        Raises:
            OutboxUnusable: there are receipts of another hub.
        """
        ticket = read_ticket(data)
        make_private(self.directory / "receipts")
        known = self.directory / "ticket.json"
        other = known.exists() and self.ticket().key_name != ticket.key_name
        if other and any((self.directory / "receipts").iterdir()):
            raise OutboxUnusable(
                f"{self.directory}: there are receipts of another hub; `jauge hub withdraw` first, "
                "or give another --outbox"
            )
        write_again(known, data)

    def receipts(self, ticket: Ticket) -> list[Receipt]:
        """Return the receipts, each seal checked.

        Raises:
            OutboxUnusable: one is damaged or not of this hub.
        """
        found = []
        for path in sorted((self.directory / "receipts").glob("[0-9]*.json")):
            try:
                found.append(read_receipt(path.read_bytes(), ticket))
            except SealBroken:
                raise OutboxUnusable(f"{path}: not a receipt of this hub") from None
        return found

    def keep_receipt(self, receipt: Receipt, data: bytes) -> None:
        """Keep a receipt that was checked."""
        make_private(self.directory / "receipts")
        write_again(self.directory / "receipts" / f"{receipt.position:06d}.json", data)

    def left(self, data: bytes) -> None:
        """Keep the word that everything is erased; the ticket and the key serve no more."""
        write_again(self.directory / "withdrawn.json", data)
        for name in ("ticket.json", "push.key", "card.json"):
            (self.directory / name).unlink(missing_ok=True)
        for path in (self.directory / "receipts").glob("[0-9]*.json"):
            path.unlink()


def read_ticket(data: bytes) -> Ticket:
    """Read a ticket.

    Raises:
        OutboxUnusable: it is none.
    """
    try:
        said = json.loads(data)
        fine = said.keys() == _TICKET_FIELDS and said["kind"] == TICKET
        if not fine or not UAI.fullmatch(said["uai"]) or not said["token"].isascii():
            raise ValueError
        return Ticket(
            str(said["name"]), public_key(said["hub_key"]), said["uai"], str(said["url"]),
            said["token"],
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, NoKey):
        raise OutboxUnusable("not a ticket of `jauge hub enrol`; ask the hub for one") from None


def write_ticket(ticket: dict[str, str]) -> bytes:
    """Return a ticket as a file, of the hub's side."""
    return json.dumps({"kind": TICKET, **ticket}, indent=1).encode() + b"\n"


def read_receipt(data: bytes, ticket: Ticket) -> Receipt:
    """Return a receipt of this hub for this school.

    Raises:
        SealBroken: it is none.
    """
    said: dict[str, Any] = open_sealed(data, ticket.hub_key)
    wanted = {"kind": RECEIPT, "hub": ticket.key_name, "uai": ticket.uai}
    if any(said.pop(name, None) != value for name, value in wanted.items()):
        raise SealBroken("not a receipt")
    try:
        receipt = Receipt(**said)
    except TypeError:
        raise SealBroken("not a receipt") from None
    if type(receipt.position) is not int or receipt.position < 0:
        raise SealBroken("not a receipt")
    return receipt


def check_left(data: bytes, wish: bytes, ticket: Ticket) -> None:
    """Check the hub's word that it erased everything.

    Raises:
        SealBroken: it is none.
    """
    said = open_sealed(data, ticket.hub_key)
    wanted = {
        "kind": WITHDRAWN, "hub": ticket.key_name, "uai": ticket.uai, "envelope": digest_of(wish),
    }  # fmt: skip
    if any(said.get(name) != value for name, value in wanted.items()):
        raise SealBroken("not the word of a withdrawal")
