"""Every regression stays mended, compiled and not; each target is searched for a few seconds.

JAUGE_FUZZ_S says for how many; `make fuzz` is the long form.
"""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.fuzz import run
from tests.fuzz.targets import TARGETS

SECONDS = int(os.environ.get("JAUGE_FUZZ_S", "3"))
PROMISED = {
    "pcap", "pcapng", "link", "dns", "tls", "quic", "netflow5", "netflow9", "ipfix", "sflow",
}  # fmt: skip
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
needs_atheris = pytest.mark.skipif(
    not HAS_ATHERIS,
    reason="atheris has wheels for Linux on x86-64 and Python 3.11 to 3.13 only",
)


def test_every_promised_parser_is_a_target():
    assert set(TARGETS) >= PROMISED


def test_each_folder_of_regressions_belongs_to_a_target():
    assert {path.name for path in run.REGRESSIONS.iterdir()} <= set(TARGETS)


def test_a_search_begins_small_however_large_the_tests_that_start_it_have_become():
    large = bytearray(300 << 20)
    large[::4096] = b"x" * len(large[::4096])
    peak = "import resource as r; print(r.getrusage(r.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [*run.AFRESH, sys.executable, "-c", peak], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100 << 10  # KiB


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_regression_stays_mended_and_does_the_same_compiled_and_uncompiled():
    shipped, plain = run.regressions({}), run.regressions(run.PLAIN)
    assert [report["problems"] for report in (*shipped, *plain) if report["problems"]] == []
    assert [report["digests"] for report in shipped] == [report["digests"] for report in plain]
    assert sum(report["inputs"] for report in shipped) == len([*run.REGRESSIONS.glob("*/*.bin")])


@pytest.mark.skipif(HAS_ATHERIS, reason="the search below does the same with seeds and findings")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TARGETS)
def test_seeds_do_the_same_as_shipped_with_bounds_checks_and_uncompiled(name, tmp_path):
    run.prepare(name, tmp_path)
    result = run.confirm([name], tmp_path)[name]
    assert result["problems"] == {}
    assert result["inputs"] >= len(set(TARGETS[name].seeds()))


@needs_atheris
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("names", run.halves(), ids="-".join)
def test_a_few_seconds_of_search_find_nothing(names, tmp_path):
    """Half of the targets at a time, whose corpora are then confirmed together: loading the loop costs more."""
    results = run.fuzz_all(names, SECONDS, tmp_path)
    assert [one["target"] for one in results] == list(names)
    assert {one["target"]: one["problems"] for one in results if one["problems"]} == {}
    assert all(one["executions"] >= SECONDS for one in results), "nothing was searched"
    assert all(one["inputs"] >= len(set(TARGETS[one["target"]].seeds())) for one in results)
