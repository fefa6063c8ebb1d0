"""How much one device-day may weigh. Exact integers.

In a table of counts it adds at most 1 to each of at most `cap` cells; in a table of volumes its
megabytes have an L2 norm of at most `cap`. The noise is scaled to this bound, so the guarantee
stands or falls with this file. It therefore uses nothing clever: one device-day after another,
whole numbers, an order of cells that depends on the device alone. Adding or removing one device-day
moves the counts by at most √cap cells or cap megabytes (L2); tests/privacy holds it to that.

T1: a device-day belongs to one zone: the one where it had most active minutes, the first declared of
several, and the uses that it had there. Time outside every published zone competes like a zone,
and a device-day that belongs there is in no cell by zone.

Pure.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from privacy.gate.tables import ANY, CHARTER_USES, Definition
from privacy.release import Measure

LEAST_MINUTES: Final = 1
"""Activity floor, a public constant: clock minutes with an answered slice before a device-day
counts for a use (or for `any`). An unanswered attempt, such as a name that the filter refused, is
no use; the analyzer leaves it out. One minute, because slices are cut by clock minutes and short
visits are most visits."""
MEGABYTE: Final = 1_000_000


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
class Seen:
    """How much of one cell a device-day has, before any bound."""

    device: int
    cell: tuple[str, ...]
    """Values in the order of the table's dimensions."""
    amount: int
    """Distinct clock minutes with an answered slice; for volumes IP octets, both directions."""


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


def cells_of(rows: Sequence[Activity], definition: Definition) -> tuple[int, ...]:
    """Return the cells of a table of uses to which one device-day adds 1.

    Args:
        rows: everything that this device did on this day.
        definition: a table of uses, by zone or for the whole school.

    Returns:
        At most `definition.cap` distinct positions in `keys()`; uses are dropped from the end of
        the fixed order, never by how large they are.
    """
    position = {cell: number for number, cell in enumerate(definition.cells())}
    if not definition.zones:
        names = [(CHARTER_USES[use],) for use in _uses(rows)]
        return tuple(position[name] for name in names if name in position)[: definition.cap]
    zone = _main_zone(rows, definition.zones)
    there = [row for row in rows if row.zone == zone]
    if zone is None or sum(row.minutes for row in there) < LEAST_MINUTES:
        return ()
    uses = [ANY, *(CHARTER_USES[use] for use in _uses(there))]
    return tuple(position[zone, use] for use in uses[: definition.cap])


def met(rows: Sequence[Seen], definition: Definition) -> tuple[int, ...]:
    """Return the cells of a table of slots or services to which one device-day adds 1.

    A device-day with more cells than the cap keeps `cap` of them, counted round from a place that
    its pseudonym says: which ones are lost is the same chance for each cell, and no matter of how
    large they are.
    """
    minutes: dict[tuple[str, ...], int] = {}
    for row in rows:
        minutes[row.cell] = minutes.get(row.cell, 0) + row.amount
    cells = definition.cells()
    first = rows[0].device % len(cells)
    found = [n for n, cell in enumerate(cells) if minutes.get(cell, 0) >= LEAST_MINUTES]
    found.sort(key=lambda n: (n - first) % len(cells))
    return tuple(found[: definition.cap])


def volumes(rows: Sequence[Seen], definition: Definition) -> tuple[int, ...]:
    """Return the megabytes of one device-day, all of them scaled down where the norm passes the cap.

    Rounded to whole megabytes, downwards when scaled: the norm never passes the cap.
    """
    octets: dict[tuple[str, ...], int] = {}
    for row in rows:
        octets[row.cell] = octets.get(row.cell, 0) + max(row.amount, 0)
    whole = [(octets.get(cell, 0) + MEGABYTE // 2) // MEGABYTE for cell in definition.cells()]
    squared = sum(value * value for value in whole)
    if squared <= definition.cap**2:
        return tuple(whole)
    norm = math.isqrt(squared - 1) + 1  # rounded up
    return tuple(value * definition.cap // norm for value in whole)


Row = TypeVar("Row", Activity, Seen)


def _by_device(rows: Iterable[Row]) -> Iterable[list[Row]]:
    devices: dict[int, list[Row]] = {}
    for row in rows:
        devices.setdefault(row.device, []).append(row)
    return devices.values()


def _count_cells(
    rows: Iterable[Row],
    definition: Definition,
    chosen: Callable[[Sequence[Row], Definition], tuple[int, ...]],
) -> tuple[int, list[int]]:
    counts = [0] * len(definition.cells())
    active = 0
    for own in _by_device(rows):
        cells = chosen(own, definition)
        active += bool(cells)
        for cell in cells:
            counts[cell] += 1
    return active, counts


def count(activities: Iterable[Activity], definition: Definition, day: date) -> DayCells:
    """Return the bounded counts of one day of a table of uses (T1, T5-bis, T6, rehearsal).

    Args:
        activities: any order, any number of rows per device.
        definition: the table.
        day: the local day that all rows belong to; pseudonyms of two days never join.
    """
    active, counts = _count_cells(activities, definition, cells_of)
    return DayCells(table=definition.name, day=day, devices=active, counts=tuple(counts))


def count_seen(rows: Iterable[Seen], definition: Definition, day: date) -> DayCells:
    """Return the bounded counts of one day of a table of slots, services or volumes.

    Arguments as in `count`; a cell that the table does not have counts nowhere.
    """
    if definition.measure is not Measure.MEGABYTES:
        active, counts = _count_cells(rows, definition, met)
    else:
        counts, active = [0] * len(definition.cells()), 0
        for own in _by_device(rows):
            amounts = volumes(own, definition)
            active += any(amounts)
            counts = [total + amount for total, amount in zip(counts, amounts, strict=True)]
    return DayCells(table=definition.name, day=day, devices=active, counts=tuple(counts))
