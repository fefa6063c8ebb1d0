"""What every live test stands on: a packet loop that was compiled before, as set-up leaves it."""

import subprocess
import sys

import pytest

from tests.support.processes import ROOT

COMPILES_S = 110


@pytest.fixture(scope="session", autouse=True)
def compiled_loop() -> None:
    """Compile the loop when its sources are new (half a minute), so that no capture waits for it."""
    command = [sys.executable, "-m", "collector.compile"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=COMPILES_S, capture_output=True)
