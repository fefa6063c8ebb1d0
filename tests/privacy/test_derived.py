"""Derived numbers: sums, longer periods, least squares, what is displayed adds up."""

import math
import statistics
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import derived
from privacy.gate import noise
from privacy.gate.bounded import Activity, count
from privacy.gate.periods import period_of
from privacy.gate.tables import Definition
from privacy.release import Cell, Quality, Release, Shown, Withheld, display
from tests.privacy.examples import MONDAY, SETTINGS, T1, T6, TABLES

RULE = SETTINGS.display
T1_KEYS = T1.keys()


def stored(definition: Definition, noisy: list[int], day: date = MONDAY, charter="c" * 64):
    """A release as the door stores it, with the noisy values that the test wants."""
    method, period = SETTINGS.method(definition.name), period_of(definition.period, day)
    floor = 0 if method.measure == "megabytes" else 11 * len(period.days())
    cells = tuple(
        Cell(key, value, display(value, sigma=method.sigma, floor=floor))
        for key, value in zip(definition.keys(), noisy, strict=True)
    )
    return Release(
        definition.name, period.name, period.starts, period.ends, method, cells,
        origin="simulated", charter_digest=charter, privacy_digest="p" * 64,
    )  # fmt: skip


def t1(*, pedagogical: list[int], day: date = MONDAY, others: int = 0):
    """A T1 week of the three zones."""
    by_use = {"pedagogical": pedagogical}
    values = [
        by_use.get(dict(key)["use"], [others] * 3)[T1.zones.index(dict(key)["zone"])]
        for key in T1_KEYS
    ]
    return stored(T1, values, day)


def weeks(*values: list[int]):
    return [t1(pedagogical=list(v), day=MONDAY + timedelta(weeks=n)) for n, v in enumerate(values)]


# Sums.


def test_a_margin_adds_up_the_zones_withheld_ones_and_negative_values_included():
    total = derived.margin(t1(pedagogical=[400, 30, -9]), use="pedagogical")
    assert total.value == 421
    assert total.sigma == pytest.approx(T1_SIGMA * math.sqrt(3))
    assert total.shown(RULE) == Shown(421, round(1.96 * T1_SIGMA * 3**0.5, 1), Quality.RELIABLE)


T1_SIGMA = SETTINGS.method("T1").sigma


def test_a_sum_of_withheld_cells_may_be_shown_and_a_small_one_is_withheld_never_zero():
    release = t1(pedagogical=[80, 80, 80])
    assert all(isinstance(cell.display, Withheld) for cell in release.cells)
    assert derived.margin(release, use="pedagogical").shown(RULE).value == 240
    small = derived.margin(t1(pedagogical=[-1, 1, 0]), use="pedagogical").shown(RULE)
    assert small == Withheld(below=math.ceil(4 * T1_SIGMA * math.sqrt(3)))


def test_uses_of_a_count_do_not_add_up_and_uses_of_a_volume_do():
    with pytest.raises(ValueError, match="do not add up"):
        derived.margin(t1(pedagogical=[1, 2, 3]), zone="salles")
    with pytest.raises(ValueError, match="do not add up"):
        derived.margin(stored(TABLES["T5-bis"], [1, 2]))
    assert derived.margin(stored(TABLES["T4"], [1, 2, 3, 4, 5, 6])).value == 21


def test_no_cell_is_no_sum():
    with pytest.raises(ValueError, match="no cell"):
        derived.margin(t1(pedagogical=[1, 2, 3]), zone="elsewhere")
    with pytest.raises(ValueError, match="no cell"):
        derived.over([], use="abusive")


def test_different_things_are_never_added():
    volume, devices = stored(TABLES["T4"], [9] * 6), stored(T6, [9] * 4)
    with pytest.raises(ValueError, match="megabytes and device_days"):
        derived.margin(volume).plus(derived.margin(devices, use="abusive"))
    with pytest.raises(ValueError, match="several tables"):
        derived.over([volume, devices])
    with pytest.raises(ValueError, match="several tables"):
        derived.term_totals([volume, devices])


def test_a_period_is_added_once():
    release = t1(pedagogical=[1, 2, 3])
    with pytest.raises(ValueError, match="twice"):
        derived.over([release, release], use="any")
    with pytest.raises(ValueError, match="twice"):
        derived.term_totals([release, release])


def test_a_term_has_every_cell_over_its_weeks_with_the_margin_of_a_sum():
    totals = derived.term_totals(weeks([100, 1, 2], [200, 3, 4], [300, 5, 6]))
    key = (("use", "pedagogical"), ("zone", "salles"))
    assert list(totals) == list(T1.keys())
    assert totals[key].value == 600
    assert totals[key].days == 21
    assert totals[key].periods == ("2026-W37", "2026-W38", "2026-W39")
    assert totals[key].sigma == pytest.approx(T1_SIGMA * math.sqrt(3))


def test_the_readable_floor_grows_with_the_days_and_falls_with_a_mean():
    many = weeks(*[[90, 90, 90]] * 16)
    total = derived.over(many, use="pedagogical", zone="salles")
    assert 4 * total.sigma < 11 * 7 * 16 < total.value  # the floor decides, and is passed
    assert isinstance(total.shown(RULE), Shown)
    below = derived.over(weeks(*[[76, 0, 0]] * 16), use="pedagogical", zone="salles")
    assert below.value > 4 * below.sigma
    assert below.shown(RULE) == Withheld(below=11 * 7 * 16)
    assert below.scaled(1 / 16).shown(RULE) == Withheld(below=77)
    assert total.scaled(1 / 16).shown(RULE).value == 90


def test_a_volume_has_no_readable_floor():
    sigma = SETTINGS.method("T4").sigma
    enough = stored(TABLES["T4"], [math.ceil(4 * sigma)] + [0] * 5)
    assert isinstance(derived.margin(enough, use="pedagogical").shown(RULE), Shown)


def test_weeks_within_a_term_lie_wholly_in_it():
    every = weeks([1, 1, 1], [2, 2, 2], [3, 3, 3])
    ends = MONDAY + timedelta(days=13)
    assert derived.within(every, MONDAY, ends) == tuple(every[:2])
    assert derived.within(every, MONDAY + timedelta(days=1), ends) == (every[1],)
    assert derived.within(every, MONDAY, ends - timedelta(days=1)) == (every[0],)


def test_a_week_belongs_to_the_month_of_its_thursday():
    five = weeks(*[[n] * 3 for n in range(5)])  # Mondays 7, 14, 21, 28 September; 5 October
    assert derived.weeks_of_month(five, "2026-09") == tuple(five[:3])
    assert derived.weeks_of_month(five, "2026-10") == tuple(five[3:])
    last = t1(pedagogical=[1, 1, 1], day=date(2026, 12, 28))  # Thursday 31 December
    assert derived.weeks_of_month([last], "2026-12") == (last,)
    assert derived.weeks_of_month([last], "2027-01") == ()


# Linear combinations know what they share.


def test_what_two_numbers_share_takes_no_part_in_their_difference():
    release = t1(pedagogical=[500, 300, 100])
    zones = [derived.margin(release, use="pedagogical", zone=zone) for zone in T1.zones]
    whole = derived.margin(release, use="pedagogical")
    rest = whole.minus(zones[0])
    assert (rest.value, rest.sigma) == (400, pytest.approx(T1_SIGMA * math.sqrt(2)))
    assert whole.covariance(zones[1]) == pytest.approx(T1_SIGMA**2)
    assert zones[0].covariance(zones[1]) == 0
    assert rest.days == 7


# Least squares.


def estimates(total: int, parts: list[int]):
    first = derived.margin(stored(TABLES["T5-bis"], [total, 0]), use="abusive")
    days = [MONDAY + timedelta(days=n) for n in range(len(parts))]
    others = [
        derived.margin(stored(T6, [0, 0, part, 0], day), use="abusive")
        for day, part in zip(days, parts, strict=True)
    ]
    return first, others, *derived.reconciled(first, others)


def test_least_squares_is_what_linear_algebra_says():
    numpy = pytest.importorskip("numpy")
    first, others, total, parts = estimates(900, [100, 310, 250])
    design = numpy.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]) / numpy.array(
        [[o.sigma] for o in (*others, first)]
    )
    seen = numpy.array([o.value / o.sigma for o in (*others, first)])
    best, *_ = numpy.linalg.lstsq(design, seen, rcond=None)
    covariance = numpy.linalg.inv(design.T @ design)
    assert [part.value for part in parts] == pytest.approx(list(best))
    assert [part.sigma**2 for part in parts] == pytest.approx(list(covariance.diagonal()))
    assert total.sigma**2 == pytest.approx(covariance.sum())


@given(
    total=st.integers(-300, 3000), parts=st.lists(st.integers(-300, 900), min_size=1, max_size=31)
)
def test_least_squares_adds_up_and_is_never_worse_than_either_measurement(total, parts):
    first, others, best, moved = estimates(total, parts)
    assert sum(part.value for part in moved) == pytest.approx(best.value)
    assert best.sigma <= first.sigma
    assert best.sigma <= math.hypot(*(other.sigma for other in others))
    assert all(new.sigma <= old.sigma for new, old in zip(moved, others, strict=True))
    assert min(total, sum(parts)) <= round(best.value, 6) <= max(total, sum(parts))
    assert (best.days, [part.days for part in moved]) == (first.days, [1.0] * len(parts))


def test_least_squares_of_real_noise_is_unbiased_with_the_variance_it_claims():
    exact, rounds = [400, 250, 350], 3_000
    totals = noise.draw([sum(exact)] * rounds, SETTINGS.method("T5-bis"))
    days = [noise.draw([value] * rounds, SETTINGS.method("T6")) for value in exact]
    best = [estimates(total, list(parts)) for total, *parts in zip(totals, *days, strict=True)]
    values = [total.value for *_, total, _ in best]
    sigma = best[0][2].sigma
    assert abs(statistics.fmean(values) - sum(exact)) < 5 * sigma / math.sqrt(rounds)
    assert statistics.pstdev(values) == pytest.approx(sigma, rel=0.07)
    assert statistics.pstdev(totals) > statistics.pstdev(values)


def test_measurements_that_share_a_cell_are_not_independent():
    cell = derived.margin(stored(T6, [1, 2, 3, 4]), use="abusive")
    with pytest.raises(ValueError, match="several"):
        derived.reconciled(cell, [cell])


FEBRUARY = [date(2027, 2, 1) + timedelta(days=n) for n in range(28)]


def test_t5_bis_is_the_sum_of_the_days_of_t6_by_construction_of_the_bounds():
    rows = {
        day: [
            Activity(device, zone, 5, (n % 2, n % 3, (device + n) % 2, device % 3))
            for n, zone in enumerate(("salles", "internat", None))
            for device in range(1 + day.day)
        ]
        for day in FEBRUARY
    }
    for use in ("abusive", "resource_inappropriate"):
        day_by_day, monthly = (
            sum(
                count(rows[day], table, day).counts[table.cells().index((use,))] for day in FEBRUARY
            )
            for table in (T6, TABLES["T5-bis"])
        )
        assert day_by_day == monthly > 0


def a_month(**changes):
    release = stored(TABLES["T5-bis"], [500, 600], FEBRUARY[0])
    days = [stored(T6, [0, 0, 20, 10], day) for day in FEBRUARY]
    return replace(release, **changes), days


def test_a_month_of_which_every_day_is_released_agrees_with_its_days():
    release, days = a_month()
    found = derived.month(release, [*days, stored(T6, [9] * 4, date(2027, 3, 1))], "abusive")
    assert 500 < found.total.value < 560
    assert sum(day.value for day in found.days) == pytest.approx(found.total.value)
    assert found.total.shown(RULE).margin <= release.cells[0].display.margin


@pytest.mark.parametrize(
    "broken",
    [
        "a day is missing",
        "another charter on a day",
        "a smaller cap of T6",
        "a smaller cap of T5-bis",
        "a day filed under another",
    ],
)
def test_a_month_that_its_days_do_not_measure_is_what_t5_bis_says(broken):
    release, days = a_month()
    small = replace(days[3].method, cap=3)
    days, release = {
        "a day is missing": (days[1:], release),
        "another charter on a day": ([*days[:-1], replace(days[-1], charter_digest="d")], release),
        "a smaller cap of T6": ([replace(day, method=small) for day in days], release),
        "a smaller cap of T5-bis": (days, replace(release, method=replace(release.method, cap=1))),
        "a day filed under another": (
            [*days[:-1], replace(days[-1], starts=date(2027, 3, 1))],
            release,
        ),
    }[broken]
    found = derived.month(release, days, "abusive")
    assert (found.total.value, found.days) == (500, ())
    assert found.total.sigma == release.method.sigma


# What is displayed adds up.


@given(st.lists(st.integers(-100_000, 400_000), min_size=6, max_size=6))
def test_what_is_displayed_adds_up_to_the_last_digit(noisy):
    release = stored(TABLES["T4"], noisy)
    uses = [dict(cell.key)["use"] for cell in release.cells]
    shown = derived.breakdown({use: derived.margin(release, use=use) for use in uses}, RULE)
    parts = [part.value for part in shown.parts.values() if isinstance(part, Shown)]
    assert (shown.rest is None) == (len(parts) == 6)
    if isinstance(shown.total, Shown) and isinstance(shown.rest, Shown | None):
        assert sum(parts) + (shown.rest.value if shown.rest else 0) == shown.total.value
    elif isinstance(shown.total, Shown):
        assert shown.total.value - sum(parts) < shown.rest.below


def test_withheld_parts_together_may_be_shown_as_the_rest():
    release = t1(pedagogical=[500, 80, 79])
    zones = {zone: derived.margin(release, use="pedagogical", zone=zone) for zone in T1.zones}
    shown = derived.breakdown(zones, RULE)
    assert isinstance(shown.parts["bureaux"], Withheld)
    assert (shown.rest.value, shown.total.value) == (159, 659)


def test_a_breakdown_of_weighted_numbers_is_refused():
    half = derived.margin(t1(pedagogical=[1, 1, 1]), use="pedagogical").scaled(0.5)
    with pytest.raises(ValueError, match="no sum of cells"):
        derived.breakdown({"half": half}, RULE)


@given(
    st.lists(st.integers(-50_000, 900_000), min_size=1, max_size=12), st.sampled_from([1, 10, 1000])
)
def test_rounded_parts_add_up_to_the_rounded_total(values, step):
    rounded = derived.rounded_together(values, step)
    assert sum(rounded) == round(sum(values) / step)
    assert all(abs(r * step - v) < step for r, v in zip(rounded, values, strict=True))


def test_the_largest_remainder_is_rounded_up():
    assert derived.rounded_together([1400, 1700, 2900], 1000) == [1, 2, 3]
    assert derived.rounded_together([1500, 1500], 1000) == [2, 1]
