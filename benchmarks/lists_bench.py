"""The importer of lists measured: UT1 as it is, and six million synthetic names. One command.

`python -m benchmarks.lists_bench [--names N] [--json]`. Each import runs in a process of its own,
so that its peak memory is its own. Synthetic names have the length of UT1's (27 octets a line on
average) and are drawn from a fixed seed; one look-up in three is of a listed name, each under one
or two more labels. UT1 is read from ../shared/data/ut1 (JAUGE_UT1); without it that part is skipped
and said so.

Ends with 0 when every bar holds, 1 when one does not.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

NAMES = 6_000_000
BLOCK = 250_000
LOOK_UPS = 1_000_000
ROUNDS = 5
PROBES = 20_000_000
_ENDS = (b".com\n", b".example.net\n", b".fr\n", b".org\n")

BARS = {
    "ut1.import_s": ("<=", 20),
    "ut1.polluted": ("==", ["jobsearch"]),
    "ut1.refused": ("==", ["examen_pix", "tricheur_pix"]),
    "ut1.named_entries_not_overridden": ("==", []),
    "synthetic.build_peak_rss_mib": ("<=", 1024),
    "synthetic.file_mib": ("<=", 64),
    "synthetic.compiled_million_a_core_s": (">=", 1),
}
"""What issue 5 asks for. Look-ups are judged by one core's own time: it holds on a busy machine."""


def blocks(names: int, seed: int) -> Iterator[bytes]:
    """Yield lines of distinct names, up to BLOCK a time."""
    rng = np.random.default_rng(seed)
    for start in range(0, names, BLOCK):
        count = min(BLOCK, names - start)
        end = np.frombuffer(_ENDS[start // BLOCK % len(_ENDS)], np.uint8)
        letters = rng.integers(97, 123, (count, 21), dtype=np.uint8)
        letters[:, 7] = ord(".")
        yield np.hstack([letters, np.tile(end, (count, 1))]).tobytes()


def imported(folder: Path, target: Path, settings: Any = None) -> tuple[Any, dict[str, Any]]:
    """Import a folder as `jauge lists update` does; returns the report, seconds and MiB."""
    from school.catalogue import load_catalogue
    from school.lists.replace import put
    from school.lists.settings import load_settings
    from school.lists.update import Import, run

    started = time.perf_counter()
    job = Import(
        folder=folder,
        settings=settings or load_settings(),
        catalogue=load_catalogue(),
        previous=None,
        made=datetime(2026, 1, 1, tzinfo=UTC),
    )
    data, report = run(job)
    put(target, data)
    return report, {
        "names": report.names,
        "import_s": round(time.perf_counter() - started, 2),
        "build_peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "file_mib": round(report.octets / 2**20, 1),
    }


def build(root: Path) -> dict[str, Any]:
    """Import the synthetic list."""
    return imported(root / "lists", root / "sites.lists")[1]


def import_ut1(root: Path) -> dict[str, Any]:
    """Import UT1: first as shipped, then as a school that takes every list it can."""
    from school.catalogue import load_catalogue
    from school.lists.reader import ListsFile
    from school.lists.settings import load_settings
    from tests.lists.named import PAIRS, bold_settings, lines_of, verdict
    from tests.lists.test_ut1 import UT1

    report, facts = imported(UT1, root / "ut1.lists")
    serious = [f.list for f in report.findings if f.kind in {"malware_overlap", "size_jump"}]
    refused = [f.list for f in report.findings if f.kind == "refused"]
    bold = load_settings(bold_settings(root / "lists.yaml"))
    imported(UT1, root / "bold.lists", bold)
    catalogue = load_catalogue()
    with ListsFile.open(root / "bold.lists") as lists:
        lost = [
            f"{host} in {name}"
            for name, host in PAIRS
            if host in lines_of(UT1, name) and verdict(lists, catalogue, host)[0] == name
        ]
    return {
        **facts,
        "polluted": serious,
        "refused": refused,
        "named_entries": len(PAIRS),
        "named_entries_not_overridden": lost,
    }


def _asked(names: int) -> list[str]:
    listed = next(blocks(min(names, BLOCK), 1)).decode().split()
    others = next(blocks(BLOCK, 2)).decode().split()
    full = [f"www.{name}" for name in listed] + [f"cdn-7.static.{name}" for name in others]
    full += others
    return [full[i] for i in np.random.default_rng(3).integers(0, len(full), LOOK_UPS).tolist()]


def look_up(path: Path, names: int) -> dict[str, float]:
    """Measure opening, plain and compiled look-ups, and false positives."""
    from collector.lists import NOT_LISTED, values_of
    from school.lists.reader import ListsFile

    started = time.perf_counter()
    lists = ListsFile.open(path)
    opened = time.perf_counter() - started
    asked = _asked(names)
    started = time.thread_time()
    hits = sum(lists.category_of(name) is not None for name in asked[: LOOK_UPS // 5])
    plain = (time.thread_time() - started) / (LOOK_UPS // 5)
    data, starts, ends = _spans("\n".join([*asked, ""]).encode())
    values_of(lists, data, starts[:1], ends[:1])  # compiles
    rounds = []
    for _ in range(ROUNDS):
        wall, own = time.perf_counter(), time.thread_time()
        values = values_of(lists, data, starts, ends)
        rounds.append((time.perf_counter() - wall, time.thread_time() - own))
    wall, own = (LOOK_UPS / min(one[i] for one in rounds) for i in (0, 1))
    if int(np.count_nonzero(values[: LOOK_UPS // 5] != NOT_LISTED)) != hits:
        raise SystemExit("the compiled look-up disagrees with the plain one")
    false = 0
    for block in blocks(PROBES, 4):
        data, starts, ends = _spans(block)
        false += int(np.count_nonzero(values_of(lists, data, starts, ends) != NOT_LISTED))
    return {
        "open_and_check_s": round(opened, 2),
        "plain_core_us": round(plain * 1e6, 2),
        "compiled_million_a_s": round(wall / 1e6, 2),
        "compiled_million_a_core_s": round(own / 1e6, 2),
        "hit_share": round(hits / (LOOK_UPS // 5), 2),
        "unlisted_names_asked": PROBES,
        "false_positives": false,
    }


def _spans(data: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets == 10)
    return octets, np.concatenate(([0], ends[:-1] + 1)), ends


def synthetic(root: Path, names: int) -> dict[str, Any]:
    """Build the file of many names in a process of its own, then look names up in it."""
    (root / "lists" / "adult").mkdir(parents=True)
    with (root / "lists" / "adult" / "domains.0").open("wb") as stream:
        stream.writelines(blocks(names, 1))
    return {**_apart("build", root), **look_up(root / "sites.lists", names)}


def _apart(what: str, root: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.lists_bench", "--part", what, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def checked(found: dict[str, Any]) -> list[tuple[str, Any, str, Any, bool]]:
    """Return (figure, value, relation, bar, whether it holds) for each bar of a part that ran."""
    rows = []
    for name, (relation, bar) in BARS.items():
        part, _, key = name.partition(".")
        if found.get(part) is None:
            continue
        value = found[part][key]
        holds = {"<=": value <= bar, "==": value == bar, ">=": value >= bar}[relation]
        rows.append((name, value, relation, bar, holds))
    return rows


def measure(names: int) -> dict[str, Any]:
    """Return everything that is printed."""
    from tests.lists.test_ut1 import UT1

    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        ut1 = _apart("ut1", root) if UT1 is not None else None
        return {"ut1": ut1, "synthetic": synthetic(root, names)}


def main() -> int:
    """Print the figures and the bars; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=NAMES, help="synthetic names")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--part", nargs=2, metavar=("PART", "DIRECTORY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part, root = arguments.part
        print(json.dumps({"build": build, "ut1": import_ut1}[part](Path(root))))
        return 0
    found = measure(arguments.names)
    rows = checked(found)
    if arguments.json:
        print(json.dumps({**found, "bars": rows}))
    else:
        for part, facts in found.items():
            told = "not here (JAUGE_UT1): skipped" if facts is None else ""
            print(f"{part}: {told}")
            for key, value in (facts or {}).items():
                print(f"  {key:30} {value}")
        for name, value, relation, bar, holds in rows:
            print(f"{'ok ' if holds else 'NOT'} {name} {value} {relation} {bar}")
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
