"""`endpoint: spark://…`: a standalone master, asked by a driver in the analyzer's own process.

deploy/spark/install.sh && python -m pytest -p no:xdist tests/engines/test_standalone.py
"""

import json
import os
import socket
import subprocess
import sysconfig

import pytest

from analyzer.engines import EngineRefused, EngineSettings, opened
from tests.engines.test_spark import SCRIPTS, THERE
from tests.support.processes import ROOT


def clean():
    """What a shell has: a client of Connect in this process has left its mode in the environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}


def test_a_client_of_connect_alone_is_told_what_a_standalone_master_needs():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        endpoint = f"spark://127.0.0.1:{listening.getsockname()[1]}"
        settings = EngineSettings(engine="spark", endpoint=endpoint)
        with (
            pytest.raises(EngineRefused, match="needs Java 17 and the whole of pyspark"),
            opened(settings),
        ):
            pass


@pytest.mark.slow
@pytest.mark.skipif(
    not THERE, reason="Spark is not here: Java 17, then deploy/spark/install.sh (434 MB)"
)
def test_a_standalone_master_and_the_definition_agree(tmp_path):
    run = tmp_path / "spark"
    try:
        subprocess.run(
            [SCRIPTS / "start.sh", run],
            check=True,
            timeout=400,
            env={**clean(), "CONNECT": "no"},
        )
        asked = subprocess.run(
            [
                ROOT / ".venv-spark" / "bin" / "python", "-m", "tests.engines.driven",
                run / "engine.yaml", tmp_path / "store", sysconfig.get_path("purelib"),
            ],
            check=False, capture_output=True, text=True, timeout=400, cwd=ROOT,
            env={**clean(), "SPARK_CONF_DIR": str(run / "conf"), "SPARK_LOCAL_IP": "127.0.0.1"},
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr[-2000:]
        said = json.loads(asked.stdout.splitlines()[-1])
        assert said["found"] == said["expected"]
    finally:
        subprocess.run([SCRIPTS / "stop.sh", run], check=True)
