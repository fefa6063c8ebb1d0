"""Six million synthetic names: time and memory to build the file, its size, look-ups a second.

`python -m benchmarks.lists_bench [NAMES]`; the build runs in a process of its own, so that its peak
memory is its own. Names have the length of UT1's (27 octets a line on average) and are drawn from
a fixed seed; one look-up in three is of a listed name, each under one or two more labels.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

NAMES = 6_000_000
BLOCK = 250_000
LOOK_UPS = 1_000_000
PROBES = 20_000_000
_ENDS = (b".com\n", b".example.net\n", b".fr\n", b".org\n")


def blocks(names: int, seed: int) -> Iterator[bytes]:
    """Yield lines of distinct names, up to BLOCK a time."""
    rng = np.random.default_rng(seed)
    for start in range(0, names, BLOCK):
        count = min(BLOCK, names - start)
        end = np.frombuffer(_ENDS[start // BLOCK % len(_ENDS)], np.uint8)
        letters = rng.integers(97, 123, (count, 21), dtype=np.uint8)
        letters[:, 7] = ord(".")
        yield np.hstack([letters, np.tile(end, (count, 1))]).tobytes()


def build(root: Path) -> dict[str, float]:
    """Import the folder as `jauge lists update` does; returns seconds and MiB."""
    from school.catalogue import load_catalogue
    from school.lists.replace import put
    from school.lists.settings import load_settings
    from school.lists.update import Import, run

    started = time.perf_counter()
    job = Import(
        folder=root / "lists",
        settings=load_settings(),
        catalogue=load_catalogue(),
        previous=None,
        made=datetime(2026, 1, 1, tzinfo=UTC),
    )
    data, report = run(job)
    put(root / "sites.lists", data)
    return {
        "names": report.names,
        "build_s": round(time.perf_counter() - started, 2),
        "build_peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "file_mib": round(report.octets / 2**20, 1),
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
    started = time.perf_counter()
    hits = sum(lists.category_of(name) is not None for name in asked[: LOOK_UPS // 5])
    plain = (time.perf_counter() - started) / (LOOK_UPS // 5)
    data, starts, ends = _spans("\n".join([*asked, ""]).encode())
    values_of(lists, data, starts[:1], ends[:1])  # compiles
    started = time.perf_counter()
    values = values_of(lists, data, starts, ends)
    compiled = LOOK_UPS / (time.perf_counter() - started)
    if int(np.count_nonzero(values[: LOOK_UPS // 5] != NOT_LISTED)) != hits:
        raise SystemExit("the compiled look-up disagrees with the plain one")
    false = 0
    for block in blocks(PROBES, 4):
        data, starts, ends = _spans(block)
        false += int(np.count_nonzero(values_of(lists, data, starts, ends) != NOT_LISTED))
    return {
        "open_and_check_s": round(opened, 2),
        "plain_us": round(plain * 1e6, 2),
        "compiled_million_a_s": round(compiled / 1e6, 2),
        "hit_share": round(hits / (LOOK_UPS // 5), 2),
        "unlisted_names_asked": PROBES,
        "false_positives": false,
    }


def _spans(data: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets == 10)
    return octets, np.concatenate(([0], ends[:-1] + 1)), ends


def main(names: int) -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "lists" / "adult").mkdir(parents=True)
        with (root / "lists" / "adult" / "domains.0").open("wb") as stream:
            stream.writelines(blocks(names, 1))
        command = [sys.executable, "-m", "benchmarks.lists_bench", "--build", directory]
        built = subprocess.run(command, capture_output=True, text=True, check=True)
        print(json.dumps({**json.loads(built.stdout), **look_up(root / "sites.lists", names)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        print(json.dumps(build(Path(sys.argv[2]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else NAMES)
