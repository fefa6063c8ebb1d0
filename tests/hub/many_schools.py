"""Schools that push, made with real keys, seals, noise scale and codes; and a hub that takes them.

The figures are invented; the noise is drawn with the scale that the standard profile asks for, and the
releases pass through `display`, `dump_release` and `seal` like the analyzer's.
"""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.card import Card, Count, seal_card
from hub.check import Place, Push
from hub.envelope import START, Envelope, digest_of, seal_envelope
from hub.holdings import Holdings
from privacy.release import Cell, Measure, Release, display, dump_release
from privacy.sealed import seal
from privacy.settings import LEAST_DEVICES_PER_DAY, PrivacySettings, TableName

USES = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
ALL = (*USES, "technical", "undetermined")
SETTINGS = PrivacySettings()
FIRST = date(2026, 9, 7)
"""A Monday."""
TODAY = date(2027, 9, 1)
SHARES = {
    "pedagogical": 2.1, "residual_private": 1.0, "abusive": 0.02, "resource_inappropriate": 0.1,
    "any": 3.2,
}  # fmt: skip
"""Device-days a week and workstation, in the school in the middle."""
GB = {
    "pedagogical": 0.9, "residual_private": 0.5, "abusive": 0.03, "resource_inappropriate": 0.2,
    "technical": 0.6, "undetermined": 0.2,
}  # fmt: skip
ZONES = ("salles", "cdi", "bureaux", "wifi")


def uai_of(number: int) -> str:
    return f"{number:07d}{chr(65 + number % 26)}"


def monday(week: int) -> date:
    return FIRST + timedelta(weeks=week)


def name_of(day: date) -> str:
    return "{}-W{:02d}".format(*day.isocalendar()[:2])


@dataclass
class MadeSchool:
    """One school: keys, card and whatever releases somebody asks for."""

    number: int
    workstations: int = 400
    kind: str = "lycee"
    named: bool = False

    @cached_property
    def seal_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.number.to_bytes(32, "big"))

    @cached_property
    def push_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes((1 << 40 | self.number).to_bytes(32, "big"))

    @cached_property
    def random(self) -> random.Random:
        return random.Random(self.number)  # noqa: S311 - a fixture, not a secret

    @cached_property
    def habit(self) -> float:
        """How much more than the school in the middle its machines are used."""
        return self.random.lognormvariate(0, 0.25)

    @property
    def uai(self) -> str:
        return uai_of(self.number)

    @property
    def card(self) -> Card:
        counts = (Count(date(2026, 9, 1), self.workstations),)
        return Card(
            self.uai, f"Établissement {self.number}", self.kind, self.seal_key.public_key(),
            self.push_key.public_key(), self.named, counts,
        )  # fmt: skip

    def sealed_card(self) -> bytes:
        return seal_card(self.card, self.push_key)

    def release(self, table: TableName, week: int, **other: object) -> dict:
        starts = monday(week)
        method = SETTINGS.method(table)
        volume = method.measure is Measure.MEGABYTES
        floor = 0 if volume else LEAST_DEVICES_PER_DAY * 7
        exact = self._volumes() if volume else self._days()
        cells = []
        for key, value in exact.items():
            noisy = round(value + self.random.gauss(0, method.sigma))
            cells.append(Cell(key, noisy, display(noisy, sigma=method.sigma, floor=floor)))
        made = Release(
            table=table, period=name_of(starts), starts=starts, ends=starts + timedelta(days=7),
            method=method, cells=tuple(cells), origin="simulated", charter_digest="1" * 64,
            privacy_digest=SETTINGS.digest(), policy_digest="2" * 64,
        )  # fmt: skip
        return dump_release(made) | other

    def _days(self) -> dict:
        return {
            (("use", use), ("zone", zone)): self.habit * share * self.workstations / len(ZONES)
            for zone in ZONES
            for use, share in SHARES.items()
        }

    def _volumes(self) -> dict:
        return {(("use", use),): self.habit * GB[use] * self.workstations * 1000 for use in ALL}

    def sealed(self, table: TableName, week: int, **other: object) -> bytes:
        return seal(self.release(table, week, **other), self.seal_key)

    def push(self, hub: Holdings | str, body: bytes, place: Place, **other: object) -> Push:
        """Sign a push of a sealed file in a place; `other` replaces fields of the envelope."""
        payload = _payload(body)
        said = {
            "hub": hub if isinstance(hub, str) else hub.key_name, "uai": self.uai,
            "table": payload.get("table", "T1"), "period": payload.get("period", "2026-W37"),
            "octets": len(body), "sha256": digest_of(body), "position": place.position,
            "previous": place.previous,
        } | other  # fmt: skip
        envelope = seal_envelope(Envelope(**said), self.push_key)
        return Push(said["table"], said["period"], envelope, body)

    def publish(
        self, public: Path, weeks: Sequence[int], tables: Sequence[str] = ("T1", "T4")
    ) -> Path:
        """Write what the analyzer would have written of some weeks."""
        for table in tables:
            (public / "releases" / table).mkdir(parents=True, exist_ok=True)
            for week in weeks:
                path = public / "releases" / table / f"{name_of(monday(week))}.json"
                path.write_bytes(self.sealed(table, week))
        (public / "documents").mkdir(exist_ok=True)
        raw = self.seal_key.public_key().public_bytes_raw()
        (public / "seal.pub").write_bytes(base64.b64encode(raw))
        school = {"document": "school", "name": self.card.name, "uai": self.uai}
        (public / "documents/school.json").write_bytes(seal(school, self.seal_key))
        return public


def _payload(body: bytes) -> dict:
    import json

    try:
        return json.loads(body)["payload"]
    except (ValueError, KeyError):
        return {}


FIRST_PLACE = Place(0, START)


def new_hub(directory: Path, schools: Sequence[MadeSchool] = ()) -> Holdings:
    hub = Holdings.create(directory, "Région d'essai")
    for school in schools:
        hub.enrol(school.sealed_card())
    return hub


def take(
    hub: Holdings, school: MadeSchool, weeks: Sequence[int], tables: Sequence[str] = ("T1", "T4")
) -> None:
    """Push some weeks of a school into a hub, without the network."""
    place = hub.place(school.uai)
    for week in weeks:
        for table in tables:
            push = school.push(hub, school.sealed(table, week), place)
            hub.take(school.uai, push, TODAY)
            place = Place(place.position + 1, digest_of(push.envelope))
