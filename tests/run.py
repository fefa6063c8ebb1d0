"""`make test` and `make check`: each step in turn, every failure shown, one verdict at the end.

`python -m tests.run fast` leaves out what is live, slow or in a browser.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import programs
from tests.support.checked import CHECKED

PYTHON = sys.executable

ENGLISH = ["privacy", "collector", "analyzer", "benchmarks", "docs", "README.md", "CHANGELOG.md"]
"""Where the spelling is checked; the other rooms hold French words on purpose."""
LINT = [
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("lint", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
    ("types", [PYTHON, "-m", "mypy"]),
    ("spelling", [PYTHON, "-m", "codespell_lib", *ENGLISH]),
]
_PYTEST = [PYTHON, "-m", "pytest"]
SLOWEST = "--durations=12"
"""Whoever makes the tests slow sees it."""
_SENDS = "live or browser"
FAST = f"not slow and not ({_SENDS})"
TESTS = {
    "fast": [
        ("tests", [*_PYTEST, "-n", "2", "--quick", "-m", FAST]),
    ],
    "all": [
        ("tests", [*_PYTEST, "-n", "2", "-ra", SLOWEST, "-m", f"not ({_SENDS})"]),
        # Each in namespaces of its own, and mostly waiting: two modules at a time.
        ("traffic and browser",
         [*_PYTEST, "-n", "2", "--dist", "loadscope", "-ra", SLOWEST, "-m", f"({_SENDS}) and not alone"]),
        # They measure drops, speed or processor time, which other tests would change.
        ("measurements", [*_PYTEST, "-n", "0", "-ra", SLOWEST, "-m", "alone"]),
    ],
}  # fmt: skip


CACHE = Path(".pytest_cache")
SOME_FAILED = 1
"""pytest's exit code when all tests ran and some failed."""
AGAIN = 3
"""So many failures may be the machine's doing, which others use too; more are ours."""


def _passes(command: list[str]) -> bool:
    return subprocess.run(command, check=False).returncode == 0


def failures(cache: Path) -> list[str]:
    """Return the names of the tests that pytest remembers as failed."""
    remembered = cache / "v/cache/lastfailed"
    return sorted(json.loads(remembered.read_text())) if remembered.exists() else []


def tried(command: list[str], cache: Path) -> list[str]:
    """Return the command of pytest with its memory of failures, emptied, in a place of its own."""
    (cache / "v/cache/lastfailed").unlink(missing_ok=True)
    return [*command, "-o", f"cache_dir={cache}"]


def passes(command: list[str], cache: Path = CACHE / "all") -> bool:
    """Run pytest; the few tests that failed run once more, alone, and are named if they pass.

    Many tests measure what a real kernel and real programs do, beside other work of the machine. One that
    fails beside others and passes alone is *unsteady*: a bug of the test, to be mended, and no reason to
    call the product broken. Names of whole files (a module that cannot be read) are never tried again,
    nor is a run that ended before its end.
    """
    code = subprocess.run(tried(command, cache), check=False).returncode
    return code == 0 or (code == SOME_FAILED and passes_again(cache))


def passes_again(cache: Path) -> bool:
    """Run the few tests that failed once more; see `passes`."""
    unsteady = failures(cache)
    if not 0 < len(unsteady) <= AGAIN or not all("::" in name for name in unsteady):
        return False
    print(f"== again, alone: {', '.join(unsteady)}", flush=True)
    if not _passes([*_PYTEST, "-n", "0", "-ra", *unsteady]):
        return False
    print(f"unsteady (failed beside others, passed alone): {', '.join(unsteady)}", flush=True)
    return True


def _run(steps: list[tuple[str, list[str]]]) -> list[str]:
    """Run the steps one after the other; returns the names of those that failed."""
    failed = []
    for name, command in steps:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        if not (passes(command, CACHE / name) if command[:3] == _PYTEST else _passes(command)):
            failed.append(name)
        print(f"   {time.monotonic() - started:.1f} s", flush=True)
    return failed


def _told_later(steps: list[tuple[str, list[str]]]) -> tuple[list[str], str]:
    """Run steps beside something that prints; returns the names of those that failed, and what all said."""
    failed, said = [], []
    for name, command in steps:
        started = time.monotonic()
        done = subprocess.run(
            command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said.append(f"== {name}\n{done.stdout}   {time.monotonic() - started:.1f} s")
        if done.returncode != 0:
            failed.append(name)
    return failed, "\n".join(said)


def _beside_each_other(
    lint: list[tuple[str, list[str]]], tests: list[tuple[str, list[str]]]
) -> list[str]:
    """Run the lint beside the tests: types that are read for the first time keep one core for half a minute."""
    with ThreadPoolExecutor(1) as beside:
        linting = beside.submit(_told_later, lint)
        failed_tests = _run(tests)
        failed, said = linting.result()
    print(said, flush=True)
    return failed + failed_tests


def main(part: str) -> int:
    """Run the steps; returns the number of failed ones."""
    # Compiled modules are kept: a thousand processes of ours start in a run, and each would compile
    # what it imports again (collecting the tests alone takes 23 s of a core without, 11 with).
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if part == "all":
        programs.main()
        # Once, beside the lint, which keeps one core busy; otherwise several tests compile it.
        compiling = [PYTHON, "-m", "collector.compile", "--quiet"]
        with subprocess.Popen(compiling, env={**os.environ, **CHECKED}):
            failed = _run(LINT)
        failed += _run(TESTS[part])
    else:
        failed = _beside_each_other(LINT, TESTS[part])
    print("failed: " + ", ".join(failed) if failed else "all green", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
