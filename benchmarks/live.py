"""`python -m benchmarks.live`: tcpreplay at top speed over a wire into the real `jauge capture`.

Two namespaces and a veth pair that it makes itself; root. First undisturbed: packets lost, and what
parser and holder used of one core while packets came. Then again and again with the parser stopped
(SIGSTOP) at a random moment for up to three seconds: what the ring cannot hold is lost, and every
packet must still be accounted for, `offered` equal to what the generator and its interface counted.
"""

import argparse
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ProgramFailed
from benchmarks.page import put_section
from benchmarks.run import ROOT, capture, machine, sources, warm
from tests.programs import find
from tests.support.capturing import Captured, capturing, parser_of
from tests.support.netns import GATEWAY_IF, SCHOOL_IF, Wire, wire

PACKETS_BAR_S, CORE_BAR = 400_000, 0.35
"""The bars: packets a second, and the share of one core that may be used for them."""
STOPPED_S_MAX = 3.0
SETTLES_S = 1.0
LARGEST_FRAME = 65_000
"""MTU of the wire: the captures hold packets that a kernel had merged."""
_SENT = re.compile(r"Successful packets:\s+(\d+)")
_TOOK = re.compile(r"Actual: \d+ packets \(\d+ bytes\) sent in ([0-9.]+) seconds")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run. Each term is counted by another: generator, its interface, kernel, loop."""

    stopped_s: float
    generated: int
    """Packets that tcpreplay says it sent."""
    transmitted: int
    """Packets that the sending interface counted."""
    seconds: float
    core_share: float
    """Processor time of parser and holder from the first packet to the last, of one core."""
    offered: int
    parsed: int
    rejected: int
    kernel_drops: int
    shed: int
    in_link_rows: int
    """`offered` summed over the stored link rows."""
    holder_mib: float
    """Resident memory of the holder, most of it shared with the parser."""
    holder_own_mib: float

    @property
    def packets_s(self) -> float:
        """Packets a second that the generator reached."""
        return self.generated / self.seconds

    @property
    def gap(self) -> int:
        """What the identity leaves over; 0 when it closes."""
        return self.offered - self.parsed - self.rejected - self.kernel_drops - self.shed

    @property
    def closes(self) -> bool:
        """Say whether every packet is accounted for, by everybody who counted."""
        told = {self.generated, self.transmitted, self.offered, self.in_link_rows}
        return self.gap == 0 and len(told) == 1


@contextmanager
def silent_wire() -> Iterator[Wire]:
    """A wire that carries nothing of its own, and takes frames of any size."""
    with wire(offloads=False, ipv6=False) as both:
        for where, interface in ((both.school, SCHOOL_IF), (both.gateway, GATEWAY_IF)):
            where.call("ip", "link", "set", interface, "mtu", str(LARGEST_FRAME))
        yield both


def _cpu_s(*pids: int) -> float:
    ticks = 0
    for pid in pids:
        user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_mib(pid: int) -> tuple[float, float]:
    """Return (resident, private) MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.M)}
    return kib["Rss"] / 1024, (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024


def _transmitted(both: Wire) -> int:
    return int(both.school.call("cat", f"/sys/class/net/{SCHOOL_IF}/statistics/tx_packets"))


def _replay(both: Wire, path: Path, loops: int, speed: Sequence[str]) -> tuple[int, float]:
    """Send a capture. Returns (packets, seconds) as tcpreplay counts them.

    Raises:
        ProgramFailed: tcpreplay is missing or did not send everything.
    """
    program = find("tcpreplay")
    if program is None:
        raise ProgramFailed("tcpreplay is missing: apt-get install tcpreplay")
    said = both.school.call(
        *(program, "-i", SCHOOL_IF, "-K", "--loop", str(loops), *speed, str(path)), timeout_s=120
    )
    sent, took = _SENT.search(said), _TOOK.search(said)
    if sent is None or took is None:
        raise ProgramFailed("tcpreplay said something new; this needs version 4.4")
    return int(sent[1]), float(took[1])


def _stop_for_a_while(pid: int, after_s: float, seconds: float) -> threading.Thread:
    def stop() -> None:
        time.sleep(after_s)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


def one_run(
    path: Path,
    work: Path,
    *,
    loops: int,
    speed: Sequence[str] = ("--topspeed",),
    stop: tuple[float, float] | None = None,
) -> Outcome:
    """Capture one replay in namespaces of its own.

    Args:
        path: the capture that is sent, `loops` times.
        work: an empty directory.
        loops: how often.
        speed: option of tcpreplay.
        stop: stop the parser after so many seconds of the replay, for so many.

    Raises:
        ProgramFailed: the generator or the collector failed.
    """
    with silent_wire() as both:
        with capturing(both.gateway, work / "store", patience_s=60) as captured:
            before = _transmitted(both)
            measured = _during(captured, both, path, loops=loops, speed=speed, stop=stop)
            transmitted = _transmitted(both) - before
        if captured.exit_code != 0:
            raise ProgramFailed(f"jauge capture ended with {captured.exit_code}: {captured.said}")
    totals = captured.totals
    return Outcome(
        stopped_s=stop[1] if stop else 0.0,
        transmitted=transmitted,
        offered=totals["packets_offered"],
        parsed=totals["packets_parsed"],
        rejected=sum(totals["rejected"].values()),
        kernel_drops=totals["kernel_drops"],
        shed=totals["shed"],
        in_link_rows=sum(captured.links["offered"].to_pylist()),
        **measured,
    )


def _during(
    captured: Captured,
    both: Wire,
    path: Path,
    *,
    loops: int,
    speed: Sequence[str],
    stop: tuple[float, float] | None,
) -> dict[str, float | int]:
    """Replay once; returns what was measured meanwhile."""
    pids = captured.process.pid, parser_of(captured)
    stopping = _stop_for_a_while(pids[1], *stop) if stop else None
    before_s = _cpu_s(*pids)
    generated, seconds = _replay(both, path, loops, speed)
    if stopping is not None:
        stopping.join()
    time.sleep(SETTLES_S)  # what was in the ring when the last packet came has its cost, too
    used_s = _cpu_s(*pids) - before_s
    resident, own = _memory_mib(pids[0])
    return {
        "generated": generated,
        "seconds": seconds,
        "core_share": used_s / seconds,
        "holder_mib": resident,
        "holder_own_mib": own,
    }


COLUMNS = (
    *("run", "stopped s", "sent", "packets/s", "core", "offered", "parsed", "rejected"),
    *("kernel drops", "shed", "left over"),
)


def cells(name: str, run: Outcome) -> tuple[str, ...]:
    """One row of the table as text."""
    return (
        name,
        f"{run.stopped_s:.1f}",
        f"{run.generated:,}",
        f"{run.packets_s:,.0f}",
        f"{100 * run.core_share:.0f} %",
        f"{run.offered:,}",
        f"{run.parsed:,}",
        f"{run.rejected:,}",
        f"{run.kernel_drops:,}",
        f"{run.shed:,}",
        f"{run.gap:,}" if run.closes else f"{run.gap:,} (!)",
    )


def verdict(free: Sequence[Outcome], stopped: Sequence[Outcome]) -> list[str]:
    """Compare with the bars, in sentences."""
    best = min(free, key=lambda run: (run.kernel_drops, -run.packets_s))
    said = [
        f"undisturbed, best of {len(free)}: {best.packets_s:,.0f} packets a second "
        f"(bar: {PACKETS_BAR_S:,}), {best.kernel_drops:,} lost (bar: 0), "
        f"{100 * best.core_share:.0f} % of one core for parser and holder "
        f"(bar: {100 * CORE_BAR:.0f} %), {1e6 * best.core_share / best.packets_s:.2f} us a packet",
        f"the identity closes, with `offered` equal to what the generator, its interface and the "
        f"link rows count, in {sum(run.closes for run in (*free, *stopped))} of "
        f"{len(free) + len(stopped)} runs, {len(stopped)} of them with the parser stopped",
        f"the holder of the socket has {best.holder_mib:.0f} MiB resident, of which "
        f"{best.holder_own_mib:.0f} MiB are its own",
    ]
    return [f"{sentence}." for sentence in said]


def document(rows: Sequence[tuple[str, ...]], said: Sequence[str], how: str, today: str) -> str:
    """The section of docs/performance.md."""
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    sentences = "\n".join(f"- {sentence}" for sentence in said)
    return f"""## Live

Measured on {today}, {machine()}, by `python -m benchmarks.live --write` ({how}).

{sentences}

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
{table}

tcpreplay sends at top speed over a veth pair into `jauge capture`, which finds names and behaviour and
writes Parquet. Core: processor time of parser and holder from the first packet until the ring was
empty, as a share of one core while packets came; the generator and the kernel's side of the wire use
the other. In the stopped runs the parser is halted (SIGSTOP) at a random moment: the ring holds
64 MiB, what comes after is the kernel's drop and counted as such. Left over: offered less parsed,
rejected, kernel drops and shed, each counted by who saw it; (!) would mark a run in which it is not
0 or in which the generator, its interface, the kernel and the link rows disagree.
"""


def runs(path: Path, options: argparse.Namespace) -> tuple[list[Outcome], list[Outcome]]:
    """Measure; returns (undisturbed, stopped)."""
    chosen = random.Random(options.seed)  # noqa: S311 - moments of a measurement
    free, stopped = [], []
    for number in range(options.free + options.stopped):
        stop = None
        if number >= options.free:
            stop = chosen.uniform(0.2, 2.0), chosen.uniform(0.3, STOPPED_S_MAX)
        with tempfile.TemporaryDirectory(prefix="jauge-live-") as work:
            run = one_run(path, Path(work), loops=options.loops, stop=stop)
        (free if stop is None else stopped).append(run)
        print(f"run {number + 1}: {' '.join(cells('', run))}", file=sys.stderr)
    return free, stopped


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--packets", type=int, default=600_000, help="in the capture")
    parser.add_argument("--loops", type=int, default=3, help="times that it is sent in a run")
    parser.add_argument("--free", type=int, default=3, help="undisturbed runs")
    parser.add_argument("--stopped", type=int, default=10, help="runs with the parser stopped")
    parser.add_argument("--seed", type=int, default=secrets.randbits(16), help="of the moments")
    parser.add_argument("--note", default="", help="what a reader must know of this run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write it into docs/performance.md")
    return parser.parse_args()


def main() -> int:
    """Measure and print. Returns an exit code: 1 unless the identity closes, 4, 5 as `jauge`."""
    options = arguments()
    if os.geteuid() != 0:
        print("network namespaces need root", file=sys.stderr)
        return 4
    paths, said = sources()
    path, packets = capture(paths, options.packets)
    warm(path)
    how = f"{said}, multiplied to {packets:,} packets and sent {options.loops} times a run"
    how += f"; {options.note}" if options.note else ""
    try:
        free, stopped = runs(path, options)
    except (ProgramFailed, RuntimeError, subprocess.TimeoutExpired) as failure:
        print(failure, file=sys.stderr)
        return 5
    finally:
        path.unlink()
    rows = [cells(f"free {i}", run) for i, run in enumerate(free, 1)]
    rows += [cells(f"stopped {i}", run) for i, run in enumerate(stopped, 1)]
    sentences = verdict(free, stopped)
    if options.json:
        every = [{**asdict(run), "closes": run.closes} for run in (*free, *stopped)]
        print(json.dumps({"machine": machine(), "captures": how, "runs": every}))
    else:
        for row in (COLUMNS, *rows):
            print("".join(f"{cell:>13}" for cell in row))
        print("\n".join(sentences))
    if options.write:
        today = datetime.now(UTC).date().isoformat()
        put_section(ROOT / "docs" / "performance.md", "live", document(rows, sentences, how, today))
    return 0 if all(run.closes for run in (*free, *stopped)) else 1


if __name__ == "__main__":
    sys.exit(main())
