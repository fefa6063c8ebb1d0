"""`python -m tests.coverage_privacy`: every branch of `privacy/` is taken by some test, or exit 1.

Takes a minute and a half of one core, so it is a command of its own and no part of `make test`. Tests of
other rooms that are the only ones to pass somewhere belong in the list; better is a test of `privacy/`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "tests/privacy",
    "tests/store/test_commit.py",
    "tests/store/test_keys_at_rest.py",
    "tests/store/test_merge.py",
    "tests/store/test_directory.py",
    "tests/store/test_space_and_status.py",
)
"""Short tests of what the room holds."""


def main() -> int:
    """Run the tests under coverage; print what is missed."""
    with tempfile.TemporaryDirectory(prefix="jauge-coverage-") as scratch:
        environment = os.environ | {"COVERAGE_FILE": str(Path(scratch) / "data")}
        coverage = [sys.executable, "-m", "coverage"]
        run = [*coverage, "run", "--branch", "--source", "privacy", "-m", "pytest", "-q", *TESTS]
        tests = subprocess.run(run, cwd=ROOT, env=environment, check=False)
        if tests.returncode:
            return 1
        report = [*coverage, "report", "--show-missing", "--skip-covered", "--fail-under", "100"]
        return int(subprocess.run(report, cwd=ROOT, env=environment, check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
