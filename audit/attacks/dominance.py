"""A10: one device makes 95 % of a volume; the second one knows its own share and subtracts it.

What is published must move by the cap at most, however much the giant moved: from slices, through
classification, to the exact cells whose expectation the release has (the noise has mean zero: A6).
"""

from typing import Any, Final

import numpy as np
import pyarrow as pa

from analyzer import activity
from analyzer.engines import opened
from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, at_most
from audit.ground import Ground
from audit.slices import Asker, World, counts
from privacy.gate import bounded
from privacy.gate.bounded import MEGABYTE, Seen
from privacy.gate.tables import Definition

GIANT: Final = 999
GIANT_OCTETS: Final = 4 * 10**12
OTHERS: Final = 40
LIMIT_SIGMA: Final = 0.07


def _giant(world: World, ground: Ground) -> pa.Table:
    table = world.slices(ground.rng(10, 1), [GIANT], 500)
    down = pa.array(np.full(len(table), GIANT_OCTETS // len(table), np.int64))
    at = table.schema.get_field_index("down_bytes")
    return table.set_column(at, table.schema.field("down_bytes"), down)


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    world = ground.hostile()
    rng = ground.rng(10, 0)
    others = list(range(1, OTHERS))
    small = world.slices(rng, others, 30)
    table = pa.concat_tables([small, _giant(world, ground)]).sort_by("minute")
    figures = []
    with opened() as engine:
        asker = Asker(engine, world)
        rows = asker.rows(table, world.minutes(rng))
    for name in ("T4", "T7"):
        definition, method = world.tables[name], ground.settings.method(name)  # type: ignore[index, arg-type]
        raw = _megabytes(rows[activity.QUERY_OF_TABLE[definition.name]])
        share = raw.get(GIANT, 0) / max(sum(raw.values()), 1)
        with_it = counts(rows, definition, [*others, GIANT])
        moved = np.abs(with_it - counts(rows, definition, others)).astype(float)
        length = float(np.sqrt((moved**2).sum()))
        figures += [
            at_least(f"part du volume d'un seul appareil, {name}", share, 0.95),
            at_most(f"déplacement de l'espérance publiée, {name} (Mo)", length, definition.cap),
            at_most(f"le même en sigma, {name}", length / method.sigma, _limit(name, method.sigma, definition.cap)),
        ]  # fmt: skip
    return figures


def _limit(name: str, sigma: float, cap: int) -> float:
    """Return 0.07 for T4 as the table says; for T7 what its own cap and sigma amount to."""
    return LIMIT_SIGMA if name == "T4" else round(cap / sigma, 4)


def _megabytes(own: dict[int, list[Seen]]) -> dict[int, int]:
    return {device: sum(row.amount for row in rows) // MEGABYTE for device, rows in own.items()}


def _unclipped(real: Any) -> Any:
    def volumes(rows: Any, definition: Definition) -> Any:
        from dataclasses import replace

        return real(rows, replace(definition, cap=10**12))

    return volumes


ATTACK: Final = Attack(
    "A10",
    "Un appareil domine",
    "Un appareil fait 95 % d'un volume ; le deuxième retranche sa propre part.",
    measure,
    (mutant("écrêtage retiré", (bounded, "volumes", _unclipped(bounded.volumes))),),
    needs="nothing",
)
