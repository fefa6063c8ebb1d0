"""The facts that `jauge doctor` takes from a store that the product wrote."""

import json
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.diagnosis.gather_store import store_of
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from school.load import load_school
from tests.support.acknowledged import acknowledge

pytestmark = pytest.mark.slow  # a process replays packets

ROOT = Path(__file__).resolve().parents[2]
SCHOOL = ROOT / "simulator" / "school"
PACKETS = ROOT / "tests" / "golden" / "bittorrent-between-two-peers.pcap"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("doctor") / "store"
    command = [sys.executable, "-m", "cli", "replay", str(PACKETS), "--store", str(root)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=90)
    return root


def test_a_store_just_written_is_closed_fresh_and_not_yet_acknowledged(store):
    school = load_school(SCHOOL)
    day = FileKeyring(keys_beside(store)).days()[-1]
    found, link = store_of(store, school, day)
    assert (found.refused, found.open_paths, found.old_keys) == ("", (), 0)
    assert not found.acknowledged
    assert link.offered == 259
    assert link.written_s_ago < 120
    acknowledge(store, SCHOOL)
    assert store_of(store, school, day)[0].acknowledged


def test_a_directory_that_was_opened_and_a_key_that_outlived_its_day_are_seen(store):
    school = load_school(SCHOOL)
    late = FileKeyring(keys_beside(store)).days()[-1] + timedelta(days=10)
    (store / "flows").chmod(0o750)
    try:
        found, _ = store_of(store, school, late)
    finally:
        (store / "flows").chmod(0o700)
    assert found.open_paths == (str(store / "flows"),)
    assert found.old_keys == 1


def test_an_address_in_a_footer_or_a_release_is_seen_and_of_this_store_there_is_none(store):
    school = load_school(SCHOOL)
    day = FileKeyring(keys_beside(store)).days()[-1]
    assert store_of(store, school, day)[0].addresses_kept == 0
    file = store / "link" / "day=2026-11-27" / "leaky.parquet"
    file.parent.mkdir()
    table = pa.table({"peer": ["10.10.3.7", "2001:db8:10:0:1:2:3:4"]})
    pq.write_table(table, file)
    release = store / "public" / "releases" / "T1" / "2026-W47.json"
    release.parent.mkdir(parents=True)
    try:
        assert store_of(store, school, day)[0].addresses_kept > 0
        pq.write_table(table, file, write_statistics=False)
        assert store_of(store, school, day)[0].addresses_kept == 0
        release.write_text('{"cells":[{"key":"02:42:AC:11:00:02"}]}')
        assert store_of(store, school, day)[0].addresses_kept == 1
    finally:
        shutil.rmtree(file.parent)
        shutil.rmtree(store / "public")


def test_no_store_yields_no_facts_and_another_directory_says_what_it_is(tmp_path):
    found, link = store_of(tmp_path / "none", None, date(2026, 11, 27))
    assert (found.missing, bool(found.refused), link) == (True, True, None)
    assert not (tmp_path / "none").exists()
    (tmp_path / "manifest.sqlite").write_text("something else")
    assert store_of(tmp_path, None, date(2026, 11, 27))[0].refused


def test_one_json_object_tells_all_and_the_exit_code_is_one():
    command = [sys.executable, "-m", "cli", "doctor", "--school", str(SCHOOL), "--store", "/none"]
    done = subprocess.run(
        [*command, "--seconds", "0", "--json"], cwd=ROOT, check=False, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["ok"] is False
    assert sum(said["counts"].values()) == len(said["checks"])
