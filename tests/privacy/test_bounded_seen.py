"""Tables of slots, services and volumes: what one device-day may weigh."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.gate import bounded
from privacy.gate.bounded import Seen, count_seen
from privacy.gate.tables import definitions
from privacy.release import Measure
from privacy.settings import PrivacySettings
from tests.privacy.examples import MONDAY, SERVICES, SLOTS, TABLES, ZONES

STRICT = definitions(
    ZONES,
    PrivacySettings.model_validate(
        {
            "tables": {
                "T2": {"share": 0.15, "cap": 2},
                "T3": {"share": 0.15, "cap": 1},
                "T4": {"share": 0.1, "cap": 7},
            }
        }
    ),
    slots=SLOTS,
    services=SERVICES,
)
CASES = {
    **{name: TABLES[name] for name in ("T2", "T3", "T4", "T7")},
    **{f"{name} under a stricter cap": STRICT[name] for name in ("T2", "T3", "T4")},
}
by_table = pytest.mark.parametrize("table", CASES.values(), ids=CASES)


def rows_of(table):
    cells = st.sampled_from([*table.cells(), ("nowhere",)])
    amounts = st.integers(0, 3) | st.integers(0, 10**13)
    devices = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
    return st.lists(st.builds(Seen, device=devices, cell=cells, amount=amounts), max_size=40)


def norm_squared(table, rows, without):
    whole = count_seen(rows, table, MONDAY).counts
    less = count_seen([row for row in rows if row.device != without], table, MONDAY).counts
    return sum((a - b) ** 2 for a, b in zip(whole, less, strict=True))


def allowed(table):
    return table.cap**2 if table.measure is Measure.MEGABYTES else table.cap


@by_table
@given(data=st.data())
def test_one_device_day_moves_the_counts_by_at_most_the_bound(table, data):
    rows = data.draw(rows_of(table))
    for device in {row.device for row in rows}:
        assert norm_squared(table, rows, device) <= allowed(table)


@by_table
@given(data=st.data())
def test_the_order_of_rows_changes_nothing(table, data):
    rows = data.draw(rows_of(table))
    shuffled = data.draw(st.permutations(rows))
    assert count_seen(shuffled, table, MONDAY) == count_seen(rows, table, MONDAY)


@by_table
def test_a_device_that_does_everything_weighs_the_bound_and_no_more(table):
    rows = [Seen(7, cell, 10**12) for cell in table.cells()] * 3
    counts = count_seen(rows, table, MONDAY).counts
    norm = math.sqrt(sum(n * n for n in counts))
    if table.measure is Measure.MEGABYTES:
        assert table.cap - len(counts) < norm <= table.cap
    else:
        assert sum(counts) == min(table.cap, len(table.cells()))


@by_table
def test_the_bound_test_catches_a_lost_cap(table, monkeypatch):
    monkeypatch.setattr(bounded, "met", lambda rows, table: tuple(range(len(table.cells()))) * 9)
    monkeypatch.setattr(bounded, "volumes", lambda rows, table: (10**9,) * len(table.cells()))
    rows = [Seen(7, table.cells()[0], 10**6)]
    assert norm_squared(table, rows, 7) > allowed(table)


def test_what_a_cap_drops_is_the_same_chance_for_each_cell():
    table = STRICT["T2"]
    rows = [Seen(device, cell, 1) for device in range(1200) for cell in table.cells()]
    counts = count_seen(rows, table, MONDAY).counts
    assert sum(counts) == 2 * 1200
    assert set(counts) == {2 * 1200 // len(table.cells())}


def test_megabytes_are_rounded_and_keep_their_proportions_when_scaled_down():
    use = [("pedagogical",), ("residual_private",), ("technical",)]
    small = [Seen(1, use[0], 1_499_999), Seen(1, use[1], 1_500_000), Seen(1, use[2], 400_000)]
    counts = dict(
        zip(TABLES["T4"].cells(), count_seen(small, TABLES["T4"], MONDAY).counts, strict=True)
    )
    assert (counts[use[0]], counts[use[1]], counts[use[2]]) == (1, 2, 0)
    large = [Seen(1, use[0], 6_000_000_000), Seen(1, use[1], 8_000_000_000)]
    counts = dict(
        zip(TABLES["T4"].cells(), count_seen(large, TABLES["T4"], MONDAY).counts, strict=True)
    )
    assert (counts[use[0]], counts[use[1]]) == (600, 800)


def test_a_volume_that_rounds_to_nothing_makes_no_device_day():
    assert count_seen([Seen(1, ("pedagogical",), 300)], TABLES["T4"], MONDAY).devices == 0


def test_two_visits_of_a_slot_are_one():
    twice = [Seen(1, ("M1", "pedagogical"), 2), Seen(1, ("M1", "pedagogical"), 5)]
    assert sum(count_seen(twice, TABLES["T2"], MONDAY).counts) == 1


def test_what_was_never_answered_fills_no_cell_and_once_is_enough():
    table = TABLES["T3"]
    rows = [Seen(4, (SERVICES[0],), 0), Seen(4, (SERVICES[1],), 1)]
    assert bounded.met(rows, table) == (1,)
    assert bounded.met(rows[:1], table) == ()


def test_a_cap_keeps_cells_from_the_place_that_the_pseudonym_says():
    table = STRICT["T2"]  # twelve cells, of which two
    everywhere = [Seen(10, cell, 1) for cell in table.cells()]
    assert bounded.met(everywhere, table) == (10, 11)
    last = [Seen(11, cell, 1) for cell in table.cells()]
    assert bounded.met(last, table) == (11, 0)


@pytest.mark.parametrize(("octets", "megabytes"), [(499_999, 0), (500_000, 1), (1_499_999, 1)])
def test_half_a_megabyte_is_rounded_up_and_an_octet_less_is_not(octets, megabytes):
    table = TABLES["T4"]
    assert bounded.volumes([Seen(1, table.cells()[0], octets)], table)[0] == megabytes


@pytest.mark.parametrize(
    ("megabytes", "kept"), [((60,), (60,)), ((1000,), (1000,)), ((1000, 1), (999, 0))]
)
def test_volumes_within_the_cap_stay_as_they_are_and_others_lose_no_more_than_they_must(
    megabytes, kept
):
    table = TABLES["T4"]
    rows = [Seen(1, cell, n * 10**6) for cell, n in zip(table.cells(), megabytes, strict=False)]
    assert bounded.volumes(rows, table)[: len(kept)] == kept


def test_rows_without_an_octet_make_no_megabyte_however_many_there_are():
    table = TABLES["T4"]
    assert not any(bounded.volumes([Seen(1, table.cells()[0], 0)] * 600_000, table))


def test_a_device_day_with_any_volume_is_one_and_one_without_is_none():
    table = TABLES["T4"]
    rows = [Seen(1, table.cells()[0], 10**9), Seen(2, table.cells()[1], 10**9), Seen(3, (), 9)]
    assert count_seen(rows, table, MONDAY).devices == 2
