"""engine.yaml: what is wrong is told with file, line and column; no endpoint sends days in the clear."""

import pytest

from analyzer.engines import EMBEDDED, EngineRefused, EngineSettings, opened
from analyzer.engines.settings import FILE
from cli.declared import engine_of, school_or_refusal
from cli.exits import Exit, Refusal
from tests.school.declared import directory


def declared(tmp_path, text):
    written = directory(tmp_path / "school")
    (written / FILE).write_text(text)
    return written


def test_without_the_file_duckdb_analyses(tmp_path):
    assert engine_of(directory(tmp_path / "school")) == EMBEDDED
    assert EMBEDDED.engine == "duckdb"


@pytest.mark.parametrize(
    "endpoint",
    ["sc://127.0.0.1:50051", "sc://[::1]:15002", "sc://localhost:1", "spark://10.0.0.5:7077",
     "sc://spark.example.org:15002/;use_ssl=true"],
)  # fmt: skip
def test_endpoints_of_spark_connect_and_of_a_standalone_master_are_known(tmp_path, endpoint):
    found = engine_of(declared(tmp_path, f'engine: spark\nendpoint: "{endpoint}"\n'))
    assert (found.engine, found.endpoint) == ("spark", endpoint)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("engine: duck\n", "1:9", "`duck` is unknown for `engine`"),
        ("memory_mib: 4096\nengine: spark\n", "2:9", "needs `endpoint: sc://host:port`"),
        ("engine: spark\nendpoint: http://a:1\n", "2:11", "no endpoint of an engine"),
        ("engine: spark\nendpoint: sc://127.0.0.1:70000\n", "2:11", "no endpoint of an engine"),
        ("engine: spark\nendpoint: sc://10.1.2.3:15002\n", "2:11", "in the clear"),
        ("slices: /srv/flows\n", "1:9", "every executor can open"),
        ("secret: here\n", "1:9", "whole path"),
        ("memory_mib: 12\n", "1:13", "at least 512"),
        ("motor: spark\n", "1:1", "not a key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_by_check_and_by_analyze(tmp_path, text, place, said):
    written = declared(tmp_path, text)
    for asked in (engine_of, school_or_refusal):
        with pytest.raises(Refusal) as refusal:
            asked(written)
        assert refusal.value.code == Exit.CONFIGURATION
        assert f"{FILE}:{place}" in str(refusal.value)
        assert said in str(refusal.value)


def test_nobody_at_the_endpoint_is_told_at_once(tmp_path):
    settings = EngineSettings(engine="spark", endpoint="sc://127.0.0.1:9")
    with pytest.raises(EngineRefused, match="nobody answers there"), opened(settings):
        pass
