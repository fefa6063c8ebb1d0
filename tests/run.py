"""`make test` and `make check`: each step in turn, every failure shown, one verdict at the end.

`python -m tests.run fast` leaves out what is live, slow or in a browser.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
_ALONE = "not live and not browser"
TESTS = {
    "fast": [
        ("tests", [*_PYTEST, "-n", "2", "-m", "not live and not slow and not browser"]),
    ],
    "all": [
        ("tests", [*_PYTEST, "-n", "2", "-ra", SLOWEST, "-m", f"({_ALONE}) or patient"]),
        # One after the other: they measure drops, and share what a machine has only once. A browser
        # leaves them half of the machine, and measures nothing.
        ("traffic", [*_PYTEST, "-ra", SLOWEST, "-m", "live and not patient"]),
        ("browser", [*_PYTEST, "-ra", SLOWEST, "-m", "browser"]),
    ],
}  # fmt: skip
BESIDE = {"browser": "traffic"}
"""A step that runs beside the one before it; what it prints is shown after that one."""


CACHE = Path(".pytest_cache")
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
    call the product broken. Names of whole files (a module that cannot be read) are never tried again.
    """
    return _passes(tried(command, cache)) or passes_again(cache)


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
    waiting = dict(steps)
    for name, command in steps:
        if name not in waiting:
            continue
        beside = [other for other, first in BESIDE.items() if first == name and other in waiting]
        with ExitStack() as stack:
            others = [
                (one, stack.enter_context(_begun(waiting.pop(one), CACHE / one))) for one in beside
            ]
            started = time.monotonic()
            print(f"== {name}", flush=True)
            fine = passes(command, CACHE / name) if command[:3] == _PYTEST else _passes(command)
            print(f"   {time.monotonic() - started:.1f} s", flush=True)
            failed += [] if fine else [name]
            for one, wait in others:
                failed += [] if wait(one) else [one]
    return failed


@contextmanager
def _begun(command: list[str], cache: Path) -> Iterator[Callable[[str], bool]]:
    """Begin a step of tests; gives what waits for it, shows what it printed, and says whether it passed."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(tried(command, cache), stdout=said, stderr=said)

        def wait(name: str) -> bool:
            fine = process.wait() == 0
            said.seek(0)
            print(f"== {name}\n{said.read()}   {time.monotonic() - started:.1f} s", flush=True)
            return fine or passes_again(cache)

        try:
            yield wait
        finally:
            process.kill()
            process.wait()


def main(part: str) -> int:
    """Run the steps; returns the number of failed ones."""
    if part == "all":
        programs.main()
        # Once, beside the lint, which keeps one core busy; otherwise several tests compile it.
        compiling = [PYTHON, "-m", "collector.compile", "--quiet"]
        with subprocess.Popen(compiling, env={**os.environ, **CHECKED}):
            failed = _run(LINT)
        failed += _run(TESTS[part])
    else:
        failed = _run([*LINT, *TESTS[part]])
    print("failed: " + ", ".join(failed) if failed else "all green", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
