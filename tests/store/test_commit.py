"""A file is part of the store or it is not there; nothing in between is ever read."""

import errno
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

import privacy.store.commit as committing
from collector.store.compact import GRACE_US, compact_all, due, sweep
from privacy.store import manifest
from privacy.store.commit import NotCommitted, Part
from privacy.store.files import NewFile, Poisoned
from privacy.store.keys import FileKeyring, KeyMissing
from privacy.store.layout import keys_beside
from privacy.store.manifest import Manifest, ManifestFailed, NoStore
from privacy.store.parquet import NotVerified, verify, write
from tests.store.rows import DAY, NEXT, flows_of, links, slices
from tests.support.stores import commit, committer_of, reader_of, segments_of, stored


@pytest.fixture
def root(tmp_path):
    committer_of(tmp_path / "store").open()
    return tmp_path / "store"


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.parquet"))


def test_what_is_committed_is_read_back_to_the_octet(root):
    table = slices(range(100))
    commit(root, "flows", DAY, table)
    back = reader_of(root).table("flows", DAY)
    assert back.equals(table.replace_schema_metadata(None).cast(back.schema))
    (segment,) = segments_of(root, "flows")
    assert (segment.rows, segment.octets, segment.bytes) == (100, sum(range(100)), segment.bytes)
    assert (root / segment.path).stat().st_size == segment.bytes
    assert segment.last_s - segment.first_s == 99


def test_slices_are_encrypted_and_link_rows_are_not(root):
    assert commit(root, "flows", DAY, slices([1])).read_bytes()[:4] == b"PARE"
    assert commit(root, "link", DAY, links([1])).read_bytes()[:4] == b"PAR1"


def test_only_files_of_its_own_user_are_made(root):
    commit(root, "flows", DAY, slices([1]))
    for path in (root, *root.rglob("*"), keys_beside(root), *keys_beside(root).iterdir()):
        assert path.stat().st_mode & 0o77 == 0, path


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_an_error_leaves_nothing_that_a_reader_sees(root, monkeypatch, call, code):
    FileKeyring(keys_beside(root)).key_of(DAY, make=True)

    def fails(*_arguments):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(NotCommitted):
            commit(root, "flows", DAY, slices([1]))
    assert (segments_of(root, "flows"), files(root)) == ([], [])
    commit(root, "flows", DAY, slices([1]))
    assert flows_of(stored(root, "flows")) == [1]


def test_a_file_that_does_not_hold_what_was_given_is_not_committed(root, monkeypatch):
    def loses_a_row(tables, *arguments, **options):
        return write([table.slice(1) for table in tables], *arguments, **options)

    def claims(tables, *arguments, **options):
        from dataclasses import replace

        return replace(loses_a_row(tables, *arguments, **options), rows=3)

    monkeypatch.setattr(committing, "write", claims)
    with pytest.raises(NotCommitted, match="number of rows"):
        commit(root, "flows", DAY, slices(range(3)))
    assert (segments_of(root, "flows"), files(root)) == ([], [])


@pytest.mark.parametrize("at", [4, 40, -1, -9])
def test_an_altered_file_is_not_verified(tmp_path, at):
    table = slices(range(50))
    for key in (None, bytes(32)):
        path = tmp_path / f"{at}-{key is None}"
        written = write([table], table.schema, path, record="flows", key=key)
        verify(path, table.schema, written, record="flows", key=key)
        octets = bytearray(path.read_bytes())
        octets[at] ^= 0x55
        path.write_bytes(octets)
        if key is not None or at != 40:  # without encryption a page has no checksum
            with pytest.raises(NotVerified):
                verify(path, table.schema, written, record="flows", key=key)


def test_a_new_file_remembers_its_first_error(tmp_path, monkeypatch):
    file = NewFile(tmp_path / "x")
    file.write(b"a")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            file.write(b"b")
    with pytest.raises(Poisoned):
        file.write(b"c")
    with pytest.raises(Poisoned):
        file.finish()
    file.abandon()


def test_short_writes_are_completed(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))
    table = slices(range(50))
    written = write([table], table.schema, tmp_path / "x", record="flows", key=None)
    verify(tmp_path / "x", table.schema, written, record="flows", key=None)


def test_an_erased_day_cannot_be_read(root):
    commit(root, "flows", DAY, slices([1]))
    commit(root, "link", DAY, links([7]))
    FileKeyring(keys_beside(root)).destroy(DAY)
    with pytest.raises(KeyMissing, match="destroyed"):
        reader_of(root).table("flows", DAY)
    assert reader_of(root).table("link", DAY)["offered"].to_pylist() == [7]
    with pytest.raises(KeyMissing):
        commit(root, "flows", DAY, slices([2]), "part-1")


def test_a_key_is_made_once_and_by_writers_only(tmp_path):
    keys = FileKeyring(tmp_path / "keys")
    with pytest.raises(KeyMissing):
        keys.key_of(DAY)
    first = keys.key_of(DAY, make=True)
    assert len(first) == 32
    assert FileKeyring(tmp_path / "keys").key_of(DAY, make=True) == first
    assert keys.key_of(NEXT, make=True) != first
    keys.destroy(DAY)
    for ring in (keys, FileKeyring(tmp_path / "keys")):
        assert ring.destroyed(DAY)
        with pytest.raises(KeyMissing):
            ring.key_of(DAY, make=True)
    assert first not in b"".join(path.read_bytes() for path in (tmp_path / "keys").iterdir())


def test_a_manifest_that_is_damaged_or_of_another_version_is_refused(root):
    (root / "manifest.sqlite").write_bytes(b"not SQLite at all, but long enough to look")
    with pytest.raises(NoStore, match="not a readable manifest"):
        Manifest(root).check()


# Compaction.


def three_segments(root):
    for n, name in enumerate("abc"):
        commit(root, "flows", DAY, slices(range(10 * n, 10 * n + 10)), name)
    commit(root, "flows", NEXT, slices([99], NEXT), "later")


def test_a_day_is_compacted_when_there_is_a_later_one(root):
    commit(root, "flows", DAY, slices([1]), "a")
    commit(root, "flows", DAY, slices([2]), "b")
    assert due(committer_of(root)) == []
    commit(root, "flows", NEXT, slices([3], NEXT), "c")
    assert due(committer_of(root)) == [("flows", DAY)]
    assert compact_all(committer_of(root)) == 2
    assert due(committer_of(root)) == []


def test_a_compacted_day_holds_the_same_rows_once_in_order_of_time(root):
    three_segments(root)
    origins = Manifest(root).origins("flows", DAY)
    assert compact_all(committer_of(root)) == 3
    (segment,) = reader_of(root).segments("flows", DAY)
    table = reader_of(root).table("flows", DAY)
    assert (segment.rows, flows_of(table)) == (30, list(range(30)))
    assert table["minute"].to_pylist() == sorted(table["minute"].to_pylist())
    assert reader_of(root).schema(segment).metadata[b"jauge.record"] == b"slice"
    assert Manifest(root).origins("flows", DAY) == origins


def test_readers_of_the_old_list_find_its_files_for_a_grace_time(root):
    three_segments(root)
    old = reader_of(root).segments("flows", DAY)
    committer = committer_of(root)
    compact_all(committer)
    replaced_us = committer.manifest.replaced()[0][2]
    assert sweep(committer, now_us=replaced_us + GRACE_US - 1) == 0
    assert reader_of(root).dataset(old).count_rows() == 30
    assert sweep(committer, now_us=replaced_us + GRACE_US + 1) == 3
    assert len(files(root)) == 2
    assert committer.manifest.knows(old[0].id), "its spool would be sealed again"


def test_late_rows_of_a_compacted_day_are_compacted_again(root):
    three_segments(root)
    compact_all(committer_of(root))
    commit(root, "flows", DAY, slices([77]), "late")
    assert compact_all(committer_of(root)) == 2
    assert flows_of(reader_of(root).table("flows", DAY)) == [*range(30), 77]


def test_segments_whose_footers_differ_stay_apart(root):
    other = slices([5]).replace_schema_metadata({"jauge.unknown": "site"})
    three_segments(root)
    commit(root, "flows", DAY, other, "other")
    compact_all(committer_of(root))
    assert sorted(s.rows for s in reader_of(root).segments("flows", DAY)) == [1, 30]


def test_two_compactions_at_once_never_show_a_row_twice(root):
    three_segments(root)
    committer = committer_of(root)
    segments = reader_of(root).segments("flows", DAY)
    compact_all(committer)
    part = Part("day-other", "flows", DAY, slices([]).schema, "compaction")
    rows = pa.concat_tables([slices(range(20))])
    with pytest.raises(NotCommitted):
        committer.commit(part, [rows], replaces=segments[:2])
    assert stored(root, "flows").num_rows == 31


def test_a_replaced_segment_is_never_shown_again(root):
    three_segments(root)
    compact_all(committer_of(root))
    with pytest.raises(NotCommitted):
        commit(root, "flows", DAY, slices(range(10)), "a")
    assert stored(root, "flows").num_rows == 31


def test_a_compaction_that_loses_a_row_is_not_committed(root):
    three_segments(root)
    segments = reader_of(root).segments("flows", DAY)
    part = Part("day-short", "flows", DAY, slices([]).schema, "compaction")
    with pytest.raises(NotCommitted, match="accounting"):
        committer_of(root).commit(part, [slices(range(29))], replaces=segments)
    assert stored(root, "flows").num_rows == 31


def test_files_that_nobody_committed_are_swept_when_they_are_old(root):
    three_segments(root)
    stray = root / "flows" / f"day={DAY}" / "stray.parquet"
    unfinished = root / ".tmp" / "unfinished.parquet"
    for path in (stray, unfinished):
        path.write_bytes(b"x")
    now_us = stray.stat().st_mtime_ns // 1_000
    committer = committer_of(root)
    assert sweep(committer, now_us=now_us + GRACE_US // 2) == 0
    assert sweep(committer, now_us=now_us + GRACE_US + 2_000_000) == 2
    assert (stray.exists(), unfinished.exists(), len(files(root))) == (False, False, 4)


def test_a_manifest_that_cannot_be_written_changes_nothing(root):
    (root / "manifest.sqlite").unlink()
    with pytest.raises(ManifestFailed):
        Manifest(root).add_gaps([])


# What else may stand in the way.


def test_a_store_of_another_version_and_a_directory_without_one_are_refused(root, tmp_path):
    with sqlite3.connect(root / "manifest.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NoStore, match="another version"):
        Manifest(root).check()
    with pytest.raises(NoStore, match="no store; give the directory"):
        Manifest(tmp_path / "elsewhere").check()
    (tmp_path / "elsewhere" / "flows").mkdir(parents=True)
    with pytest.raises(NoStore, match="older Jauge"):
        Manifest(tmp_path / "elsewhere").check()


def test_a_manifest_that_cannot_be_opened_is_said(root, monkeypatch):
    def refused(*_arguments, **_more):
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refused)
    with pytest.raises(NoStore, match="not a readable manifest"):
        Manifest(root).days("flows")


def test_a_store_without_a_manifest_reads_as_an_empty_one(tmp_path):
    assert Manifest(tmp_path).days("flows") == []


def test_a_forgotten_day_is_no_part_of_the_store(root):
    place = commit(root, "flows", DAY, slices([1]))
    commit(root, "flows", NEXT, slices([2], NEXT))
    committer_of(root).forget("flows", DAY)
    assert not place.exists()
    assert Manifest(root).days("flows") == [NEXT]


def test_the_name_of_a_failed_attempt_is_not_used_again(root):
    left = root / "flows" / f"day={DAY.isoformat()}" / "part-7.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left by a crash")
    placed = commit(root, "flows", DAY, slices([1]), "part-7")
    assert placed != left
    assert left.read_bytes() == b"left by a crash"
    assert flows_of(stored(root, "flows")) == [1]


def test_a_directory_that_cannot_be_synced_holds_no_new_file(root, monkeypatch):
    def fails(_directory):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(committing, "sync_directory", fails)
    with pytest.raises(NotCommitted, match="Input/output"):
        commit(root, "flows", DAY, slices([1]))
    assert files(root) == []


def test_who_interrupts_a_commit_leaves_no_file(root, monkeypatch):
    def interrupted(*_arguments, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(committing, "verify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commit(root, "flows", DAY, slices([1]))
    assert files(root) == []


def test_a_table_without_rows_is_a_segment_without_times(root):
    commit(root, "link", DAY, links([]))
    (segment,) = segments_of(root, "link")
    assert (segment.rows, segment.first_s, segment.last_s) == (0, None, None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda written, schema: (replace(written, rows=9), schema), "number of rows"),
        (lambda written, schema: (written, schema.remove(0)), "columns"),
        (lambda written, schema: (written, schema.with_metadata({b"a": b"b"})), "footer"),
        (lambda written, schema: (replace(written, octets=9), schema), "accounting"),
    ],
    ids=["rows", "columns", "footer", "octets"],
)
def test_a_file_is_verified_in_each_respect(tmp_path, changed, said):
    table = links([1, 2])
    written = write([table], table.schema, tmp_path / "a", record="link", key=None)
    verify(tmp_path / "a", table.schema, written, record="link", key=None)
    wrong, schema = changed(written, table.schema)
    with pytest.raises(NotVerified, match=said):
        verify(tmp_path / "a", schema, wrong, record="link", key=None)


def test_a_manifest_that_does_not_close_changes_nothing_of_what_was_committed():
    """SQLite refuses to close another thread's connection; the transaction's outcome is known by then."""
    with ThreadPoolExecutor(1) as other:
        db = other.submit(sqlite3.connect, ":memory:").result()
        with pytest.raises(sqlite3.ProgrammingError):
            db.close()
        manifest._close(db)
        other.submit(db.close).result()
