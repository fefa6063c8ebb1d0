"""What a day of a school costs, by its size: `python -m benchmarks.sizing` (the table of docs/admin.md).

For each size a day of real packets of the simulated school is metered by `jauge replay`, analysed by
`jauge analyze` and released by `jauge release`, each a process of its own: slices, octets on the disk, peak memory, processor time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, ProgramFailed, run
from benchmarks.run import ROOT, machine
from privacy.store.layout import FLOWS, LINK
from privacy.store.manifest import Manifest
from simulator.declared import SCHOOL
from simulator.people import make_roster
from simulator.weeks import SEED
from tests.support.acknowledged import acknowledge

SIZES = (0.25, 1.0, 2.0)
"""Of the simulated school, which has 618 devices."""


def _cli(name: str, work: Path, *words: str) -> Cost:
    return run(name, (sys.executable, "-m", "cli", *words), work / f"{name}.log")


def one_size(scale: float) -> dict[str, Any]:
    """Measure one size.

    Raises:
        ProgramFailed: a step ended badly.
    """
    with tempfile.TemporaryDirectory(prefix="jauge-sizing-") as scratch:
        work = Path(scratch)
        day, store = work / "day.pcap", work / "store"
        made = subprocess.run(
            (sys.executable, "-m", "simulator", "packets", str(day), "--scale", str(scale)),
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        planned = json.loads(made.stdout.splitlines()[-1])
        acknowledge(store, SCHOOL)
        at = ("--store", str(store), "--school", str(SCHOOL))
        metered = _cli("replay", work, "replay", str(day), *at)
        analysed = _cli("analyze", work, "analyze", *at)
        released = _cli("release", work, "release", *at, "--as-of", "2026-11-17")
        flows, link = (Manifest(store).segments(record) for record in (FLOWS, LINK))
        slices, octets = sum(s.rows for s in flows), sum(s.bytes for s in flows)
        public = sum(p.stat().st_size for p in (store / "public").rglob("*") if p.is_file())
    devices = len(make_roster(SEED, scale))
    return {
        "devices": devices,
        "gib_a_day": round(planned["ip_bytes"] / 2**30, 1),
        "flows": planned["flows"],
        "slices": slices,
        "slices_a_device": round(slices / devices),
        "octets_a_slice": round(octets / slices, 1),
        "disk_mib_a_day": round((octets + sum(s.bytes for s in link)) / 2**20, 1),
        "public_kib": round(public / 1024),
        "replay_mib": round(metered.anon_mib),
        "analyze_s": round(analysed.cpu_s, 1),
        "analyze_mib": round(analysed.anon_mib),
        "release_s": round(released.cpu_s, 1),
        "release_mib": round(released.anon_mib),
    }


def main() -> int:
    """Measure every size; print one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing", description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="of 618 devices")
    options = parser.parse_args()
    os.chdir(ROOT)
    for scale in options.sizes:
        began = time.monotonic()
        try:
            found = one_size(scale)
        except (ProgramFailed, subprocess.CalledProcessError) as failure:
            print(failure, file=sys.stderr)
            return 5
        seconds = round(time.monotonic() - began)
        print(json.dumps({"machine": machine(), "seconds": seconds, **found}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
