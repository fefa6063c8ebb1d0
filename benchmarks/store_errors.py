"""Errors of single calls: EIO, ENOSPC, EINTR and short writes on each of the first N of their kind.

    python -m benchmarks.store_errors --first 30

strace makes the N-th write (sync, rename) of every thread of the writer fail. Afterwards: was anything
committed of a file that had an error, is everything acknowledged there once, did the process live.

The store's clock runs so fast, and it lies in memory (what a sync costs is not the question here), that
thirty calls of each kind come within some seconds; one reader polls one store after the other, because
its start would cost as much as a run.
"""

import argparse
import json
import re
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.store_harness import Ledger, Outcome, Poller, Writer, gaps, recover, strace
from privacy.store.layout import FLOWS, LINK
from privacy.store.manifest import Manifest

KINDS = {
    "write": "write,pwrite64",
    "sync": "fsync,fdatasync",
    "rename": "rename,renameat,renameat2",
}
ERRORS = ("EIO", "ENOSPC", "EINTR")
SECONDS = 40
FLUSHES = {"write": 14, "sync": 14, "rename": 40}
"""After so many the writer ends: by then each of thirty calls has come, however slow the machine is."""
FLUSH = {"write": "0.1", "sync": "0.1", "rename": "0.04"}
PLACE = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
FAST = {"write": 1_500, "sync": 1_500, "rename": 6_000}
"""Seconds of the store's clock in one: a spool of two frames, or of one, becomes a segment (one rename)."""
_INJECTED = re.compile(
    r"(?:write|pwrite64|fsync|fdatasync)\(\d+<([^>]*)>.*= -1 (\w+) .*\(INJECTED\)"
)
_RENAMED = re.compile(r'rename\w*\((?:AT_FDCWD\S* )?"([^"]+)", (?:AT_FDCWD\S* )?"([^"]+)".*\) = 0')


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    kind: str
    error: str
    """A name of errno, or `short`."""
    number: int


def cases(first: int) -> list[Case]:
    """Return every combination."""
    numbers = range(1, first + 1)
    failing = [Case(kind, error, n) for kind in KINDS for error in ERRORS for n in numbers]
    return [*failing, *(Case("write", "short", n) for n in numbers)]


def committed_after_error(log: str, store: Path) -> int:
    """Count the committed files of which a write or a sync failed (EINTR did nothing, and is no error)."""
    poisoned = {path for path, error in _INJECTED.findall(log) if error != "EINTR"}
    visible = {
        str(store / segment.path)
        for record in (FLOWS, LINK)
        for segment in Manifest(store).segments(record)
    }
    final = {new for old, new in _RENAMED.findall(log) if old in poisoned}
    return len((final | poisoned) & visible)


def one(case: Case, poller: Poller | None = None) -> tuple[Outcome, dict[str, Any]]:
    """Run one case; returns its outcome and what else was seen.

    Args:
        case: what fails.
        poller: goes on with another store afterwards; None: one is made for this case.
    """
    with tempfile.TemporaryDirectory(dir=PLACE if PLACE.is_dir() else None) as scratch:
        store, log = Path(scratch) / "store", Path(scratch) / "log"
        ledger, outcome = Ledger(), Outcome()
        recover(store)  # the manifest is there: its making is not what is looked at
        options = ["--seconds", str(SECONDS), "--flush", FLUSH[case.kind], "--rate", "400"]
        options += ["--flushes", str(FLUSHES[case.kind])]
        options += ["--fast", str(FAST[case.kind])]
        before: tuple[str, ...] = ()
        if case.error == "short":
            options += ["--short-write", str(case.number)]
        else:
            calls = KINDS[case.kind]
            before = strace(calls, f"error={case.error}:when={case.number}", log)
        watching = poller or Poller(store)
        watching.go_on(store)
        writer = Writer(store, 0, ledger, *options, before=before)
        ended = writer.end(60)
        seen = log.read_text("utf-8", "replace") if log.exists() else ""
        code = writer.process.returncode
        outcome.kills = 1
        if Manifest(store).exists():
            outcome.slowest_recovery_s = recover(store)
            outcome.compare(store, ledger)
        outcome.failed_starts = int(not ended)
        outcome.poll(watching.go_on(Path(scratch) / "none") if poller else watching.stop())
        return outcome, {
            "case": f"{case.error} on {case.kind} {case.number}",
            "injected": seen.count("(INJECTED)"),
            "committed_after_error": committed_after_error(seen, store)
            if outcome.acknowledged
            else 0,
            "exit_code": code,
            "gaps": dict(gaps(store)) if Manifest(store).exists() else {},
        }


_OWN = threading.local()


def _with_own_poller(case: Case) -> tuple[Outcome, dict[str, Any]]:
    if not hasattr(_OWN, "poller"):
        _OWN.poller = Poller(Path("/nonexistent"))
    return one(case, _OWN.poller)


def main() -> None:
    """Print the sums; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for outcome, seen in pool.map(_with_own_poller, cases(options.first)):
            total.update({n: v for n, v in vars(outcome).items() if isinstance(v, int)})
            total["injected"] += seen["injected"]
            total["runs_with_an_error"] += seen["injected"] > 0 or "short" in seen["case"]
            total["committed_after_error"] += seen["committed_after_error"]
            codes[seen["exit_code"]] += 1
            reasons.update(seen["gaps"])
            if not outcome.holds() or seen["committed_after_error"] or seen["exit_code"]:
                print(json.dumps({**seen, **outcome.as_dict()}), file=sys.stderr, flush=True)
    bad = sum(total[n] for n in ("lost", "duplicated", "corrupt", "committed_after_error"))
    summary = {**total, "runs": total["kills"], "exit_codes": codes, "gaps": reasons}
    print(json.dumps({**summary, "holds": bad == 0}))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
