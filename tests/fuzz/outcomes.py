"""Run inputs through their targets and print what each did.

    python -m tests.fuzz.outcomes TARGET DIRECTORY…
    python -m tests.fuzz.outcomes some TARGET=DIRECTORY…
    python -m tests.fuzz.outcomes all tests/fuzz/regressions

Run twice, compiled and with NUMBA_DISABLE_JIT=1, the answers must be equal. JSON comes out: for each file a digest of all that was seen, or what went wrong; the slowest, and the most
memory that any of them took.
"""

import hashlib
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz import plain
from tests.fuzz.targets import TARGETS
from tests.fuzz.walking import is_plain
from tests.support.memory import memory_of, reset_peak

SECONDS_PER_MB = 1.0
TRIES = 3
"""An input is slow if it is slow each time."""
GROWTH_BYTES = 64 << 20


def try_input(name: str, data: bytes) -> tuple[str, str]:
    """Return (digest, "") or ("", what went wrong)."""
    try:
        seen = TARGETS[name].run(data)
    except Exception as error:  # noqa: BLE001 - any exception is what we look for
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno} {where.name}"
        return "", f"{type(error).__name__}: {error} ({place})"
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16], ""


def run_all(name: str, paths: list[Path]) -> dict[str, Any]:
    """Run all files of one target."""
    digests, problems = {}, {}
    slowest = growth = 0.0
    for path in paths:
        data = path.read_bytes()
        allowed = TARGETS[name].settle_s + SECONDS_PER_MB * len(data) / 1_000_000
        for _ in range(TRIES):
            reset_peak()
            before, started = memory_of("VmRSS"), time.process_time()
            digest, problem = try_input(name, data)
            spent = time.process_time() - started
            grown = max(0, memory_of("VmHWM") - before)
            if spent <= allowed or is_plain():
                break
        slowest, growth = max(slowest, spent), max(growth, grown)
        if not problem and spent > allowed and not is_plain():
            problem = f"{spent:.3f} s for {len(data):,} octets"
        if not problem and grown > GROWTH_BYTES:
            problem = f"{grown >> 20} MiB of memory"
        if problem:
            problems[path.name] = problem
        digests[path.name] = digest
    return {
        "target": name,
        "plain": is_plain(),
        "inputs": len(paths),
        "slowest_s": round(slowest, 4),
        "growth_mib": round(growth / 2**20, 1),
        "problems": problems,
        "digests": digests,
    }


def files_in(directories: list[str]) -> list[Path]:
    """Return the inputs of some directories, in a fixed order."""
    return sorted(path for name in directories for path in Path(name).iterdir() if path.is_file())


def _warm(name: str) -> None:
    for seed in TARGETS[name].seeds():
        try_input(name, seed)


def main(target: str, directories: list[str]) -> None:
    """Warm up, so that no input is charged for compiling, then run."""
    if is_plain():
        plain.uncompile()
    if target == "all":  # one directory, with a folder for each target
        folders = sorted(path for path in Path(directories[0]).iterdir() if path.is_dir())
        reports = [run_all(folder.name, files_in([str(folder)])) for folder in folders]
        sys.stdout.write(json.dumps(reports) + "\n")
        return
    if target == "some":  # TARGET=DIRECTORY…
        found = []
        for name, _, directory in (place.partition("=") for place in directories):
            _warm(name)
            found.append(run_all(name, files_in([directory])))
        sys.stdout.write(json.dumps(found) + "\n")
        return
    _warm(target)
    sys.stdout.write(json.dumps(run_all(target, files_in(directories))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
