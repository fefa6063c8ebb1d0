"""faketime: whatever the wall clock says, nothing is deleted and no key ends until a person says so."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.exits import Exit
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from tests.analyzer_retention.killed import KEPT, PARIS, SCHOOL, slices_of
from tests.support.acknowledged import log_of
from tests.support.needs import need
from tests.support.processes import ROOT
from tests.support.stores import commit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ENVIRONMENT = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
"""A wall clock that jumps leaves the machine's own clock alone."""


def purge(store, *options: str, shift: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "purge", "--store", str(store), "--school", str(SCHOOL)]
    if shift is not None:
        command = [need("faketime", "faketime"), "-f", shift, *command]
    return subprocess.run(
        [*command, *options], cwd=ROOT, env={**os.environ, **ENVIRONMENT},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def seeded(root: Path) -> Path:
    """Return a store of eight kept days whose clock was believed a moment ago."""
    today = datetime.now(PARIS).date()
    for age in range(KEPT):
        day = today - timedelta(days=age)
        commit(root, "flows", day, slices_of(day, 0))
    assert purge(root).returncode == 0
    return root


@pytest.fixture
def store(tmp_path):
    return seeded(tmp_path / "store")


@pytest.mark.parametrize("shift", ["-1h", "+1d", "+10y"])
def test_a_jump_of_the_clock_deletes_nothing(shift, store):
    keys = FileKeyring(keys_beside(store))
    before = sorted(store.rglob("*.parquet")), keys.days()
    done = purge(store, shift=shift)
    assert done.returncode == int(Exit.FINDINGS), done.stderr
    assert "nothing is deleted" in done.stderr
    assert "--confirm-clock" in done.stderr
    assert (sorted(store.rglob("*.parquet")), keys.days()) == before
    assert purge(store).returncode == 0, "the clock came back"
    kinds = [e.kind for e in log_of(store).entries() if "clock" in e.kind or "key" in e.kind]
    assert kinds == ["clock_jumped", "clock_agreed"]


def test_the_control_a_confirmed_clock_deletes_what_is_old_then(store):
    done = purge(store, "--confirm-clock", shift="+1d")
    assert done.returncode == 0, done.stderr
    assert len(FileKeyring(keys_beside(store)).erased()) == 1
