"""Slices stop before the disk is full, link rows never; a person is told."""

import json
import os

import pytest

from cli.exits import Exit
from collector.store import status
from collector.store.space import Level, Space, decide, stop_below
from tests.cli.test_refusals import jauge
from tests.store.rows import DAY, opened, slices

GIB = 1 << 30


@pytest.mark.parametrize(
    ("before", "total", "free", "after"),
    [
        (Level.ALL, 100 * GIB, 50 * GIB, Level.ALL),
        (Level.ALL, 100 * GIB, GIB, Level.ALL),
        (Level.ALL, 100 * GIB, GIB - 1, Level.LINK_ONLY),
        (Level.LINK_ONLY, 100 * GIB, GIB + 1, Level.LINK_ONLY),
        (Level.LINK_ONLY, 100 * GIB, GIB * 5 // 4, Level.ALL),
        (Level.ALL, 1000, 100, Level.ALL),
        (Level.ALL, 1000, 99, Level.LINK_ONLY),
        (Level.LINK_ONLY, 1000, 124, Level.LINK_ONLY),
        (Level.LINK_ONLY, 1000, 125, Level.ALL),
        (Level.ALL, 1000, 0, Level.LINK_ONLY),
    ],
)
def test_the_mark_is_a_tenth_or_one_gibibyte_and_does_not_flutter(before, total, free, after):
    assert decide(before, total=total, free=free) is after


def test_the_ballast_is_given_once_and_made_again_when_there_is_room(tmp_path):
    space = Space(tmp_path)
    assert space.look() is Level.ALL
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_blocks * 512 >= ballast.stat().st_size > 0
    assert (space.let_go(), ballast.exists(), space.let_go()) == (True, False, False)
    space.look()
    assert ballast.exists()


def test_the_status_file_is_written_over_in_place(tmp_path):
    file = status.StatusFile(tmp_path)
    file.open()
    inode = (tmp_path / "status.json").stat().st_ino
    for n in (100_000, 1):
        file.write({"n": n})
        assert status.read(tmp_path) == {"n": n}
    file.close()
    assert (tmp_path / "status.json").stat().st_ino == inode
    assert json.loads((tmp_path / "status.json").read_text()) == {"n": 1}


def test_a_status_file_that_makes_no_sense_says_nothing(tmp_path):
    assert status.read(tmp_path) == {}
    (tmp_path / "status.json").write_bytes(b"{")
    assert status.read(tmp_path) == {}


def test_store_status_says_what_is_there_and_what_was_not_kept(tmp_path):
    store = opened(tmp_path / "store")
    store.slices(slices(range(5)), DAY)
    store.close()
    done = jauge("store", "status", "--store", tmp_path / "store", "--json")
    assert done.returncode == Exit.OK, done.stderr
    found = json.loads(done.stdout)
    assert found["records"]["flows"]["rows"] == 5
    assert found["records"]["flows"]["last_day"] == "2026-11-16"
    assert (found["spool"]["files"], found["gaps"], found["findings"]) == (0, {}, [])
    assert found["collector"]["running"] is False
    assert found["disk"]["free_bytes"] > 0


def test_a_spool_that_nobody_looks_after_is_a_finding_and_tidy_seals_it(tmp_path):
    store = opened(tmp_path / "store")
    store.slices(slices(range(5)), DAY)
    store.flush()
    (spool,) = (lane.spool for lane in store._lanes.values())
    spool.release()
    os.utime(spool.path, (0, 0))
    done = jauge("store", "status", "--store", tmp_path / "store")
    assert (done.returncode, "store tidy" in done.stdout) == (Exit.FINDINGS, True)
    assert jauge("store", "tidy", "--store", tmp_path / "store").returncode == Exit.OK
    done = jauge("store", "status", "--store", tmp_path / "store", "--json")
    assert json.loads(done.stdout)["records"]["flows"]["rows"] == 5


@pytest.mark.parametrize("command", ["status", "tidy"])
def test_a_directory_without_a_store_is_refused(tmp_path, command):
    done = jauge("store", command, "--store", tmp_path)
    assert (done.returncode, "no store" in done.stderr) == (Exit.DATA, True)


def test_the_mark_of_a_small_disk_leaves_room_for_the_ballast():
    assert stop_below(2 << 20) == (2 << 20) // 10
