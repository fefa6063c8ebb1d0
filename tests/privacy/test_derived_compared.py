"""Shares with their margins; before and after, compared or refused with a reason."""

import math
import statistics
from dataclasses import replace
from datetime import date, timedelta

import pytest

from privacy import derived
from privacy.derived import Change, Like, OneSided, Reason, Refused
from privacy.gate import noise
from privacy.release import Quality, Shown, Withheld
from tests.privacy.examples import MONDAY, SETTINGS
from tests.privacy.test_derived import RULE, T1_SIGMA, t1, weeks

SALLES = {"use": "pedagogical", "zone": "salles"}


def parts(values, **fixed):
    release = t1(pedagogical=list(values))
    return derived.margin(release, **SALLES | fixed), derived.margin(release, use="pedagogical")


def test_a_share_has_the_margin_of_both_numbers_and_of_what_they_share():
    share = derived.share(*parts([600, 300, 100]), RULE)
    expected = T1_SIGMA * math.sqrt(0.4**2 + 2 * 0.6**2) / 1000
    assert (share.percent, share.quality) == (60.0, Quality.RELIABLE)
    assert share.margin == round(196 * expected, 1)


def test_the_margin_of_a_share_covers_what_draws_do():
    method, rounds = SETTINGS.method("T1"), 3_000
    drawn = [noise.draw([exact] * rounds, method) for exact in (600, 300, 100)]
    shares = [derived.share(*parts(values), RULE) for values in zip(*drawn, strict=True)]
    inside = statistics.fmean(abs(share.percent - 60) <= share.margin for share in shares)
    assert inside == pytest.approx(0.95, abs=0.015)
    assert statistics.fmean(share.percent for share in shares) == pytest.approx(60, abs=0.2)


def test_a_share_of_a_withheld_part_is_withheld_with_the_threshold_in_per_cent():
    assert derived.share(*parts([50, 600, 200]), RULE) == Withheld(below=10)  # 82 of 850


def test_there_is_no_share_of_what_is_not_reliable():
    assert derived.share(*parts([110, 110, 110]), RULE) == Withheld(below=100)
    assert derived.share(*parts([10, 10, 10]), RULE) == Withheld(below=100)


def test_a_share_passes_neither_hundred_nor_its_part_s_quality():
    assert derived.share(*parts([600, -20, -20]), RULE).percent == 100.0
    assert derived.share(*parts([100, 600, 600]), RULE).quality is Quality.INDICATIVE


# Before and after.


def open_days(releases, *, closed=()):
    """Monday to Friday but for some dates."""
    return {
        week.period: [
            day
            for n in range(5)
            if (day := week.starts + timedelta(days=n)) not in closed
        ]
        for week in releases
    }  # fmt: skip


def sides(before, after):
    return weeks(*[[v, 0, 0] for v in (*before, *after)]), MONDAY + timedelta(weeks=len(before))


def compared(before, after) -> Change | OneSided:
    every, change = sides(before, after)
    like = derived.comparable(every, change, open_days(every))
    return derived.difference(like, lambda week: derived.margin(week, **SALLES), RULE)


def test_like_weeks_are_those_of_the_same_open_days():
    every, change = sides([1, 2, 3], [4, 5, 6])
    holiday = every[1].starts  # a Monday
    like = derived.comparable(every, change, open_days(every, closed=[holiday]))
    assert like == Like(
        before=(every[0], every[2]),
        after=tuple(every[3:]),
        weekdays=(0, 1, 2, 3, 4),
        left_out=(every[1].period,),
    )


def test_a_week_that_the_change_cuts_belongs_to_neither_side():
    every, change = sides([1, 2], [3, 4, 5])
    like = derived.comparable(every, change + timedelta(days=1), open_days(every))
    assert like.left_out == (every[2].period,)
    assert (like.before, like.after) == (tuple(every[:2]), tuple(every[3:]))


def test_weeks_of_holidays_are_no_weeks():
    every, change = sides([1, 2], [3, 4])
    days = open_days(every) | {every[0].period: []}
    assert derived.comparable(every, change, days) == Refused(Reason.FEW_BEFORE, 1, 2)
    assert derived.comparable(every, change, {}) == Refused(Reason.FEW_BEFORE, 0, 0)


REFUSALS = [
    ("one week before", 1, 3, {}, Refused(Reason.FEW_BEFORE, 1, 3)),
    ("one week after", 3, 1, {}, Refused(Reason.FEW_AFTER, 3, 1)),
    ("another charter", 2, 2, {"charter_digest": "d" * 64}, Refused(Reason.CHARTER, 2, 2)),
    ("simulated and measured", 2, 2, {"origin": "measured"}, Refused(Reason.ORIGIN, 2, 2)),
    ("a zone was declared since", 2, 2, {"cells": ()}, Refused(Reason.CELLS, 2, 2)),
]


@pytest.mark.parametrize(
    ("before", "after", "last", "expected"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_what_is_not_comparable_is_refused_with_the_reason(before, after, last, expected):
    every, change = sides(range(before), range(after))
    every[-1] = replace(every[-1], **last)
    assert derived.comparable(every, change, open_days(every)) == expected


def test_weeks_that_are_open_on_other_days_are_not_alike():
    every, change = sides([1, 2], [3, 4])
    closed = [week.starts for week in every[2:]]
    refused = derived.comparable(every, change, open_days(every, closed=closed))
    assert refused == Refused(Reason.UNLIKE, 2, 2)


def test_of_several_patterns_the_one_with_most_weeks_on_both_sides_is_taken():
    every, change = sides([1] * 5, [1] * 5)
    short = [week.starts for week in (*every[:3], *every[-3:])]
    like = derived.comparable(every, change, open_days(every, closed=short))
    assert (like.weekdays, len(like.before), len(like.after)) == ((1, 2, 3, 4), 3, 3)


def test_a_tie_is_won_by_the_longer_week():
    every, change = sides([1] * 4, [1] * 4)
    short = [week.starts for week in (*every[:2], *every[-2:])]
    like = derived.comparable(every, change, open_days(every, closed=short))
    assert like.weekdays == (0, 1, 2, 3, 4)


def test_a_difference_is_that_of_the_displayed_means_with_the_noise_of_both():
    found = compared([400, 410], [300, 290, 310])
    margin = 1.96 * T1_SIGMA * math.sqrt(1 / 2 + 1 / 3)
    assert (found.before.value, found.after.value, found.value) == (405, 300, -105)
    assert found.margin == round(margin, 1)
    assert found.before.margin == round(1.96 * T1_SIGMA / math.sqrt(2), 1)


def test_weeks_that_differ_anyhow_make_no_clear_change():
    steady, uneven = compared([400, 410], [300, 290]), compared([300, 510], [200, 390])
    assert (steady.clear, steady.interval) == (True, steady.margin)
    assert (steady.value, uneven.value) == (-110, -110)
    pooled = math.sqrt((22_050 + 18_050) / 2)
    assert uneven.interval == round(4.303 * pooled, 1)
    assert not uneven.clear


def test_many_weeks_use_the_normal_end_of_the_table():
    found = compared([400, 500] * 12, [300, 400] * 12)
    pooled = math.sqrt(statistics.variance([400, 500] * 12) * 2 / 24)
    assert found.interval == round(2.086 * pooled, 1)


def test_a_change_within_the_noise_is_not_clear():
    found = compared([400, 401], [402, 403])
    assert (found.value, found.clear) == (2, False)


def test_where_one_side_is_withheld_the_difference_is_withheld_too():
    gone = compared([400, 400], [10, -10])
    assert isinstance(gone, OneSided)
    assert (gone.before.value, gone.after, gone.at_least, gone.clear) == (
        400, Withheld(below=77), 323, True,
    )  # fmt: skip
    came = compared([0, 0], [400, 400])
    assert (came.before, came.at_least, came.clear) == (Withheld(below=77), 323, True)


def test_a_shown_mean_just_over_the_threshold_says_nothing_clear():
    found = compared([90, 90], [70, 70])
    assert (found.at_least, found.clear) == (13, False)


def test_of_two_withheld_sides_nothing_is_said():
    found = compared([10, 10], [10, 10])
    assert found == OneSided(Withheld(below=77), Withheld(below=77), at_least=0, clear=False)


def test_the_mean_of_unlike_margins_never_calls_noise_a_change():
    """Equal weeks with real noise: a change is called clear about as rarely as said."""
    rounds, method = 400, SETTINGS.method("T1")
    drawn = [noise.draw([400] * rounds, method) for _ in range(6)]
    clear = 0
    for values in zip(*drawn, strict=True):
        found = compared(values[:3], values[3:])
        assert isinstance(found.before, Shown)
        clear += found.clear
    assert clear / rounds <= 0.05


def test_a_date_without_any_week_after_it_is_refused():
    every, _ = sides([1, 2], [3, 4])
    assert derived.comparable(every, date(2030, 1, 1), open_days(every)).reason is Reason.FEW_AFTER
