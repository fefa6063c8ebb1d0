"""The state of the line flips exactly at its thresholds, to the octet, and remembers as declared."""

from datetime import UTC, date, datetime
from fractions import Fraction

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.link_load import SlotTimes, slot_loads
from analyzer.link_state import LineMinutes, LineRows, state_table, states_of
from school.lines import Capacity
from tests.analyzer_classify.compared import by_engine, by_twin, worse
from tests.analyzer_classify.generated import lycee
from tests.analyzer_classify.test_engine_equals_twin import base_row

START = int(datetime(2026, 9, 7, 6, 30, tzinfo=UTC).timestamp())
TEN = 10_000_000
"""10 Mbit/s: 80 % of it over a minute are 60,000,000 octets."""
FULL = TEN * 60 // 8


def longs(values) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def states(octets, *, minutes=None, seconds=60, capacity=TEN):
    starts = [START + 60 * n for n in (minutes or range(len(octets)))]
    return states_of(longs(starts), longs(octets), longs([seconds] * len(octets)), capacity)


def percent(share, less=0):
    return FULL * share // 100 - less


@pytest.mark.parametrize(
    ("octets", "state"),
    [(percent(80, 1), 0), (percent(80), 1), (percent(95, 1), 1), (percent(95), 2)],
)
def test_a_state_is_entered_at_80_and_95_percent_and_not_an_octet_before(octets, state):
    assert states([octets]) == [state]


@pytest.mark.parametrize(
    ("before", "octets", "state"),
    [
        (percent(80), percent(75), 1),
        (percent(80), percent(75, 1), 0),
        (percent(95), percent(90), 2),
        (percent(95), percent(90, 1), 1),
        (percent(95), percent(75), 1),
        (percent(95), percent(75, 1), 0),
        (percent(80), percent(94), 1),  # a busy line is not saturated before 95 %
        (0, percent(79), 0),
    ],
)
def test_a_state_is_left_at_75_and_90_percent_and_not_an_octet_before(before, octets, state):
    assert states([before, octets])[1] == state


def test_a_minute_that_was_not_seen_forgets():
    kept = [percent(95), percent(90), percent(76)]
    assert states(kept) == [2, 2, 1]
    assert states(kept, minutes=[0, 2, 3]) == [2, 1, 1]
    assert states(kept, minutes=[0, 1, 3]) == [2, 2, 0]


@given(
    st.lists(st.integers(60, 110), min_size=1, max_size=40),
    st.integers(1, 10**12),
    st.sampled_from([30, 40, 50, 60]),
    st.data(),
)
def test_whatever_the_capacity_it_is_the_definition_in_exact_fractions(
    shares, capacity, seconds, data
):
    octets = [
        max(0, share * capacity * seconds // 800 + data.draw(st.integers(-1, 1)))
        for share in shares
    ]
    expected, state = [], 0
    for size in octets:
        load = Fraction(size * 8 * 100, capacity * seconds)
        if load >= 95 or (state == 2 and load >= 90):
            state = 2
        elif load >= 80 or (state >= 1 and load >= 75):
            state = 1
        else:
            state = 0
        expected.append(state)
    assert states(octets, seconds=seconds, capacity=capacity) == expected


def line(down, up=None) -> LineMinutes:
    starts = [START + 60 * n for n in range(len(down))]
    return LineMinutes(
        longs(starts), longs([6] * len(down)), longs(up or [0] * len(down)), longs(down)
    )


CAPACITY = Capacity(date(2026, 9, 1), down_bit_s=TEN, up_bit_s=TEN)


def test_up_and_down_are_apart_and_of_several_lines_the_worst_counts():
    first = line([percent(85), 0, percent(80)], up=[0, percent(96), 0])
    second = line([0, percent(80), percent(99)], up=[percent(81), 0, 0])
    table = state_table([(first, CAPACITY), (second, CAPACITY)]).to_pydict()
    assert table["link_down"] == ["busy", "busy", "saturated"]
    assert table["link_up"] == ["busy", "saturated", "calm"]
    assert table["link_state"] == ["busy", "saturated", "saturated"]


def test_the_memory_of_a_line_is_its_own():
    """One line calms down while another, that was never busy, carries 78 %."""
    first, second = line([percent(85), 0]), line([0, percent(78)])
    table = state_table([(first, CAPACITY), (second, CAPACITY)]).to_pydict()
    assert table["link_down"] == ["busy", "calm"]


@pytest.fixture(name="engine", scope="module")
def _engine():
    connection = ibis.duckdb.connect(threads=1)
    yield connection
    connection.disconnect()


def test_the_verdict_on_a_radio_flips_at_exactly_the_thresholds(engine):
    """Web radio in the secretariat: tolerated under 80 %, inappropriate from 80 %, both twins."""
    octets = [percent(80, 1), percent(80), percent(75), percent(75, 1), percent(79), percent(95)]
    uses = ["residual_private", *["resource_inappropriate"] * 2]
    uses += ["residual_private"] * 2 + ["resource_inappropriate"]
    table = state_table([(line(octets), CAPACITY)])
    rows = [base_row(site="nrj.fr", minute=minute) for minute in table["minute"].to_pylist()]
    found = by_engine(engine, rows, lycee(), ibis.memtable(table))
    assert [row[5] for row in found] == uses
    known = {row["minute"]: (row["link_up"], row["link_down"]) for row in table.to_pylist()}
    assert [worse(*pair) for pair in known.values()] == table["link_state"].to_pylist()
    assert by_twin(rows, lycee(), known) == found


def test_the_published_minutes_count_without_memory():
    octets = [percent(80), percent(76), percent(95), percent(91), percent(79)]
    ones = longs([1] * len(octets) * 6)
    rows = LineRows(
        start_s=longs([START + 10 * n for n in range(len(octets) * 6)]),
        up_bytes=ones * 0,
        down_bytes=np.repeat(longs(octets) // 6, 6),
        offered=ones,
        lost=ones * 0,
    )
    slot = SlotTimes("M1", "lesson", "08:30", "08:35", START, START + 300)
    published = slot_loads(rows, CAPACITY, [slot])[0]["down"]
    assert (published["minutes_80"], published["minutes_95"]) == (3, 1)
    assert states(octets) == [1, 1, 2, 2, 1]
