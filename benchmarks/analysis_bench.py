"""What a day of a large school costs the analyzer, beside a query that somebody wrote by hand.

    python -m benchmarks.analysis_bench [--slices 20000000] [--twice] [--json]

A day of about 1,200 devices, in an encrypted store as the collector leaves it, is classified under
the charter of the demonstration school and aggregated to the exact cells of every table. The
hand-written query (benchmarks/analysis_by_hand.sql) answers for one of them, T1 and T6, from the
same Arrow dataset; its result must be the same. Each figure comes from a process of its own.
`--twice` measures a day of half as many slices as well, for the growth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.run import ROOT, machine
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from privacy.store.commit import Committer, Part
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, LINK, keys_beside

DAY = date(2026, 10, 6)
SCHOOL = ROOT / "simulator" / "school"
BY_HAND = Path(__file__).with_suffix("").with_name("analysis_by_hand.sql")
PARTS = 48
"""Half hours of a day: the slices are made and sorted by one after the other."""
TIMES = 3
BAR_S, BAR_MIB, BAR_RATIO = 10.0, 2_048, 2.0


def _jittered(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Return the same devices at the same minutes with other flows and counts."""
    changed: dict[str, Any] = {
        "flow": pa.array(table["flow"].to_numpy() ^ int(rng.integers(1, 1 << 62)))
    }
    for name in ("up_bytes", "down_bytes"):
        values = table[name].to_numpy() * rng.uniform(0.8, 1.2, table.num_rows)
        changed[name] = pa.array(values.astype(np.int64))
    columns = [changed.get(name, table[name]) for name in table.column_names]
    return pa.table(dict(zip(table.column_names, columns, strict=True)), schema=SLICE_SCHEMA)


def day_of(total: int) -> Iterator[pa.Table]:
    """Yield a day's slices in order of time: two simulated schools, as often as it takes."""
    from simulator.day import draw_day
    from simulator.people import make_roster
    from simulator.weeks import slice_table

    rng = np.random.default_rng(1)
    schools = []
    for seed in (1, 2):
        roster = make_roster(seed)
        schools.append(slice_table(draw_day(roster, seed, DAY), roster, seed).cast(SLICE_SCHEMA))
    base = pa.concat_tables(schools).sort_by("minute")
    edges = np.linspace(0, base.num_rows, PARTS + 1).astype(int).tolist()
    copies, rest = divmod(total, base.num_rows)
    for begin, end in pairwise(edges):
        part = base.slice(begin, end - begin)
        again = [_jittered(part, rng) for _ in range(copies)]
        share = part.slice(0, rest * part.num_rows // base.num_rows)
        yield pa.concat_tables([*again, _jittered(share, rng)]).sort_by("minute")


def make(store: Path, total: int) -> int:
    """Write the store; returns the number of slices."""
    from simulator.day import draw_day
    from simulator.people import make_roster
    from simulator.weeks import link_table

    committer = Committer(store, FileKeyring(keys_beside(store)), lambda: time.time_ns() // 1_000)
    committer.open()
    rows = 0
    for number, table in enumerate(day_of(total)):
        part = Part(f"made-{number:02d}", FLOWS, DAY, SLICE_SCHEMA, "benchmark")
        committer.commit(part, [table])
        rows += table.num_rows
    link = link_table(draw_day(make_roster(1), 1, DAY), 1).cast(LINK_SCHEMA)
    committer.commit(Part("made-link", LINK, DAY, LINK_SCHEMA, "benchmark"), [link])
    return rows


def _bench(store: Path) -> Any:
    from analyzer.exact import Bench
    from analyzer.store import Store
    from school.catalogue import load_catalogue
    from school.load import load_school

    return Bench(Store(store), load_school(SCHOOL), load_catalogue())


def _peak_mib() -> int:
    line = next(
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) >> 10


def ours(store: Path, tables: list[str]) -> dict[str, Any]:
    """Classify and aggregate to the cells of some tables, as `jauge analyze` does."""
    from analyzer import activity, exact

    bench = _bench(store)
    segments, _ = bench.store.checked("flows", DAY)
    minutes = exact.day_minutes(bench, DAY)
    seconds, answers = [], {}
    with activity.engine() as connection:
        began = time.perf_counter()
        question = bench.question(connection, DAY)
        compiled = time.perf_counter() - began
        for _ in range(TIMES):
            began = time.perf_counter()
            answers = question.ask(bench.store.dataset(segments), minutes, tables)
            for name in tables:
                activity.counted(answers, bench.tables[name], DAY)
            seconds.append(time.perf_counter() - began)
    uses = sorted(
        (row.device, row.zone or "", row.minutes, *row.use_minutes)
        for row in answers.get("uses", [])
    )
    return {
        "seconds": round(min(seconds), 2),
        "compile_s": round(compiled, 2),
        "peak_mib": _peak_mib(),
        "rows": len(uses),
        "digest": _digest(uses),
    }


def _digest(rows: list[tuple[Any, ...]]) -> str:
    from privacy import canonical

    return canonical.digest([list(row) for row in rows])


def _values(connection: Any, name: str, columns: tuple[str, str], pairs: Any) -> None:
    rows = list(pairs)
    table = pa.table({column: [row[i] for row in rows] for i, column in enumerate(columns)})
    connection.register(name, table)


def by_hand(store: Path) -> dict[str, Any]:
    """Ask the hand-written query of the same dataset."""
    import duckdb

    from analyzer import exact
    from analyzer.facts import APP_CATEGORY
    from school.lists import CATEGORY_OF_LIST

    bench = _bench(store)
    segments, _ = bench.store.checked("flows", DAY)
    seconds, rows = [], []
    # The query by hand may take the memory that it wants; ours is held to what the analyzer has.
    options = {"threads": 2, "memory_limit": "10GB", "temp_directory": ""}
    with duckdb.connect(config=options) as connection:
        connection.register("minutes", exact.day_minutes(bench, DAY))
        kinds = [(zone.name, zone.kind, bench.published[zone.name]) for zone in bench.school.zones]
        connection.register(
            "zones",
            pa.table({
                "zone": [k[0] for k in kinds],
                "kind": [k[1] for k in kinds],
                "place": pa.array([k[2] for k in kinds], pa.string()),
            }),
        )  # fmt: skip
        catalogue = [(entry.suffix, entry.category) for entry in bench.catalogue]
        _values(connection, "catalogue", ("suffix", "category"), catalogue)
        _values(connection, "lists", ("list", "category"), CATEGORY_OF_LIST.items())
        _values(connection, "apps", ("app", "category"), APP_CATEGORY.items())
        query = BY_HAND.read_text()
        for _ in range(TIMES):
            connection.register("slices", bench.store.dataset(segments))
            began = time.perf_counter()
            rows = connection.execute(query).fetchall()
            seconds.append(time.perf_counter() - began)
    uses = sorted((device, place or "", *map(int, counts)) for device, place, *counts in rows)
    return {
        "seconds": round(min(seconds), 2),
        "peak_mib": _peak_mib(),
        "rows": len(uses),
        "digest": _digest(uses),
    }


ALL_TABLES = ["T1", "T2", "T4", "T5-bis", "T6", "T7"]


def _child(what: str, store: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.analysis_bench", "--measure", what, str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(total: int) -> dict[str, Any]:
    """Make a day and measure it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        store = Path(scratch) / "store"
        rows = make(store, total)
        found = {what: _child(what, store) for what in ("one", "hand", "all")}
    ratio = found["one"]["seconds"] / found["hand"]["seconds"]
    same = found["one"]["digest"] == found["hand"]["digest"]
    return {"slices": rows, **found, "ratio": round(ratio, 2), "same_result": same}


def show(result: dict[str, Any]) -> None:
    """Print one day's figures."""
    one, hand, every = result["one"], result["hand"], result["all"]
    print(f"{result['slices']:,} slices; {machine()}")
    print(f"  cells of {len(ALL_TABLES)} tables: {every['seconds']} s (bar: {BAR_S:g}), "
          f"{every['peak_mib']} MiB at most (bar: {BAR_MIB:,})")  # fmt: skip
    print(f"  T1 and T6 alone: {one['seconds']} s, by hand {hand['seconds']} s: "
          f"{result['ratio']} × (bar: {BAR_RATIO:g}); same result: {result['same_result']}")  # fmt: skip
    print(f"  compiling the charter, once a run: {every['compile_s']} s")


def main() -> int:
    """Measure, print. Returns 1 if the two queries disagree."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.analysis_bench", description=__doc__
    )
    parser.add_argument("--slices", type=int, default=20_000_000)
    parser.add_argument("--twice", action="store_true", help="half as many slices, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "STORE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, store = options.measure[0], Path(options.measure[1])
        tables = ["T1", "T6"] if what == "one" else ALL_TABLES
        print(json.dumps(by_hand(store) if what == "hand" else ours(store, tables)))
        return 0
    sizes = [options.slices // 2, options.slices] if options.twice else [options.slices]
    results = [measure(size) for size in sizes]
    if options.json:
        print(json.dumps({"machine": machine(), "results": results}))
    else:
        for result in results:
            show(result)
    return int(not all(result["same_result"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
