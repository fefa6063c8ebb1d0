"""`jauge release` under a clock that jumped: a day that only seems to be over is not drawn for ever."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from cli.records import guard_of, log_of
from privacy.clock import ClockGuard, read_clocks
from tests.analyzer_release.examples import MONDAY, declare, slice_row, write_part
from tests.support.acknowledged import acknowledge

pytestmark = pytest.mark.slow


@pytest.fixture(name="paths")
def _paths(tmp_path):
    store = tmp_path / "store"
    write_part(store, "flows", MONDAY, [slice_row(MONDAY, "09:05", 1, "atrium-sud.fr")])
    acknowledge(store, declare(tmp_path / "school"))
    return store, tmp_path / "school"


def release(paths) -> Exit | int:
    store, school = paths
    command = ["release", "--store", str(store), "--school", str(school), "--json"]
    result = CliRunner().invoke(app, command)
    if isinstance(result.exception, Refusal):
        assert "--confirm-clock" in result.exception.message
        return result.exception.code
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code


@pytest.mark.parametrize("jump_s", [-86_400, 86_400], ids=["a day back", "a day ahead"])
def test_nothing_is_released_until_somebody_says_that_the_clock_is_right(paths, jump_s):
    store, _ = paths
    before = replace(read_clocks(), wall_s=read_clocks().wall_s - jump_s)
    assert ClockGuard(store, lambda: before).believed()
    assert release(paths) == Exit.FINDINGS
    assert not list(store.rglob("releases/*/*.json"))
    assert not (store / "private" / "ledger.jsonl").exists()
    guard_of(store, log_of(store)).confirm()
    assert release(paths) == Exit.OK
    assert list(store.rglob("releases/*/*.json"))
