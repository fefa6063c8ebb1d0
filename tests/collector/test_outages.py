"""Gap rows: which ten-second steps an outage touches, and how long it lasted in each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.outages import OUTAGE_STEPS_MAX, STEP_US, outage_rows

NOON = 1_764_158_400 * 1_000_000
S = 1_000_000


@pytest.mark.parametrize(
    ("from_s", "to_s", "expected"),
    [
        (0, 10, [(0, 10_000)]),
        (4, 6.5, [(0, 2_500)]),
        (8, 21, [(0, 2_000), (10, 10_000), (20, 1_000)]),
        (5, 5, [(0, 1)]),  # too short for the clock: counted all the same
        (10, 10, [(10, 1)]),
        (7, 3, [(0, 1)]),  # the clock was set back meanwhile
    ],
)
def test_an_outage_has_a_row_in_each_step_that_it_touches(from_s, to_s, expected):
    links, lasted_ms = outage_rows(NOON + int(from_s * S), NOON + int(to_s * S))
    rows = [
        ((start - NOON) // S, ms) for start, ms in zip(links["start_us"], lasted_ms, strict=True)
    ]
    assert rows == expected
    assert not links["count"].any()


@given(st.integers(NOON, NOON + 10**9), st.integers(1_000, 600 * S))
def test_the_rows_add_up_to_the_outage(start, length):
    links, lasted_ms = outage_rows(start, start + length)
    assert abs(int(lasted_ms.sum()) - length // 1_000) <= 2 * len(links)
    assert (links["start_us"] % STEP_US == 0).all()
    assert (lasted_ms <= 10_000).all()


def test_a_clock_that_jumps_a_year_ahead_fills_no_memory():
    links, _ = outage_rows(NOON, NOON + 366 * 86_400 * S)
    assert len(links) == OUTAGE_STEPS_MAX
    assert links["start_us"][-1] == NOON + 366 * 86_400 * S - STEP_US
