"""What a day of a large school costs the analyzer, beside a query that somebody wrote by hand.

    python -m benchmarks.analysis_bench [--slices 20000000] [--write] [--json]

A day of about 1,200 devices, in an encrypted store as the collector leaves it, is classified under
the charter of the demonstration school and aggregated to the exact cells of every table. The
hand-written query (benchmarks/analysis_by_hand.sql) answers for one of them, T1 and T6, from the
same Arrow dataset; its result must be the same. Each figure comes from a process of its own. Days of
a quarter and of half as many slices, and of twice as many, show how the cost grows; a school week of
a tenth a day is rehearsed under two draft charters.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
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
BAR_S, BAR_MIB, BAR_RATIO, WEEK_BAR_S = 10.0, 2_048, 2.0, 30.0


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


def day_of(total: int, day: date, seed: int = 1) -> Iterator[pa.Table]:
    """Yield a day's slices in order of time: two simulated schools, as often as it takes.

    Another seed gives other flows and counts of the same devices.
    """
    from simulator.day import draw_day
    from simulator.people import make_roster
    from simulator.weeks import slice_table

    rng = np.random.default_rng(seed)
    schools = []
    for drawn in (1, 2):
        roster = make_roster(drawn)
        schools.append(slice_table(draw_day(roster, drawn, day), roster, drawn).cast(SLICE_SCHEMA))
    base = pa.concat_tables(schools).sort_by("minute")
    edges = np.linspace(0, base.num_rows, PARTS + 1).astype(int).tolist()
    copies, rest = divmod(total, base.num_rows)
    for begin, end in pairwise(edges):
        part = base.slice(begin, end - begin)
        again = [_jittered(part, rng) for _ in range(copies)]
        share = part.slice(0, rest * part.num_rows // base.num_rows)
        yield pa.concat_tables([*again, _jittered(share, rng)]).sort_by("minute")


def make(
    store: Path, total: int, *, day: date = DAY, simulated: bool = False, seed: int = 1
) -> int:
    """Write a day into a store; returns the number of slices."""
    from simulator.day import draw_day
    from simulator.people import make_roster
    from simulator.weeks import link_table, origin_schema

    committer = Committer(store, FileKeyring(keys_beside(store)), lambda: time.time_ns() // 1_000)
    committer.open()
    schema = origin_schema(SLICE_SCHEMA) if simulated else SLICE_SCHEMA
    rows = 0
    for number, table in enumerate(day_of(total, day, seed)):
        part = Part(f"made-{day}-{number:02d}", FLOWS, day, schema, "benchmark")
        committer.commit(part, [table.cast(schema)])
        rows += table.num_rows
    link = link_table(draw_day(make_roster(1), 1, day), 1).cast(LINK_SCHEMA)
    committer.commit(Part(f"made-{day}-link", LINK, day, LINK_SCHEMA, "benchmark"), [link])
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
    from analyzer.engines import opened

    bench = _bench(store)
    segments, _ = bench.store.checked("flows", DAY)
    minutes = exact.day_minutes(bench, DAY)
    seconds, answers = [], {}
    with opened() as engine:
        began = time.perf_counter()
        question = bench.question(engine)
        compiled = time.perf_counter() - began
        for _ in range(TIMES):
            began = time.perf_counter()
            answers = question.ask(bench.slices(segments), minutes, tables)
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


def rehearsed(store: Path) -> dict[str, Any]:
    """Rehearse a school week under two draft charters, as `jauge rehearse` does."""
    from analyzer.rehearsal import rehearse
    from school.catalogue import load_catalogue
    from school.load import load_school

    shipped = ROOT / "school" / "charters"
    began = time.perf_counter()
    for name in ("lycee", "college"):
        draft = load_school(SCHOOL, instead={"charter.yaml": shipped / f"{name}.yaml"})
        after = DAY + timedelta(days=14)
        rehearse(store, draft, week=DAY, as_of=after, catalogue=load_catalogue())
    return {"seconds": round(time.perf_counter() - began, 2), "peak_mib": _peak_mib()}


ALL_TABLES = ["T1", "T2", "T4", "T5-bis", "T6", "T7"]


def _child(what: str, store: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.analysis_bench", "--measure", what, str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def beside_the_hand(total: int) -> dict[str, Any]:
    """Make a day; measure all tables, two of them alone, and the query by hand."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        store = Path(scratch) / "store"
        rows = make(store, total)
        found = {what: _child(what, store) for what in ("one", "hand", "all")}
    ratio = found["one"]["seconds"] / found["hand"]["seconds"]
    same = found["one"]["digest"] == found["hand"]["digest"]
    return {"slices": rows, **found, "ratio": round(ratio, 2), "same_result": same}


def alone(total: int) -> dict[str, Any]:
    """Make a day and measure all tables."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        store = Path(scratch) / "store"
        return {"slices": make(store, total), **_child("all", store)}


def week(total: int) -> dict[str, Any]:
    """Make a school week of so many slices a day and rehearse it twice."""
    monday = DAY - timedelta(days=DAY.weekday())
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        store = Path(scratch) / "store"
        days = [monday + timedelta(days=n) for n in range(5)]
        rows = sum(make(store, total, day=day, simulated=True) for day in days)
        return {"slices": rows, **_child("week", store)}


def days_in_a_row(count: int, total: int) -> dict[str, Any]:
    """Make days of so many slices and measure all tables, one day after the other."""
    seconds, rows = [], 0
    for _ in range(count):
        day = alone(total)
        seconds.append(day["seconds"])
        rows += day["slices"]
        print(f"{rows:,} slices: {sum(seconds):.1f} s", file=sys.stderr, flush=True)
    return {"slices": rows, "seconds": round(sum(seconds), 1), "each_s": seconds}


def sentences(found: dict[str, Any]) -> list[str]:
    """Say what was measured, beside the bars."""
    day = found["day"]
    one, hand, every = day["one"], day["hand"], day["all"]
    grown = ", ".join(
        f"{each['slices'] / 1e6:.0f} million in {each['seconds']} s ({each['peak_mib']:,} MiB)"
        for each in found["growth"]
    )
    return [
        f"{day['slices']:,} slices of a day classified and aggregated to the cells of "
        f"{len(ALL_TABLES)} tables: {every['seconds']} s (bar: {BAR_S:g}), {every['peak_mib']:,} MiB "
        f"at most (bar: {BAR_MIB:,})",
        f"T1 and T6 alone: {one['seconds']} s; by hand {hand['seconds']} s and "
        f"{hand['peak_mib']:,} MiB: {day['ratio']} × (bar: {BAR_RATIO:g}); "
        f"the results are {'equal' if day['same_result'] else 'DIFFERENT'}",
        f"compiling the charter, once a run: {every['compile_s']} s",
        f"other days: {grown}",
        f"a school week of {found['week']['slices']:,} slices rehearsed under two charters: "
        f"{found['week']['seconds']} s (bar: {WEEK_BAR_S:g}), {found['week']['peak_mib']:,} MiB",
    ]


def document(found: dict[str, Any], today: str) -> str:
    """docs/analysis.md."""
    said = "\n".join(f"- {sentence}" for sentence in sentences(found))
    return f"""# Cost of the analysis

Measured on {today}, {machine()}, by `python -m benchmarks.analysis_bench --write`.

{said}

A day of a school of 1,200 devices in an encrypted store, as the collector leaves it, under the charter
of the demonstration school. Time: from opening the day to bounded counts, best of {TIMES}; reading and
decrypting included, starting Python left out. The query by hand (`benchmarks/analysis_by_hand.sql`)
reads the same dataset, answers for two of the tables and takes the memory that it wants; the analyzer
is held to 2 GB. It is a competent first version and nobody tuned it: that ours is quicker comes from
the behaviours, of which it judges every slice and we only those that can have one.

Days are analysed one after the other: 199,999,710 slices of ten days took 83.4 s, 7.6 to 10.2 s each (2026-11-27,
`python -m benchmarks.analysis_bench --days 10`, each day measured once, cold, on a machine that had other work).
A single day of more than about forty million passes the 2 GB; that is a town's schools at one point,
and what a distributed engine is for.
"""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.analysis_bench", description=__doc__
    )
    parser.add_argument("--slices", type=int, default=20_000_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write docs/analysis.md")
    parser.add_argument("--days", type=int, help="only so many days, one after the other")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "STORE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def measured_here(what: str, store: Path) -> dict[str, Any]:
    """Measure one thing in this process."""
    if what == "hand":
        return by_hand(store)
    if what == "week":
        return rehearsed(store)
    return ours(store, ["T1", "T6"] if what == "one" else ALL_TABLES)


def main() -> int:
    """Measure, print. Returns 1 if the two queries disagree."""
    options = arguments()
    if options.days:
        print(json.dumps(days_in_a_row(options.days, options.slices)))
        return 0
    if options.measure:
        print(json.dumps(measured_here(options.measure[0], Path(options.measure[1]))))
        return 0
    n = options.slices
    found = {
        "day": beside_the_hand(n),
        "growth": [alone(size) for size in (n // 4, n // 2, 2 * n)],
        "week": week(n // 10),
    }
    if options.json:
        print(json.dumps({"machine": machine(), **found}))
    else:
        print(machine(), *sentences(found), sep="\n  ")
    if options.write:
        today = datetime.now(UTC).date().isoformat()
        (ROOT / "docs" / "analysis.md").write_text(document(found, today), encoding="utf-8")
    return int(not found["day"]["same_result"])


if __name__ == "__main__":
    sys.exit(main())
