"""Fifty canaries through the whole path, under everything that could put memory on a disk.

    python -m tests.canary.fifty [--seed N] [--crashes 20] [--place DIR]      (root; prints one JSON object)

A live ring, its crash by SIGSEGV, the salvage; recorded files, compaction; a full disk; flow exports and
logs; a gateway's connections; analysis, release, pages. All at DEBUG, with a core pattern that writes every
core into the directory that is searched, a swap file and too little memory, and a recorded syslog. The
controls: a process that protects nothing is found in its core and in the swap file.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from audit.scanner import scan, scan_octets
from simulator.canaries import FIRST_S, Canary, Machine, fifty, write_capture
from tests.canary import stages
from tests.canary.pages import serve_and_read
from tests.canary.traps import (
    can_lock_memory,
    cores_into,
    dumped_rings,
    group_of_memory,
    has_ring,
    locks_memory,
    squeeze,
    swap_of,
    swapped_kib,
    syslog_into,
    used_pages,
    within,
)
from tests.canary.workshop import Workshop
from tests.conntrack.nat import nat
from tests.support.netns import wire
from tests.support.processes import ROOT, wait_until
from tests.support.stores import segments_of, stored

SWAP_MIB, LEAKY_MIB, SQUEEZE_MIB = 64, 32, 16
SMALL_DISK = "size=5m"
MINUTE_S = 75.0
"""Slices leave the meter at the end of their minute."""


class Run:
    """One run: its directories, its machines, what it found."""

    def __init__(self, place: Path, seed: int) -> None:
        self.shop = stages.prepare(Workshop(place).make())
        self.machines, self.canaries = fifty(seed)
        self.planted = Canary("planted", text=f"planted{secrets.token_hex(12)}")
        self.swap = place / "swap"
        self.cores = self.shop.written / "cores"
        self.cores.mkdir()
        self.found: dict[str, Any] = {"canaries": len(self.canaries), "seed": seed}

    def capture_of(self, name: str, machines: tuple[Machine, ...], first_s: float) -> Path:
        """Write a capture file among the input."""
        path = self.shop.input / name
        write_capture(path, machines, first_s)
        return path

    def leaky(self, mib: int, group: Path | None = None) -> "subprocess.Popen[str]":
        """Start the process that protects nothing."""
        command = [sys.executable, "-m", "tests.canary.leaky", str(mib)]
        process = subprocess.Popen(
            within(group, command) if group else command,
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{self.planted.text}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        return process


def core_control(run: Run) -> None:
    """A process that protects nothing leaves a core, and the scanner finds what it held."""
    process = run.leaky(1)
    process.communicate("now\n")
    (core,) = run.cores.iterdir()
    hits = scan_octets(core.read_bytes(), (run.planted,), "core")
    run.found["control_found_in_core"] = bool(hits)
    core.unlink()


def live(run: Run) -> None:
    """Capture on a wire: squeezed, crashed with names in memory, salvaged, ended."""
    capture = run.capture_of("live.pcap", run.machines, FIRST_S)
    locks = can_lock_memory()
    run.found["collector_may_lock_its_memory"] = locks
    with (
        wire(offloads=False) as both,
        group_of_memory("control", swappiness=100) as loose,
        group_of_memory("collector", swappiness=100 if locks else 0) as held,
    ):
        with stages.capturing(run.shop, both, "live-1", group=held) as (holder, parser):
            stages.send(both, capture)
            wait_until(lambda: stages.spooled(run.shop) > 1_000, "slices in a spool", MINUTE_S)
            run.found["ring_mapped"] = has_ring(parser)
            run.found["rings_that_a_core_would_hold"] = len(dumped_rings(parser))
            swap(run, loose, held, holder.pid, parser)
            stages.send(both, capture)
            time.sleep(0.5)
            stages.crash(holder, parser)
        with stages.capturing(run.shop, both, "live-2"):
            stages.send(both, capture)
            time.sleep(3)
    run.found["live_slices"] = stored(run.shop.store, "flows").num_rows


def swap(run: Run, loose: Path, held: Path, *pids: int) -> None:
    """Let the kernel swap out what it can of the collector and of the control.

    A collector that may lock its memory is squeezed as the control is. Where it may not (no CAP_SYS_RESOURCE
    to raise the limit), its group does not swap, as its unit says.
    """
    control = run.leaky(LEAKY_MIB, loose)
    try:
        squeeze(loose, SQUEEZE_MIB)
        squeeze(held, SQUEEZE_MIB if locks_memory(pids[-1]) else 1)
        time.sleep(1)
        run.found["collector_swapped_kib"] = sum(map(swapped_kib, pids))
        run.found["control_swapped_kib"] = swapped_kib(control.pid)
        subprocess.run(["sync"], check=True)
        octets = used_pages(run.swap)
        (held / "memory.limit_in_bytes").write_text("-1")
    finally:
        control.kill()
        control.communicate()
    run.found["swap_octets"] = len(octets)
    run.found["hits_in_swap"] = len(scan_octets(octets, run.canaries, "swap"))
    run.found["control_found_in_swap"] = bool(scan_octets(octets, (run.planted,), "swap"))


def crashes(run: Run, capture: Path, number: int) -> None:
    """SIGSEGV and SIGABRT with names in memory and slices about to be written."""
    ended = 0
    for n in range(number):
        how = "segv" if n % 4 else "abort"
        done = run.shop.run("--crash", how, "replay", capture, *_store(run.shop))
        ended += done.returncode < 0
    run.found["crashes"] = ended
    run.found["cores"] = len([*run.cores.iterdir(), *run.shop.cores()]) - 1  # the directory itself


def _store(shop: Workshop) -> tuple[str | Path, ...]:
    return ("--store", shop.store, "--school", stages.SCHOOL, "--json")


def full_disk(run: Run, capture: Path) -> None:
    """Replay into a store that has no room."""
    place = run.shop.written / "full"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", SMALL_DISK, "tmpfs", str(place)], check=True)
    try:
        stages.acknowledge(place / "store", stages.SCHOOL)
        with suppress(OSError), (place / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(1 << 16)) == 1 << 16:
                pass
        run.found["disk_was_full"] = shutil.disk_usage(place).free == 0
        words = ("replay", capture, "--store", place / "store", "--school", stages.SCHOOL)
        run.found["exit_code_on_a_full_disk"] = run.shop.run(*words).returncode
        searched(run, place)
    finally:
        subprocess.run(["umount", str(place)], check=True)


def recorded(run: Run, capture: Path) -> None:
    """Two segments of a past day, joined; then exports, logs, a gateway."""
    for _ in range(2):
        assert run.shop.run("replay", capture, *_store(run.shop)).returncode == 0
    tidied = run.shop.run("store", "tidy", "--store", run.shop.store, "--json")
    assert tidied.returncode == 0, tidied.stderr
    run.found["compacted"] = sum(
        segment.source == "compaction" for segment in segments_of(run.shop.store, "flows")
    )


def published(run: Run) -> None:
    """Analyse, release, serve, read every page."""
    for command in ("analyze", "release"):
        done = run.shop.run(command, *_store(run.shop))
        assert done.returncode == 0, done.stderr
    assert list((run.shop.store / "public").rglob("*.json"))
    run.found["octets_of_pages"] = serve_and_read(run.shop)


def searched(run: Run, *roots: Path) -> list[str]:
    """Search every octet of some directories; returns where a canary is."""
    hits, octets = scan(list(roots), run.canaries)
    run.found["octets_searched"] = run.found.get("octets_searched", 0) + octets
    where = [f"{hit.canary} {hit.form} {hit.place}" for hit in hits]
    run.found.setdefault("hits", []).extend(where)
    return where


def everything(run: Run, *, crash: int) -> dict[str, Any]:
    """Run all stages; returns what was found."""
    first_s = FIRST_S
    capture = run.capture_of("day.pcap", run.machines, first_s)
    with ExitStack() as traps:
        run.found["syslog"] = [
            str(place)
            for place in traps.enter_context(syslog_into(run.shop.written / "said" / "syslog"))
        ]
        traps.enter_context(cores_into(run.cores))
        core_control(run)
        traps.enter_context(swap_of(run.swap, SWAP_MIB))
        live(run)
        crashes(run, capture, crash)
        full_disk(run, capture)
        recorded(run, capture)
        stages.listen(run.shop, run.machines)
        with nat() as places:
            stages.conntrack(run.shop, places, run.machines)
        published(run)
    rows = stored(run.shop.store, "flows").to_pylist()
    run.found["slices"] = len(rows)
    run.found["named_by"] = sorted({row["site_source"] for row in rows})
    run.found["zones"] = sorted({row["zone"] for row in rows})
    searched(run, run.shop.written)
    return run.found


def holds(found: dict[str, Any]) -> bool:
    """Say whether nothing was found where nothing may be, and the controls were."""
    clean = not (found["hits"] or found["cores"] or found.get("hits_in_swap"))
    kept = not found.get("collector_swapped_kib") and not found.get("rings_that_a_core_would_hold")
    controls = found["control_found_in_core"] and found["control_found_in_swap"]
    return bool(clean and kept and controls)


def main() -> None:
    """Print one JSON object; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=int, default=20)
    parser.add_argument("--place", type=Path, default=Path("/var/tmp"))  # noqa: S108 - a directory of our own in it
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.place, prefix="jauge-canary-") as place:
        os.environ.setdefault("JAUGE_MACHINE_DIR", f"{place}/written/machine")
        found = everything(Run(Path(place), options.seed), crash=options.crashes)
    found["seconds"] = round(time.monotonic() - began)
    print(json.dumps({**found, "holds": holds(found)}))
    sys.exit(not holds(found))


if __name__ == "__main__":
    main()
