"""The long form of the comparison: as many pairs of facts and charter as one likes, by seed.

    python -m tests.analyzer_classify.long --pairs 1000000 --slices 20000 --seed 1

Prints the first disagreement and exits with 1; 0 when the two twins agree on all.
"""

import argparse
import sys
from dataclasses import replace
from random import Random
from time import monotonic

import ibis

from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import (
    by_engine,
    by_twin,
    minutes_of,
    verdicts_by_engine,
    verdicts_by_twin,
)
from tests.analyzer_classify.generated import lycee

FACTS = 5_000
SLICES = 400
"""Of one charter: the twin's volumes are quadratic in it."""


def facts(engine, draw: Random) -> tuple[int, object]:
    """Compare one charter on generated facts; return how many, and the first that differs."""
    charter, drawn = generated.charter(draw), [generated.facts(draw) for _ in range(FACTS)]
    (found,) = verdicts_by_engine(engine, drawn, [charter])
    return FACTS, _first(zip(found, verdicts_by_twin(drawn, charter), drawn, strict=True))


def slices(engine, draw: Random) -> tuple[int, object]:
    """Compare one charter on generated slices, windows included."""
    school = replace(lycee(), charter=generated.charter(draw))
    rows = [generated.slice_row(draw) for _ in range(SLICES)]
    states = generated.states(draw, rows)
    found = by_engine(engine, rows, school, minutes_of(states))
    return SLICES, _first(zip(found, by_twin(rows, school, states), rows, strict=True))


def _first(triples) -> object:
    return next(((a, b, of) for a, b, of in triples if a != b), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--slices", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    engine, began = ibis.duckdb.connect(threads=1), monotonic()
    for compare, wanted in ((facts, options.pairs), (slices, options.slices)):
        done = charters = 0
        while done < wanted:
            seed = f"{options.seed} {compare.__name__} {charters}"
            count, differs = compare(engine, Random(seed))  # noqa: S311 - examples, not secrets
            done, charters = done + count, charters + 1
            if differs:
                print(f"seed {seed!r}: the twins differ on {differs}")
                return 1
        print(f"{compare.__name__}: {done} pairs, {charters} charters, all agree "
              f"({monotonic() - began:.0f} s)")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
