"""How much one device-day may weigh: at most 1 in each of at most `cap` cells. Exact integers.

The noise is scaled to this bound, so the guarantee stands or falls with this file. It therefore
uses nothing clever: one device-day after another, whole numbers, a fixed order of cells. Removing
or changing one device-day moves the counts by at most √cap (L2); tests/privacy holds it to that.

A device-day belongs to one zone: the one where it had most active minutes, the first declared of
several, and the uses that it had there. Time outside every published zone competes like a zone,
and a device-day that belongs there is in no cell by zone.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from privacy.gate.tables import CHARTER_USES, Definition

LEAST_MINUTES: Final = 1
"""Activity floor, a public constant: clock minutes with an answered slice before a device-day
counts for a use (or for `any`). An unanswered attempt, such as a name that the filter refused, is
no use; the analyzer leaves it out. One minute, because slices are cut by clock minutes and short
visits are most visits."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What one device-day did in one zone, before any bound."""

    device: int
    zone: str | None
    """Published zone; None where the zone is not published."""
    minutes: int
    """Distinct clock minutes with an answered slice."""
    use_minutes: tuple[int, ...]
    """The same for each of `CHARTER_USES`, in that order."""


@dataclass(frozen=True, slots=True)
class DayCells:
    """Exact bounded counts of one table and one day. Never leaves the analyzer."""

    table: str
    day: date
    devices: int
    """Device-days that filled at least one cell."""
    counts: tuple[int, ...]
    """In the order of `Definition.keys()`."""


def _uses(rows: Iterable[Activity]) -> list[int]:
    """Return the positions of the uses that reach the floor over some rows of one device-day."""
    totals = [0] * len(CHARTER_USES)
    for row in rows:
        for position, minutes in enumerate(row.use_minutes):
            totals[position] += minutes
    return [position for position, minutes in enumerate(totals) if minutes >= LEAST_MINUTES]


def _main_zone(rows: Iterable[Activity], zones: tuple[str, ...]) -> str | None:
    minutes: dict[str | None, int] = {}
    for row in rows:
        minutes[row.zone] = minutes.get(row.zone, 0) + row.minutes
    order: list[str | None] = [*zones, None]
    return max(order, key=lambda zone: (minutes.get(zone, 0), -order.index(zone)))


def cells_of(rows: list[Activity], definition: Definition) -> tuple[int, ...]:
    """Return the cells, as positions in `keys()`, to which one device-day adds 1.

    Args:
        rows: everything that this device did on this day.
        definition: the table.

    Returns:
        At most `definition.cap` distinct positions; uses are dropped from the end of the fixed
        order, never by how large they are.
    """
    if not definition.zones:
        return tuple(_uses(rows)[: definition.cap])
    zone = _main_zone(rows, definition.zones)
    there = [row for row in rows if row.zone == zone]
    if zone is None or sum(row.minutes for row in there) < LEAST_MINUTES:
        return ()
    first = definition.zones.index(zone) * len(definition.uses())
    positions = [first, *(first + 1 + use for use in _uses(there))]
    return tuple(positions[: definition.cap])


def count(activities: Iterable[Activity], definition: Definition, day: date) -> DayCells:
    """Return the bounded counts of one day.

    Args:
        activities: any order, any number of rows per device.
        definition: the table.
        day: the local day that all rows belong to; pseudonyms of two days never join.
    """
    devices: dict[int, list[Activity]] = {}
    for row in activities:
        devices.setdefault(row.device, []).append(row)
    counts = [0] * len(definition.keys())
    active = 0
    for rows in devices.values():
        cells = cells_of(rows, definition)
        active += bool(cells)
        for cell in cells:
            counts[cell] += 1
    return DayCells(table=definition.name, day=day, devices=active, counts=tuple(counts))
