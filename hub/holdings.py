"""What a hub holds on its disk: one directory per school, nothing overwritten. Does I/O.

    HUB/hub.key hub.json             the hub's key (0600) and name
    HUB/schools/<UAI>/cards/000.json sealed cards, the last one holds
    HUB/schools/<UAI>/releases/T1/2026-W41.json   as it came, to the octet
    HUB/schools/<UAI>/chain/000000.json           the envelope of each push
    HUB/schools/<UAI>/receipts/000000.json        what the hub signed for it
    HUB/schools/<UAI>/checked.json                what was checked, for the next start (hub.memory)
    HUB/withdrawn/<key>              names of push keys that have left; nothing of whom
    HUB/web/accounts.sqlite          who may read and push (api.accounts)

A push counts from the moment its envelope is written, which is last: what a power cut leaves before
is taken up by the same push again. Two processes: a lock on the school's directory.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboards.hub.indicators import Figure, figures_of
from hub.card import UAI, Card, CardRefused, load_card
from hub.chain import Chain, ChainBroken, Held
from hub.check import Place, Push, Reason, Refused, check_envelope, check_release_file
from hub.envelope import Envelope, digest_of, withdrawal
from hub.files import write_again, write_once
from hub.form import open_exact
from hub.memory import FILE, Checked, Memory
from privacy.keys import private_key, private_text, public_text
from privacy.release import Release
from privacy.sealed import SealBroken, key_id, seal
from privacy.store.files import make_private, sync_directory

RECEIPT: Final = "hub-receipt"
WITHDRAWN: Final = "hub-withdrawn"
_LEAVING: Final = ".leaving-"
Figures = tuple[bool, dict[str, Figure]]
"""Whether a release is simulated, and its figures."""


class HubUnusable(Exception):
    """The directory is no hub, or damaged: where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A push that was taken, now or before."""

    receipt: bytes
    release: Release | None
    """None: it had been taken before, to the octet; nothing changed."""


class Holdings:
    """The directory of one hub. Making one opens nothing but its key and name.

    Args:
        directory: of the hub, made by `Holdings.create`.

    Raises:
        HubUnusable: it is no hub, or its key is damaged or open to others.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            path = directory / "hub.key"
            if path.stat().st_mode & 0o077:
                raise HubUnusable(f"{path} is open to other users; chmod 600 {path}")
            self._key = private_key(path.read_bytes())
            self.name = str(json.loads((directory / "hub.json").read_bytes())["name"])
        except FileNotFoundError:
            message = f"{directory}: no hub here; `jauge hub init --hub {directory}` makes one"
            raise HubUnusable(message) from None
        except (ValueError, KeyError, TypeError):
            raise HubUnusable(f"{directory}: hub.key or hub.json is damaged; restore it") from None
        self.key_text = public_text(self._key.public_key())
        self.key_name = key_id(self._key.public_key())
        self._chains: dict[str, Chain] = {}
        self._memory = Memory(directory / "schools", self._key)
        self._clear_leaving()

    @classmethod
    def create(cls, directory: Path, name: str) -> "Holdings":
        """Make a hub in a directory of its own.

        Raises:
            HubUnusable: there is one.
            OSError: it cannot be made.
        """
        make_private(directory)
        for part in ("schools", "withdrawn"):
            make_private(directory / part)
        try:
            write_once(directory / "hub.key", private_text(Ed25519PrivateKey.generate()))
        except FileExistsError:
            raise HubUnusable(f"{directory}: there is a hub already") from None
        write_again(directory / "hub.json", json.dumps({"name": name}).encode())
        return cls(directory)

    # --- schools

    def schools(self) -> list[str]:
        """Return the UAIs of the enrolled schools."""
        with os.scandir(self.directory / "schools") as entries:
            return sorted(entry.name for entry in entries if UAI.fullmatch(entry.name))

    def _of(self, uai: str) -> Path:
        if not UAI.fullmatch(uai):
            raise Refused(Reason.NOT_ENROLLED)
        return self.directory / "schools" / uai

    def card(self, uai: str) -> Card:
        """Return the card that holds for a school.

        Raises:
            Refused: it is not enrolled.
            HubUnusable: its card is damaged.
        """
        try:
            latest = max((self._of(uai) / "cards").glob("*.json"))
            return load_card(latest.read_bytes())
        except (ValueError, FileNotFoundError) as error:
            if isinstance(error, CardRefused):
                raise HubUnusable(f"{uai}: its card is damaged; enrol it again") from None
            raise Refused(Reason.NOT_ENROLLED) from None

    def card_stamp(self, uai: str) -> int:
        """Return what changes when a school brings another card; 0: it is gone."""
        try:
            return (self._of(uai) / "cards").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def enrol(self, data: bytes) -> Card:
        """Enrol a school, or take its new card.

        Raises:
            CardRefused: not a card, other keys than before, another school's key, or a key that left.
        """
        card = load_card(data)
        if (self.directory / "withdrawn" / key_id(card.push_key)).exists():
            raise CardRefused("its key has withdrawn; the school makes another card")
        for other in self.schools():
            known = self.card(other)
            keys = {key_id(known.seal_key), key_id(known.push_key)}
            if other != card.uai and keys & {key_id(card.seal_key), key_id(card.push_key)}:
                raise CardRefused("another school has enrolled with one of its keys")
        home = self._of(card.uai)
        if home.is_dir():
            known = self.card(card.uai)
            if _keys(known) != _keys(card):
                raise CardRefused(
                    "the school is enrolled with other keys; it withdraws first, or "
                    "`jauge hub remove` erases it"
                )
        for part in ("cards", "releases", "chain", "receipts"):
            make_private(home / part)
        number = sum(1 for _ in (home / "cards").glob("*.json"))
        write_once(home / "cards" / f"{number:03d}.json", data)
        return card

    # --- pushes

    @contextmanager
    def _locked(self, uai: str) -> Iterator[Path]:
        home = self._of(uai)
        try:
            handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Refused(Reason.NOT_ENROLLED) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # It may have left while we waited, or left and come again.
            if not home.is_dir() or home.stat().st_ino != os.fstat(handle).st_ino:
                raise Refused(Reason.NOT_ENROLLED)
            yield home
        finally:
            os.close(handle)

    def place(self, uai: str) -> Place:
        """Return where the chain of a school stands.

        Raises:
            Refused: it is not enrolled.
        """
        chain = self._chain(uai)
        return Place(len(chain.held), chain.last)

    def held(self, uai: str) -> list[Held]:
        """Return what is held of a school, in the order in which it came.

        Raises:
            Refused: it is not enrolled.
            HubUnusable: an envelope is no longer what the school signed.
        """
        return list(self._chain(uai).held)

    def _chain(self, uai: str) -> Chain:
        """Return a school's chain; each envelope is read, and its seal checked, once."""
        directory = self._of(uai) / "chain"
        try:
            inode = directory.stat().st_ino
            names = sorted(path.name for path in directory.iterdir())
        except FileNotFoundError:
            raise Refused(Reason.NOT_ENROLLED) from None
        names = [name for name in names if name.endswith(".json")]
        known = self._chains.get(uai)
        if known is None or known.inode != inode or len(known.held) > len(names):
            known = Chain(inode)
        if len(known.held) < len(names):
            key = self.card(uai).push_key
            try:
                for name in names[len(known.held) :]:
                    known = known.with_next((directory / name).read_bytes(), key)
            except ChainBroken as broken:
                raise HubUnusable(f"{uai}: {broken}; restore the hub's directory") from None
            self._chains[uai] = known
        return known

    # --- what was checked before

    def recall(self, uai: str) -> tuple[Checked, ...]:
        """Return what the hub has checked of a school before, and whose files are still the same.

        What came later is not in it; if anything differs, nothing is (`hub.memory`).

        Raises:
            Refused: it is not enrolled.
            HubUnusable: its card is damaged.
        """
        rows = self._memory.recall(self.card(uai))
        try:
            inode = (self._of(uai) / "chain").stat().st_ino
        except FileNotFoundError:
            raise Refused(Reason.NOT_ENROLLED) from None
        known = self._chains.get(uai)
        if known is None or known.inode != inode:
            held, digests = tuple(r.held for r in rows), tuple(r.envelope for r in rows)
            self._chains[uai] = Chain(inode, held, digests)
        return rows

    def remember(self, uai: str, figures: Mapping[tuple[str, str], Figures]) -> None:
        """Keep what was checked of a school for the next start.

        Args:
            uai: the school.
            figures: (table, period) → what came out; of all that is held, or nothing is kept.

        Raises:
            Refused: it is not enrolled.
            HubUnusable: an envelope is no longer what the school signed.
        """
        chain = self._chain(uai)
        if {(held.table, held.period) for held in chain.held} != figures.keys():
            return  # another push came meanwhile; its own turn keeps both
        rows = [
            Checked(held, digest, *figures[held.table, held.period])
            for held, digest in zip(chain.held, chain.digests, strict=True)
        ]
        self._memory.keep(self.card(uai), rows)

    def take(self, uai: str, push: Push, today: date) -> Taken:
        """Take a push of a school, or refuse it.

        Args:
            uai: the school that the token names.
            push: what arrived.
            today: the hub's day.

        Raises:
            Refused: with its reason; nothing changed.
            OSError: the disk refused; nothing was acknowledged.
        """
        with self._locked(uai) as home:
            card = self.card(uai)
            envelope = check_envelope(push, card, self.key_name)
            before = home / "chain" / f"{envelope.position:06d}.json"
            if envelope.position >= 0 and before.exists():
                if before.read_bytes() != push.envelope:
                    raise Refused(Reason.REPLAYED)
                return Taken((home / "receipts" / before.name).read_bytes(), None)
            release = check_release_file(
                push.body, card.seal_key, table=push.table, period=push.period, today=today
            )
            if Place(envelope.position, envelope.previous) != self.place(uai):
                raise Refused(Reason.OUT_OF_CHAIN)
            if any((h.table, h.period) == (push.table, push.period) for h in self.held(uai)):
                raise Refused(Reason.PERIOD_HELD)
            receipt = self._store(home, push, envelope, today)
            return Taken(receipt, release)

    def _store(self, home: Path, push: Push, envelope: Envelope, today: date) -> bytes:
        """Write the release, the receipt, and last the envelope, by which the push counts."""
        name = f"{envelope.position:06d}.json"
        receipt = seal(
            {
                "kind": RECEIPT, "hub": self.key_name, "uai": envelope.uai,
                "position": envelope.position, "envelope": digest_of(push.envelope),
                "table": envelope.table, "period": envelope.period, "sha256": envelope.sha256,
                "received": today.isoformat(),
            },
            self._key,
        )  # fmt: skip
        make_private(home / "releases" / envelope.table)
        # No envelope stands for either of these two yet: what a cut left of them is nobody's.
        write_again(home / "releases" / envelope.table / f"{envelope.period}.json", push.body)
        write_again(home / "receipts" / name, receipt)
        write_once(home / "chain" / name, push.envelope)
        return receipt

    def sent(self, uai: str, table: str, period: str) -> bytes:
        """Return a release that a school sent, as it came, to the octet.

        Raises:
            FileNotFoundError: it sent none of that name.
            HubUnusable: the file is no longer what it sent.
        """
        for held in self.held(uai):
            if (held.table, held.period) == (table, period):
                data = (self._of(uai) / "releases" / table / f"{period}.json").read_bytes()
                if digest_of(data) != held.sha256:
                    raise HubUnusable(f"{uai}: {table} {period} is damaged; the school has it")
                return data
        raise FileNotFoundError(period)

    def releases(self, uai: str, today: date, *, after: int = 0) -> Iterator[Release]:
        """Return what is held of a school, each seal and rule checked again.

        Args:
            uai: the school.
            today: the hub's day.
            after: how many of the first are left out.

        Raises:
            HubUnusable: a file is no longer what the school sent.
        """
        card = self.card(uai)
        for held in self.held(uai)[after:]:
            path = self._of(uai) / "releases" / held.table / f"{held.period}.json"
            try:
                data = path.read_bytes()
                if digest_of(data) != held.sha256:
                    raise Refused(Reason.ALTERED)
                yield check_release_file(
                    data, card.seal_key, table=held.table, period=held.period, today=today
                )
            except (Refused, FileNotFoundError):
                message = f"{uai}: {held.table} {held.period} is damaged; the school has it"
                raise HubUnusable(message) from None

    def receipts(self, uai: str) -> list[dict[str, Any]]:
        """Return the receipts of a school, as they are stored."""
        paths = sorted((self._of(uai) / "receipts").glob("*.json"))
        count = self.place(uai).position
        return [json.loads(path.read_bytes()) for path in paths[:count]]

    def check(self, uai: str, today: date) -> int:
        """Check everything that is held of a school: envelopes, releases, receipts, what is remembered.

        Returns:
            How many releases are held.

        Raises:
            Refused: it is not enrolled.
            HubUnusable: the first thing that is not what it was.
        """
        chain = self._chain(uai)
        releases = {(r.table, r.period): r for r in self.releases(uai, today)}
        for held, digest in zip(chain.held, chain.digests, strict=True):
            path = self._of(uai) / "receipts" / f"{held.position:06d}.json"
            try:
                said = open_exact(path.read_bytes(), self._key.public_key())
            except (SealBroken, FileNotFoundError):
                said = {}
            if (said.get("envelope"), said.get("sha256")) != (digest, held.sha256):
                message = f"{uai}: a receipt is damaged; restore the hub's directory"
                raise HubUnusable(message)
        for row in self.recall(uai):
            if row.figures != figures_of(releases[row.held.table, row.held.period]):
                message = f"{uai}: {FILE} is wrong; delete it, then start the hub again"
                raise HubUnusable(message)
        return len(chain.held)

    # --- leaving

    def withdraw(self, uai: str, data: bytes, today: date) -> bytes:
        """Erase a school that says so itself; returns the signed word that it is done.

        Raises:
            Refused: the wish is not the school's, or not of now.
        """
        with self._locked(uai):
            card = self.card(uai)
            try:
                said = open_exact(data, card.push_key)
            except SealBroken:
                raise Refused(Reason.FORGED) from None
            place = self.place(uai)
            if said != withdrawal(self.key_name, uai, place.position, place.previous):
                raise Refused(Reason.OUT_OF_CHAIN)
            self._erase(uai, card)
        return seal(
            {
                "kind": WITHDRAWN, "hub": self.key_name, "uai": uai,
                "envelope": digest_of(data), "erased": today.isoformat(),
            },
            self._key,
        )  # fmt: skip

    def remove(self, uai: str) -> None:
        """Erase a school because whoever runs the hub says so.

        Raises:
            Refused: it is not enrolled.
        """
        with self._locked(uai):
            self._erase(uai, self.card(uai))

    def _erase(self, uai: str, card: Card) -> None:
        """Remember the key, so that no old card enrols again; then forget the school."""
        mark = self.directory / "withdrawn" / key_id(card.push_key)
        write_again(mark, b"")
        leaving = self.directory / "schools" / f"{_LEAVING}{key_id(card.push_key)}"
        self._of(uai).rename(leaving)
        sync_directory(leaving.parent)
        self._clear_leaving()

    def _clear_leaving(self) -> None:
        for path in (self.directory / "schools").glob(f"{_LEAVING}*"):
            shutil.rmtree(path, ignore_errors=True)


def _keys(card: Card) -> tuple[str, str]:
    return key_id(card.seal_key), key_id(card.push_key)
