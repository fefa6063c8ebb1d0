"""The compiled code with bounds checking: no octet is read outside, whatever a file holds.

Compiling with the checks takes half a minute of processor time; the result is kept beside the
ordinary cache, so it is paid once for each change of the loop (`tests.run` pays it beforehand).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.captures.foreign import CAPTURES, MALFORMED, needs_captures, needs_malformed
from tests.support.checked import CHECKED, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLAIN = {
    "test_attendance.py", "test_custody.py", "test_holder.py", "test_keys.py",
    "test_outages.py", "test_reduce.py",
}  # fmt: skip
"""Nothing compiled runs in them: keys, messages of the key holder, days; bounds checks would change nothing."""


def hammer(tmp_path, *folders):
    done = subprocess.run(
        [sys.executable, "-m", "tests.collector.hammer", "1", tmp_path / "input", *folders],
        cwd=ROOT, env={**os.environ, **CHECKED}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["bounds_checked"]
    assert report["compiled"]
    assert report["problems"] == []
    assert set(report["outcomes"]) <= {"read", "faulty", "refused"}
    return report


@needs_malformed
def test_malformed_captures_whole_cut_and_mutated(tmp_path):
    report = hammer(tmp_path, MALFORMED / "tcpdump", MALFORMED / "ndpi_reader")
    assert report["inputs"] == 477 * 6


@needs_captures
def test_captures_of_ndpi_whole_cut_and_mutated(tmp_path):
    report = hammer(tmp_path, CAPTURES)
    assert report["inputs"] == 273 * 6


def test_the_other_tests_of_the_collector_under_the_same_checks():
    """Parsers byte by byte, generated packets, floods: each test of compiled code again, with bounds checked."""
    compiled = [
        str(path)
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        if path.name not in PLAIN
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", *compiled, "-m", "not slow", "-x", "-p",
         "no:cacheprovider"],
        cwd=ROOT, env={**os.environ, **CHECKED}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:]
