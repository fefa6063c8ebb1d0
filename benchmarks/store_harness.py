"""Starts, kills and restarts `store_writer`, and compares its store with a ledger of another process."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from collector.store import DirectoryStore
from collector.store.tidy import tidy
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, LINK, keys_beside
from privacy.store.manifest import Manifest
from privacy.store.reader import Reader

OPEN_S = 30.0
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Ledger:
    """What was given and what was acknowledged, kept outside of the writer's process."""

    given: list[tuple[int, int, float]] = field(default_factory=list)
    acknowledged: dict[str, set[int]] = field(default_factory=lambda: {FLOWS: set(), LINK: set()})
    said: list[tuple[float, str]] = field(default_factory=list)
    told_at: dict[str, float] = field(default_factory=dict)
    ack_times: list[tuple[float, str]] = field(default_factory=list)

    def hear(self, line: str) -> None:
        """Take one line of the writer."""
        kind, *words = line.split(" ")
        if kind == "G":
            self.given.append((int(words[0]), int(words[1]), float(words[2])))
        elif kind == "A":
            self.acknowledged[words[0]].update(range(int(words[1]), int(words[2]) + 1))
            self.ack_times.append((time.monotonic(), words[0]))
        elif kind == "S":
            self.said.append((float(words[0]), " ".join(words[1:])))
        else:
            self.told_at[kind] = float(words[0])


class Writer:
    """One life of the writer, with its ledger at the other end of a socket."""

    def __init__(
        self, store: Path, first: int, ledger: Ledger, *options: str, before: tuple[str, ...] = ()
    ) -> None:
        ours, theirs = socket.socketpair()
        command = [*before, sys.executable, "-m", "benchmarks.store_writer", str(store), str(first)]
        self.process = subprocess.Popen(
            [*command, "--ledger", str(theirs.fileno()), *options],
            cwd=ROOT,
            pass_fds=(theirs.fileno(),),
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        theirs.close()
        self._ledger = ledger
        self._ours = ours
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with self._ours.makefile("r") as lines:
            for line in lines:
                if line.endswith("\n"):
                    self._ledger.hear(line.rstrip("\n"))

    def wait_open(self) -> None:
        """Wait until the store is open (imports take a second or more on a busy machine), or it ended."""
        until = time.monotonic() + OPEN_S
        while "O" not in self._ledger.told_at and time.monotonic() < until:
            if self.process.poll() is not None:
                return
            time.sleep(0.01)

    def kill(self) -> float:
        """End it as a power button would; returns when."""
        at = time.monotonic()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return at

    def end(self, seconds: float) -> bool:
        """Wait for it; False when it had to be killed."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        finally:
            self.heard()
        return True

    def heard(self) -> str:
        """Take the ledger's last lines; returns what the writer said on stderr."""
        self._thread.join(10)
        self._ours.close()
        said = self.process.stderr.read().decode("utf-8", "replace") if self.process.stderr else ""
        if self.process.stderr:
            self.process.stderr.close()
        return said


class Poller:
    """`store_reader` beside it all."""

    def __init__(self, store: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.store_reader", str(store)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def go_on(self, store: Path) -> dict[str, int]:
        """Return polls, files, corrupt of the store so far, and poll another one."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the reader has no pipes")
        self._process.stdin.write(f"{store}\n")
        self._process.stdin.flush()
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found

    def stop(self) -> dict[str, int]:
        """Return polls, files, corrupt."""
        self._process.send_signal(signal.SIGTERM)
        out, _ = self._process.communicate(timeout=60)
        if not out:  # it was ended before it had begun
            return {"polls": 0, "files": 0, "corrupt": 0}
        last: dict[str, int] = json.loads(out)
        return last


def recover(store: Path) -> float:
    """Do what the next collector does at its start; returns the seconds until all is sealed."""
    began = time.monotonic()
    again = DirectoryStore(store)
    again.open()
    again.close()
    return time.monotonic() - began


def committed(store: Path, record: str) -> Counter[int]:
    """Return how often each number is in the store."""
    reader = Reader(store, FileKeyring(keys_beside(store)))
    column = "flow" if record == FLOWS else "offered"
    found: Counter[int] = Counter()
    for day in reader.manifest.days(record):
        for batch in reader.batches(reader.segments(record, day), [column]):
            values, counts = np.unique(batch[0].to_numpy(), return_counts=True)
            found.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    return found


@dataclass
class Outcome:
    """Sums over all lives."""

    kills: int = 0
    at_calls: int = 0
    """Kills of these that a system call brought."""
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    oldest_unacknowledged_s: float = 0.0
    slowest_recovery_s: float = 0.0
    corrupt: int = 0
    polls: int = 0
    files_polled: int = 0
    failed_starts: int = 0

    def compare(self, store: Path, ledger: Ledger) -> None:
        """Count what is missing and what is there twice."""
        for record in (FLOWS, LINK):
            found = committed(store, record)
            told = ledger.acknowledged[record]
            self.acknowledged += len(told)
            self.lost += len(told - found.keys())
            self.duplicated += sum(1 for times in found.values() if times > 1)

    def age(self, store: Path, ledger: Ledger, killed_at: float) -> None:
        """Note how old the oldest slice was that the kill took."""
        found = committed(store, FLOWS)
        ages = [killed_at - at for low, _, at in ledger.given if low not in found]
        self.oldest_unacknowledged_s = max([self.oldest_unacknowledged_s, *ages])

    def poll(self, said: dict[str, int]) -> None:
        """Add what a poller saw."""
        self.polls += said["polls"]
        self.files_polled += said["files"]
        self.corrupt += said["corrupt"]

    def holds(self) -> bool:
        """Say whether the promises were kept."""
        return not (
            self.lost
            or self.duplicated
            or self.corrupt
            or self.failed_starts
            or self.oldest_unacknowledged_s > 5
            or self.slowest_recovery_s > 10
        )

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        rounded = {n: round(v, 3) if isinstance(v, float) else v for n, v in vars(self).items()}
        return {**rounded, "holds": self.holds()}


def strace(calls: str, fault: str, log: Path | str = "/dev/null") -> tuple[str, ...]:
    """Return the command that injects a fault into every thread of what follows.

    With --seccomp-bpf only the traced calls stop a process, but the kernel then drops the signal that strace
    wants to inject (it is no stop at which ptrace takes one): a kill needs the slow way.
    """
    fast = () if "signal=" in fault else ("--seccomp-bpf",)
    return (
        *("strace", "-f", "-qq", *fast, "-y", "-o", str(log)),
        *("-e", f"trace={calls}", "-e", f"inject={calls}:{fault}"),
    )


def in_own_mounts(module: str) -> None:
    """Start this program again where nobody else sees its mounts (or keeps them busy)."""
    if os.environ.get("STORE_OWN_MOUNTS") is None:
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", module]
        environment = {**os.environ, "STORE_OWN_MOUNTS": "1"}
        os.execvpe(command[0], [*command, *sys.argv[1:]], environment)  # noqa: S606 - ourselves, no shell


def gaps(store: Path) -> Counter[str]:
    """Return how often each reason stands in the manifest."""
    return Counter(gap.reason.partition(":")[0] for gap in Manifest(store).gaps())


def tidied(store: Path) -> dict[str, int]:
    """Let `jauge store tidy` do its work."""
    return tidy(store, now_us=lambda: time.time_ns() // 1_000)


def seeded(seed: int) -> random.Random:
    """Return the randomness of a run: its seed stands in the record."""
    return random.Random(seed)  # noqa: S311 - no secret
