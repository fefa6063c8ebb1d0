"""The measurement of docs/accuracy.md: its labels, its counts, and the thresholds of the line."""

import inspect
from collections import Counter

import pytest

from benchmarks.accuracy import activities, shapes, traffic
from benchmarks.accuracy.judged import judge, nameless, unmarked
from benchmarks.accuracy.measured import SCHOOL, Counts
from benchmarks.accuracy.score import by_flow, false_accusations, macro, scores
from benchmarks.accuracy.thresholds import ladder
from benchmarks.accuracy.traffic import draw
from benchmarks.accuracy.veils import Shares, table
from privacy.records import SLICE_SCHEMA
from school.catalogue import load_catalogue
from school.load import load_school

SEED = 1


@pytest.fixture(name="drawn", scope="module")
def _drawn():
    return draw(SEED, 1, 0.03)


@pytest.fixture(name="slices", scope="module")
def _slices(drawn):
    return table(drawn, seed=SEED, catalogue=load_catalogue(), shares=Shares())


def test_labels_know_neither_catalogue_nor_bounds():
    for module in (activities, shapes, traffic):
        source = inspect.getsource(module)
        assert "catalogue import" not in source
        assert "from analyzer" not in source


def test_the_slices_are_what_a_collector_may_write(slices):
    assert set(slices.column_names) == {*SLICE_SCHEMA.names, "activity", "row"}
    for row in slices.slice(0, 3_000).to_pylist():
        assert 1 <= row["active_s"] <= 60
        assert row["down_peak_bytes_s"] <= row["down_bytes"]
        assert row["down_sumsq_bytes_s"] <= row["down_bytes"] ** 2 * 1.001
        assert row["down_bytes"] ** 2 <= row["down_sumsq_bytes_s"] * 60 * 1.001


def test_the_same_seed_draws_the_same_people_and_another_one_others(drawn):
    assert draw(SEED, 1, 0.03).columns == drawn.columns
    assert draw(SEED + 1, 1, 0.03).columns != drawn.columns


def test_names_are_spoilt_in_the_shares_that_were_asked(slices):
    flows = {row["flow"]: row for row in slices.to_pylist() if row["app"] is None}
    web = [
        row for row in flows.values() if row["activity"] not in {"call", "peer_to_peer", "games"}
    ]
    unnamed = sum(row["site"] is None for row in web) / len(web)
    assert 0.2 < unnamed < 0.36
    assert 0.1 < sum(row["ech"] for row in web) / len(web) < 0.2


def test_the_views_take_away_what_they_say(slices):
    assert nameless(slices)["site"].null_count == slices.num_rows
    assert nameless(slices)["app"].equals(slices["app"])
    assert unmarked(slices)["app"].null_count == slices.num_rows


def test_a_small_school_accuses_nobody_wrongly_and_is_right_when_it_speaks(slices):
    school, catalogue = load_school(SCHOOL), load_catalogue()
    counts = Counts()
    counts.add(judge(slices, school=school, catalogue=catalogue, seed=SEED))
    assert counts.accused == 0
    assert counts.innocent > 100
    found = scores(counts.uses, ("pedagogical", "residual_private", "abusive"))
    assert len(found) == 3
    assert all(each.precision > 0.95 for each in found)


def test_an_abstention_is_a_miss_when_strict_and_nothing_when_not():
    pairs = Counter({("a", "a"): 6, ("a", "undetermined"): 2, ("a", "b"): 2, ("b", "b"): 10})
    first, second = scores(pairs, ("a", "b"))
    assert (first.decided, first.recall, first.strict_recall) == (0.8, 0.75, 0.6)
    assert (first.precision, second.precision) == (1.0, 10 / 12)
    assert macro([first], strict=True) == pytest.approx(0.75)
    assert macro([first], strict=False) == pytest.approx(2 * 0.75 / 1.75)


def test_a_flow_is_falsely_accused_by_one_minute_and_never_when_it_was_abusive():
    rows = [(1, "pedagogical", "abusive"), (1, "pedagogical", "pedagogical")]
    rows += [
        (2, "abusive", "abusive"),
        (2, "undetermined", "abusive"),
        (3, "technical", "technical"),
    ]
    assert false_accusations(by_flow(rows)) == (1, 2)


def test_verdicts_flip_exactly_at_the_thresholds():
    steps = ladder(load_school(SCHOOL))
    told = [(s.percent, s.octets_beside, s.state, s.radio, s.video, s.leisure) for s in steps]
    fine, wrong = "residual_private", "resource_inappropriate"
    assert told == [
        (80, -1, "calm", fine, fine, fine),
        (80, 0, "busy", wrong, wrong, fine),
        (80, 1, "busy", wrong, wrong, fine),
        (95, -1, "busy", wrong, wrong, fine),
        (95, 0, "saturated", wrong, wrong, wrong),
        (95, 1, "saturated", wrong, wrong, wrong),
    ]
