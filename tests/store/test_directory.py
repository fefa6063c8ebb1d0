"""What a meter gives is kept once, whatever the disk does meanwhile."""

import errno
import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.store import DirectoryStore
from collector.store.directory import SPOOLS_MAX, WAITING_MAX
from collector.store.space import Level
from collector.store.tidy import tidy
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from privacy.store.manifest import Manifest, NoStore
from tests.store.rows import DAY, NEXT, flows_of, links, opened, slices
from tests.support.stores import footers, segments_of, stored


class Faults:
    """Makes the next calls of one function of `os` fail."""

    def __init__(self, monkeypatch, name, code=errno.EIO):
        self.left = 0
        real = getattr(os, name)

        def call(*arguments):
            if self.left:
                self.left -= 1
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        monkeypatch.setattr(os, name, call)


def reasons(root) -> list[str]:
    return [gap.reason for gap in Manifest(root).gaps()]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


def test_rows_are_in_no_file_that_a_reader_sees_before_they_are_sealed(root):
    store = opened(root)
    store.slices(slices(range(3)), DAY)
    store.flush()
    assert stored(root, "flows").num_rows == 0
    store.close()
    assert flows_of(stored(root, "flows")) == [0, 1, 2]
    assert list((root / "spool").iterdir()) == []


def test_rows_are_acknowledged_after_they_were_synced_and_not_before(root):
    told = []
    store = opened(root, acknowledged=lambda record, table: told.append((record, len(table))))
    store.slices(slices(range(3)), DAY)
    store.links(links([1]), DAY)
    assert told == []
    store.flush()
    assert sorted(told) == [("flows", 3), ("link", 1)]
    store.flush()
    assert len(told) == 2
    store.slices(slices(range(5_000)), DAY)
    assert told[2:] == [("flows", 5_000)]
    store.close()


def test_days_records_and_footers_lie_in_files_of_their_own(root):
    store = opened(root)
    other = slices([4]).replace_schema_metadata({"jauge.unknown": "end_reason"})
    for table, day in ((slices([1]), DAY), (slices([2]), DAY), (slices([3]), NEXT), (other, DAY)):
        store.slices(table, day)
    store.links(links([9]), DAY)
    store.close()
    assert sorted((s.day, s.rows) for s in segments_of(root, "flows")) == [
        (DAY, 1), (DAY, 2), (NEXT, 1),
    ]  # fmt: skip
    assert [s.rows for s in segments_of(root, "link")] == [1]
    assert sum(b"jauge.unknown" in schema.metadata for schema in footers(root, "flows")) == 1


def test_a_spool_is_sealed_after_five_minutes(root):
    clock = [0.0]
    store = opened(root, monotonic=lambda: clock[0])
    store.slices(slices([1]), DAY)
    store.flush()
    clock[0] = 299.0
    store.flush()
    assert len(list((root / "spool").iterdir())) == 1
    clock[0] = 301.0
    store.flush()
    store.slices(slices([2]), DAY)
    store.close()
    assert sorted(s.rows for s in segments_of(root, "flows")) == [1, 1]


def test_what_a_killed_collector_left_is_sealed_by_the_next(root):
    dead = opened(root)
    dead.slices(slices(range(7)), DAY)
    dead.flush()
    (spool,) = (lane.spool for lane in dead._lanes.values())
    octets = spool.path.read_bytes()
    spool.release()  # as the kernel does when a process dies
    for _ in range(2):  # also when it died between commit and unlink
        spool.path.write_bytes(octets + b"half a frame")
        opened(root).close()
        assert flows_of(stored(root, "flows")) == list(range(7))
        assert list((root / "spool").iterdir()) == []
    assert reasons(root) == ["torn"]


def test_the_spool_of_a_living_collector_is_left_alone(root):
    living = opened(root)
    living.slices(slices([1]), DAY)
    living.flush()
    opened(root).close()
    assert tidy(root, now_us=lambda: 0)["sealed"] == 0
    living.slices(slices([2]), DAY)
    living.close()
    assert flows_of(stored(root, "flows")) == [1, 2]


@pytest.mark.parametrize("call", ["fdatasync", "write", "fsync"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_poisoned_spool_is_given_up_and_its_rows_go_elsewhere_once(root, monkeypatch, call, code):
    store = opened(root)
    store.slices(slices([1]), DAY)
    store.flush()
    store._keys.key_of(NEXT, make=True)
    faults = Faults(monkeypatch, call, code)
    faults.left = 1
    told = []
    store._acknowledged = lambda _record, table: told.append(flows_of(table))
    store.slices(slices([2]), NEXT if call == "fsync" else DAY)
    store.flush()
    assert faults.left == 0
    assert told == [[2]]
    store.close()
    assert flows_of(stored(root, "flows")) == [1, 2]
    assert [reason.partition(":")[0] for reason in reasons(root)] == ["write_failed"]


def test_rows_wait_while_it_cannot_be_recorded_that_a_spool_is_poisoned(root, monkeypatch):
    """The frame may be whole on the disk: in a second spool it would be there twice."""
    clock = [0.0]
    store = opened(root, monotonic=lambda: clock[0])
    store.slices(slices([1]), DAY)
    store.flush()
    faults = Faults(monkeypatch, "fdatasync")
    real = Manifest.poison
    monkeypatch.setattr(Manifest, "poison", lambda *_: (_ for _ in ()).throw(OSError(5, "x")))
    faults.left = 1
    store.slices(slices([2]), DAY)
    store.flush()
    assert len(list((root / "spool").iterdir())) == 1
    monkeypatch.setattr(Manifest, "poison", real)
    clock[0] += 5
    store.flush()
    store.close()
    assert flows_of(stored(root, "flows")) == [1, 2]


def test_a_file_that_could_not_be_sealed_stays_in_its_spool_until_it_can(root, monkeypatch):
    store = opened(root)
    store.slices(slices([1]), DAY)
    store.flush()
    faults = Faults(monkeypatch, "fsync")
    faults.left = 1_000
    store.close()
    assert store.trouble()
    assert segments_of(root, "flows") == []
    faults.left = 0
    assert tidy(root, now_us=lambda: 0)["sealed"] == 1
    assert flows_of(stored(root, "flows")) == [1]


def test_when_the_disk_is_nearly_full_slices_are_counted_and_link_rows_written(root):
    said = []
    store = opened(root, say=said.append)
    full = True
    store._space.look = lambda: setattr(
        store._space, "level", Level.LINK_ONLY if full else Level.ALL
    ) or store._space.level  # fmt: skip
    store.flush()
    store.slices(slices(range(10)), DAY)
    store.links(links([1]), DAY)
    store.flush()
    full = False
    store.flush()
    store.slices(slices([11]), DAY)
    store.close()
    assert flows_of(stored(root, "flows")) == [11]
    assert stored(root, "link")["offered"].to_pylist() == [1]
    assert [(g.reason, g.rows) for g in Manifest(root).gaps()] == [("disk_full", 10)]
    assert ["full" in said[0], "again" in said[1], len(said)] == [True, True, 2]
    assert "10 rows" in store.trouble()[0]


def test_what_waits_is_bounded(root, monkeypatch):
    store = opened(root)
    monkeypatch.setattr(store, "_write", lambda: None)
    many = pa.concat_tables([slices(range(100))] * (WAITING_MAX["flows"] // 100))
    store.slices(many, DAY)
    store.slices(slices(range(5)), DAY)
    monkeypatch.undo()
    store.close()
    assert stored(root, "flows").num_rows == WAITING_MAX["flows"]
    assert [(g.reason, g.rows) for g in Manifest(root).gaps()] == [("disk_full", 5)]


def test_open_spools_are_bounded_however_the_days_jump(root):
    store = opened(root)
    for n in range(SPOOLS_MAX + 9):
        store.slices(slices([n], DAY + timedelta(days=n)), DAY + timedelta(days=n))
        store.flush()
        assert sum(lane.spool is not None for lane in store._lanes.values()) <= SPOOLS_MAX
    store.close()
    assert stored(root, "flows").num_rows == SPOOLS_MAX + 9


def test_slices_of_an_erased_day_are_never_written_again(root):
    opened(root).close()
    FileKeyring(keys_beside(root)).destroy(DAY)
    store = opened(root)
    store.slices(slices([1, 2]), DAY)
    store.links(links([1]), DAY)
    store.close()
    assert segments_of(root, "flows") == []
    assert [(g.reason, g.rows) for g in Manifest(root).gaps()] == [("erased", 2)]


def test_a_store_of_an_older_version_is_refused_with_a_sentence(root):
    (root / "flows" / f"day={DAY}").mkdir(parents=True)
    with pytest.raises(NoStore, match=r"older Jauge.*move"):
        DirectoryStore(root).open()


def five(*tens: int):
    """Link rows of the given tens of seconds after a whole five minutes of the clock."""
    table = links([0] * len(tens))
    start = [datetime.fromtimestamp(1_788_760_800 + 10 * ten, UTC) for ten in tens]
    return table.set_column(0, table.schema.field(0), pa.array(start, table.schema.field(0).type))


@pytest.mark.parametrize(
    ("rows", "age", "sealed"),
    [
        ((27, 28, 29), 61.0, True),
        ((29, 30, 31), 61.0, True),
        ((29,), 59.0, False),
        ((27, 28), 61.0, False),
        ((30, 31), 299.0, False),
    ],
)
def test_link_rows_are_sealed_as_soon_as_they_end_five_minutes_of_the_clock(
    root, rows, age, sealed
):
    clock = [0.0]
    store = opened(root, monotonic=lambda: clock[0])
    store.links(five(*rows), DAY)
    store.flush()
    clock[0] = age
    store.flush()
    left = [lane for lane in store._lanes.values() if lane.spool is not None]
    assert (not left) == sealed
    store.close()
    assert [s.rows for s in segments_of(root, "link")] == [len(rows)]
