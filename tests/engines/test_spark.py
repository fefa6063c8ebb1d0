"""The same digests on a standalone Spark with two workers, where Java and deploy/spark/install.sh have been.

deploy/spark/install.sh && python -m pytest -p no:xdist tests/engines/test_spark.py
"""

import shutil
import subprocess

import pytest

from analyzer.engines import EngineRefused, EngineSettings, opened, remote
from tests.engines import hostile
from tests.engines.asking import committed, question, table_of
from tests.engines.test_parity import by_definition, by_engine
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow
SCRIPTS = ROOT / "deploy" / "spark"
THERE = shutil.which("java") and (ROOT / ".venv-spark" / "bin" / "spark-submit").exists()


@pytest.fixture(name="spark_settings", scope="module")
def _spark_settings(tmp_path_factory):
    if not THERE:
        pytest.skip("Spark is not here: Java 17, then deploy/spark/install.sh (434 MB)")
    run = tmp_path_factory.mktemp("spark")
    try:
        subprocess.run([SCRIPTS / "start.sh", run], check=True, timeout=400)
        lines = (run / "engine.yaml").read_text().splitlines()
        yield EngineSettings(**dict(line.split(": ", 1) for line in lines))
    finally:
        subprocess.run([SCRIPTS / "stop.sh", run], check=True)


@pytest.fixture(name="spark", scope="module")
def _spark(spark_settings):
    with opened(spark_settings) as engine:
        yield question(engine)


@pytest.mark.parametrize("made", hostile.DAYS, ids=lambda made: made.__name__)
def test_spark_and_definition_agree_on_a_hostile_day(spark, made, tmp_path):
    rows, day, states = made()
    parts = [table_of(rows[::2]), table_of(rows[1::2])] if rows else []
    expected = by_definition(rows, day, states)
    if not parts:
        assert expected["uses"] == []
        return
    with committed(tmp_path / "store", parts) as slices:
        assert by_engine(spark, slices, day, states) == expected


def test_spark_and_definition_agree_on_a_random_day(spark, tmp_path):
    rows, day, states = hostile.drawn(41, 300)
    with committed(tmp_path / "store", [table_of(rows)]) as slices:
        assert by_engine(spark, slices, day, states) == by_definition(rows, day, states)


def test_a_spark_that_would_write_in_the_clear_is_refused(spark_settings, monkeypatch):
    monkeypatch.setattr(remote, "ENCRYPTED", "spark.jauge.no.such.setting")
    with pytest.raises(EngineRefused, match="in the clear to its disks"), opened(spark_settings):
        pass
