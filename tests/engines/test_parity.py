"""Every table, on every engine and by definition: one digest."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analyzer_classify.test_engine_equals_twin import EVERY_WINDOW
from tests.engines import asking, hostile
from tests.engines.asking import (
    PUBLISHED,
    TABLES,
    committed,
    held,
    minutes_of,
    question,
    school,
    table_of,
)
from tests.engines.reference import answers, as_answers, digest


def by_definition(rows, day, states, own=None):
    return answers(rows, school=own or school(), day=day, states=states, published=PUBLISHED)


def by_engine(asked, slices, day, states):
    return as_answers(asked.ask(slices, minutes_of(day, states), TABLES))


@pytest.fixture(name="both", scope="module")
def _both(duckdb, sail):
    return {"duckdb": question(duckdb), "sail": question(sail)}


def same(both, rows, day, states, slices=None):
    expected = by_definition(rows, day, states)
    for name, asked in both.items():
        found = by_engine(asked, slices or held(rows), day, states)
        assert found == expected, name
        assert digest(found) == digest(expected)
    return expected


@pytest.mark.parametrize("made", hostile.DAYS, ids=lambda made: made.__name__)
def test_engines_and_definition_agree_on_a_hostile_day(both, made):
    same(both, *made())


def test_the_hostile_days_meet_every_query(both):
    met = set()
    for made in (*hostile.DAYS, lambda: hostile.drawn(1)):
        rows, day, states = made()
        met |= {name for name, found in by_definition(rows, day, states).items() if found}
    assert met == {"uses", "slots", "volumes", "services", "saturated"}


class Counted:
    """An engine that notes what it is asked."""

    def __init__(self, engine):
        self.engine, self.dialect, self.asked = engine, engine.dialect, []
        self.define, self.load = engine.define, engine.load

    def ask(self, name, *, by_device):
        self.asked.append(name)
        return self.engine.ask(name, by_device=by_device)


def test_a_day_without_a_saturated_minute_is_not_read_for_saturation(duckdb):
    counted = Counted(duckdb)
    rows, day, states = hostile.drawn(1)
    calm = dict.fromkeys(states, ("busy", "calm"))
    for known, reads in ((states, 1), (calm, 0)):
        counted.asked.clear()
        answer = by_engine(question(counted), held(rows), day, known)
        assert answer == by_definition(rows, day, known)
        assert counted.asked.count("saturated") == reads


@given(seed=st.integers(0, 2**32), count=st.integers(1, 150))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_days_have_one_digest(both, seed, count):
    same(both, *hostile.drawn(seed, count))


def test_an_encrypted_store_in_parts_has_the_same_digest(both, tmp_path):
    rows, day, states = hostile.drawn(7, 200)
    tables = [table_of(rows[:90]), table_of(rows[90:91]), table_of(rows[91:])]
    with committed(tmp_path / "store", tables) as slices:
        found = same(both, rows, day, states, slices)
    assert all(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22])
def test_windows_over_flows_and_device_days_agree(duckdb, sail, seed):
    own = replace(school(), charter=EVERY_WINDOW)
    rows, day, states = hostile.drawn(seed, 240)
    expected = by_definition(rows, day, states, own)
    for engine in (duckdb, sail):
        found = by_engine(question(engine, own), held(rows), day, states)
        assert digest(found) == digest(expected)
    # The engines are of the session: leave them as the other tests expect them.
    asking.question(duckdb), asking.question(sail)
