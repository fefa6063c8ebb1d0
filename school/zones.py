"""zones.yaml: the places of the school, by subnet or VLAN. Models, checks and look-ups; no I/O.

A zone says where, never who. Zones of fewer than the floor of persons are published together with
a larger one (`published_in`); the floor itself is a setting of privacy.yaml.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from school.declared import STRICT, Label, Name, Text
from school.problems import did_you_mean
from school.reading import Located
from school.words import UNMATCHED, ZoneKind

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

LARGEST_VLAN: Final = 4094
"""IEEE 802.1Q: 0 means no VLAN and 4095 is reserved."""
PUBLIC_URL: Final = r"^https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,200})?$"
"""An address that a telephone can open: no account, no query, no fragment."""
UNMATCHED_LABEL: Final = Label(fr="Hors zones déclarées", en="Outside the declared zones")


def _network(value: Any) -> Network:
    try:
        return ip_network(str(value), strict=True)
    except ValueError:
        pass
    try:
        meant = ip_network(str(value), strict=False)
    except ValueError:
        message = f"`{value}` is not a subnet; write it as 10.10.0.0/20 or 2001:db8:10::/64"
        raise ValueError(message) from None
    raise ValueError(f"`{value}` has bits after its prefix; did you mean `{meant}`?")


Subnet = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Vlan = Annotated[int, Field(ge=1, le=LARGEST_VLAN)]


class SchoolEntry(BaseModel):
    """Who declares."""

    model_config = STRICT
    name: Text
    uai: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}[A-Z]$")] | None = None
    """The school's national number: printed on documents; tells schools apart at a hub and in a shared store."""
    public_url: Annotated[str, StringConstraints(pattern=PUBLIC_URL)] | None = None
    """Where people in the school open Jauge's pages; the poster's code leads there."""


class ZoneEntry(BaseModel):
    """One zone as written in the file."""

    model_config = STRICT
    name: Name
    label: Label
    kind: ZoneKind
    subnets: tuple[Subnet, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    persons: Annotated[int, Field(ge=0, le=100_000)]
    counts_devices: bool = True
    published_in: Name | None = None
    measured: bool = True


class ZonesFile(BaseModel):
    """zones.yaml as written."""

    model_config = STRICT
    school: SchoolEntry
    inside: Annotated[tuple[Subnet, ...], Field(min_length=1)] | None = None
    zones: Annotated[tuple[ZoneEntry, ...], Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Zone:
    """A declared place."""

    name: str
    label: Label
    kind: str
    subnets: tuple[Network, ...]
    vlans: tuple[int, ...]
    persons: int
    counts_devices: bool
    published_in: str | None
    measured: bool = True
    """False: nothing of it is recorded but the load of the line (right to object)."""

    @property
    def published_as(self) -> str | None:
        """Name of the zone whose figures hold this one; None when its devices are not counted."""
        if not (self.counts_devices and self.measured):
            return None
        return self.published_in or self.name


@dataclass(frozen=True, slots=True)
class Zones:
    """All places of the school. An address belongs to the zone of its longest subnet."""

    inside: tuple[Network, ...]
    zones: tuple[Zone, ...]

    def __iter__(self) -> Iterator[Zone]:
        return iter(self.zones)

    def named(self, name: str) -> Zone | None:
        """Return the zone of that name, or None (`unmatched` included)."""
        return next((zone for zone in self.zones if zone.name == name), None)

    def kind_of(self, name: str) -> str:
        """Return the kind of a zone; `unmatched` for a name that is not declared."""
        zone = self.named(name)
        return zone.kind if zone else UNMATCHED

    def of_address(self, address: Address, *, vlan: int = 0) -> str:
        """Return the name of the zone of an inside address: by VLAN first, then by subnet."""
        for zone in self.zones:
            if vlan and vlan in zone.vlans:
                return zone.name
        for zone in self.zones:
            if any(address.version == net.version and address in net for net in zone.subnets):
                return zone.name
        return UNMATCHED

    def published(self) -> tuple[Zone, ...]:
        """Return the zones that have figures of their own, in the order of the file."""
        return tuple(zone for zone in self.zones if zone.published_as == zone.name)

    @property
    def boarding(self) -> bool:
        """Whether pupils sleep in the school: evenings and nights are then part of its life."""
        return any(zone.kind == ZoneKind.BOARDING for zone in self.zones)


def build(file: ZonesFile) -> Zones:
    """Return the zones of a file whose checks passed."""
    zones = tuple(
        Zone(
            name=entry.name,
            label=entry.label,
            kind=entry.kind.value,
            subnets=entry.subnets,
            vlans=entry.vlans,
            persons=entry.persons,
            counts_devices=entry.counts_devices,
            published_in=entry.published_in,
            measured=entry.measured,
        )
        for entry in file.zones
    )
    declared = tuple(net for zone in zones for net in zone.subnets)
    return Zones(inside=file.inside or declared, zones=zones)


def check(file: ZonesFile, located: Located, *, floor_persons: int) -> None:
    """Record what no single field can tell: overlaps, references, groups that are too small."""
    _check_names(file, located)
    _check_places(file, located)
    _check_overlaps(file, located)
    _check_publication(file, located, floor_persons)


def _check_names(file: ZonesFile, located: Located) -> None:
    seen: set[str] = set()
    for i, zone in enumerate(file.zones):
        loc = ("zones", i, "name")
        if zone.name in seen:
            located.problem(loc, f"two zones are called `{zone.name}`", "rename one of them")
        if zone.name == UNMATCHED or zone.kind == ZoneKind.UNMATCHED:
            message = f"zone `{zone.name}`: `unmatched` is kept for addresses outside all zones"
            located.problem(loc, message, "choose another name and kind")
        seen.add(zone.name)


def _check_places(file: ZonesFile, located: Located) -> None:
    vlans: dict[int, str] = {}
    for i, zone in enumerate(file.zones):
        if not zone.subnets and not zone.vlans:
            located.problem(
                ("zones", i), f"zone `{zone.name}` has neither subnets nor vlans", "give one"
            )
        for j, vlan in enumerate(zone.vlans):
            owner = vlans.setdefault(vlan, zone.name)
            if owner != zone.name:
                message = f"zone `{zone.name}`: VLAN {vlan} already belongs to zone `{owner}`"
                located.problem(("zones", i, "vlans", j), message, "keep it in one zone")
        for j, net in enumerate(zone.subnets):
            if file.inside and not any(_holds(outer, net) for outer in file.inside):
                message = f"zone `{zone.name}`: {net} is not inside the addresses of `inside`"
                located.problem(("zones", i, "subnets", j), message, "add its range to `inside`")


def _holds(outer: Network, net: Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(net, IPv4Network):
        return net.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(net, IPv6Network):
        return net.subnet_of(outer)
    return False


def _check_overlaps(file: ZonesFile, located: Located) -> None:
    """Subnets sorted by start: an overlap shows between one and the widest before it."""
    places = [
        (net.version, int(net.network_address), int(net.broadcast_address), i, j)
        for i, zone in enumerate(file.zones)
        for j, net in enumerate(zone.subnets)
    ]
    widest: tuple[int, int, int, int] | None = None  # version, end, zone, subnet
    for version, start, end, i, j in sorted(places):
        if widest and widest[0] == version and start <= widest[1]:
            first, second = sorted([(i, j), (widest[2], widest[3])])
            late, early = file.zones[second[0]], file.zones[first[0]]
            message = (
                f"zone `{late.name}`: {late.subnets[second[1]]} overlaps "
                f"{early.subnets[first[1]]} of zone `{early.name}`"
            )
            hint = "an address must belong to one zone: make one of them smaller"
            located.problem(("zones", second[0], "subnets", second[1]), message, hint)
        if not widest or widest[0] != version or end > widest[1]:
            widest = (version, end, i, j)


def _check_publication(file: ZonesFile, located: Located, floor: int) -> None:
    by_name = {zone.name: zone for zone in file.zones}
    for i, zone in enumerate(file.zones):
        if zone.published_in is not None:
            _check_target(zone, by_name, located, ("zones", i, "published_in"))
        elif zone.counts_devices and _persons_published(file, zone) < floor:
            message = (
                f"zone `{zone.name}` would be published alone with {zone.persons} persons "
                f"(fewer than {floor})"
            )
            hint = "name a larger zone in `published_in`, or set `counts_devices: false`"
            located.problem(("zones", i, "persons"), message, hint)


def _persons_published(file: ZonesFile, zone: ZoneEntry) -> int:
    merged = (z for z in file.zones if z.published_in == zone.name and z.counts_devices)
    return zone.persons + sum(other.persons for other in merged)


def _check_target(
    zone: ZoneEntry,
    by_name: dict[str, ZoneEntry],
    located: Located,
    loc: tuple[str | int, ...],
) -> None:
    target = by_name.get(zone.published_in or "")
    where = f"zone `{zone.name}`: published_in"
    if target is None:
        others = [name for name in by_name if name != zone.name]
        message = f"{where} names `{zone.published_in}`, which is no zone of this file"
        located.problem(loc, message, did_you_mean(zone.published_in or "", others))
    elif target.name == zone.name:
        located.problem(loc, f"{where} names the zone itself", "write null or another zone")
    elif target.published_in is not None:
        message = f"{where} names `{target.name}`, which is itself published elsewhere"
        located.problem(loc, message, f"write `{target.published_in}`")
    elif not target.counts_devices:
        message = f"{where} names `{target.name}`, whose devices are not counted"
        located.problem(loc, message, "choose a zone with `counts_devices: true`")
