"""Slices go when their day is older than the school allows; nothing younger goes with them."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from analyzer.retention import TRASH, expired, purge
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from tests.support.stores import commit

TODAY = date(2026, 11, 17)


def store_of(root: Path, days: int) -> list[date]:
    made = [TODAY - timedelta(days=n) for n in range(days)]
    for day in made:
        for record, schema in (("flows", SLICE_SCHEMA), ("link", LINK_SCHEMA)):
            commit(root, record, day, schema.empty_table())
    return sorted(made)


def days_left(root: Path, record: str) -> list[str]:
    return sorted(path.name for path in (root / record).iterdir())


@pytest.mark.parametrize(
    ("kept_days", "age", "goes"), [(8, 8, False), (8, 9, True), (1, 1, False), (1, 2, True)]
)
def test_a_day_goes_when_it_is_older_than_the_days_kept(kept_days, age, goes):
    day = TODAY - timedelta(days=age)
    assert (expired([day], as_of=TODAY, retention_days=kept_days) == (day,)) is goes


def test_nothing_older_is_left_nothing_younger_is_gone_and_link_rows_stay(tmp_path):
    days = store_of(tmp_path, 20)
    report = purge(tmp_path, as_of=TODAY, retention_days=8, dry_run=False)
    assert report.purged == tuple(days[:11])
    assert days_left(tmp_path, "flows") == [f"day={day}" for day in days[11:]]
    assert days_left(tmp_path, "link") == [f"day={day}" for day in days]
    assert not (tmp_path / TRASH).exists()


def test_a_dry_run_touches_nothing(tmp_path):
    store_of(tmp_path, 12)
    before = days_left(tmp_path, "flows")
    assert len(purge(tmp_path, as_of=TODAY, retention_days=8, dry_run=True).purged) == 3
    assert days_left(tmp_path, "flows") == before


def test_what_an_interrupted_purge_left_goes_with_the_next(tmp_path):
    store_of(tmp_path, 2)
    (tmp_path / TRASH / "day=2026-01-05").mkdir(parents=True)
    (tmp_path / TRASH / "day=2026-01-05" / "part-0.parquet").write_bytes(b"slices")
    assert purge(tmp_path, as_of=TODAY, retention_days=8, dry_run=False).leftovers == 1
    assert not (tmp_path / TRASH).exists()


def test_a_clock_that_fell_back_erases_nothing(tmp_path):
    store_of(tmp_path, 12)
    report = purge(tmp_path, as_of=TODAY - timedelta(days=3650), retention_days=8, dry_run=False)
    assert report.purged == ()
