"""The real collector for a long time under load, with faults: does memory grow, is everything counted.

    python -m benchmarks.soak                                (root; 45 minutes, a fault every ten)
    python -m benchmarks.soak --minutes 4 --every 0.5        (a short one, every fault once)

Two namespaces and a veth pair that it makes itself, a disk of its own for the store (ext4 on a loop device).
RssAnon is read every ten seconds. At the end: it has not grown by more than 2 MiB between a third of the
time (minute 15) and the end; offered = parsed + rejected + kernel drops + shed, and the stored link rows
sum up to the same; there is a link row for every ten seconds, gap rows only while the interface was away.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.live import LARGEST_FRAME, silent_wire
from benchmarks.run import ROOT, capture, machine, sources
from benchmarks.soak_faults import AWAY, FAULTS, Ground
from benchmarks.store_harness import gaps, in_own_mounts
from tests.support.capturing import Captured, capturing, parser_of
from tests.support.netns import SCHOOL_IF, Wire

GROWTH_BAR_MIB = 2.0
SAMPLE_S = 10.0
STEP_US = 10_000_000
PACKETS = 600_000
DISK_BYTES = 4 << 30
HOLD_S = 60.0
SENDER_NICE = -15
"""On a busy machine the sender would fall behind before the collector does."""
PACE_BAR = 0.95
ENDS_WELL = (0, 5)
"""5 after a fault of the disk: it says how many rows could not be kept."""
HEARD_US = 2_000_000
"""The collector hears of an outage a little after it began, and is back a little after its end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what, and when (seconds since the start; wall clock in microseconds)."""

    name: str
    at_s: float
    from_us: int
    to_us: int
    away: bool


@dataclass
class Watched:
    """What was seen while it ran."""

    samples: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start; RssAnon of holder and parser together, MiB."""
    faults: list[Fault] = field(default_factory=list)
    sender: dict[str, Any] = field(default_factory=dict)
    cpu_s: float = 0.0


@contextmanager
def disk(scratch: Path) -> Iterator[Path]:
    """A file that is a disk, mounted where only this program sees it."""
    image, place = scratch / "disk", scratch / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    for command in (
        ("mkfs.ext4", "-q", "-F", "-m", "0", str(image)),
        ("mount", "-o", "loop", str(image), str(place)),
    ):
        subprocess.run(command, check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextmanager
def sending(both: Wire, path: Path, packets_s: int, said: Path) -> Iterator[dict[str, Any]]:
    """Send as long as the block lasts; afterwards its counts are in the dictionary."""
    counts: dict[str, Any] = {}
    command = both.school.within(
        *("nice", "-n", str(SENDER_NICE)),
        *(sys.executable, "-m", "benchmarks.soak_sender", str(path), SCHOOL_IF, str(packets_s)),
    )
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out)
        try:
            yield counts
        finally:
            process.terminate()
            process.wait(30)
    counts.update(json.loads(said.read_text()))


def _status_mib(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"no {name}")


def _cpu_s(pids: tuple[int, ...]) -> float:
    ticks = 0
    for pid in pids:
        user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def watch(ground: Ground, options: argparse.Namespace) -> Watched:
    """Sample, disturb, until the time is over."""
    seen, began = Watched(), time.monotonic()
    pids = (ground.captured.process.pid, parser_of(ground.captured))
    end_s, every_s = 60 * options.minutes, 60 * options.every
    next_fault_s, next_sample_s, cpu_s = every_s, 0.0, _cpu_s(pids)
    while (now_s := time.monotonic() - began) < end_s:
        if ground.captured.process.poll() is not None:
            raise RuntimeError(f"the collector ended after {now_s:.0f} s")
        if now_s >= next_sample_s:
            next_sample_s += SAMPLE_S
            seen.samples.append((now_s, sum(_status_mib(pid, "RssAnon") for pid in pids)))
            _progress(seen, now_s, end_s)
        if now_s >= next_fault_s and now_s + HOLD_S / 2 < end_s:
            next_fault_s += every_s
            seen.faults.append(_disturb(ground, len(seen.faults), now_s))
            next_sample_s = max(next_sample_s, time.monotonic() - began)
        time.sleep(0.2)
    seen.cpu_s = _cpu_s(pids) - cpu_s
    return seen


def _disturb(ground: Ground, number: int, now_s: float) -> Fault:
    fault, from_us = FAULTS[number % len(FAULTS)], time.time_ns() // 1_000
    print(f"\n{now_s / 60:5.1f} min: {fault.__name__}", file=sys.stderr, flush=True)
    fault(ground)
    return Fault(fault.__name__, now_s, from_us, time.time_ns() // 1_000, fault in AWAY)


def _progress(seen: Watched, now_s: float, end_s: float) -> None:
    line = f"{now_s / 60:5.1f} of {end_s / 60:.1f} min, RssAnon {seen.samples[-1][1]:7.1f} MiB"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


def growth(samples: list[tuple[float, float]], end_s: float) -> dict[str, float]:
    """Compare the first and the last window of what follows a third of the time.

    A window is a ninth of the time: five minutes of 45, one sealing of a spool with its peak.
    """
    third, window = end_s / 3, max(end_s / 9, 3 * SAMPLE_S)
    first = [mib for at, mib in samples if third <= at < third + window]
    last = [mib for at, mib in samples if at >= end_s - window]
    return {
        "median_before_mib": statistics.median(first),
        "median_after_mib": statistics.median(last),
        "median_growth_mib": statistics.median(last) - statistics.median(first),
        "at_third_mib": first[0],
        "at_end_mib": last[-1],
        "end_less_third_mib": last[-1] - first[0],
        "peak_before_mib": max(first),
        "peak_after_mib": max(last),
        "peak_of_all_mib": max(mib for _, mib in samples),
    }


def rows_of(captured: Captured, faults: list[Fault]) -> dict[str, int]:
    """Look at the link rows: is there one for every step, and are gap rows only where they belong."""
    rows = captured.links.select(["start", "outage_ms", "offered"]).to_pylist()
    for row in rows:
        row["step"] = int(row["start"].timestamp()) * 1_000_000 // STEP_US
    steps = {row["step"] for row in rows}
    gap_steps = {row["step"] for row in rows if row["outage_ms"]}
    away = [
        set(range((f.from_us - HEARD_US) // STEP_US, (f.to_us + HEARD_US) // STEP_US + 1))
        for f in faults if f.away
    ]  # fmt: skip
    return {
        "steps": max(steps) - min(steps) + 1,
        "steps_without_row": max(steps) - min(steps) + 1 - len(steps),
        "gap_rows": sum(bool(row["outage_ms"]) for row in rows),
        "outage_ms": sum(row["outage_ms"] or 0 for row in rows),
        "gap_rows_outside_faults": len(gap_steps - set().union(*away)),
        "outages_without_gap_row": sum(not (gap_steps & steps_away) for steps_away in away),
        "offered": sum(row["offered"] for row in rows),
    }


def found(captured: Captured, seen: Watched, options: argparse.Namespace) -> dict[str, Any]:
    """Put together what was measured, and what was promised and did not hold."""
    totals, end_s = captured.totals, 60 * options.minutes
    memory, rows = growth(seen.samples, end_s), rows_of(captured, seen.faults)
    accounted = (
        totals["packets_parsed"] + sum(totals["rejected"].values())
        + totals["kernel_drops"] + totals["shed"]
    )  # fmt: skip
    pace = (seen.sender["sent"] + seen.sender["refused"]) / seen.sender["seconds"]
    broken = {
        "it ended badly": captured.exit_code not in ENDS_WELL,
        "memory grew": memory["median_growth_mib"] > GROWTH_BAR_MIB,
        "the identity is open": totals["packets_offered"] != accounted,
        "link rows sum up to something else": rows["offered"] != totals["packets_offered"],
        "a step has no link row": rows["steps_without_row"] > 0,
        "a gap row without an outage": rows["gap_rows_outside_faults"] > 0,
        "an outage without a gap row": rows["outages_without_gap_row"] > 0,
        "the sender fell behind": pace < PACE_BAR * options.rate,
        "more packets than were sent": totals["packets_offered"] > seen.sender["sent"],
    }
    keys = ("packets_offered", "packets_parsed", "kernel_drops", "shed", "flows", "slices", "notes")
    return {
        "machine": machine(), "minutes": options.minutes, "packets_s": options.rate,
        "packets_s_reached": round(pace),
        "faults": [{"name": f.name, "minute": round(f.at_s / 60, 1)} for f in seen.faults],
        "sent": seen.sender, "rejected": sum(totals["rejected"].values()),
        **{name: totals[name] for name in keys},
        "link_rows": rows, "rss_anon": {name: round(value, 2) for name, value in memory.items()},
        "core_share": round(seen.cpu_s / end_s, 3), "exit_code": captured.exit_code,
        "store_gaps": dict(gaps(captured.store)), "load_average": os.getloadavg(),
        "said": captured.said.splitlines()[-20:],
        "broken": [what for what, is_so in broken.items() if is_so],
    }  # fmt: skip


def soak(options: argparse.Namespace) -> dict[str, Any]:
    """Run it all in namespaces and on a disk of its own."""
    path, _ = capture(sources()[0], PACKETS)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="jauge-soak-") as scratch,
            disk(Path(scratch)) as place,
            silent_wire() as both,
        ):
            with capturing(both.gateway, place / "store", patience_s=120) as captured:
                ground = Ground(
                    both, captured, place, LARGEST_FRAME, min(HOLD_S, 20 * options.every)
                )
                with sending(both, path, options.rate, Path(scratch) / "sender") as counts:
                    seen = watch(ground, options)
                time.sleep(2)
            seen.sender = counts
            if options.samples:
                Path(options.samples).write_text(json.dumps(seen.samples))
            return found(captured, seen, options)
    finally:
        path.unlink()


def main() -> int:
    """Measure; returns 0, 1 when a promise was broken, 4 without root."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--every", type=float, default=10, help="minutes between two faults")
    parser.add_argument("--rate", type=int, default=50_000, help="packets a second")
    parser.add_argument("--samples", help="write the samples of memory into this file")
    parser.add_argument("--json", action="store_true", help="print one JSON object, in one line")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("network namespaces and a disk of its own need root", file=sys.stderr)
        return 4
    in_own_mounts("benchmarks.soak")
    result = soak(options)
    print(file=sys.stderr)
    print(json.dumps(result, indent=None if options.json else 2))
    return 1 if result["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
