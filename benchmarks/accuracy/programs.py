"""What real programs were taken for, run after run: a section of docs/accuracy.md.

python -m tests.behaviour.play --runs 10 --abreast 7 --slices DIR     (root, 50 minutes)
python -m benchmarks.accuracy.programs DIR --write
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy.measured import ROOT
from benchmarks.page import put_section
from tests.behaviour.scenes import SCENES
from tests.behaviour.verdicts import wrong

PAGE = ROOT / "docs" / "accuracy.md"
VIEWS = ("with names", "without names", "without names and marks")

TEXT = """## Real programs

Each run: a school and its gateway in network namespaces, a line of 40 Mbit/s, `jauge capture` on the
gateway, the program, the store's slices through the product's classification. The bounds were fitted on
recordings of the programs marked *fit*; those marked *held out* do the same in their own way. Encrypted
BitTorrent between two peers is peer-to-peer by two signs, its table's mark (DHT) and the blocks; without
the mark one flow to one stranger is left undetermined, as is right.

{table}

Ranges are over the slices of 2 MB or more, or of whole minutes, of the heaviest flow. *Even seconds*: how
many seconds would carry the slice evenly (60: perfectly steady; 1: one burst).

Again: `python -m tests.behaviour.play --runs 10 --abreast 7 --slices DIR`, then
`python -m benchmarks.accuracy.programs DIR --write`. In CI one recording of each is replayed
(`tests/behaviour`), and two of them are played."""


def _heaviest(slices: pa.Table) -> list[dict[str, Any]]:
    flows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in slices.to_pylist():
        flows[row["flow"]].append(row)
    return max(flows.values(), key=lambda own: sum(r["up_bytes"] + r["down_bytes"] for r in own))


def _range(values: Iterable[float], digits: int) -> str:
    found = sorted(values)
    if not found:
        return "–"
    low, high = f"{found[0]:,.{digits}f}", f"{found[-1]:,.{digits}f}"
    return low if low == high else f"{low}–{high}"


def _features(runs: Sequence[pa.Table]) -> list[str]:
    rows = [
        row
        for slices in runs
        for row in _heaviest(slices)
        if row["down_bytes"] >= 2e6 or (row["age_s"] > 0 and row["end_reason"] is None)
    ]
    even = [row["down_bytes"] ** 2 / max(row["down_sumsq_bytes_s"], 1.0) for row in rows]
    return [
        _range((row["down_bytes"] / 1e6 for row in rows), 2),
        _range((row["up_bytes"] / 1e6 for row in rows), 2),
        _range((row["active_s"] for row in rows), 0),
        _range(even, 1),
    ]


def section(runs: dict[str, list[pa.Table]]) -> tuple[str, int]:
    """Return the section and how many runs were not right."""
    head = ("program", "set", *VIEWS, "MB down", "MB up", "active s", "even s")
    lines = [f"| {' | '.join(head)} |", "|---" * 2 + "|---:" * (len(head) - 2) + "|"]
    failed = 0
    for name, scene in SCENES.items():
        tables = runs.get(name, [])
        said = wrong(scene, *tables) if tables else []
        failed += sum(map(bool, said))
        right = [
            f"{sum(not any(s.startswith(f'{view}:') for s in each) for each in said)}/{len(said)}"
            for view in VIEWS
        ]
        expected = [scene.truth, scene.unnamed, scene.bare]
        told = [
            f"{count} {word.value if word else 'undetermined'}"
            for count, word in zip(right, expected, strict=True)
        ]
        kind = "fit" if scene.fit else "held out"
        lines.append(f"| {' | '.join([name, kind, *told, *_features(tables)])} |")
    return TEXT.format(table="\n".join(lines)), failed


def main() -> int:
    """Print the section, or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.programs")
    parser.add_argument("slices", type=Path, help="where `play --slices` wrote NAME-RUN.parquet")
    parser.add_argument("--write", action="store_true", help="put it into docs/accuracy.md")
    given = parser.parse_args()
    runs: dict[str, list[pa.Table]] = defaultdict(list)
    for path in sorted(given.slices.glob("*.parquet")):
        runs[path.stem.rsplit("-", 1)[0]].append(pq.read_table(path))
    text, failed = section(runs)
    print(text)
    if given.write:
        put_section(PAGE, "programs", text)
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
