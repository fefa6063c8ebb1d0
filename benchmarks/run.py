"""`make bench`: packets a second of `jauge replay` beside other flow meters, in one run.

Two mixed captures are made, one twice the other. The marginal cost is what the second half adds,
so starting, compiling and loading do not count. Each program runs on each file several times, in
turns with the others, and the best counts. Wall time and processor time are both shown: on a busy
machine only the second means something.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contenders import (
    ROOT,
    Contender,
    argus,
    jauge,
    listener,
    ndpi_reader,
    nfpcapd,
    nfstream,
    softflowd,
)
from benchmarks.measure import Cost, ProgramFailed, best, run
from benchmarks.mixed import make
from benchmarks.page import put_page
from tests.captures.foreign import CAPTURES

BUILD = ROOT / "build" / "bench"
GOLDEN = ROOT / "tests" / "golden"
MPPS_BAR, ANON_BAR_MIB = 3.0, 512
RATIO_BARS = {"softflowd": 1.0, "ndpiReader": 4.0, "nfstream": 25.0}
"""The bars of the collector: million packets a second, anonymous memory, times another program."""


@dataclass(frozen=True, slots=True)
class Result:
    """One program's line of the table."""

    name: str
    version: str
    finds_names: bool
    packets: int
    """In the larger file."""
    wall_s: float
    """Whole run on the larger file, as the next two."""
    cpu_s: float
    peak_mib: float
    anon_mib: float
    """Peak anonymous memory on the larger file, and on the smaller one."""
    anon_small_mib: float
    mpps_wall: float
    """Marginal, million packets a second of wall time."""
    mpps_cpu: float
    """Marginal, million packets in a second of processor time."""


def sources() -> tuple[list[Path], str]:
    """Return the captures to multiply and a sentence that says which they are."""
    golden = sorted(GOLDEN.rglob("*.pcap")) if GOLDEN.is_dir() else []
    foreign = sorted(CAPTURES.glob("*.pcap")) if CAPTURES.is_dir() else []
    said = f"{len(golden)} golden captures, {len(foreign)} of the nDPI project"
    return golden + foreign, said


def capture(paths: list[Path], packets: int) -> tuple[Path, int]:
    """Make a mixed capture of about `packets` packets. Returns it and how many it holds."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"mixed-{packets}.pcap"
    return path, make(paths, path, packets)


def warm(path: Path) -> None:
    """Read a file once, so that nobody pays for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


Costs = dict[tuple[str, Path], list[Cost]]
"""What each run took, by program and file."""
Files = dict[int, tuple[Path, int]]
"""Captures by the number of packets that was asked for: the file, and how many it holds."""


def pair(contender: Contender, files: Files) -> tuple[tuple[Path, int], tuple[Path, int]]:
    """Return the smaller and the larger capture that a program reads."""
    n = max(files) // (2 * contender.share)
    return files[n], files[2 * n]


def measure(contenders: Sequence[Contender], files: Files, *, repeat: int) -> Costs:
    """Run every program on its two files, `repeat` times in turns."""
    costs: Costs = {}
    for number in range(repeat):
        for contender in contenders:
            for path, _ in pair(contender, files):
                log = BUILD / f"{contender.name.split()[0]}-{number}.log"
                cost = run(contender.name, contender.command(path, BUILD), log)
                costs.setdefault((contender.name, path), []).append(cost)
    return costs


def result(contender: Contender, files: Files, costs: Costs) -> Result:
    """Say what one program did on the pair of files of its size."""
    (small, few), (large, many) = pair(contender, files)
    one, two = (best(costs[contender.name, path]) for path in (small, large))
    return Result(
        name=contender.name,
        version=contender.version,
        finds_names=contender.finds_names,
        packets=many,
        wall_s=two.wall_s,
        cpu_s=two.cpu_s,
        peak_mib=two.peak_mib,
        anon_mib=two.anon_mib,
        anon_small_mib=one.anon_mib,
        mpps_wall=(many - few) / max(two.wall_s - one.wall_s, 1e-9) / 1e6,
        mpps_cpu=(many - few) / max(two.cpu_s - one.cpu_s, 1e-9) / 1e6,
    )


def machine() -> str:
    """Say what kind of machine this is, nothing that names it."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release().split('-')[0]}"


def verdict(results: Sequence[Result]) -> list[str]:
    """Compare with the bars, by the clock and by processor time."""
    by_name = {line.name: line for line in results}
    own = by_name["jauge replay"]
    said = [
        f"{own.mpps_wall:.2f} million packets a second by the clock, {own.mpps_cpu:.2f} by "
        f"processor time (bar: {MPPS_BAR:g})",
        f"{own.anon_mib:.0f} MiB of anonymous memory, {own.anon_small_mib:.0f} on a file half as "
        f"long (bar: {ANON_BAR_MIB})",
    ]
    for name, line in by_name.items():
        if line is not own:
            bar = f" (bar: {RATIO_BARS[name]:g})" if name in RATIO_BARS else ""
            wall, cpu = own.mpps_wall / line.mpps_wall, own.mpps_cpu / line.mpps_cpu
            said.append(f"{wall:.2f} × {name} by the clock, {cpu:.2f} × by processor time{bar}")
    return said


COLUMNS = (
    "program", "names", "packets", "wall s", "CPU s", "anon MiB", "Mpps wall", "Mpps CPU",
)  # fmt: skip


def cells(line: Result) -> tuple[str, ...]:
    """One row of the table as text."""
    return (
        f"{line.name} ({line.version})",
        "yes" if line.finds_names else "no",
        f"{line.packets:,}",
        f"{line.wall_s:.2f}",
        f"{line.cpu_s:.2f}",
        f"{line.anon_mib:.0f}",
        f"{line.mpps_wall:.2f}",
        f"{line.mpps_cpu:.2f}",
    )


def show(results: Sequence[Result], said: str) -> None:
    """Print the table."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(title=said)
        for i, column in enumerate(COLUMNS):
            table.add_column(column, justify="left" if i < 2 else "right")
        for line in results:
            table.add_row(*cells(line))
        Console().print(table)
    else:
        print(said)
        for row in (COLUMNS, *map(cells, results)):
            print("".join(f"{cell:>14}" if i > 1 else f"{cell:28}" for i, cell in enumerate(row)))
    for sentence in verdict(results):
        print(f"  {sentence}")


def document(results: Sequence[Result], said: str, today: str) -> str:
    """docs/performance.md: the table, how it was made, and what it does not say."""
    rows = "\n".join(f"| {' | '.join(cells(line))} |" for line in results)
    bars = "\n".join(f"- {sentence}" for sentence in verdict(results))
    return f"""# Performance of the collector

Measured on {today}, {machine()}, by `make bench` ({said}).

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
{rows}

Mpps: million packets a second, marginal: what the second half of a file costs, so that starting
does not count. CPU: user and system time of the process and its children; wall: by the clock, on a
machine that may have had other work. The best of several runs, the programs in turns. Memory:
anonymous pages (RssAnon), which the system cannot take back as it can the pages of a mapped
capture. nfstream reads files ten times smaller. softflowd, nfpcapd and argus find no names; jauge
writes Parquet with a second thread, the others use one.

`jauge replay` does

{bars}

The captures are real but small, multiplied with shifted addresses and interleaved; a school's
traffic has longer flows and larger packets, which costs less a packet. Reading a file says nothing
about losses on a live interface: that is what `python -m benchmarks.live` measures.
"""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--packets", type=int, default=2_400_000, help="in the larger file")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--no-nfstream", action="store_true", help="leave out nfstream")
    return parser.parse_args()


def main() -> int:
    """Make the files, measure, print. Returns an exit code: 5 without captures or a program."""
    options = arguments()
    paths, said = sources()
    if not paths:
        print("no captures to multiply: neither tests/golden nor JAUGE_SHARED", file=sys.stderr)
        return 5
    with listener() as port:
        peers = [softflowd(port), nfpcapd(), argus(), ndpi_reader()]
        if not options.no_nfstream:
            peers.append(nfstream(install=True))
        contenders = [jauge(), *filter(None, peers)]
        sizes = {options.packets // part for c in contenders for part in (c.share, 2 * c.share)}
        files = {size: capture(paths, size) for size in sorted(sizes)}
        for path, _ in files.values():
            warm(path)
        try:
            costs = measure(contenders, files, repeat=options.repeat)
            results = [result(each, files, costs) for each in contenders]
        except ProgramFailed as failure:
            print(failure, file=sys.stderr)
            return 5
        finally:
            for path, _ in files.values():
                path.unlink()
    if options.json:
        lines = [asdict(line) for line in results]
        print(json.dumps({"machine": machine(), "captures": said, "results": lines}))
    else:
        show(results, f"{said}; {machine()}")
    if options.write:
        today = datetime.now(UTC).date().isoformat()
        target = ROOT / "docs" / "performance.md"
        target.parent.mkdir(exist_ok=True)
        put_page(target, document(results, said, today))
    return 0


if __name__ == "__main__":
    sys.exit(main())
