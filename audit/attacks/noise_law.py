"""A6: the noise that is really drawn, against the law that the settings promise.

Scale, mean, shape, no echo of one draw in the next or in the neighbouring cell, and no stream that two
processes share. The draws are the product's own (`privacy.gate.noise.draw`): never seeded.
"""

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import numpy as np

from audit.alter import replaced
from audit.attack import Attack, Figure, Mutant, at_least, at_most, equals
from audit.ground import Ground
from audit.statistics import correlation, gaussian_fit
from privacy.gate import noise
from privacy.release import Method
from privacy.settings import MOST, TableName

BASE: Final = 1_000_000
"""Exact value of every cell in this attack: far from zero, where nothing is cut."""
ROW: Final = 8
"""Cells of one draw: cross-cell echoes show, and the 20,000 draws take seconds."""
LAG: Final = 0.03
SCALE: Final = 0.02
MEAN_Z: Final = 3.3
FIT: Final = 0.001


def _draws(method: Method, wanted: int) -> np.ndarray:
    """Return noise alone, one row per call of the gate."""
    rows = [noise.draw([BASE] * (wanted // ROW), method) for _ in range(ROW)]
    return np.array(rows, np.int64).T - BASE


def _table(method: Method, wanted: int) -> dict[str, float]:
    rows = _draws(method, wanted)
    flat = rows.T.ravel()
    return {
        "scale": abs(float(flat.std()) / method.sigma - 1),
        "mean": abs(float(flat.mean()) / (method.sigma / np.sqrt(len(flat)))),
        "fit": gaussian_fit(flat.tolist(), method.sigma),
        "serial": abs(correlation(flat[:-1].astype(float), flat[1:].astype(float))),
        "across": abs(
            correlation(rows[:, :-1].ravel().astype(float), rows[:, 1:].ravel().astype(float))
        ),
    }


def _in_child(method: Method, cells: int) -> list[int]:
    """Return what a forked child draws."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writing, json.dumps(noise.draw([BASE] * cells, method)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    drawn: list[int] = json.loads(text or "[]")
    return drawn


def _shared(method: Method) -> int:
    """Count streams that two processes have in common, of three pairs."""
    noise.draw([BASE], method)  # a process that has drawn before it forks
    streams = [_in_child(method, ROW), _in_child(method, ROW), noise.draw([BASE] * ROW, method)]
    return sum(streams[a] == streams[b] for a, b in ((0, 1), (0, 2), (1, 2)))


def _figures(worst: dict[str, float], draws: int, tables: int, shared: int) -> list[Figure]:
    return [
        at_least("tirages par table", draws, 20_000),
        at_least("tables", tables, len(MOST)),
        at_most("écart relatif de sigma, pire table", worst["scale"], SCALE),
        at_most("|z| de la moyenne, pire table", worst["mean"], MEAN_Z),
        at_least("p d'ajustement à la loi, pire table", worst["fit"], FIT),
        at_most("corrélation en série, pire table", worst["serial"], LAG),
        at_most("corrélation entre cellules, pire table", worst["across"], LAG),
        equals("flux de bruit partagés entre processus", shared, 0),
    ]


def _worst(all_of: Sequence[dict[str, float]]) -> dict[str, float]:
    return {
        name: (min if name == "fit" else max)(one[name] for one in all_of) for name in all_of[0]
    }


def measure_tables(ground: Ground, tables: Sequence[TableName]) -> list[Figure]:
    """Run the attack on some tables.

    A table that misses is drawn once more: the worst of eight would pass by chance every 60th time.
    """
    found = []
    for name in tables:
        method, draws = ground.settings.method(name), ground.sizes.draws
        one = _table(method, draws)
        if not _fine(one):
            one = _table(method, draws)
        found.append(one)
    shared = _shared(ground.settings.method(tables[0]))
    return _figures(_worst(found), ground.sizes.draws, len(found), shared)


def _fine(one: dict[str, float]) -> bool:
    return (
        one["scale"] <= SCALE
        and one["mean"] <= MEAN_Z
        and one["fit"] >= FIT
        and max(one["serial"], one["across"]) <= LAG
    )


def measure(ground: Ground) -> list[Figure]:
    """Run the attack on every table."""
    return measure_tables(ground, list(MOST))


def _of_one(ground: Ground) -> list[Figure]:
    """Judge a mutant by one table; how many there are is no matter then."""
    return [one for one in measure_tables(ground, ["T1"]) if one.name != "tables"]


def weaker(share: float) -> Any:
    """Return a draw whose noise is weaker than what the settings charge."""

    def draw(counts: Sequence[int], method: Method) -> list[int]:
        measurement = noise._gaussian(method.sigma * share)  # noqa: SLF001 - the mutant is the gate
        found: list[int] = measurement(list(counts))
        return found

    return draw


def _seeded(counts: Sequence[int], method: Method) -> list[int]:
    rng = np.random.default_rng(20_260_907)
    return [
        c + int(n)
        for c, n in zip(counts, rng.normal(0, method.sigma, len(counts)).round(), strict=True)
    ]


def _forked() -> AbstractContextManager[None]:
    """A generator made before the fork: parent and children go on with the same stream."""
    rng = np.random.default_rng()

    def draw(counts: Sequence[int], method: Method) -> list[int]:
        drawn = rng.normal(0, method.sigma, len(counts)).round()
        return [c + int(n) for c, n in zip(counts, drawn, strict=True)]

    return replaced((noise, "draw", draw))


ATTACK: Final = Attack(
    "A6",
    "Loi du bruit",
    "Tirer 20 000 fois le bruit de chaque table et le comparer à la loi promise.",
    measure,
    (
        Mutant("bruit réduit de 10 %", lambda: replaced((noise, "draw", weaker(0.9))), _of_one),
        Mutant("graine fixe", lambda: replaced((noise, "draw", _seeded)), _of_one),
        Mutant("générateur partagé à la bifurcation du processus", _forked, _of_one),
    ),
    needs="nothing",
)
