"""docs/what-a-thief-gets.md, row by row: what opens from what was taken."""

import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analyzer import cells
from analyzer.cells import StoredCells
from analyzer.retention import purge
from analyzer.store import Store, StoreDamaged
from privacy.gate.bounded import DayCells
from privacy.store.files import who_may_replace
from privacy.store.keys import FileKeyring, KeyMissing
from privacy.store.layout import keys_beside
from privacy.store.machine import FILE, MachineKeyRefused, secret_directory, wrapping_key
from privacy.store.reader import Reader
from tests.analyzer_retention.killed import slices_of
from tests.support.acknowledged import log_of
from tests.support.stores import commit

TODAY = date(2026, 11, 17)
OLD = TODAY - timedelta(days=9)


@pytest.fixture
def school(tmp_path, monkeypatch):
    """A store with a kept and an erased day, and this machine's secret."""
    monkeypatch.setenv("JAUGE_MACHINE_DIR", str(tmp_path / "machine"))
    root = tmp_path / "store"
    for day in (TODAY, OLD):
        commit(root, "flows", day, slices_of(day, 0))
    shutil.copytree(root, tmp_path / "before")
    purge(root, log=log_of(root), as_of=TODAY, retention_days=8, dry_run=False)
    return root


def rows_of(root: Path, day: date) -> int:
    return Reader(root, FileKeyring(keys_beside(root))).table("flows", day).num_rows


def elsewhere(tmp_path: Path, monkeypatch) -> None:
    """Be another machine: its secret is another one."""
    other = tmp_path / "another machine"
    other.mkdir(mode=0o700)
    (other / FILE).write_bytes(os.urandom(32))
    (other / FILE).chmod(0o600)
    monkeypatch.setenv("JAUGE_MACHINE_DIR", str(other))


def test_on_this_machine_root_reads_the_kept_days(school):
    assert rows_of(school, TODAY) == 40


def test_a_stolen_backup_of_the_store_opens_nothing(school, tmp_path):
    stolen = shutil.copytree(school, tmp_path / "stolen")
    with pytest.raises(KeyMissing):
        rows_of(stolen, TODAY)
    for path in Path(stolen).rglob("*.parquet"):
        with pytest.raises((OSError, ValueError)):
            pq.read_table(path)
        assert b"salles" not in path.read_bytes()


def test_a_stolen_data_disk_with_the_keys_directory_opens_nothing(school, tmp_path, monkeypatch):
    stolen = shutil.copytree(school, tmp_path / "stolen")
    shutil.copytree(keys_beside(school), keys_beside(Path(stolen)))
    elsewhere(tmp_path, monkeypatch)
    with pytest.raises(KeyMissing, match="not a key of this machine"):
        rows_of(Path(stolen), TODAY)


def test_a_stolen_whole_disk_opens_the_kept_days_and_no_erased_one(school, tmp_path):
    """Even with a copy of the files from before the erasure, which a backup may hold."""
    stolen = shutil.copytree(tmp_path / "before", tmp_path / "stolen")
    shutil.copytree(keys_beside(school), keys_beside(Path(stolen)))
    assert rows_of(Path(stolen), TODAY) == 40
    with pytest.raises(KeyMissing, match="erased"):
        rows_of(Path(stolen), OLD)


def test_an_erased_day_cannot_be_written_again(school):
    with pytest.raises(KeyMissing):
        commit(school, "flows", OLD, slices_of(OLD, 1), "again")


def test_the_machines_secret_lies_in_neither_directory(school, tmp_path):
    secret = (tmp_path / "machine" / FILE).read_bytes()
    for top in (school, keys_beside(school)):
        assert not any(secret in path.read_bytes() for path in top.rglob("*") if path.is_file())


def test_a_secret_that_others_may_read_is_refused(school, tmp_path):
    (tmp_path / "machine" / FILE).chmod(0o644)
    with pytest.raises(MachineKeyRefused, match="open to other users"):
        wrapping_key()


def test_without_its_secret_a_machine_reads_nothing_and_says_what_to_do(school, tmp_path):
    (tmp_path / "machine" / FILE).unlink()
    with pytest.raises(KeyMissing, match=r"secret is missing; restore it"):
        rows_of(school, TODAY)


def test_a_credential_of_systemd_comes_before_the_file(school, tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    before = wrapping_key()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert wrapping_key() == before, "a unit with other credentials only"
    (credentials / "jauge.machine").write_bytes(b"c" * 32)
    assert wrapping_key() != before


@pytest.mark.parametrize(
    ("environment", "root", "place"),
    [
        ({"JAUGE_MACHINE_DIR": "/x", "XDG_STATE_HOME": "/y"}, True, "/x"),
        ({"XDG_STATE_HOME": "/y"}, True, "/var/lib/jauge-machine"),
        ({"XDG_STATE_HOME": "/y"}, False, "/y/jauge-machine"),
    ],
)
def test_where_the_secret_lies(environment, root, place):
    assert secret_directory(environment, root=root) == Path(place)


def test_the_audit_log_names_no_key(school):
    text = json.dumps([entry.as_dict() for entry in log_of(school).entries()])
    keys = keys_beside(school)
    for path in (keys / str(TODAY), keys / "log.key"):
        assert path.read_bytes().hex() not in text
        assert path.read_bytes().decode("latin-1") not in text


# Where the keys lie, and who may put others in their place.


@pytest.mark.parametrize(
    ("mode", "refused"),
    [(0o755, ""), (0o777, "og-w"), (0o1777, ""), (0o775, "g-w"), (0o757, "o-w")],
)
def test_a_directory_above_the_keys_that_others_may_write_into_is_refused(mode, refused, tmp_path):
    above = tmp_path / "above"
    above.mkdir()
    if os.geteuid() == 0:
        os.chown(above, 0, 12_345)  # a group that is nobody's own
    elif refused == "g-w":
        pytest.skip("needs root: a directory of another group")
    above.chmod(mode)
    said = who_may_replace(above / "store.keys")
    assert (said or "").endswith(f"chmod {refused} {above}" if refused else "")
    if refused:
        with pytest.raises(PermissionError, match="keys are not safe"):
            commit(above / "store", "flows", TODAY, slices_of(TODAY, 0))
        assert not (above / "store").exists()
    else:
        assert said is None


def test_a_directory_of_keys_that_others_may_open_is_refused(school):
    keys_beside(school).chmod(0o750)
    with pytest.raises(PermissionError, match="chmod 700"):
        commit(school, "flows", TODAY, slices_of(TODAY, 1), "again")


def test_a_stolen_backup_opens_no_exact_cell(school, tmp_path):
    """Cells of an open period: counts, no device, and yet what the noise is there to hide."""
    counted = DayCells("T6", TODAY, 3, (1, 2, 3, 4))
    cells.write(Store(school), StoredCells(counted, keys="k", source="s", origin="measured"))
    stolen = Path(shutil.copytree(school, tmp_path / "stolen"))
    with pytest.raises(StoreDamaged, match="no such key"):
        cells.read(Store(stolen), "T6", TODAY)
    assert cells.read(Store(school), "T6", TODAY).cells == counted
