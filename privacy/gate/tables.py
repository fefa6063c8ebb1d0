"""The noisy tables: their cells, fixed by what the school declares and never by what was seen.

A cell that nobody filled is drawn like any other: if only cells with somebody in them existed, the
list of cells alone would tell who was there. So the keys are the declared zones × the uses, and a
zone too small to stand alone merges into the zone that the school named for it beforehand.

Pure. To add a table: a name and a share in `privacy.settings`, a definition here, a way to count
in `privacy.gate.bounded`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from privacy.gate.periods import PeriodKind
from privacy.settings import PrivacySettings, TableName

CHARTER_USES: Final = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
"""The uses that the charter speaks of, in the order in which cells are filled under a cap."""
ANY: Final = "any"
"""The device-day was active in the zone, whatever for (technical and undetermined included)."""

Key = tuple[tuple[str, str], ...]


class DeclaredZone(Protocol):
    """What the gate reads of a declared zone (`school.zones.Zone` has it)."""

    @property
    def name(self) -> str:
        """Name in zones.yaml."""

    @property
    def persons(self) -> int:
        """Declared population."""

    @property
    def counts_devices(self) -> bool:
        """Whether slices of the zone carry a device."""

    @property
    def published_in(self) -> str | None:
        """Name of the zone that it merges into, if the school says so."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One noisy table: which cells, over which period, how much of one device-day."""

    name: TableName
    period: PeriodKind
    zones: tuple[str, ...]
    """Published zones in declared order; empty for a whole-school table."""
    cap: int
    """Most cells to which one device-day adds 1."""

    def uses(self) -> tuple[str, ...]:
        """Return the values of the `use` dimension."""
        return (ANY, *CHARTER_USES) if self.zones else CHARTER_USES

    def keys(self) -> tuple[Key, ...]:
        """Return every key of the table in its fixed order."""
        if not self.zones:
            return tuple((("use", use),) for use in CHARTER_USES)
        return tuple((("use", use), ("zone", zone)) for zone in self.zones for use in self.uses())


def _merged_into(name: str, published_in: dict[str, str | None]) -> str | None:
    """Follow `published_in` to its end; None if it leads nowhere or round in a circle."""
    seen = set()
    while name not in seen:
        seen.add(name)
        if name not in published_in:
            return None
        target = published_in[name]
        if target is None:
            return name
        name = target
    return None


def published_zones(zones: Iterable[DeclaredZone], floor_persons: int) -> dict[str, str | None]:
    """Return under which name each declared zone is published.

    A published zone's population is its own and that of the zones that merge into it, as far as
    they count devices: the others put nobody into its cells. A zone that stays under the floor, or
    counts no devices, appears in no cell by zone: None (whole-school tables still count it).

    Args:
        zones: the declared zones, in declared order.
        floor_persons: fewest declared persons of a published zone.
    """
    declared = list(zones)
    targets = {zone.name: zone.published_in for zone in declared}
    merged = {
        zone.name: _merged_into(zone.name, targets) if zone.counts_devices else None
        for zone in declared
    }
    persons: dict[str, int] = {}
    for zone in declared:
        target = merged[zone.name]
        if target is not None:
            persons[target] = persons.get(target, 0) + zone.persons
    return {
        name: target if target is not None and persons[target] >= floor_persons else None
        for name, target in merged.items()
    }


def definitions(
    zones: Iterable[DeclaredZone], settings: PrivacySettings
) -> dict[TableName, Definition]:
    """Return the tables of a school, from public declarations alone.

    T1 has no cells where no zone can be published or none counts devices; it is then left out.
    """
    declared = list(zones)
    published = published_zones(declared, settings.floor_persons)
    names = tuple(zone.name for zone in declared if zone.name in published.values())
    tables: dict[TableName, Definition] = {}
    if names:
        tables["T1"] = Definition("T1", PeriodKind.WEEK, names, settings.table("T1").cap)
    tables["T6"] = Definition("T6", PeriodKind.DAY, (), settings.table("T6").cap)
    return tables
