"""The simulated store: exact schemas, link rows that are the slices' sums, a line never exceeded."""

from datetime import date

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from privacy.records import LINK_SCHEMA, LINK_STEP_S, SLICE_SCHEMA
from simulator.day import draw_day
from simulator.declared import capacity, minutes_of
from simulator.people import make_roster
from simulator.weeks import SEED, link_table, slice_table, write_days
from tests.support.stores import reader_of, segments_of, stored

BUSY_DAY = date(2026, 9, 15)
CLOCKS_GO_BACK = date(2026, 10, 25)


@pytest.fixture(scope="module")
def tables():
    roster = make_roster(SEED)
    drawn = draw_day(roster, SEED, BUSY_DAY)
    return slice_table(drawn, roster, SEED), link_table(drawn, SEED)


def test_schemas_are_the_stored_ones_and_say_simulated(tables) -> None:
    for table, schema in zip(tables, (SLICE_SCHEMA, LINK_SCHEMA), strict=True):
        assert table.schema.equals(schema)
        for field in schema:
            assert table.schema.field(field.name).metadata == field.metadata
            if not field.nullable:
                assert table[field.name].null_count == 0
        assert table.schema.metadata == {**schema.metadata, b"jauge.origin": b"simulated"}


def test_link_rows_are_the_sums_of_the_slices(tables) -> None:
    slices, link = tables
    for column in ("up_bytes", "down_bytes"):
        assert pc.sum(link[column]) == pc.sum(slices[column])
    packets = pc.sum(slices["up_packets"]).as_py() + pc.sum(slices["down_packets"]).as_py()
    assert pc.sum(link["offered"]).as_py() == pc.sum(link["parsed"]).as_py() == packets


def test_the_line_is_never_exceeded_but_is_full_on_tuesday(tables) -> None:
    _, link = tables
    down_rate, up_rate = capacity(BUSY_DAY)
    down = link["down_bytes"].to_numpy()
    assert down.max() <= down_rate * LINK_STEP_S
    assert down.max() > 0.97 * down_rate * LINK_STEP_S
    assert link["up_bytes"].to_numpy().max() <= up_rate * LINK_STEP_S


def test_slices_are_sorted_and_their_behaviour_is_possible(tables) -> None:
    slices, _ = tables
    minute = slices["minute"].to_numpy()
    assert (np.diff(minute) >= np.timedelta64(0)).all()
    active, down = slices["active_s"].to_numpy(), slices["down_bytes"].to_numpy()
    peak, squares = slices["down_peak_bytes_s"].to_numpy(), slices["down_sumsq_bytes_s"].to_numpy()
    assert ((active >= 1) & (active <= 60)).all()
    assert (peak.astype(np.int64) * active >= down).all()
    assert (squares >= down.astype(float) ** 2 / active * 0.999).all()
    assert (squares <= peak.astype(float) * down * 1.001).all()
    assert (slices["age_s"].to_numpy() >= 0).all()


def test_devices_have_about_three_hundred_slices_a_day(tables) -> None:
    slices, _ = tables
    counted = slices.filter(pc.is_valid(slices["device"]))
    devices = pc.count_distinct(counted["device"]).as_py()
    assert 460 <= devices <= 560
    assert 240 <= counted.num_rows / devices <= 360


def test_servers_have_no_device(tables) -> None:
    slices, _ = tables
    servers = pc.equal(slices["zone"], "serveurs")
    assert pc.any(servers).as_py()
    assert pc.equal(pc.is_null(slices["device"]), servers).to_numpy().all()


def test_a_seed_gives_the_same_octets_and_another_seed_others(tmp_path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_days(tmp_path / name, days=[BUSY_DAY], seed=seed)
    for record in ("flows", "link"):
        a, b, c = (stored(tmp_path / name, record) for name in "abc")
        assert a.equals(b)
        assert not a.equals(c)


def test_labels_are_written_on_request_and_never_in_the_store(tmp_path) -> None:
    rows = write_days(tmp_path / "store", days=[BUSY_DAY], labels=tmp_path / "labels.parquet")
    labels = pq.read_table(tmp_path / "labels.parquet")
    slices = stored(tmp_path / "store", "flows")
    assert labels.num_rows == rows == slices.num_rows
    assert labels["flow"].equals(slices["flow"])
    assert "activity" not in slices.column_names
    files = {path.name for path in (tmp_path / "store").rglob("*") if path.is_file()}
    parts = {f"simulated-{record}-{BUSY_DAY}.parquet" for record in ("flows", "link")}
    assert files == {"manifest.sqlite", *parts}


def test_writing_a_day_again_replaces_it(tmp_path) -> None:
    for seed in (3, 4):
        write_days(tmp_path / "a", days=[BUSY_DAY], seed=seed)
    write_days(tmp_path / "b", days=[BUSY_DAY], seed=4)
    assert stored(tmp_path / "a", "flows").equals(stored(tmp_path / "b", "flows"))


def test_pseudonyms_leave_no_statistics_in_the_footer(tmp_path) -> None:
    write_days(tmp_path, days=[CLOCKS_GO_BACK])
    (segment,) = segments_of(tmp_path, "flows")
    with reader_of(tmp_path).file(segment) as file:
        group = file.metadata.row_group(0)
    has = {
        group.column(n).path_in_schema: group.column(n).is_stats_set
        for n in range(group.num_columns)
    }
    assert not has["flow"]
    assert not has["device"]
    assert has["down_bytes"]


def test_the_day_on_which_clocks_go_back_has_twenty_five_hours() -> None:
    drawn = draw_day(make_roster(1), 1, CLOCKS_GO_BACK)
    assert minutes_of(CLOCKS_GO_BACK) == 1500
    assert link_table(drawn, 1).num_rows == 1500 * 6
