"""Segments that overlap become one sequence in order of time, each row once, whatever their shape."""

import random
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.store import merge
from collector.store.compact import compact_all, due
from collector.store.merge import OPEN_MAX, merged, take
from privacy.store.layout import SCHEMAS
from tests.store.rows import DAY, NEXT, flows_of, slices
from tests.support.stores import commit, committer_of, reader_of, segments_of

NOON = datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=UTC)


def at_minutes(numbers_and_minutes) -> pa.Table:
    numbers, minutes = zip(*numbers_and_minutes, strict=True)
    table = slices(numbers)
    times = pa.array([NOON + timedelta(minutes=m) for m in minutes]).cast(pa.timestamp("s", "UTC"))
    return table.set_column(0, table.schema.field(0), times)


def joined(root) -> pa.Table:
    segments = segments_of(root, "flows")
    return pa.concat_tables(merged(reader_of(root), take(segments), SCHEMAS["flows"]))


@pytest.mark.parametrize("seed", range(4))
def test_overlapping_segments_come_in_order_each_row_once(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "BATCH_ROWS", 5)
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice
    for part in range(6):
        begin = chance.randrange(20)
        minutes = sorted(begin + chance.randrange(12) for _ in range(chance.randrange(1, 40)))
        rows = [(100 * part + n, minute) for n, minute in enumerate(minutes)]
        commit(tmp_path / "store", "flows", DAY, at_minutes(rows), f"part-{part}")
    table = joined(tmp_path / "store")
    times = table["minute"].to_pylist()
    assert times == sorted(times)
    assert flows_of(table) == flows_of(reader_of(tmp_path / "store").table("flows", DAY))


def test_a_segment_in_no_order_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "BATCH_ROWS", 4)
    rows = [(n, minute) for n, minute in enumerate([9, 1, 8, 2, 7, 3, 6, 0, 5])]
    commit(tmp_path / "store", "flows", DAY, at_minutes(rows), "odd")
    commit(tmp_path / "store", "flows", DAY, at_minutes([(50, 4)]), "even")
    assert flows_of(joined(tmp_path / "store")) == [*range(9), 50]


def test_a_day_with_too_many_overlapping_segments_is_joined_in_steps(tmp_path):
    root = tmp_path / "store"
    for part in range(OPEN_MAX + 3):
        commit(root, "flows", DAY, at_minutes([(2 * part, 0), (2 * part + 1, 60)]), f"p{part:03d}")
    commit(root, "flows", NEXT, slices([9_999], NEXT), "later")
    assert len(take(reader_of(root).segments("flows", DAY))) == OPEN_MAX
    assert compact_all(committer_of(root)) == OPEN_MAX
    assert compact_all(committer_of(root)) == 4
    assert due(committer_of(root)) == []
    table = reader_of(root).table("flows", DAY)
    assert flows_of(table) == list(range(2 * (OPEN_MAX + 3)))
    assert table["minute"].to_pylist() == sorted(table["minute"].to_pylist())


def test_many_segments_one_after_the_other_are_joined_at_once(tmp_path):
    for part in range(OPEN_MAX + 3):
        rows = [(part, 10 * part), (1_000 + part, 10 * part + 9)]
        commit(tmp_path / "store", "flows", DAY, at_minutes(rows), f"p{part:03d}")
    assert len(take(segments_of(tmp_path / "store", "flows"))) == OPEN_MAX + 3
