"""A day that does not fit into DuckDB's memory is asked in parts; nothing goes to a disk."""

from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from analyzer.engines import EMBEDDED, EngineRefused, HeldSlices, embedded, opened
from privacy.records import SLICE_SCHEMA
from tests.engines import asking
from tests.engines.asking import TABLES, minutes_of, question

ROWS = 600_000
LITTLE, NEXT_TO_NOTHING = 140, 4
"""MiB: the whole day needs more than the first, a fourth of it less; no part needs as little as the second."""


def many_devices() -> HeldSlices:
    """A day of which every slice is another device's minute."""
    table = asking.table_of(asking.rows_of(Random(3), 500))  # noqa: S311 - examples, not secrets
    table = table.take(pa.array(np.arange(ROWS) % table.num_rows))
    columns = {name: table[name] for name in SLICE_SCHEMA.names}
    columns["device"] = pa.array(np.arange(ROWS) - ROWS // 2)
    columns["down_bytes"] = pa.array(np.full(ROWS, 10))
    return HeldSlices(ds.dataset(pa.table(columns, schema=SLICE_SCHEMA)))


def asked(engine, slices):
    found = question(engine).ask(slices, minutes_of(asking.MONDAY_DAY, {}), TABLES)
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def within(mib: int):
    return opened(EMBEDDED.model_copy(update={"memory_mib": mib}))


@pytest.mark.slow
def test_a_day_beyond_the_memory_has_the_same_answers(monkeypatch):
    slices = many_devices()
    with opened() as engine:
        whole = asked(engine, slices)
    parts = []
    answer_in = embedded.Embedded._answer_in
    monkeypatch.setattr(
        embedded.Embedded,
        "_answer_in",
        lambda self, count, name: parts.append(count) or answer_in(self, count, name),
    )
    with within(LITTLE) as engine:
        assert asked(engine, slices) == whole
    assert max(parts) >= embedded.MORE_PARTS


def test_what_fits_in_no_part_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(embedded, "MOST_PARTS", 1)
    with (
        within(NEXT_TO_NOTHING) as engine,
        pytest.raises(EngineRefused, match="memory_mib"),
    ):
        asked(engine, many_devices())


def test_an_engine_is_given_no_place_on_a_disk():
    with opened() as engine:
        place = engine.connection.con.sql("SELECT current_setting('temp_directory')").fetchall()
    assert place == [("",)]
