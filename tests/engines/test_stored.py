"""Days in encrypted stores: brought to executors as they are, refused alike, never in the clear on a disk."""

import gc
from datetime import date

import pyarrow.parquet as pq
import pytest

from analyzer import exact
from analyzer.engines import EMBEDDED, EngineRefused, opened, shelf
from analyzer.engines.tasks import FilePart, read
from analyzer.exact import Bench
from analyzer.store import Store, StoreDamaged
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from privacy.store.lent import SecretRefused
from tests.analyzer_classify.compared import CATALOGUE
from tests.engines.asking import TABLES, committed, minutes_of, question, school, table_of
from tests.engines.hostile import drawn
from tests.engines.reference import as_answers, digest

WORDS = [b"youtube", b"windowsupdate", b"salles", b"nordvpn"]
"""Stand in every drawn day, in names of sites and zones."""


def asked(settings, slices, day, states):
    with opened(settings) as engine:
        found = question(engine).ask(slices, minutes_of(day, states), TABLES)
    return digest(as_answers(found))


def contents(root):
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_a_day_is_read_from_any_path_under_its_school_and_stays_encrypted(sail_settings, tmp_path):
    rows, day, states = drawn(31, 150)
    base = tmp_path / "lake"
    base.mkdir()
    shared = sail_settings.model_copy(update={"slices": f"file://{base}"})
    with committed(tmp_path / "store", [table_of(rows[:80]), table_of(rows[80:])]) as slices:
        expected = asked(EMBEDDED, slices, day, states)
        assert asked(shared, slices, day, states) == expected
        there = sorted(str(path.relative_to(base)) for path in base.rglob("*.parquet"))
        assert [name.rsplit("/", 1)[0] for name in there] == ["school=0750001A/day=2026-09-07"] * 2
        # Killed half-way, or damaged there: it is brought again.
        (base / there[0]).write_bytes(b"half")
        assert asked(shared, slices, day, states) == expected
    written = contents(tmp_path)
    assert [word for word in WORDS if word in written] == []
    assert shelf.cleared(shared.slices, "0750001A", {day}) == []
    assert shelf.cleared(shared.slices, "0750001A", {date(2026, 9, 8)}) == ["day=2026-09-07"]
    assert list(base.rglob("*.parquet")) == []


def test_another_secret_opens_nothing_and_an_erased_day_is_gone(sail_settings, tmp_path, secret):
    rows, day, states = drawn(32, 20)
    other = tmp_path / "other"
    other.touch(0o600)
    other.write_bytes(bytes(32))
    with committed(tmp_path / "store", [table_of(rows)]) as slices:
        wrong = sail_settings.model_copy(update={"secret": str(tmp_path / "none")})
        with pytest.raises(EngineRefused, match="No such file"):
            asked(wrong, slices, day, states)
        path = f"file://{slices.reader.root / slices.segments[0].path}"
        with pytest.raises(SecretRefused):
            list(read(FilePart(path, "0750001A", "2026-09-07", 0, 1, bytes(60)), str(other)))
        with pytest.raises(OSError, match=r"encrypted|Parquet"):
            list(read(FilePart(path, "0750001A", "2026-09-07", 0, 1, None), str(secret)))
        FileKeyring(keys_beside(tmp_path / "store")).destroy(day)
        with pytest.raises(Exception, match="erased"):
            asked(sail_settings, slices, day, states)


def test_parts_of_a_file_are_all_its_rows_once(tmp_path, secret, monkeypatch):
    from analyzer.engines import remote
    from privacy.store import parquet

    monkeypatch.setattr(parquet, "ROW_GROUP", 7)
    rows, _, _ = drawn(33, 100)
    with committed(tmp_path / "store", [table_of(rows)]) as slices:
        path = slices.reader.root / slices.segments[0].path
        lent = remote._lent(slices, "flows", slices.segments[0].day,
                            EMBEDDED.model_copy(update={"secret": str(secret)}))  # fmt: skip
        for parts in (1, 3, 16, 40):
            split = [
                FilePart(f"file://{path}", "0750001A", "2026-09-07", n, parts, lent)
                for n in range(parts)
            ]
            flows = [
                flow
                for part in split
                for batch in read(part, str(secret))
                for flow in batch["flow"].to_pylist()
            ]
            assert flows == [row["flow"] for row in rows]
    with pytest.raises(OSError, match=r"encrypted|Parquet"):
        pq.ParquetFile(path)
    gc.collect()


@pytest.mark.parametrize(
    ("octets", "said"),
    [((2**62, 2**62), "2\\^63 or more"), ((2**63 - 1, 1), "2\\^63 or more"), ((-1, 2**63 - 1), "below nothing")],
)  # fmt: skip
def test_octets_beyond_what_engines_count_are_refused_before_any_engine_is_asked(tmp_path, sail_settings, octets, said):  # fmt: skip
    rows, day, _ = drawn(34, 2)
    for row, amount in zip(rows, octets, strict=True):
        row |= {"up_bytes": amount, "down_bytes": 0}
    with committed(tmp_path / "store", [table_of(rows[:1]), table_of(rows[1:])]):
        for settings in (EMBEDDED, sail_settings):
            bench = Bench(Store(tmp_path / "store"), school(), CATALOGUE, settings)
            with pytest.raises(StoreDamaged, match=said):
                bench.store.checked("flows", day)


def test_a_day_of_just_under_two_to_the_63_is_counted_by_both(tmp_path, sail_settings):
    rows, day, states = drawn(35, 3)
    for row, down in zip(rows, (2**62, 2**62 - 5, 1), strict=True):
        row |= {"up_bytes": 1, "down_bytes": down, "device": 4, "site": None, "transport": "tcp"}
    with committed(tmp_path / "store", [table_of(rows)]) as slices:
        Store(tmp_path / "store").checked("flows", day)
        assert asked(sail_settings, slices, day, states) == asked(EMBEDDED, slices, day, states)
    assert exact.NO_UAI == "school"
