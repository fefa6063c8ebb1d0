"""What a DPO acknowledges: the privacy settings, and what the declarations add to them. Pure.

Settings alone do not say what is revealed: of whom (zones), how finely (zones and slots that have
figures of their own), about what (followed services). These are the terms. `differences` puts two of
them in order, respect by respect (docs/terms.md lists the respects and why each stands where it
does): terms that are nowhere looser need no new signature.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from privacy import canonical
from privacy.gate.tables import published_zones
from privacy.settings import MOST, PROFILES, PrivacySettings

_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class ZoneTerms(BaseModel):
    """A zone, as far as it decides who is counted and how finely."""

    model_config = _STRICT

    name: str
    persons: int
    measured: bool
    """False: nothing of it is recorded."""
    counts_devices: bool
    published_in: str | None
    places: str
    """Digest of its subnets and VLANs: the terms hold no address."""

    @property
    def counted(self) -> bool:
        """Whether its devices are in any figure."""
        return self.measured and self.counts_devices


class SlotTerms(BaseModel):
    """A slot of the timetable that is large enough for figures of its own."""

    model_config = _STRICT

    name: str
    times: str
    """Days and hours, as declared."""
    persons: int


class Terms(BaseModel):
    """What is acknowledged, or proposed."""

    model_config = _STRICT

    settings: PrivacySettings = Field(default_factory=PrivacySettings)
    inside: str = ""
    """Digest of the addresses that count as the school's; empty without declared files."""
    zones: tuple[ZoneTerms, ...] = ()
    slots: tuple[SlotTerms, ...] = ()
    services: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return the SHA-256 of the terms, 64 hex digits."""
        return canonical.digest(self.model_dump(mode="json"))


class Direction(StrEnum):
    """What a difference does to the persons who are measured."""

    TIGHTER = "tighter"
    LOOSER = "looser"
    UNKNOWN = "unknown"
    """Neither can be shown: the DPO decides, as for looser ones."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One respect in which two terms differ."""

    respect: str
    """`total_rho`, `T1: noise (sigma)`, `zone cdi: persons`…"""
    before: str
    after: str
    direction: Direction


def at_least_as_tight(new: Terms, acknowledged: Terms) -> bool:
    """Say whether terms are nowhere looser than acknowledged ones."""
    return all(d.direction is Direction.TIGHTER for d in differences(acknowledged, new))


def differences(before: Terms, after: Terms) -> tuple[Difference, ...]:
    """Return every respect in which two terms differ, settings first."""
    return (
        *_settings(before.settings, after.settings),
        *_zones(before, after),
        *_slots(before, after),
        *_services(before, after),
    )


def _ordered(
    respect: str, before: float, after: float, *, looser_when_more: bool
) -> Iterator[Difference]:
    if before != after:
        looser = (after > before) is looser_when_more
        direction = Direction.LOOSER if looser else Direction.TIGHTER
        yield Difference(respect, f"{before:g}", f"{after:g}", direction)


def _settings(old: PrivacySettings, new: PrivacySettings) -> Iterator[Difference]:
    if old.profile != new.profile:
        weaker = PROFILES[new.profile] > PROFILES[old.profile]
        direction = Direction.LOOSER if weaker else Direction.TIGHTER
        yield Difference("profile", old.profile, new.profile, direction)
    more = {
        "total_rho": (old.total_rho, new.total_rho),
        "retention_days": (old.retention_days, new.retention_days),
    }
    less = {
        "floor_persons": (old.floor_persons, new.floor_persons),
        "display.sigmas": (old.display.sigmas, new.display.sigmas),
        "display.reliable_sigmas": (old.display.reliable_sigmas, new.display.reliable_sigmas),
        "display.floor_devices_per_day": (
            old.display.floor_devices_per_day,
            new.display.floor_devices_per_day,
        ),
    }
    for respect, (one, other) in more.items():
        yield from _ordered(respect, one, other, looser_when_more=True)
    for name in MOST:
        one_method, other_method = old.method(name), new.method(name)
        costs, caps, noises = (
            (getattr(one_method, part), getattr(other_method, part))
            for part in ("rho", "cap", "sigma")
        )
        yield from _ordered(f"{name}: cost (rho)", *costs, looser_when_more=True)
        yield from _ordered(f"{name}: cap", *caps, looser_when_more=True)
        yield from _ordered(f"{name}: noise (sigma)", *noises, looser_when_more=False)
    for respect, (one, other) in less.items():
        yield from _ordered(respect, one, other, looser_when_more=False)


def _zones(before: Terms, after: Terms) -> Iterator[Difference]:
    if before.inside != after.inside:
        yield Difference(
            "addresses of the school",
            _short(before.inside),
            _short(after.inside),
            Direction.UNKNOWN,
        )
    old = {zone.name: zone for zone in before.zones}
    new = {zone.name: zone for zone in after.zones}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            # Its addresses fall to `unmatched`: who was left out might be counted from then on.
            direction = Direction.TIGHTER if old[name].counted else Direction.UNKNOWN
            yield Difference(f"zone {name}", "declared", "not declared", direction)
        elif name not in old:
            direction = Direction.LOOSER if new[name].counted else Direction.UNKNOWN
            yield Difference(f"zone {name}", "not declared", "declared", direction)
        else:
            yield from _zone(old[name], new[name])
    yield from _groups(before, after)


def _zone(old: ZoneTerms, new: ZoneTerms) -> Iterator[Difference]:
    for respect, one, other in (
        ("measured", old.measured, new.measured),
        ("counts_devices", old.counts_devices, new.counts_devices),
    ):
        if one != other:
            direction = Direction.LOOSER if other else Direction.TIGHTER
            yield Difference(f"zone {old.name}: {respect}", _yes(one), _yes(other), direction)
    if old.places != new.places:
        # A zone of many that is cut down to the address of one has the same name and persons.
        yield Difference(
            f"zone {old.name}: subnets and VLANs",
            _short(old.places),
            _short(new.places),
            Direction.UNKNOWN,
        )


def _published(terms: Terms) -> dict[str, tuple[frozenset[str], int]]:
    """Return each published group: the zones that it holds, and their declared persons."""
    counted = [zone for zone in terms.zones if zone.counted]
    target = published_zones(counted, terms.settings.floor_persons)
    groups: dict[str, list[ZoneTerms]] = {}
    for zone in counted:
        group = target[zone.name]
        if group is not None:
            groups.setdefault(group, []).append(zone)
    return {
        name: (frozenset(z.name for z in zones), sum(z.persons for z in zones))
        for name, zones in groups.items()
    }


def _groups(before: Terms, after: Terms) -> Iterator[Difference]:
    """Compare who is published together: a group that became larger hides better."""
    old, new = _published(before), _published(after)
    for name, (members, persons) in new.items():
        hidden_in = [each for each in old.values() if each[0] <= members]
        if (members, persons) in old.values() and name in old:
            continue
        larger = any(persons >= fewer for _, fewer in hidden_in)
        yield Difference(
            f"figures of zone {name}",
            _group(old.get(name)),
            _group((members, persons)),
            Direction.TIGHTER if larger else Direction.LOOSER,
        )
    for name in old:
        if name not in new:
            yield Difference(
                f"figures of zone {name}", _group(old[name]), _group(None), Direction.TIGHTER
            )


def _group(group: tuple[frozenset[str], int] | None) -> str:
    if group is None:
        return "none of its own"
    return f"{' + '.join(sorted(group[0]))}, {group[1]} persons"


def _slots(before: Terms, after: Terms) -> Iterator[Difference]:
    old = {slot.name: slot for slot in before.slots}
    new = {slot.name: slot for slot in after.slots}
    for name in [*old, *(name for name in new if name not in old)]:
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        wider = other is None or (
            one is not None and one.times == other.times and other.persons >= one.persons
        )
        yield Difference(
            f"figures of slot {name}",
            _slot(one),
            _slot(other),
            Direction.TIGHTER if wider else Direction.LOOSER,
        )


def _slot(slot: SlotTerms | None) -> str:
    return "none" if slot is None else f"{slot.times}, {slot.persons} persons"


def _services(before: Terms, after: Terms) -> Iterator[Difference]:
    for name in before.services:
        if name not in after.services:
            yield Difference(
                f"figures of service {name}", "followed", "not followed", Direction.TIGHTER
            )
    for name in after.services:
        if name not in before.services:
            yield Difference(
                f"figures of service {name}", "not followed", "followed", Direction.LOOSER
            )


def _short(digest: str) -> str:
    return digest[:16] or "none"


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for a value
    return "yes" if value else "no"
