"""Meter many captures, whole, cut and mutated, and print what went wrong as one JSON object.

    NUMBA_BOUNDSCHECK=1 JAUGE_CACHE_DIR=… python -m tests.collector.hammer SEED SCRATCH FOLDER…

`make fuzz` runs it on the collection of malformed captures, with another seed in each round.

Runs in a process of its own, because an octet read outside of an array ends a process. Under
NUMBA_BOUNDSCHECK it ends in an IndexError instead.
"""

import json
import random
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collector.compile import compile_loop
from collector.meter.files import walk_pcap
from collector.sources.files import NotACapture
from tests.support.memory import memory_of, reset_peak
from tests.support.metering import meter_file

CUTS, MUTATIONS = 2, 3
LONGEST_MUTATED = 200_000
SECONDS_PER_MB, GROWTH_BYTES = 1.0, 64 << 20
"""What an input may cost."""
TRIES = 3
"""An input is slow if it is slow each time: other work on the machine is not its fault."""


def variants(data: bytes, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield the file, prefixes of it and copies with damaged octets."""
    yield "whole", data
    for _ in range(CUTS):
        cut = rng.randrange(len(data) + 1)
        yield f"first {cut}", data[:cut]
    head = data[:LONGEST_MUTATED]
    for number in range(MUTATIONS):
        damaged = bytearray(head)
        for _ in range(max(1, len(head) >> 7)):
            if damaged:
                damaged[rng.randrange(len(damaged))] = rng.choice(
                    (0, 1, 127, 255, rng.randrange(256))
                )
        damaged[: min(24, len(head))] = head[:24]  # still a capture
        yield f"mutation {number}", bytes(damaged)


def try_one(path: Path) -> tuple[str, str]:
    """Return (outcome, problem or nothing) of one file."""
    try:
        result = meter_file(path)
    except NotACapture:
        return "refused", ""
    except Exception:  # noqa: BLE001 - any traceback is what we look for
        return "crashed", traceback.format_exc(limit=-4)
    if result.totals.gap():
        return "unbalanced", f"{result.totals.gap()} packets unaccounted for"
    return ("faulty" if result.fault else "read"), ""


def checks_bounds() -> bool:
    """Say whether a read outside of an array is noticed: else this run would prove nothing."""
    import numpy as np

    from collector.meter.octets import be16

    try:
        be16(np.zeros(1, np.uint8), 1)
    except IndexError:
        return True
    return False


@dataclass
class Worst:
    """The dearest input so far."""

    seconds_per_mb: float = 0.0
    growth_bytes: int = 0


def measured(path: Path, octets: int, worst: Worst) -> tuple[str, str]:
    """Try one file; a problem, too, if it takes longer or more memory than an input may."""
    for _ in range(TRIES):
        reset_peak()
        before, started = memory_of("VmRSS"), time.process_time()
        outcome, problem = try_one(path)
        spent = (time.process_time() - started) / (1 + octets / 1_000_000)
        if spent <= SECONDS_PER_MB:
            break
    growth = max(0, memory_of("VmHWM") - before)
    worst.seconds_per_mb = max(worst.seconds_per_mb, spent)
    worst.growth_bytes = max(worst.growth_bytes, growth)
    if not problem and spent > SECONDS_PER_MB:
        problem = f"{spent:.1f} s for a megabyte"
    if not problem and growth > GROWTH_BYTES:
        problem = f"{growth >> 20} MiB of memory"
    return outcome, problem


def main() -> None:
    """Go through the folders."""
    compile_loop()  # once, so that no input is charged for it
    rng = random.Random(int(sys.argv[1]))  # noqa: S311 - repeatable damage
    scratch = Path(sys.argv[2])
    outcomes: dict[str, int] = {}
    problems, worst, inputs = [], Worst(), 0
    for folder in sys.argv[3:]:
        for source in sorted(Path(folder).iterdir()):
            for what, data in variants(source.read_bytes(), rng):
                scratch.write_bytes(data)
                outcome, problem = measured(scratch, len(data), worst)
                inputs += 1
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                if problem:
                    problems.append(f"{source.name}, {what}: {problem}")
    report = {
        "bounds_checked": checks_bounds(),
        "compiled": bool(walk_pcap.signatures),
        "inputs": inputs,
        "outcomes": outcomes,
        "slowest_s_per_mb": round(worst.seconds_per_mb, 4),
        "growth_mib": round(worst.growth_bytes / 2**20, 1),
        "problems": problems[:20],
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
