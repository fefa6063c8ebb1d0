"""A verdict never depends on another device's traffic, the state of the line excepted (DESIGN 2).

The state of the line is given here: what is added and removed is everything else that other
devices do, under charters that use every volume and every tolerance.
"""

from dataclasses import replace
from random import Random

import ibis
import pytest

from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import by_engine, by_twin, minutes_of
from tests.analyzer_classify.generated import lycee
from tests.analyzer_classify.test_engine_equals_twin import EVERY_WINDOW


@pytest.fixture(name="engine", scope="module")
def _engine():
    connection = ibis.duckdb.connect(threads=1)
    yield connection
    connection.disconnect()


def own(rows, verdicts, device):
    return [said for row, said in zip(rows, verdicts, strict=True) if row["device"] == device]


@pytest.mark.parametrize("seed", range(2))
def test_a_verdict_is_the_same_with_and_without_the_slices_of_others(engine, seed):
    draw = Random(seed)  # noqa: S311 - examples, not secrets
    charter = EVERY_WINDOW if seed == 0 else generated.charter(draw)
    school = replace(lycee(), charter=charter)
    rows = [generated.slice_row(draw) for _ in range(200)]
    states = generated.states(draw, rows)
    together = by_engine(engine, rows, school, minutes_of(states))
    for device in (1, None):
        alone = [row for row in rows if row["device"] == device]
        assert by_engine(engine, alone, school, minutes_of(states)) == own(rows, together, device)


@pytest.mark.parametrize("seed", range(20))
def test_of_the_readable_twin_too(seed):
    draw = Random(seed)  # noqa: S311 - examples, not secrets
    school = replace(lycee(), charter=generated.charter(draw))
    rows = [generated.slice_row(draw) for _ in range(60)]
    states = generated.states(draw, rows)
    together = by_twin(rows, school, states)
    for device in (1, 2, 3, None):
        alone = [row for row in rows if row["device"] == device]
        assert by_twin(alone, school, states) == own(rows, together, device)


def test_the_order_of_rows_decides_nothing(engine):
    draw = Random(3)  # noqa: S311 - examples, not secrets
    school = replace(lycee(), charter=EVERY_WINDOW)
    rows = [generated.slice_row(draw) for _ in range(200)]
    states = generated.states(draw, rows)
    there = by_engine(engine, rows, school, minutes_of(states))
    back = by_engine(engine, rows[::-1], school, minutes_of(states))
    assert there == back[::-1]
