"""Sends what the hub does not have yet, and keeps what it signs for it. Does I/O through wire and outbox.

The hub may be anybody's: what it says decides only which of the school's own stored releases are sent,
and in which place. Each is checked first, as the hub would (`check_release_file`): what is no release of
T1 or T4 stays here, whatever is asked. A push that was cut goes on where the hub says it stands.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from hub.access import HUB
from hub.check import LARGEST, TABLES, Place, Refused, check_release_file
from hub.envelope import Envelope, digest_of, seal_envelope, withdrawal
from hub.outbox import Outbox, Receipt, Ticket, check_left, read_receipt
from hub.routes import ENVELOPE, read_problem, write_envelope
from hub.wire import Wire, WireBroken
from privacy.keys import public_key
from privacy.published import Published
from privacy.sealed import SealBroken, seal

MOST_TRIES: Final = 5
"""Of one push that the hub has no time for; a second between them."""
_FINE: Final = frozenset({200, 201})
_UNKNOWN, _BUSY, _REFUSED = 401, 429, 422


class HubRefuses(Exception):
    """The hub does not do its part; one sentence."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One release of the school, as it is stored."""

    table: str
    period: str
    data: bytes


@dataclass(slots=True)
class Report:
    """What a push did."""

    sent: int = 0
    there: int = 0
    """Which the hub had already."""
    kept_back: list[tuple[str, str, str]] = field(default_factory=list)
    """(table, period, reason): what is no release for a hub."""
    refused: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(table, period, reason, sentence): what the hub did not take."""
    differing: list[tuple[str, str]] = field(default_factory=list)
    """(table, period): what the hub has otherwise than it is here."""


@dataclass(frozen=True, slots=True)
class State:
    """What the hub says that it has."""

    place: Place
    held: dict[tuple[str, str], str]
    """(table, period) → SHA-256."""


def stored_releases(published: Published) -> list[Stored]:
    """Return the stored releases of the tables that a hub takes, oldest first."""
    found = []
    for table in TABLES:
        for period in published.periods(table):
            path = published.directory / "releases" / table / f"{period}.json"
            with path.open("rb") as file:
                found.append(Stored(table, period, file.read(LARGEST + 1)))
    return sorted(found, key=lambda each: (each.period, each.table))


def ask_state(wire: Wire, ticket: Ticket) -> State:
    """Return what the hub says that it has.

    Raises:
        HubRefuses: it is another hub, or what it says is nothing.
        WireBroken: it cannot be reached.
    """
    said = _json(_fine(*wire.ask("GET", f"{HUB}/state")))
    try:
        if (said["hub"], said["uai"]) != (ticket.key_name, ticket.uai):
            raise HubRefuses(
                "another hub answers, or for another school: the ticket is not its own"
            )
        held = {(str(e["table"]), str(e["period"])): str(e["sha256"]) for e in said["held"]}
        return State(Place(int(said["position"]), str(said["previous"])), held)
    except (KeyError, TypeError, ValueError):
        raise HubRefuses("the hub does not say what it has") from None


def _fine(status: int, body: bytes) -> bytes:
    if status in _FINE:
        return body
    if status == _UNKNOWN:
        raise HubRefuses("the hub does not know the token; ask it for a new ticket")
    raise HubRefuses(f"the hub answers {status}: {read_problem(body)[1] or 'no reason'}")


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
        if not isinstance(said, dict):
            raise ValueError
    except ValueError:
        raise HubRefuses("the hub does not answer in JSON") from None
    return said


class Sender:
    """Sends for one school."""

    def __init__(
        self,
        published: Published,
        outbox: Outbox,
        wire: Wire,
        *,
        today: date,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._published, self._outbox, self._wire = published, outbox, wire
        self._today, self._pause = today, pause
        self._ticket = outbox.ticket()
        self._key = outbox.key()

    def state(self) -> State:
        """Return what the hub says that it has (`ask_state`)."""
        return ask_state(self._wire, self._ticket)

    def push(self, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Report:
        """Send every release that the hub does not have.

        Args:
            progress: told (releases done, of how many).

        Raises:
            HubRefuses: the hub does not know the school, or denies what it signed.
            WireBroken: it cannot be reached; what was acknowledged stays so.
            OutboxUnusable: a receipt is damaged.
        """
        report, fine = Report(), []
        seal_key = public_key((self._published.directory / "seal.pub").read_bytes())
        for each in stored_releases(self._published):
            try:
                check_release_file(
                    each.data, seal_key, table=each.table, period=each.period, today=self._today
                )
                fine.append(each)
            except Refused as refused:
                report.kept_back.append((each.table, each.period, refused.reason.value))
        state = self.state()
        receipts = self._outbox.receipts(self._ticket)
        if state.place.position < len(receipts):
            raise HubRefuses(
                f"the hub signed for {len(receipts)} releases and says that it has "
                f"{state.place.position}: keep the receipts, ask whoever runs it"
            )
        place = state.place
        for number, each in enumerate(fine):
            held = state.held.get((each.table, each.period))
            if held is None:
                place = self._send(each, place, report)
            elif held == digest_of(each.data):
                report.there += 1
            else:
                report.differing.append((each.table, each.period))
            progress(number + 1, len(fine))
        if len(receipts) < state.place.position:  # a cut came between the push and its receipt
            self.fetch_receipts()
        return report

    def _send(self, each: Stored, place: Place, report: Report) -> Place:
        """Send one release; returns where the chain stands after it."""
        envelope = Envelope(
            hub=self._ticket.key_name, uai=self._ticket.uai, table=each.table, period=each.period,
            octets=len(each.data), sha256=digest_of(each.data), position=place.position,
            previous=place.previous,
        )  # fmt: skip
        sealed = seal_envelope(envelope, self._key)
        status, body = self._put(f"{HUB}/releases/{each.table}/{each.period}", each.data, sealed)
        if status == _REFUSED:
            report.refused.append((each.table, each.period, *read_problem(body)))
            return place
        try:
            receipt = read_receipt(_fine(status, body), self._ticket)
        except SealBroken:
            raise HubRefuses("the hub took a release and signed nothing for it") from None
        wanted = (place.position, digest_of(sealed), envelope.sha256)
        if (receipt.position, receipt.envelope, receipt.sha256) != wanted:
            raise HubRefuses("the hub signed for something else than what was sent")
        self._outbox.keep_receipt(receipt, body)
        report.sent += 1
        return Place(place.position + 1, digest_of(sealed))

    def _put(self, path: str, data: bytes, sealed: bytes) -> tuple[int, bytes]:
        for _ in range(MOST_TRIES):
            headers = {ENVELOPE: write_envelope(sealed), "Content-Type": "application/json"}
            status, body = self._wire.ask("PUT", path, data, headers)
            if status != _BUSY:
                return status, body
            self._pause(1.0)
        raise WireBroken("the hub is too busy; try again later")

    def fetch_receipts(self) -> int:
        """Fetch and keep the receipts of what the hub has; returns how many.

        Raises:
            HubRefuses: one is not signed by the hub.
            WireBroken: it cannot be reached.
        """
        said = _json(_fine(*self._wire.ask("GET", f"{HUB}/receipts")))
        try:
            documents = [json.dumps(each).encode() for each in said["receipts"]]
            found = [(read_receipt(data, self._ticket), data) for data in documents]
        except (KeyError, TypeError, SealBroken):
            raise HubRefuses("the hub gives receipts that it did not sign") from None
        known = {each.position: each for each in self._outbox.receipts(self._ticket)}
        for receipt, data in found:
            if known.get(receipt.position, receipt) != receipt:
                raise HubRefuses(
                    f"the hub signed two receipts for place {receipt.position}: keep yours, ask "
                    "whoever runs it"
                )
            if receipt.position not in known:
                self._outbox.keep_receipt(receipt, data)
        return len(found)

    def withdraw(self) -> None:
        """Have everything erased; the outbox keeps the hub's word for it and forgets the ticket.

        Raises:
            HubRefuses: the hub does not, or does not sign that it did.
            WireBroken: it cannot be reached.
        """
        place = ask_state(self._wire, self._ticket).place
        said = withdrawal(self._ticket.key_name, self._ticket.uai, place.position, place.previous)
        wish = seal(said, self._key)
        body = _fine(*self._wire.ask("PUT", f"{HUB}/withdrawal", wish))
        try:
            check_left(body, wish, self._ticket)
        except SealBroken:
            raise HubRefuses("the hub does not sign that it erased everything") from None
        self._outbox.left(body)


def compare_receipts(
    receipts: list[Receipt], published: Published, held: dict[tuple[str, str], str] | None
) -> list[tuple[str, str, str]]:
    """Return (table, period, what) of each receipt that does not match the school's own file.

    Args:
        receipts: of the outbox, each seal checked.
        published: the school's own releases.
        held: what the hub says now, when it was asked.
    """
    own = {(e.table, e.period): digest_of(e.data) for e in stored_releases(published)}
    found = []
    for receipt in receipts:
        name = (receipt.table, receipt.period)
        if own.get(name) != receipt.sha256:
            found.append((*name, "missing-here" if name not in own else "differs-here"))
        if held is not None and held.get(name) != receipt.sha256:
            found.append((*name, "missing-there" if name not in held else "differs-there"))
    return found
