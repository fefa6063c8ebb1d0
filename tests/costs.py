"""What each test costs in processor time, and which ones `make check` therefore leaves to `make test`.

    python -m tests.costs        measures (some minutes, one process), writes tests/costly.txt

As a plugin of pytest (`-p tests.costs`) it measures; processor time, with that of children, because a clock
would also measure what else the machine does. A test that is not in the list is new: it runs in `make check`
until the next measurement.
"""

import collections
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COSTLY = Path(__file__).with_name("costly.txt")
MOST_S = 0.12
"""Processor seconds of a test function, all of its cases together: so the rest takes under a minute on two cores."""
HEAD = f"""\
# Test functions that cost more than {MOST_S} s of processor time, all cases together. `make check` leaves them out,
# `make test` runs them. Written by `python -m tests.costs`.
"""
_OUT = "JAUGE_TEST_COSTS"


def function_of(nodeid: str) -> str:
    """Return a test's name without its case."""
    return nodeid.partition("[")[0]


def costly() -> frozenset[str]:
    """Return the functions that are left out."""
    lines = COSTLY.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure one test with its fixtures; a shared one counts for whoever comes first."""
    began = _cpu_s()
    try:
        return (yield)
    finally:
        if _OUT in os.environ:
            with Path(os.environ[_OUT]).open("a", encoding="utf-8") as out:
                out.write(f"{_cpu_s() - began:.3f} {item.nodeid}\n")


def listed(measured: str) -> str:
    """Return the list's text.

    Args:
        measured: a line `SECONDS NODEID` for each test that ran.
    """
    sums: dict[str, float] = collections.defaultdict(float)
    for line in measured.splitlines():
        seconds, nodeid = line.split(" ", 1)
        sums[function_of(nodeid)] += float(seconds)
    return HEAD + "".join(f"{name}\n" for name, s in sorted(sums.items()) if s > MOST_S)


def main() -> int:
    """Measure, write."""
    from tests.run import FAST

    out = Path(".pytest_cache") / "costs"
    out.parent.mkdir(exist_ok=True)
    out.write_text("")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-p",
        "tests.costs",
        "-p",
        "no:randomly",
        "-m",
        FAST,
    ]
    code = subprocess.run(command, check=False, env={**os.environ, _OUT: str(out)}).returncode
    if code == 0:
        COSTLY.write_text(listed(out.read_text("utf-8")), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
