"""From slices on disk to exact bounded counts."""

import shutil
import stat
from datetime import date, timedelta

import pyarrow as pa
import pytest

from analyzer import cells
from analyzer.store import Store, StoreBusy, StoreDamaged
from privacy.records import SLICE_SCHEMA
from tests.analyzer_release.examples import FILES, MONDAY, link_minutes, slice_row, write_part
from tests.support.stores import commit, committer_of

TUESDAY = MONDAY + timedelta(days=1)
RADIO, WORK, P2P = "radiofrance.fr", "atrium-sud.fr", "utorrent.com"


def counted(place, rows, *, link=(), table="T6", day=MONDAY):
    write_part(place.root, "flows", day, rows)
    if link:
        write_part(place.root, "link", day, link)
    place.analyze()
    stored = cells.read(Store(place.root), table, day)
    return stored.cells


def uses(cells_of_day):
    names = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
    return {name: n for name, n in zip(names, cells_of_day.counts, strict=True) if n}


def test_a_device_counts_once_for_a_use_however_many_slices_it_has(empty):
    rows = [slice_row(MONDAY, f"09:{m:02d}", d, WORK) for m in range(20) for d in (1, 2)]
    assert uses(counted(empty, rows)) == {"pedagogical": 2}


def test_rows_without_a_device_are_nobody(empty):
    rows = [slice_row(MONDAY, "09:00", None, WORK), slice_row(MONDAY, "09:00", 1, WORK)]
    assert counted(empty, rows).devices == 1


def test_an_attempt_that_nobody_answered_is_no_use(empty):
    rows = [slice_row(MONDAY, "09:00", 1, P2P, down_bytes=0), slice_row(MONDAY, "09:00", 2, P2P)]
    assert uses(counted(empty, rows)) == {"abusive": 1}


@pytest.mark.parametrize(
    ("mbit_s", "use"),
    [(7.9, "residual_private"), (8.0, "resource_inappropriate"), (9.9, "resource_inappropriate")],
)
def test_radio_only_matters_while_the_line_is_busy(empty, mbit_s, use):
    link = link_minutes(MONDAY, "09:00", 1, mbit_s)
    assert uses(counted(empty, [slice_row(MONDAY, "09:00", 1, RADIO)], link=link)) == {use: 1}


def test_the_capacity_is_that_of_the_day(empty):
    day = MONDAY + timedelta(days=2)
    link = link_minutes(day, "09:00", 1, 9.9)
    found = counted(empty, [slice_row(day, "09:00", 1, RADIO)], link=link, day=day)
    assert uses(found) == {"residual_private": 1}


def test_a_minute_that_no_link_row_covers_is_calm(empty):
    assert uses(counted(empty, [slice_row(MONDAY, "09:00", 1, RADIO)])) == {"residual_private": 1}


def test_a_slice_filed_under_another_day_counts_for_nobody(empty):
    rows = [slice_row(TUESDAY, "09:00", 1, WORK), slice_row(MONDAY, "23:59", 2, WORK)]
    assert counted(empty, rows).devices == 1


def test_the_lodge_is_published_with_the_offices(empty):
    rows = [slice_row(MONDAY, "09:00", 1, WORK, zone="loge")]
    assert counted(empty, rows, table="T1").counts == (0, 0, 0, 0, 0, 1, 1, 0, 0, 0)


def test_minutes_in_zones_published_together_decide_together(empty):
    rows = [
        slice_row(MONDAY, "09:00", 1, WORK, zone="loge"),
        slice_row(MONDAY, "09:01", 1, WORK, zone="bureaux"),
        slice_row(MONDAY, "09:01", 1, WORK, zone="loge"),
        slice_row(MONDAY, "10:00", 1, RADIO, zone="salles"),
    ]
    assert counted(empty, rows, table="T1").counts[5:7] == (1, 1)


def test_an_undeclared_zone_is_in_no_cell_by_zone_but_in_the_school_s(empty):
    rows = [slice_row(MONDAY, "09:00", 1, WORK, zone="unmatched")]
    assert counted(empty, rows, table="T1").devices == 0
    assert cells.read(Store(empty.root), "T6", MONDAY).cells.devices == 1


def test_exact_cells_hold_no_pseudonym_and_nobody_else_may_read_them(empty):
    device = 7_777_777_777_777_777
    counted(empty, [slice_row(MONDAY, "09:00", device, WORK)])
    private = empty.root / "private"
    for path in (private, *private.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
        if path.is_file():
            assert str(device).encode() not in path.read_bytes()


def test_analysis_leaves_no_temporary_file(place):
    place.analyze()
    assert not [path for path in place.root.rglob("*.tmp") if path.is_file()]


# Encrypted, under a key that ends with the period.


def cell_file(root, table, day):
    return root / "private" / "cells" / table / f"{day}.cells"


def test_exact_cells_lie_encrypted_and_bound_to_their_day_and_table(place):
    place.analyze()
    one = cell_file(place.root, "T6", MONDAY)
    assert b"counts" not in one.read_bytes()
    for other in (cell_file(place.root, "T6", TUESDAY), cell_file(place.root, "T1", MONDAY)):
        before = other.read_bytes()
        other.write_bytes(one.read_bytes())
        with pytest.raises(StoreDamaged, match="damaged"):
            cells.read(Store(place.root), other.parent.name, date.fromisoformat(other.stem))
        other.write_bytes(before)


def test_a_copy_from_before_the_release_opens_nothing_after_it(place, tmp_path):
    """Not even on this machine, with everything that is left of the keys."""
    place.analyze()
    assert {path.name for path in Store(place.root).cell_keys.directory.iterdir()} == {
        *(f"{table}-2026-W37" for table in ("T1", "T2", "T4")),
        *(f"{table}-2026-09" for table in ("T5-bis", "T7")),
        *(f"T6-{MONDAY + timedelta(days=n)}" for n in range(5)),
    }  # fmt: skip
    copy = tmp_path / "copy"
    shutil.copytree(place.root / "private" / "cells", copy)
    place.release(as_of=MONDAY + timedelta(days=30))
    assert list(Store(place.root).cell_keys.directory.iterdir()) == []
    shutil.copytree(copy, place.root / "private" / "cells", dirs_exist_ok=True)
    for table in ("T1", "T6"):
        with pytest.raises(StoreDamaged, match="no such key"):
            cells.read(Store(place.root), table, MONDAY)
    place.analyze()
    assert list((place.root / "private" / "cells").rglob("*.cells")) == [], "spent ones go"


# What is computed again, and what is not.


def test_days_that_did_not_change_are_not_read_again(place):
    assert len(place.analyze().analyzed) == 5
    assert place.analyze().analyzed == ()


def test_later_slices_of_a_day_are_counted(place):
    place.analyze()
    write_part(place.root, "flows", MONDAY, [slice_row(MONDAY, "10:00", 999, WORK)], name="part-1")
    assert place.analyze().analyzed == (MONDAY,)
    assert cells.read(Store(place.root), "T6", MONDAY).cells.devices == 201


def test_a_changed_charter_is_applied_to_days_that_are_not_released(place):
    place.analyze()
    changed = FILES["charter.yaml"].replace("use: pedagogical", "use: residual_private")
    place.redeclare(charter=changed)
    assert len(place.analyze().analyzed) == 5
    assert uses(cells.read(Store(place.root), "T6", MONDAY).cells) == {"residual_private": 200}


def test_cells_outlive_their_slices(place):
    place.analyze()
    for day in Store(place.root).days("flows"):
        committer_of(place.root).forget("flows", day)
    assert place.analyze().analyzed == ()
    assert [r.period for r in place.release().released if r.table == "T1"] == ["2026-W37"]


# What is refused.


def test_a_slice_file_with_other_columns_is_refused(place):
    table = pa.table({name: [0] for name in ("mac", "up_bytes", "down_bytes")})
    commit(place.root, "flows", MONDAY, table, "other")
    with pytest.raises(StoreDamaged, match="columns"):
        place.analyze()


def test_a_slice_file_of_another_version_is_refused(place):
    metadata = {**SLICE_SCHEMA.metadata, b"jauge.version": b"2"}
    table = SLICE_SCHEMA.with_metadata(metadata).empty_table()
    commit(place.root, "flows", MONDAY, table, "other")
    with pytest.raises(StoreDamaged, match="version"):
        place.analyze()


def test_a_file_that_is_no_parquet_is_refused(place):
    path = next((place.root / "link" / f"day={MONDAY}").glob("*.parquet"))
    path.write_bytes(b"PAR1")
    with pytest.raises(StoreDamaged, match="not a readable"):
        place.analyze()


@pytest.mark.parametrize("content", [b"", b"{}", bytes(12), bytes(300)])
def test_damaged_exact_cells_are_refused(place, content):
    place.analyze()
    (place.root / "private" / "cells" / "T6" / f"{MONDAY}.cells").write_bytes(content)
    with pytest.raises(StoreDamaged, match="damaged"):
        place.analyze()


def test_files_that_the_manifest_does_not_name_are_no_part_of_the_store(place):
    (place.root / "flows" / "day=yesterday").mkdir()
    (place.root / "flows" / "day=2026-09-30").mkdir()
    (place.root / "flows" / f"day={MONDAY}" / "stray.parquet").write_bytes(b"no Parquet")
    place.analyze()
    (place.root / "private" / "cells" / "T6" / "notes.cells").write_text("{}")
    assert place.analyze().days_in_store == 5


def test_two_analyses_never_work_on_one_store(place):
    with Store(place.root).locked(), pytest.raises(StoreBusy, match="another"):
        place.analyze()
    place.analyze()
