"""Meter many captures, whole, cut and mutated, and print what went wrong as one JSON object.

    NUMBA_BOUNDSCHECK=1 JAUGE_CACHE_DIR=… python -m tests.collector.hammer SEED SCRATCH FOLDER…

Runs in a process of its own, because an octet read outside of an array ends a process. Under
NUMBA_BOUNDSCHECK it ends in an IndexError instead.
"""

import json
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from collector.compile import compile_loop
from collector.meter.files import walk_pcap
from collector.sources.files import NotACapture
from tests.support.metering import meter_file

CUTS, MUTATIONS = 2, 3
LONGEST_MUTATED = 200_000


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


def main() -> None:
    """Go through the folders."""
    compile_loop()  # once, so that no input is charged for it
    rng = random.Random(int(sys.argv[1]))  # noqa: S311 - repeatable damage
    scratch = Path(sys.argv[2])
    outcomes: dict[str, int] = {}
    problems, slowest, inputs = [], 0.0, 0
    for folder in sys.argv[3:]:
        for source in sorted(Path(folder).iterdir()):
            for what, data in variants(source.read_bytes(), rng):
                scratch.write_bytes(data)
                started = time.process_time()
                outcome, problem = try_one(scratch)
                spent = time.process_time() - started
                slowest = max(slowest, spent / (1 + len(data) / 1_000_000))
                inputs += 1
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                if problem:
                    problems.append(f"{source.name}, {what}: {problem}")
    report = {
        "bounds_checked": checks_bounds(),
        "compiled": bool(walk_pcap.signatures),
        "inputs": inputs,
        "outcomes": outcomes,
        "slowest_s_per_mb": slowest,
        "problems": problems[:20],
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
