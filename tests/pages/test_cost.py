"""What fills the saturated line: shares of noisy cells, minutes as an estimate, nothing withheld told."""

from dataclasses import replace
from datetime import date

import pytest

from dashboards.cost import costs, saturated_minutes
from dashboards.reading import Direction, LinkDay, SlotLoad
from privacy.gate.tables import GROUPS
from privacy.release import Cell, Measure, Method, Release, display

SIGMA = 4_303.3
GB = 1_000
SATURATED = {"video": 300, "updates": 150, "education": 45, "audio": 5, "games": 10}


def month(gigabytes, *, table="T7"):
    method = Method("discrete_gaussian", "device_day", 0.00243, SIGMA, 300, Measure.MEGABYTES)
    cells = tuple(
        Cell((("group", group),), value, display(value, sigma=SIGMA, floor=0))
        for group in GROUPS
        for value in [gigabytes.get(group, 0) * GB]
    )
    starts, ends = date(2026, 10, 1), date(2026, 11, 1)
    return Release(table, "2026-10", starts, ends, method, cells, "measured", "c" * 64, "p" * 64)


def link_day(day, down, up=0):
    def direction(minutes):
        return Direction(1.0, 2.0, 3.0, minutes_80=minutes, minutes_95=minutes)

    slot = SlotLoad("M1", "lesson", "08:00", "08:55", 55, 0, direction(down), direction(up), 0.0)
    return LinkDay(day, "internet", "measured", 50.0, 50.0, (slot,))


DAYS = [link_day(date(2026, 10, day), 20, up=30) for day in (1, 31)] + [
    link_day(date(2026, 11, 1), 55),
    link_day(date(2026, 9, 30), 55),
]


def test_only_the_month_counts_and_of_two_directions_the_fuller_one():
    assert saturated_minutes(DAYS, month(SATURATED)) == 60


def test_shares_are_of_everything_that_passed_and_minutes_follow_them():
    by_group = {cost.group: cost for cost in costs(month(SATURATED), DAYS)}
    assert by_group["video"].share == pytest.approx(300 / 510)
    assert by_group["video"].minutes == pytest.approx(60 * 300 / 510)
    assert by_group["updates"].share == pytest.approx(150 / 510)


def test_what_is_withheld_has_neither_share_nor_minutes_and_comes_last():
    ordered = costs(month(SATURATED), DAYS)
    assert [cost.group for cost in ordered[:3]] == ["video", "updates", "education"]
    assert all(cost.share is None and cost.minutes is None for cost in ordered[3:])
    assert not any(cost.shown for cost in ordered[3:])


def test_a_month_that_is_lost_in_the_noise_has_no_share_at_all():
    alone = costs(month({"video": 20}), DAYS)
    assert alone[0].shown or any(cost.shown for cost in alone)
    assert {cost.share for cost in alone} == {None}


def test_the_margin_is_the_spread_of_the_ratio():
    cell = costs(month({"video": 500, "web": 500}), DAYS)[0]
    assert cell.share == pytest.approx(0.5)
    spread = (0.5**2 + 9 * 0.5**2) ** 0.5 * SIGMA / (1000 * GB)
    assert cell.margin == pytest.approx(1.96 * spread)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_tells_it_with_its_margin_and_calls_the_minutes_an_estimate(lang, snapshot):
    from dashboards.pages import saturation_page
    from dashboards.texts import Texts

    page = saturation_page(
        replace(snapshot, fills=(month(SATURATED),)), Texts(lang), {"lang": lang}
    )
    assert {"fr": "estimation", "en": "estimate"}[lang] in page
    assert page.count("±") >= 3
    assert 'id="fills-month"' in page
    nothing = saturation_page(replace(snapshot, fills=()), Texts(lang), {"lang": lang})
    assert 'id="fills-month"' not in nothing
    assert Texts(lang)("saturation.no_month") in nothing


def test_a_month_of_which_nothing_may_be_told_gives_way_to_the_one_before_it(snapshot):
    from dashboards.tables import fills_table
    from dashboards.texts import Texts

    full, empty = month(SATURATED), replace(month({}), period="2026-11", starts=date(2026, 11, 1))
    table = fills_table(DAYS, replace(snapshot, fills=(full, empty)), Texts("fr"))
    assert "octobre 2026" in table.caption
    assert (
        "novembre 2026" in fills_table(DAYS, replace(snapshot, fills=(empty,)), Texts("fr")).caption
    )
