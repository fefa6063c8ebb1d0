"""A5: how far one device-day moves a table, from slices through classification to bounded counts.

Two claims carry the guarantee. No verdict about one device leans on another's traffic: whole days are
asked again without half of their devices, and without one, and nothing about the others may change.
And one device-day weighs at most the declared bound, whatever it does: exact integers, no noise.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace as changed
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import activity, windows
from analyzer.engines import opened
from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, at_most, equals
from audit.ground import Ground
from audit.slices import Asker, Rows, World, counts
from privacy.gate import bounded
from privacy.gate.tables import Definition

BACKGROUND: Final = 2
"""Other devices beside the one that comes and goes: enough for a cap that comes after the sum."""
TERABYTE: Final = 10**12
SINGLES: Final = 5
"""Devices taken out one by one, of each drawn day; half of all are taken out together as well."""
CHANGED: Final = "verdicts changés par le trafic d'un autre appareil"
_DEVICES: Final = 5_000
_EACH: Final = 9


def _allowed(definition: Definition, ground: Ground) -> float:
    return ground.settings.method(definition.name).sensitivity


def _without(table: pa.Table, gone: Sequence[int]) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["device"], pa.array(gone, pa.int64()))))


def _only(rows: Rows, kept: set[int]) -> Rows:
    return {
        query: {device: mine for device, mine in own.items() if device in kept}
        for query, own in rows.items()
    }


class _Tally:
    """The largest move of each table, and how often a bound was passed."""

    def __init__(self, ground: Ground, world: World) -> None:
        self._allowed = {name: _allowed(one, ground) for name, one in world.tables.items()}
        self.most = dict.fromkeys(self._allowed, 0.0)
        self.violations = 0
        self.pairs = 0

    def add(self, name: str, moved: np.ndarray) -> None:
        length = math.sqrt(float((moved.astype(float) ** 2).sum()))
        self.most[name] = max(self.most[name], length)
        self.violations += length > self._allowed[name] + 1e-9

    def share(self) -> float:
        """Return the largest move over what is allowed, of all tables."""
        return max(self.most[name] / self._allowed[name] for name in self.most)


def _bounded_pairs(ground: Ground, asker: Asker, tally: _Tally) -> None:
    """Device-days from slices, each beside a few others: the counts with it and without it."""
    rng = ground.rng(5, 1)
    world, wanted = asker.world, ground.sizes.pairs
    while tally.pairs < wanted:
        devices = np.arange(min(_DEVICES, wanted - tally.pairs)) + 1 + tally.pairs * 3
        slices = world.slices(rng, devices, _EACH)
        rows = asker.rows(slices, world.minutes(rng))
        beside = [int(d) for d in devices[:BACKGROUND]]
        for name, definition in world.tables.items():
            before = counts(rows, definition, beside)
            for device in devices[BACKGROUND:]:
                tally.add(name, counts(rows, definition, [*beside, int(device)]) - before)
        tally.pairs += len(devices)


def _whole_pairs(ground: Ground, asker: Asker, tally: _Tally) -> tuple[int, int]:
    """Return how many pairs went through the whole pipeline twice, and how often others changed."""
    rng = ground.rng(5, 2)
    world, changes, done = asker.world, 0, 0
    while done < ground.sizes.whole_pairs:
        devices = [int(d) for d in rng.integers(1, 2**62, 40)]
        slices, minutes = world.slices(rng, devices, 25), world.minutes(rng)
        full = asker.rows(slices, minutes)
        half = [int(d) for d in rng.permutation(devices)[:20]]
        for gone in [half, *([d] for d in devices[:SINGLES])]:
            kept = {int(d) for d in devices} - {int(d) for d in gone}
            left = asker.rows(_without(slices, gone), minutes)
            changes += left != _only(full, kept)
            if len(gone) == 1:
                done += 1
                for name, definition in world.tables.items():
                    whole = counts(full, definition, devices)
                    tally.add(name, whole - counts(left, definition, sorted(kept)))
    return done, changes


def _monster(ground: Ground, world: World, rows: int, octets: int) -> pa.Table:
    """Return one device in every zone, site and minute, with very many flows or octets."""
    rng = ground.rng(5, 3)
    table = world.slices(rng, [7], rows)
    size = len(table)
    zones = pa.array(np.resize(np.array(world.zones, object), size), pa.string())
    down = np.full(size, max(octets // size, 1), np.int64)
    table = table.set_column(
        table.schema.get_field_index("zone"), table.schema.field("zone"), zones
    )
    for name, values in (("down_bytes", down), ("flow", rng.integers(1, 2**62, size))):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(name), pa.array(values, pa.int64()))
    return table


def _straddling(world: World, table: pa.Table) -> pa.Table:
    """Return the slices moved just outside the local day, both ends."""
    first = pc.min(world.minutes(np.random.default_rng(0))["minute"]).as_py()
    outside = [first - timedelta(minutes=1), first + timedelta(days=1)]
    values = pa.array([outside[n % 2] for n in range(len(table))], pa.timestamp("s", "UTC"))
    return table.set_column(0, table.schema.field("minute"), values)


def _worst(ground: Ground, asker: Asker, tally: _Tally) -> Iterator[Figure]:
    world = asker.world
    minutes = world.minutes(ground.rng(5, 4))
    monsters = {
        "toutes les zones": _monster(ground, world, 2_000, 10**9),
        "un million de flux": _monster(ground, world, ground.sizes.monster_flows, 10**9),
        "dix téraoctets": _monster(ground, world, 3_000, 10 * TERABYTE),
    }
    for table in monsters.values():
        rows = asker.rows(table, minutes)
        for name, definition in world.tables.items():
            tally.add(name, counts(rows, definition, [7]))
    outside = asker.rows(_straddling(world, monsters["toutes les zones"]), minutes)
    moved = sum(int(abs(counts(outside, d, [7])).sum()) for d in world.tables.values())
    yield equals("minutes d'un autre jour local qui pèsent dans ce jour", moved, 0)


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    world = ground.hostile()
    tally = _Tally(ground, world)
    with opened() as engine:
        asker = Asker(engine, world)
        _bounded_pairs(ground, asker, tally)
        whole, changes = _whole_pairs(ground, asker, tally)
        worst = list(_worst(ground, asker, tally))
    return [
        at_least("paires voisines depuis les tranches", tally.pairs, ground.sizes.pairs),
        at_least("dont : chaîne entière refaite sans l'appareil", whole, ground.sizes.whole_pairs),
        equals(CHANGED, changes, 0),
        equals("dépassements de la sensibilité déclarée", tally.violations, 0),
        at_most("plus grand déplacement L2 / sensibilité, toutes tables", tally.share(), 1.0),
        *worst,
    ]


def _short(ground: Ground) -> list[Figure]:
    """Return the part that suffices for a mutant: no monsters."""
    ground = ground.with_sizes(ground.sizes.for_mutants())
    world = ground.hostile()
    tally = _Tally(ground, world)
    with opened() as engine:
        asker = Asker(engine, world)
        _bounded_pairs(ground, asker, tally)
        _, changes = _whole_pairs(ground, asker, tally)
    return [
        equals(CHANGED, changes, 0),
        equals("dépassements de la sensibilité déclarée", tally.violations, 0),
    ]


def _uncapped(chosen: Any) -> Any:
    def all_cells(rows: Any, definition: Definition) -> Any:
        return chosen(rows, changed(definition, cap=10**6))

    return all_cells


def _capped_late(real: Any) -> Any:
    """The cap after the sum: the table as a whole is cut, a device-day is not."""

    def counting(rows: Any, definition: Definition, day: Any) -> Any:
        whole = real(rows, changed(definition, cap=10**6), day)
        return changed(
            whole, counts=tuple(min(c, definition.cap * whole.devices) for c in whole.counts)
        )

    return counting


def _neighbours(real: Any) -> Any:
    """A window over everybody of the day: a rule's volume then counts the others' traffic, too."""

    def so_far(values: Any, *, own: list[str]) -> Any:
        return real(values, own=[name for name in own if name not in {"device", "flow"}])

    return so_far


ATTACK: Final = Attack(
    "A5",
    "Sensibilité, bruit coupé",
    "Ajouter ou retirer un appareil-jour hostile et regarder de combien une table bouge, "
    "depuis les tranches et à travers le classement.",
    measure,
    (
        mutant(
            "plafond retiré",
            (bounded, "met", _uncapped(bounded.met)),
            (bounded, "volumes", _uncapped(bounded.volumes)),
            measure=_short,
        ),
        mutant(
            "plafond appliqué après la somme",
            (activity, "count_seen", _capped_late(bounded.count_seen)),
            measure=_short,
        ),
        mutant(
            "règle qui regarde le trafic d'un autre appareil",
            (windows, "so_far", _neighbours(windows.so_far)),
            measure=_short,
        ),
    ),
    needs="nothing",
)
