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
LOOK_S = 0.01
"""How often the anonymous memory of a program is read."""


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
    anon_mib: float
    """Peak anonymous memory (RssAnon), looked at every LOOK_S: what the system cannot take back."""


class _Anonymous(threading.Thread):
    """Follows the anonymous memory of a process until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._peak_kib = 0

    def run(self) -> None:
        while not self._ended.wait(LOOK_S):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            for line in lines:
                if line.startswith("RssAnon:"):
                    self._peak_kib = max(self._peak_kib, int(line.split()[1]))

    def peak_mib(self) -> float:
        """Stop looking; return the largest value seen."""
        self._ended.set()
        self.join()
        return self._peak_kib / 1024


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
        anonymous = _Anonymous(process.pid)
        anonymous.start()
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise ProgramFailed(f"{name} ended with {process.returncode}; its output: {log}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, anonymous.peak_mib())


def best(costs: Sequence[Cost]) -> Cost:
    """Return the least of each: what the program needs when nobody disturbs it.

    Of anonymous memory the most: a short peak is easily missed.
    """
    return Cost(
        min(cost.wall_s for cost in costs),
        min(cost.cpu_s for cost in costs),
        min(cost.peak_mib for cost in costs),
        max(cost.anon_mib for cost in costs),
    )
