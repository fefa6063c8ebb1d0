"""deploy/spark: Sail starts from its script, and nothing of it is left after stop.sh."""

import subprocess
from pathlib import Path

import pytest

from analyzer.engines import EngineSettings, opened
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow
SCRIPTS = ROOT / "deploy" / "spark"


def test_sail_listens_and_leaves_neither_process_nor_secret(tmp_path):
    run = tmp_path / "sail"
    try:
        subprocess.run([SCRIPTS / "sail.sh", run], check=True, timeout=120)
        lines = (run / "engine.yaml").read_text().splitlines()
        settings = EngineSettings(**dict(line.split(": ", 1) for line in lines))
        pid, secret = (run / "sail.pid").read_text().strip(), Path(settings.secret)
        assert len(secret.read_bytes()) == 32
        assert secret.stat().st_mode & 0o777 == 0o600
        with opened(settings):
            pass
    finally:
        subprocess.run([SCRIPTS / "stop.sh", run], check=True, timeout=60)
    assert not secret.exists()
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().split(")")[1].split()[0] == "Z"


def test_a_secret_on_a_disk_is_refused(tmp_path):
    place = ROOT / "secret-on-a-disk"
    refused = subprocess.run(
        [SCRIPTS / "secret.sh", place], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "not in memory" in refused.stderr
    assert not place.exists()
