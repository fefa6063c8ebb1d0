"""kill -9, again and again: is everything there that was acknowledged, once, and nothing corrupt?

    python -m benchmarks.store_kill --kills 200

Three kills in four come at a random time within 10 s, the fourth at a random system call (write,
fsync, fdatasync, rename, unlink, by `strace --inject`) in whatever thread makes it. After each one the
store is opened as the next collector would; then the next life begins on the same store.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from benchmarks.store_harness import Ledger, Outcome, Poller, Writer, recover, seeded, strace

LIVES = 8
"""Kills that one store has to survive before a new one is begun."""
LONGEST_S = 10.0
AFTER_OPEN = 0.8
"""Share of the kills at a random time that wait until the store is open; the others may come before."""
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink")
NUMBERS = 1_000_000
RATES = (200, 4_000, 20_000)
"""Slices a second: at the lowest one the clock flushes, at the others the number of rows does."""


def one_life(
    store: Path, first: int, ledger: Ledger, randomness: Random, *, at_call: bool, longest_s: float
) -> tuple[float, bool]:
    """Start a writer and end it; returns when it died, and whether a system call brought it."""
    rate = ("--rate", str(randomness.choice(RATES)))
    if not at_call:
        writer = Writer(store, first, ledger, *rate)
        if randomness.random() < AFTER_OPEN:
            writer.wait_open()
        time.sleep(randomness.uniform(0, longest_s))
        died = writer.kill()
        writer.heard()
        return died, False
    call, number = randomness.choice(CALLS), randomness.randint(1, 40)
    before = strace(call, f"signal=KILL:when={number}")
    writer = Writer(store, first, ledger, "--flush", "0.2", *rate, before=before)
    writer.wait_open()
    until = time.monotonic() + longest_s
    while writer.process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    died, hit = time.monotonic(), writer.process.poll() is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(writer.process.pid, signal.SIGKILL)
    writer.process.wait()
    writer.heard()
    return died, hit


def run(
    kills: int, seed: int, longest_s: float = LONGEST_S, *, calls_only: bool = False
) -> Outcome:
    """Kill so often; returns the sums."""
    randomness = seeded(seed)
    outcome = Outcome()
    while outcome.kills < kills:
        with tempfile.TemporaryDirectory() as scratch:
            store = Path(scratch) / "store"
            whole = Ledger()
            poller = Poller(store)
            for life in range(min(LIVES, kills - outcome.kills)):
                ledger = Ledger(acknowledged=whole.acknowledged)
                at_call = calls_only or outcome.kills % 4 == 3
                died, hit = one_life(
                    *(store, life * NUMBERS, ledger, randomness),
                    at_call=at_call, longest_s=longest_s,
                )  # fmt: skip
                outcome.kills += 1
                outcome.at_calls += hit
                outcome.slowest_recovery_s = max(outcome.slowest_recovery_s, recover(store))
                outcome.age(store, ledger, died)
            outcome.poll(poller.stop())
            outcome.compare(store, whole)
        print(json.dumps(outcome.as_dict()), file=sys.stderr, flush=True)
    return outcome


def main() -> None:
    """Print the sums; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=LONGEST_S)
    parser.add_argument("--calls-only", action="store_true", help="every kill at a system call")
    options = parser.parse_args()
    outcome = run(options.kills, options.seed, options.longest, calls_only=options.calls_only)
    print(json.dumps({**outcome.as_dict(), "seed": options.seed}))
    sys.exit(not outcome.holds())


if __name__ == "__main__":
    main()
