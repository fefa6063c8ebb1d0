"""What a release looks like where it is stored, and when a noisy value may be shown."""

import json
from dataclasses import replace

import pytest

from privacy.release import (
    Cell,
    Measure,
    Method,
    Quality,
    Release,
    Shown,
    Withheld,
    display,
    dump_release,
    load_release,
)
from tests.privacy.examples import DAY

STORED = json.loads(
    """
    {"format": 3, "kind": "release", "table": "T6", "period": "2026-09-07",
     "starts": "2026-09-07", "ends": "2026-09-08",
     "method": {"mechanism": "discrete_gaussian", "unit": "device_day", "rho": 0.00243,
                "sigma": 28.688766, "cap": 4, "measure": "device_days"},
     "cells": [
       {"key": {"use": "pedagogical"}, "noisy": 301,
        "display": {"value": 301, "margin": 56.2, "quality": "fiable"}},
       {"key": {"use": "abusive", "zone": "salles"}, "noisy": -7,
        "display": {"withheld": true, "below": 115}}],
     "origin": "measured", "charter_digest": "c", "privacy_digest": "d", "policy_digest": "e"}
    """
)
RELEASE = Release(
    table="T6",
    period=DAY.name,
    starts=DAY.starts,
    ends=DAY.ends,
    method=Method("discrete_gaussian", "device_day", 0.00243, 28.688766, 4, Measure.DEVICE_DAYS),
    cells=(
        Cell((("use", "pedagogical"),), 301, Shown(301, 56.2, Quality.RELIABLE)),
        Cell((("use", "abusive"), ("zone", "salles")), -7, Withheld(115)),
    ),
    origin="measured",
    charter_digest="c",
    privacy_digest="d",
    policy_digest="e",
)


def test_the_stored_form_is_fixed():
    """A release is kept for years and its seal covers each octet: another form is another format."""
    assert dump_release(RELEASE) == STORED
    assert load_release(STORED) == RELEASE


def test_what_cells_count_and_how_well_has_the_names_that_are_stored():
    assert [measure.value for measure in Measure] == ["device_days", "device_slots", "megabytes"]
    assert [quality.value for quality in Quality] == ["fiable", "indicatif"]


def test_the_format_before_has_no_policy():
    old = {name: value for name, value in STORED.items() if name != "policy_digest"}
    assert load_release(old | {"format": 2}) == replace(RELEASE, policy_digest=None)
    with pytest.raises(KeyError):
        load_release(old)


@pytest.mark.parametrize(
    ("noisy", "shown"),
    [
        (39, Withheld(40)),
        (40, Shown(40, 19.6, Quality.INDICATIVE)),
        (99, Shown(99, 19.6, Quality.INDICATIVE)),
        (100, Shown(100, 19.6, Quality.RELIABLE)),
        (-100, Withheld(40)),
    ],
)
def test_by_default_four_sigma_are_shown_and_ten_are_reliable(noisy, shown):
    assert display(noisy, sigma=10.0, floor=0) == shown


@pytest.mark.parametrize(("noisy", "shown"), [(76, Withheld(77)), (77, Quality.INDICATIVE)])
def test_the_readable_floor_counts_where_it_is_the_higher_one(noisy, shown):
    found = display(noisy, sigma=10.0, floor=77)
    assert (found if isinstance(found, Withheld) else found.quality) == shown


def test_the_threshold_that_is_named_is_a_whole_number_that_would_be_shown():
    withheld = display(0, sigma=10.3, floor=0)
    assert withheld == Withheld(42)
    assert isinstance(display(42, sigma=10.3, floor=0), Shown)
    assert isinstance(display(41, sigma=10.3, floor=0), Withheld)


def test_a_margin_has_one_decimal():
    assert display(500, sigma=28.688766, floor=0) == Shown(500, 56.2, Quality.RELIABLE)


def test_one_device_day_moves_counts_by_the_root_of_the_cap_and_volumes_by_the_cap():
    counts = RELEASE.method
    assert counts.sensitivity == 2.0
    assert replace(counts, measure=Measure.DEVICE_SLOTS).sensitivity == 2.0
    assert replace(counts, measure=Measure.MEGABYTES).sensitivity == 4.0


def test_a_cell_is_asked_by_dimension():
    assert RELEASE.cells[1].get("zone") == "salles"
    with pytest.raises(KeyError):
        RELEASE.cells[0].get("zone")
