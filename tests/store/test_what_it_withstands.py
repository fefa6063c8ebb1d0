"""Kills, power cuts, full disks, errors of single calls: the short form of `benchmarks/store_*`.

The long forms, with their figures, are in docs/reliability.md.
"""

import os
import subprocess
import sys

import pytest

from benchmarks import store_errors, store_full, store_kill
from benchmarks.store_errors import Case
from benchmarks.store_harness import ROOT, Ledger, Outcome
from tests.store.rows import DAY, opened, slices
from tests.support.needs import need

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket, pytest.mark.timeout(600)]

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems: needs root")


def test_twenty_kills_lose_nothing_that_was_acknowledged():
    need("strace", "strace")
    seed = int.from_bytes(os.urandom(4), "big")
    outcome = store_kill.run(20, seed, longest_s=2.0)
    assert outcome.acknowledged > 0, seed
    assert outcome.at_calls >= 1, "the kills at system calls did not come"
    assert outcome.files_polled > 0, seed
    assert outcome.holds(), (seed, outcome)


def _in_own_mounts(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    if "mount" in done.stderr and "CalledProcessError" in done.stderr:
        pytest.skip("this machine does not let us mount a disk")
    return done


@ROOT_ONLY
def test_five_power_cuts_lose_nothing_that_was_acknowledged():
    need("mkfs.ext4", "e2fsprogs")
    done = _in_own_mounts("benchmarks.store_power", "--cuts", "5")
    assert done.returncode == 0, done.stdout + done.stderr


@ROOT_ONLY
def test_a_full_disk_stops_slices_and_nothing_else():
    done = _in_own_mounts("benchmarks.store_full", "--hold", "5")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "case",
    [
        Case("write", "EIO", 24), Case("write", "ENOSPC", 29), Case("write", "EINTR", 5),
        Case("write", "short", 3), Case("sync", "EIO", 8), Case("sync", "EIO", 14),
        Case("rename", "EIO", 2), Case("rename", "EINTR", 3),
    ],
    ids=lambda case: f"{case.error}-on-{case.kind}-{case.number}",
)  # fmt: skip
def test_nothing_is_committed_of_a_file_that_had_an_error(case):
    need("strace", "strace")
    outcome, seen = store_errors.one(case)
    assert seen["injected"] or case.error == "short"
    assert (seen["exit_code"], seen["committed_after_error"]) == (0, 0)
    assert outcome.acknowledged > 0
    assert outcome.holds(), outcome


# The controls: what the measurements would say of a store that breaks its promises.


def test_a_slice_that_is_missing_or_there_twice_is_counted(tmp_path):
    store = opened(tmp_path / "store")
    store.slices(slices([1, 2, 2, 3]), DAY)
    store.close()
    ledger, outcome = Ledger(), Outcome()
    ledger.hear("A flows 1 4")
    ledger.hear("G 50 59 1.0")
    outcome.compare(tmp_path / "store", ledger)
    outcome.age(tmp_path / "store", ledger, 9.5)
    assert (outcome.acknowledged, outcome.lost, outcome.duplicated) == (4, 1, 1)
    assert outcome.oldest_unacknowledged_s == 8.5
    assert not outcome.holds()


def test_a_committed_file_with_an_error_in_the_log_is_counted(tmp_path):
    store = opened(tmp_path / "store")
    store.slices(slices([1]), DAY)
    store.close()
    (path,) = (tmp_path / "store" / "flows").rglob("*.parquet")
    line = f"17 fsync(9<{path}>) = -1 EIO (Input/output error) (INJECTED)\n"
    assert store_errors.committed_after_error(line, tmp_path / "store") == 1
    assert store_errors.committed_after_error(line.replace("EIO", "EINTR"), tmp_path / "store") == 0
    renamed = f'17 rename("/x/part", "{path}") = 0\n'
    early = line.replace(str(path), "/x/part")
    assert store_errors.committed_after_error(early + renamed, tmp_path / "store") == 1


@ROOT_ONLY
def test_a_store_that_does_not_sync_loses_slices_at_a_power_cut():
    need("mkfs.ext4", "e2fsprogs")
    done = _in_own_mounts("benchmarks.store_power", "--cuts", "4", "--no-sync")
    assert done.returncode == 1, done.stdout + done.stderr
    assert '"holds": false' in done.stdout


def test_what_a_full_disk_must_show_can_fail():
    good = {
        "holds": True, "alive_while_full": True, "alarm_after_s": 1.0, "link_rows_while_full": 3,
        "sigterm_s": 1.0, "slices_again_after_s": 2.0,
    }  # fmt: skip
    assert store_full.holds(good)
    for name, bad in (
        ("holds", False), ("alive_while_full", False), ("alarm_after_s", None),
        ("alarm_after_s", 31.0), ("link_rows_while_full", 0), ("sigterm_s", None),
        ("sigterm_s", 5.5), ("slices_again_after_s", None), ("slices_again_after_s", 11.0),
    ):  # fmt: skip
        assert not store_full.holds({**good, name: bad}), name
