from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.gate import bounded
from privacy.gate.bounded import Activity, cells_of, count
from privacy.gate.tables import CHARTER_USES, definitions
from privacy.settings import PrivacySettings
from tests.privacy.examples import MONDAY, SETTINGS, T1, T6, ZONES

STRICT = definitions(
    ZONES,
    PrivacySettings.model_validate(
        {"tables": {"T1": {"share": 0.25, "cap": 2}, "T6": {"share": 0.1, "cap": 1}}}
    ),
)
DEFINITIONS = [T1, T6, STRICT["T1"], STRICT["T6"]]
NAMES = ["T1", "T6", "T1 under a stricter cap", "T6 under a stricter cap"]

minutes = st.one_of(st.integers(0, 3), st.integers(0, 10**12))
activities = st.lists(
    st.builds(
        Activity,
        device=st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
        zone=st.sampled_from([*(zone.name for zone in ZONES), None]),
        minutes=minutes,
        use_minutes=st.tuples(minutes, minutes, minutes, minutes),
    ),
    max_size=40,
)


def distance_squared(one, other):
    return sum((a - b) ** 2 for a, b in zip(one.counts, other.counts, strict=True))


def worst_change(rows, definition):
    """Largest squared L2 change when one device-day is taken out."""
    whole = count(rows, definition, MONDAY)
    devices = {row.device for row in rows}
    without = [[row for row in rows if row.device != device] for device in devices]
    return max((distance_squared(whole, count(w, definition, MONDAY)) for w in without), default=0)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=NAMES)
@given(rows=activities)
def test_one_device_day_moves_the_counts_by_at_most_the_root_of_the_cap(definition, rows):
    assert worst_change(rows, definition) <= definition.cap


@pytest.mark.parametrize("definition", DEFINITIONS, ids=NAMES)
@given(rows=activities, data=st.data())
def test_the_order_of_rows_changes_nothing(definition, rows, data):
    shuffled = data.draw(st.permutations(rows))
    assert count(shuffled, definition, MONDAY) == count(rows, definition, MONDAY)


EVERYWHERE = [Activity(7, zone.name, 10**6, (10**6,) * 4) for zone in ZONES]


@pytest.mark.parametrize(
    ("definition", "expected"), list(zip(DEFINITIONS, (5, 4, 2, 1), strict=True)), ids=NAMES
)
def test_a_device_that_does_everything_everywhere_weighs_exactly_the_cap(definition, expected):
    cells = count(EVERYWHERE * 50, definition, MONDAY)
    assert sum(cells.counts) == expected
    assert max(cells.counts) == 1
    assert cells.devices == 1


def test_the_bound_test_catches_a_lost_cap(monkeypatch):
    whole = count(EVERYWHERE, T1, MONDAY)
    assert sum(whole.counts) == 5
    monkeypatch.setattr(bounded, "cells_of", lambda rows, definition: tuple(range(15)))
    assert worst_change(EVERYWHERE, T1) > T1.cap


def test_the_bound_test_catches_counting_rows_instead_of_devices(monkeypatch):
    monkeypatch.setattr(bounded, "cells_of", lambda rows, definition: (0,) * len(rows))
    assert worst_change(EVERYWHERE, T1) > T1.cap


def shown(cells, definition):
    named = zip(definition.keys(), cells.counts, strict=True)
    return {tuple(value for _, value in key): n for key, n in named if n}


def test_a_device_day_belongs_to_the_zone_of_most_minutes_with_its_uses_there():
    rows = [
        Activity(1, "salles", 30, (30, 0, 0, 0)),
        Activity(1, "bureaux", 40, (0, 2, 0, 0)),
    ]
    assert shown(count(rows, T1, MONDAY), T1) == {
        ("any", "bureaux"): 1,
        ("residual_private", "bureaux"): 1,
    }


def test_of_equal_zones_the_first_declared_wins():
    rows = [Activity(1, "internat", 5, (0, 0, 0, 5)), Activity(1, "bureaux", 5, (0, 5, 0, 0))]
    assert ("any", "bureaux") in shown(count(rows, T1, MONDAY), T1)


def test_a_device_day_spent_outside_published_zones_is_in_no_cell_by_zone():
    rows = [Activity(1, None, 50, (9, 0, 0, 0)), Activity(1, "salles", 5, (5, 0, 0, 0))]
    assert shown(count(rows, T1, MONDAY), T1) == {}
    assert shown(count(rows, T6, MONDAY), T6) == {("pedagogical",): 1}


def test_a_declared_zone_wins_a_tie_against_outside():
    rows = [Activity(1, None, 5, (0, 0, 0, 0)), Activity(1, "salles", 5, (0, 0, 0, 0))]
    assert shown(count(rows, T1, MONDAY), T1) == {("any", "salles"): 1}


def test_a_device_with_technical_traffic_only_counts_as_any():
    rows = [Activity(1, "salles", 12, (0, 0, 0, 0))]
    assert shown(count(rows, T1, MONDAY), T1) == {("any", "salles"): 1}
    assert count(rows, T6, MONDAY).devices == 0


def test_a_device_without_an_answered_minute_is_nobody():
    rows = [Activity(1, "salles", 0, (0, 0, 0, 0))]
    assert count(rows, T1, MONDAY).devices == 0


def test_minutes_of_several_zones_add_up_for_the_whole_school(monkeypatch):
    monkeypatch.setattr(bounded, "LEAST_MINUTES", 2)
    rows = [Activity(1, "salles", 1, (1, 0, 0, 0)), Activity(1, "bureaux", 1, (1, 0, 0, 0))]
    assert shown(count(rows, T6, MONDAY), T6) == {("pedagogical",): 1}
    assert shown(count(rows[:1], T6, MONDAY), T6) == {}


def test_a_cap_drops_uses_from_the_end_of_the_public_order_never_the_smallest():
    rows = [Activity(1, "salles", 50, (1, 2, 3, 50))]
    assert shown(count(rows, STRICT["T6"], MONDAY), STRICT["T6"]) == {(CHARTER_USES[0],): 1}
    assert shown(count(rows, STRICT["T1"], MONDAY), STRICT["T1"]) == {
        ("any", "salles"): 1,
        ("pedagogical", "salles"): 1,
    }


def test_definitions_of_a_stricter_cap_keep_their_keys():
    assert STRICT["T1"] == replace(T1, cap=2)
    assert SETTINGS.table("T1").cap == 5


def test_one_answered_minute_is_enough_and_none_is_not():
    """The floor itself, on each side of it, in the zone and for the whole school."""
    once = Activity(1, "salles", 1, (1, 0, 0, 0))
    never = Activity(2, "salles", 0, (0, 0, 0, 0))
    assert cells_of([once], T1) == (
        T1.cells().index(("salles", "any")),
        T1.cells().index(("salles", "pedagogical")),
    )
    assert cells_of([once], T6) == (0,)
    assert cells_of([never], T1) == cells_of([never], T6) == ()


def test_a_zone_without_a_minute_never_wins_one_with_a_minute():
    rows = [Activity(1, "internat", 1, (0, 1, 0, 0)), Activity(1, None, 0, (0, 0, 0, 0))]
    assert cells_of(rows, T1)[0] == T1.cells().index(("internat", "any"))


def test_minutes_of_rows_of_one_zone_add_up():
    rows = [Activity(1, "bureaux", 2, (2, 0, 0, 0))] * 3 + [Activity(1, "salles", 5, (5, 0, 0, 0))]
    assert cells_of(rows, T1)[0] == T1.cells().index(("bureaux", "any"))
