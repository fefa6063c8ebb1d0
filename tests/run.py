"""`make test` and `make check`: each step in turn, every failure shown, one verdict at the end.

`python -m tests.run fast` leaves out what is live, slow or in a browser.
"""

import os
import subprocess
import sys
import time

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
        # One after the other: they measure drops, and share what a machine has only once.
        ("tests with traffic and browser",
         [*_PYTEST, "-ra", SLOWEST, "-m", f"not ({_ALONE}) and not patient"]),
    ],
}  # fmt: skip


def _run(steps: list[tuple[str, list[str]]]) -> list[str]:
    """Run the steps one after the other; returns the names of those that failed."""
    failed = []
    for name, command in steps:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
        print(f"   {time.monotonic() - started:.1f} s", flush=True)
    return failed


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
