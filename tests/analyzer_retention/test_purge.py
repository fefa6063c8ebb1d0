"""Slices go when their day is older than the school allows; nothing younger goes with them."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from analyzer.retention import TRASH, expired, purge
from privacy.log.file import AuditLog, LogRefused
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from privacy.store.keys import FileKeyring, KeyMissing
from privacy.store.layout import keys_beside
from privacy.store.manifest import Manifest
from tests.support.stores import commit

TODAY = date(2026, 11, 17)
LONG_AGO_S = 1_700_000_000


def store_of(root: Path, days: int) -> list[date]:
    made = [TODAY - timedelta(days=n) for n in range(days)]
    for day in made:
        for record, schema in (("flows", SLICE_SCHEMA), ("link", LINK_SCHEMA)):
            commit(root, record, day, schema.empty_table())
    return sorted(made)


def log_of(root: Path) -> AuditLog:
    return AuditLog(root, keys_beside(root), lambda: 1_794_900_000_000_000)


def run(root: Path, *, as_of: date = TODAY, days: int = 8, dry_run: bool = False):
    return purge(root, log=log_of(root), as_of=as_of, retention_days=days, dry_run=dry_run)


def days_left(root: Path, record: str) -> list[str]:
    return sorted(path.name for path in (root / record).iterdir())


def proofs(root: Path, kind: str) -> list[str]:
    return [entry.facts["day"] for entry in log_of(root).verify().entries if entry.kind == kind]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("kept_days", "age", "goes"),
    [(8, 7, False), (8, 8, True), (1, 0, False), (1, 1, True), (14, 13, False), (14, 14, True)],
)
def test_a_day_goes_when_its_first_row_is_as_old_as_the_days_kept(kept_days, age, goes):
    day = TODAY - timedelta(days=age)
    assert (expired([day], as_of=TODAY, retention_days=kept_days) == (day,)) is goes


def test_nothing_older_is_left_nothing_younger_is_gone_and_link_rows_stay(root):
    days = store_of(root, 20)
    report = run(root)
    assert report.purged == tuple(days[:12])
    assert days_left(root, "flows") == [f"day={day}" for day in days[12:]]
    assert Manifest(root).days("flows") == days[12:]
    assert days_left(root, "link") == [f"day={day}" for day in days]
    assert not (root / TRASH).exists()


def test_each_deletion_leaves_a_signed_proof_and_only_one(root):
    days = [str(day) for day in store_of(root, 12)[:4]]
    run(root)
    run(root)
    assert proofs(root, "day_key_destroyed") == proofs(root, "day_files_deleted") == days
    entry = next(e for e in log_of(root).entries() if e.kind == "day_files_deleted")
    assert entry.facts == {"day": days[0], "files": 1}


def test_the_key_of_an_erased_day_is_nowhere(root):
    days = store_of(root, 12)
    keys = FileKeyring(keys_beside(root))
    secrets = {day: bytes(keys.key_of(day)) for day in days}
    wrapped = {day: (keys_beside(root) / str(day)).read_bytes() for day in days}
    run(root)
    written = b"".join(path.read_bytes() for path in root.parent.rglob("*") if path.is_file())
    for day in days:
        assert wrapped[day] in written or day in days[:4]
        assert not (day in days[:4] and (secrets[day] in written or wrapped[day] in written))
    with pytest.raises(KeyMissing, match="destroyed"):
        keys.key_of(days[0])


def test_a_day_that_has_only_a_key_left_loses_it(root):
    store_of(root, 1)
    old = TODAY - timedelta(days=30)
    FileKeyring(keys_beside(root)).key_of(old, make=True)
    assert run(root).purged == (old,)
    assert FileKeyring(keys_beside(root)).destroyed(old)


def test_a_dry_run_touches_nothing(root):
    store_of(root, 12)
    before = sorted(str(path) for path in root.parent.rglob("*"))
    assert len(run(root, dry_run=True).purged) == 4
    after = sorted(str(path) for path in root.parent.rglob("*") if root / "private" not in
                   (path, path.parent) and root / "public" not in (path, path.parent))  # fmt: skip
    assert [path for path in after if path not in before] == []
    assert days_left(root, "flows") == days_left(root, "link")


def test_what_an_interrupted_purge_left_goes_with_the_next(root):
    store_of(root, 2)
    (root / TRASH / "day=2026-01-05").mkdir(parents=True)
    (root / TRASH / "day=2026-01-05" / "part-0.parquet").write_bytes(b"slices")
    assert run(root).leftovers == 1
    assert not (root / TRASH).exists()


@pytest.mark.parametrize(
    "place", ["flows/day=2026-11-17/stray.parquet", "flows/copy.parquet", "link/x/y/z",
              ".tmp/stray-1-1.parquet", "flows/day=2026-11-17.bak/part-0.parquet"]
)  # fmt: skip
def test_files_that_the_manifest_does_not_know_go(place, root):
    store_of(root, 2)
    stray = root / place
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"slices")
    assert run(root).unknown == 0, "somebody may be writing it right now"
    os.utime(stray, (LONG_AGO_S, LONG_AGO_S))
    assert run(root, dry_run=True).unknown == 1
    assert stray.exists()
    assert run(root).unknown == 1
    assert not stray.exists()
    assert [e.facts for e in log_of(root).entries()][-1] == {"files": 1}
    assert len(Manifest(root).segments("flows")) == 2


def test_without_a_log_that_can_take_the_proof_the_rest_waits(root):
    store_of(root, 12)
    log_of(root).append("unknown_files_deleted", {"files": 0})
    log = log_of(root).path
    log.write_bytes(log.read_bytes().replace(b"unknown", b"unknowm"))
    with pytest.raises(LogRefused):
        run(root)
    assert len(days_left(root, "flows")) == 12


def test_a_clock_that_fell_back_erases_nothing(root):
    store_of(root, 12)
    assert run(root, as_of=TODAY - timedelta(days=3650)).purged == ()
