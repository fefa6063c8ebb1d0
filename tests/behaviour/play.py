"""Plays scenes under the real collector: `python -m tests.behaviour.play [SCENE…]` (root).

`--runs 10 --abreast 7` is the long form of "must show": every scene ten times, three quarters of an
hour. It says of each run whether the category is right with names, without, and without marks.

Each run: a new stage, `jauge capture` on the gateway, the program, the store's slices; with
`--keep DIR` also tcpdump, whose capture is cut down and written there. Slices go to
`--slices DIR` as Parquet, one file per run.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.behaviour.cut import cut
from tests.behaviour.scenes import SCENES
from tests.behaviour.stage import another_machine, stage
from tests.behaviour.verdicts import wrong
from tests.programs import PACKAGES, missing
from tests.support.capturing import capturing, recording
from tests.support.processes import ROOT

DECLARED = ("--school", str(ROOT / "simulator" / "school"))
PROGRAMS = {"mpv": "mpv", "wget": "wget", "gst-launch-1.0": "gstreamer1.0-tools"} | {
    name: PACKAGES[name]
    for name in ("icecast2", "ffmpeg", "aria2c", "caddy", "dnsmasq", "nft", "tc")
}
"""What the long form needs, and from which packages (GStreamer's plugins: -base and -good)."""
LAST_S = 0.5
"""Until the last acknowledgements have passed."""


def play(name: str, *, keep: Path | None = None) -> pa.Table:
    """Play one scene; returns the slices that the collector stored."""
    scene = SCENES[name]
    with stage(offloads=scene.offloads) as here, ExitStack() as stack:
        captured = stack.enter_context(capturing(here.wire.gateway, here.work / "store", *DECLARED))
        raw = here.work / "raw.pcap"
        if keep is not None:
            stack.enter_context(recording(here.wire.gateway, raw))
        another_machine(here)
        scene.play(here)
        time.sleep(LAST_S)
        stack.close()
        if keep is not None:
            cut(raw, keep / f"{name}.pcap.gz")
        return captured.slices


def main() -> int:
    """Play the scenes that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.behaviour.play", description=__doc__)
    parser.add_argument("scenes", nargs="*", default=list(SCENES))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--slices", type=Path)
    parser.add_argument("--runs", type=int, default=1, help="how often each scene is played")
    parser.add_argument("--abreast", type=int, default=1, help="scenes that play at the same time")
    given = parser.parse_args()
    lacking = missing(PROGRAMS)
    if lacking or os.geteuid() != 0:
        packages = " ".join(sorted(set(lacking.values())))
        print(f"needs root, and: {packages or 'nothing else'}", file=sys.stderr)
        return 4

    def runs(name: str) -> int:
        failed = 0
        for number in range(1, given.runs + 1):
            slices = play(name, keep=given.keep)
            if given.slices is not None:
                pq.write_table(slices, given.slices / f"{name}-{number}.parquet")
            (said,) = wrong(SCENES[name], slices)
            failed += bool(said)
            print(f"{name} {number}: {'; '.join(said) or 'right in all three views'}", flush=True)
        print(f"{name}: {given.runs - failed} of {given.runs} runs right", flush=True)
        return failed

    with ThreadPoolExecutor(given.abreast) as pool:
        return min(1, sum(pool.map(runs, given.scenes)))


if __name__ == "__main__":
    sys.exit(main())
