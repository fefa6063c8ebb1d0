"""The noisy tables: their cells, fixed by what the school declares and never by what was seen.

A cell that nobody filled is drawn like any other: if only cells with somebody in them existed, the
list of cells alone would tell who was there. So the keys are the declared zones × the uses, and a
zone too small to stand alone merges into the zone that the school named for it beforehand.

Pure. To add a table: a name and a share in `privacy.settings`, a definition here, a way to count
in `privacy.gate.bounded`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Protocol

from privacy.gate.periods import PeriodKind
from privacy.release import Measure
from privacy.settings import PrivacySettings, TableName, measure_of

CHARTER_USES: Final = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
"""The uses that the charter speaks of, in the order in which cells are filled under a cap."""
ANY: Final = "any"
"""The device-day was active in the zone, whatever for (technical and undetermined included)."""
ALL_USES: Final = (*CHARTER_USES, "technical", "undetermined")
"""The uses of a volume: bytes that no charter speaks of are bytes, too."""
AGAINST: Final = ("abusive", "resource_inappropriate")
"""The uses that a committee may want to act against."""
GROUPS: Final = (
    *("education", "conferencing", "video", "audio", "games", "social", "files", "updates"),
    *("web", "undetermined"),
)
"""What fills a saturated line, coarse enough to be counted (`analyzer.groups` says what is what)."""
MOST_SLOTS: Final = 12
"""Slots of T2; a school with more names the twelve that it wants to see (`calendar.yaml` order)."""
MOST_SERVICES: Final = 40
"""Services of T3."""

PERIODS: Final[dict[str, PeriodKind]] = {
    **dict.fromkeys(("T1", "T2", "T3", "T4", "rehearsal"), PeriodKind.WEEK),
    **dict.fromkeys(("T5-bis", "T7"), PeriodKind.MONTH),
    "T6": PeriodKind.DAY,
}
"""How long one release of each table is."""

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
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    """Names and values, the one that changes slowest first; values in declared order."""
    cap: int
    """Most of one device-day: cells to which it adds 1, or megabytes (L2)."""

    @property
    def measure(self) -> Measure:
        """What the cells count."""
        return measure_of(self.name)

    @property
    def zones(self) -> tuple[str, ...]:
        """Published zones in declared order; empty for a whole-school table."""
        return dict(self.dimensions).get("zone", ())

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """Return every cell in its fixed order: the values in the order of the dimensions."""
        return tuple(product(*(values for _, values in self.dimensions)))

    def keys(self) -> tuple[Key, ...]:
        """Return every key of the table in its fixed order."""
        names = [name for name, _ in self.dimensions]
        return tuple(tuple(sorted(zip(names, cell, strict=True))) for cell in self.cells())


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
    zones: Iterable[DeclaredZone],
    settings: PrivacySettings,
    *,
    slots: Sequence[str] = (),
    services: Sequence[str] = (),
) -> dict[TableName, Definition]:
    """Return the tables of a school that are released by themselves, from declarations alone.

    A table without cells is left out: T1 where no zone can be published or none counts devices, T2
    without a slot, T3 without a followed service.

    Args:
        zones: the declared zones.
        settings: the settings in force.
        slots: names of the timetable's slots; the first MOST_SLOTS count.
        services: followed services, at most MOST_SERVICES.
    """
    declared = list(zones)
    published = published_zones(declared, settings.floor_persons)
    names = tuple(zone.name for zone in declared if zone.name in published.values())
    uses = ("use", CHARTER_USES)
    every: dict[TableName, tuple[tuple[str, tuple[str, ...]], ...]] = {
        "T1": (("zone", names), ("use", (ANY, *CHARTER_USES))),
        "T2": (("slot", tuple(slots[:MOST_SLOTS])), uses),
        "T3": (("service", tuple(services[:MOST_SERVICES])),),
        "T4": (("use", ALL_USES),),
        "T5-bis": (("use", AGAINST),),
        "T6": (uses,),
        "T7": (("group", GROUPS),),
    }
    return {
        name: Definition(name, PERIODS[name], dimensions, settings.table(name).cap)
        for name, dimensions in every.items()
        if all(values for _, values in dimensions)
    }


def rehearsal(settings: PrivacySettings) -> Definition:
    """Return the table of a charter or line that is only tried: drawn when asked, once a week."""
    cap = settings.table("rehearsal").cap
    return Definition("rehearsal", PERIODS["rehearsal"], (("use", CHARTER_USES),), cap)
