"""Many schools' days on DuckDB, Sail and Spark, in the same run: cost, digests, growth.

    python -m benchmarks.scale_bench [--schools 50] [--slices 4000000] [--engines duckdb,sail,spark] [--write]
    python -m benchmarks.scale_bench --stores DIR --make           the schools alone (20 GB), for later runs
    python -m benchmarks.scale_bench --kill [--slices 2000000]     one Spark worker killed in the middle

Each school is an encrypted store of its own, as the collector leaves it: `ROOT/school=<UAI>/`. They are
made in parallel, then asked one after the other, all tables, by each engine; the digests of all answers
must be equal. DuckDB has `--memory` MiB (4,096), and spills nothing (ADR 13); it is asked again of all schools as
if they were one day (`whole`). Spark needs deploy/spark/install.sh and is left out where Java is missing.
"""

import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from analyzer.engines import EngineRefused
from benchmarks.analysis_bench import DAY, _bench, make
from benchmarks.run import ROOT, machine

SCRIPTS = ROOT / "deploy" / "spark"
GROWTH = (8, 4, 2)
"""After these parts of the schools the time is noted, for the curve."""
BAR = 1_500_000
SCHOOLS_OF_REGION, SLICES_OF_SCHOOL = 500, 8_000_000


def _made(place: tuple[str, int, int]) -> int:
    path, total, seed = place
    return make(Path(path), total, seed=seed)


MADE = "made.json"
"""What a directory of stores holds, written when all of them are whole."""


def schools(root: Path, count: int, each: int) -> tuple[list[Path], int, float]:
    """Make the stores, one process per core; return them, the slices and the seconds.

    Stores that an earlier run made and kept (`--stores`) are taken as they are.
    """
    stores = [root / f"school={n:07d}A" for n in range(1, count + 1)]
    said = root / MADE
    if said.exists():
        made = json.loads(said.read_text())
        if (made["schools"], made["each"]) != (count, each):
            raise SystemExit(f"{said}: {made['schools']} schools of {made['each']} slices, not {count} of {each}")  # fmt: skip
        return stores, made["slices"], made["made_s"]
    began = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = sum(pool.map(_made, [(str(s), each, n) for n, s in enumerate(stores, 1)]))
    made_s = round(time.perf_counter() - began, 1)
    said.write_text(json.dumps({"schools": count, "each": each, "slices": rows, "made_s": made_s}))
    return stores, rows, made_s


@contextmanager
def running(script: str, scratch: Path) -> Iterator[tuple[Any, Path]]:
    """Start Sail or Spark on loopback; yield its settings and the directory of its pids."""
    from analyzer.engines import EngineSettings

    run = Path(tempfile.mkdtemp(prefix=script.split(".", maxsplit=1)[0], dir=scratch))
    try:
        subprocess.run([SCRIPTS / script, run], check=True, stdout=subprocess.DEVNULL)
        lines = (run / "engine.yaml").read_text().splitlines()
        found = dict(line.split(": ", 1) for line in lines)
        yield EngineSettings(**found), run
    finally:
        subprocess.run([SCRIPTS / "stop.sh", run], check=True)


def _asked(question: Any, bench: Any, slices: Any) -> list[Any]:
    from analyzer import exact

    found = question.ask(slices, exact.day_minutes(bench, DAY), list(bench.tables))
    return [[name, sorted(map(repr, rows))] for name, rows in sorted(found.items())]


def asked(
    settings: Any, stores: list[Path], marks: Iterable[int] = (), budget_s: float = math.inf
) -> dict[str, Any]:
    """Ask every school's day, one after the other, compiling left out.

    Args:
        settings: of the engine.
        stores: the schools'.
        marks: after so many schools, the seconds until then are kept: the curve. The last school asked
            is always one of them.
        budget_s: no further school is begun after so many seconds.
    """
    from analyzer.engines import opened
    from privacy import canonical

    benches = [_bench(store) for store in stores]
    digests, curve = [], {}
    with opened(settings) as engine:
        question = benches[0].question(engine)
        began = time.perf_counter()
        for number, bench in enumerate(benches, 1):
            segments, _ = bench.store.checked("flows", DAY)
            digests.append(canonical.digest(_asked(question, bench, bench.slices(segments))))
            late = time.perf_counter() - began > budget_s
            if number in marks or late:
                curve[number] = round(time.perf_counter() - began, 1)
                print(f"{number} schools: {curve[number]} s", file=sys.stderr, flush=True)
            if late:
                break
        seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 1), "digests": digests, "curve": curve}


def as_one_day(settings: Any, stores: list[Path]) -> dict[str, Any]:
    """Ask DuckDB of all schools' slices as if they were one day, in parts where its memory does not do."""
    import pyarrow.dataset as ds

    from analyzer.engines import HeldSlices, opened

    benches = [_bench(store) for store in stores]
    parts = [b.slices(b.store.checked("flows", DAY)[0]).dataset for b in benches]
    with opened(settings) as engine:
        question = benches[0].question(engine)
        began = time.perf_counter()
        _asked(question, benches[0], HeldSlices(ds.dataset(parts)))
        seconds = round(time.perf_counter() - began, 1)
    return {"seconds": seconds, "memory_mib": settings.memory_mib}


def _engines(names: list[str], scratch: Path, memory_mib: int) -> Iterator[tuple[str, Any]]:
    from analyzer.engines import EngineSettings

    for name in names:
        if name == "duckdb":
            yield name, EngineSettings(memory_mib=memory_mib)
        elif name == "sail":
            with running("sail.sh", scratch) as (settings, _):
                yield name, settings
        elif shutil.which("java") and (ROOT / ".venv-spark" / "bin" / "spark-submit").exists():
            with running("start.sh", scratch) as (settings, _):
                yield name, settings
        else:
            print("spark: no Java, or no .venv-spark (deploy/spark/install.sh): left out", file=sys.stderr)  # fmt: skip


def measured(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Make the schools, ask every engine."""
    stores, rows, made_s = schools(options.stores or scratch, options.schools, options.slices)
    found: dict[str, Any] = {
        "schools": len(stores),
        "slices": rows,
        "made_s": made_s,
        "budget_s": None if math.isinf(options.budget) else round(options.budget),
        "engines": {},
    }
    digests: list[list[str]] = []
    for name, settings in _engines(options.engines.split(","), scratch, options.memory):
        print(name, file=sys.stderr, flush=True)
        sizes = sorted({max(1, len(stores) // part) for part in GROWTH} | {len(stores)})
        one = asked(settings, stores, sizes, options.budget)
        curve = []
        for size, seconds in one["curve"].items():
            slices = rows * size // len(stores)
            curve.append({"slices": slices, "seconds": seconds, "per_million_s": round(seconds / slices * 1e6, 3)})  # fmt: skip
        found["engines"][name] = curve
        digests.append(one["digests"])
        if name == "duckdb":
            found["whole"] = as_one_day(settings, stores)
            print(f"as one day: {found['whole']['seconds']} s", file=sys.stderr, flush=True)
    return {**found, "same_result": _same(digests)}


def _same(digests: list[list[str]]) -> bool:
    """Say whether every school has one digest, of all engines that came as far."""
    return all(len(set(of_school) - {None}) == 1 for of_school in zip_longest(*digests))


def killed(total: int, scratch: Path) -> dict[str, Any]:
    """Kill one of two Spark workers in the middle of a day; compare with DuckDB."""
    from analyzer.engines import EMBEDDED

    stores, rows, _ = schools(scratch, 1, total)
    expected = asked(EMBEDDED, stores)
    with running("start.sh", scratch) as (settings, run):
        calm = asked(settings, stores)
        group = int((run / "worker1.pid").read_text())
        timer = threading.Timer(calm["seconds"] / 3, os.killpg, (group, signal.SIGKILL))
        timer.start()
        hurt = asked(settings, stores)
        timer.join()
        gone = not Path(f"/proc/{group}").exists() or b"Worker" not in Path(f"/proc/{group}/cmdline").read_bytes()  # fmt: skip
    same = expected["digests"] == calm["digests"] == hurt["digests"]
    return {"slices": rows, "calm_s": calm["seconds"], "killed_s": hurt["seconds"], "worker_gone": gone, "same_result": same}  # fmt: skip


def sentences(found: dict[str, Any]) -> list[str]:
    """Say what was measured."""
    said = [f"{found['schools']} schools, {found['slices']:,} slices of a day, made in {found['made_s']} s"]  # fmt: skip
    for name, curve in found["engines"].items():
        grown = ", ".join(f"{c['slices'] / 1e6:.1f} million {c['per_million_s']} s" for c in curve)
        last = curve[-1]
        rate = last["slices"] / last["seconds"]
        cut = "" if last["slices"] == found["slices"] else " (its budget of time)"
        said.append(f"{name}: {last['slices'] / 1e6:.1f} million{cut} in {last['seconds']} s, {rate / 1e6:.2f} million slices a second; per million: {grown}")  # fmt: skip
    if "whole" in found:
        whole = found["whole"]
        rate = found["slices"] / whole["seconds"] / 1e6
        said.append(
            f"duckdb, all of them as one day, within {whole['memory_mib']:,} MiB: {whole['seconds']} s, "
            f"{rate:.2f} million slices a second; nothing is spilled"
        )
    said.append(f"the results are {'equal' if found['same_result'] else 'DIFFERENT'}")
    return said


def _extrapolated(found: dict[str, Any]) -> str:
    total = SCHOOLS_OF_REGION * SLICES_OF_SCHOOL
    rows = []
    for name, curve in found["engines"].items():
        seconds = curve[-1]["per_million_s"] * total / 1e6
        rows.append(f"| {name} | {curve[-1]['per_million_s']} s | {seconds / 3600:.1f} h | {seconds / 3600 / 4:.1f} h |")  # fmt: skip
    return "\n".join(rows)


BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def write(found: dict[str, Any]) -> None:
    """Put the figures between the marks of docs/scale.md."""
    page = ROOT / "docs" / "scale.md"
    text = page.read_text(encoding="utf-8")
    today = datetime.now(UTC).date().isoformat()
    budget = f" --budget {found['budget_s']}" if found["budget_s"] else ""
    listed = "\n".join(f"- {sentence}" for sentence in sentences(found))
    block = f"""{BEGIN}
{today}, {machine()}, `python -m benchmarks.scale_bench --schools {found["schools"]} --slices {found["slices"] // found["schools"]}{budget} --write`:

{listed}

| moteur · *engine* | un million · *one million* | 500 établissements, 2 cœurs · *500 schools, 2 cores* | quatre fois les cœurs · *four times the cores* |
|---|---|---|---|
{_extrapolated(found)}
{END}"""
    before, rest = text.split(BEGIN)
    page.write_text(before + block + rest.split(END)[1], encoding="utf-8")


def main() -> int:
    """Measure, print. Returns 1 if engines disagree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_bench", description=__doc__)
    parser.add_argument("--schools", type=int, default=50)
    parser.add_argument("--slices", type=int, default=4_000_000, help="of each school")
    parser.add_argument("--engines", default="duckdb,sail,spark")
    parser.add_argument(
        "--budget", type=float, default=math.inf, help="seconds of an engine; it stops after them"
    )
    parser.add_argument("--memory", type=int, default=4_096, help="DuckDB's, MiB")
    parser.add_argument(
        "--stores", type=Path, help="keep the schools here, or take those that are here"
    )
    parser.add_argument("--make", action="store_true", help="only make the schools of --stores")
    parser.add_argument("--kill", action="store_true", help="kill one Spark worker in the middle")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    options = parser.parse_args()
    if options.make:
        if not options.stores:
            parser.error("--make needs --stores")
        options.stores.mkdir(parents=True, exist_ok=True)
        print(schools(options.stores, options.schools, options.slices)[1:])
        return 0
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="jauge-scale-") as scratch:
        if options.kill:
            found = killed(options.slices, Path(scratch))
            print(json.dumps(found))
            return int(not found["same_result"])
        try:
            found = measured(options, Path(scratch))
        except EngineRefused as refused:
            raise SystemExit(str(refused)) from None
    print(json.dumps({"machine": machine(), **found}) if options.json else "\n  ".join([machine(), *sentences(found)]))  # fmt: skip
    if options.write:
        write(found)
    return int(not found["same_result"])


if __name__ == "__main__":
    sys.exit(main())
