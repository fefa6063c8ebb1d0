"""Run one program on one file and say what it cost: wall time, processor time, peak memory."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 120
"""A program that takes longer on our files hangs."""


class ProgramFailed(Exception):
    """A program that is measured did not do its work; the message says which and how it ended."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float
    """User and system time, children included: other work on the machine does not add to it."""
    peak_mib: float
    """Peak resident memory; includes pages of a mapped file."""


def run(name: str, command: Sequence[str], log: Path) -> Cost:
    """Run `command` once, its output in `log`.

    Raises:
        ProgramFailed: it ended with an error.
    """
    with log.open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        watch = threading.Timer(LONGEST_S, process.kill)
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise ProgramFailed(f"{name} ended with {process.returncode}; its output: {log}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def best(costs: Sequence[Cost]) -> Cost:
    """Return the least of each: what the program needs when nobody disturbs it."""
    return Cost(
        min(cost.wall_s for cost in costs),
        min(cost.cpu_s for cost in costs),
        min(cost.peak_mib for cost in costs),
    )
