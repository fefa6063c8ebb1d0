"""The planted facts are found from the releases alone, and nothing is found in pure noise."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dashboards import load, overview, sentences, tiles, trust, uses
from dashboards.reading import CHARTER_USES, Direction, LinkDay, SlotLoad, Snapshot, iso_week
from dashboards.sentences import quality
from dashboards.texts import Texts
from dashboards.views.saturation import repeats
from dashboards.views.services import services_view
from dashboards.views.usages import zone_sentences
from privacy.release import Quality, Release, Shown, Withheld, display
from tests.pages.published_school import NEW_LINE

FR = Texts("fr")


def test_every_tuesday_in_slot_m3_the_line_saturates(snapshot: Snapshot):
    found = load.repeats(load.before(snapshot.link, NEW_LINE))
    assert [(item.slot, item.weekdays) for item in found] == [("M3", (1,))]
    assert (found[0].saturated, found[0].seen) == (4, 4)
    said = repeats(list(snapshot.link), snapshot, FR)
    assert any("chaque mardi au créneau M3" in text for _, text in said)


def test_the_new_line_ended_the_saturation(snapshot: Snapshot):
    change = load.latest_change(snapshot.school.lines[0], snapshot.link)
    assert change
    assert change.after.starts == NEW_LINE
    assert change.tally_before.share_80 > 0.05 > change.tally_after.share_80
    assert load.repeats(load.since(snapshot.link, NEW_LINE)) == []
    text = " ".join(f.text for f in overview.findings(snapshot, list(snapshot.link), FR))
    assert "a mis fin à la saturation" in text
    assert "5 octobre" in text


def test_web_radio_in_the_offices_fell_away_with_the_new_line(snapshot: Snapshot):
    said = zone_sentences(snapshot, "resource_inappropriate", FR)
    assert len(said) == 1
    assert said[0].startswith("Bureaux")
    assert "5 octobre" in said[0]
    assert "moins de 82" in said[0]
    assert "pas forcément un abandon" in said[0]
    opening = [f.text for f in overview.findings(snapshot, list(snapshot.link), FR)]
    asked = next(text for text in opening if "Inadapté aux ressources" in text)
    assert "Bureaux 157 (± 20)" in asked
    assert asked.endswith("Question\u00a0: faut-il la garder\u202f?")


def test_pedagogical_use_dips_for_two_weeks(snapshot: Snapshot):
    points = uses.total_series(snapshot.weeks, snapshot.school, "pedagogical", snapshot.privacy)
    dips = uses.dips(points)
    assert [(dip.first.period, dip.weeks) for dip in dips] == [("2026-W39", 2)]
    assert 0.25 < dips[0].drop < 0.5


def test_a_short_week_is_compared_by_school_day(snapshot: Snapshot):
    points = uses.total_series(
        snapshot.weeks, snapshot.school, "residual_private", snapshot.privacy
    )
    assert points[-1].school_days == 4
    found = uses.trend(points)
    assert found
    assert found.direction == "steady"


def test_the_margin_of_a_sum_grows_with_the_square_root(snapshot: Snapshot):
    release = snapshot.weeks[0]
    point = uses.total_series([release], snapshot.school, "pedagogical", snapshot.privacy)[0]
    cells = [cell for cell in release.cells if cell.get("use") == "pedagogical"]
    assert len(cells) == 6
    assert point.noisy == sum(cell.noisy for cell in cells)
    assert point.sigma == pytest.approx(release.method.sigma * 6**0.5)
    assert isinstance(point.display, Shown)
    assert point.display.margin == pytest.approx(1.96 * point.sigma, abs=0.06)


def test_a_total_is_shown_by_the_sealed_rule(snapshot: Snapshot):
    strict = {"display": snapshot.privacy["display"] | {"sigmas": "6", "reliable_sigmas": "12"}}
    points = uses.total_series(snapshot.weeks, snapshot.school, "abusive", strict)
    assert {p.display for p in points} == {Withheld(below=299)}
    floor = {"display": snapshot.privacy["display"] | {"floor_devices_per_day": "40"}}
    points = uses.total_series(snapshot.weeks, snapshot.school, "abusive", floor)
    assert {p.display for p in points} == {Withheld(below=280)}


def noise_points(generator: random.Random, mean: float, weeks: int) -> list[uses.Point]:
    points = []
    for index in range(weeks):
        noisy = round(mean + generator.gauss(0, 20.3))
        monday = date(2026, 9, 7) + timedelta(weeks=index)
        shown = display(noisy, sigma=20.3, floor=77)
        points.append(uses.Point(iso_week(monday), monday, 5, noisy, 20.3, shown))
    return points


def test_pure_noise_gives_no_finding():
    generator = random.Random(11)  # noqa: S311 - repeatable noise
    change = date(2026, 10, 5)
    for mean in (0, 90, 160, 900):
        for _ in range(40):
            points = noise_points(generator, mean, 10)
            assert uses.fade(points, change, "z", "u") is None
            found = uses.trend(points)
            assert found is None or found.direction == "steady" or mean == 0
    # A dip needs to be below 85 % of usual: noise of a small cell alone must stay rare.
    dips = sum(bool(uses.dips(noise_points(generator, 160, 10))) for _ in range(200))
    assert dips <= 10


def test_a_withheld_mean_is_never_a_finding():
    monday = date(2026, 9, 7)
    points = [
        uses.Point(iso_week(day), day, 5, noisy, 5.0, Withheld(below=82))
        for day, noisy in zip(
            (monday + timedelta(weeks=i) for i in range(8)),
            (70, 70, 70, 70, 1, 1, 1, 1),
            strict=True,
        )
    ]
    assert uses.fade(points, date(2026, 10, 5), "z", "u") is None


def test_a_sentence_about_a_zone_never_depends_on_a_withheld_value():
    generator = random.Random(5)  # noqa: S311 - repeatable schools
    change = date(2026, 10, 5)
    said = set()
    for _ in range(400):
        level, other = generator.choice([60, 100, 150, 400]), generator.choice([5, 90, 300])
        points = noise_points(generator, level, 10)
        start = generator.randrange(10)
        end = start + generator.randrange(1, 11)
        points[start:end] = noise_points(generator, other, 10)[start:end]
        moved = [
            replace(p, noisy=generator.randrange(-90, p.display.below))
            if isinstance(p.display, Withheld)
            else p
            for p in points
        ]
        fade = uses.fade(points, change, "wifi", "abusive")
        other_fade = uses.fade(moved, change, "wifi", "abusive")
        assert fade == other_fade
        texts = [
            [sentences.dip(dip, FR) for dip in uses.dips(each)]
            + [sentences.use_series(each, change, "abusive", FR)]
            for each in (points, moved)
        ]
        assert texts[0] == texts[1]
        said.update(texts[0])
        assert all(dip.drop is None or 0 < dip.drop < 1 for dip in uses.dips(points))
    assert any("sous le seuil" in text for text in said)
    assert any("de moins" in text for text in said)


def test_steady_is_said_only_of_shown_weeks():
    generator = random.Random(3)  # noqa: S311 - repeatable noise
    points = noise_points(generator, 20, 8)
    points[2] = noise_points(generator, 210, 8)[2]
    text = sentences.use_series(points, None, "abusive", FR)
    assert "la plupart des semaines" in text
    assert "stable" not in text


def slot(seen: int, over_80: int, over_95: int = 0, missing: int = 0) -> SlotLoad:
    part = Direction(1.0, 1.0, 1.0, over_80, over_95)
    calm = Direction(1.0, 1.0, 1.0, 0, 0)
    return SlotLoad("M1", "lesson", "08:00", "09:00", seen, missing, calm, part, 0.0)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (slot(100, 5), load.Verdict.ENOUGH),
        (slot(100, 6), load.Verdict.TIGHT),
        (slot(100, 20), load.Verdict.SHORT),
        (slot(100, 90, missing=12), load.Verdict.CANNOT_TELL),
        (slot(0, 0), load.Verdict.CANNOT_TELL),
    ],
)
def test_the_verdict_on_class_time(given: SlotLoad, verdict: load.Verdict):
    day = LinkDay(date(2026, 9, 7), "internet", "measured", 20, 5, (given,))
    assert load.class_time([day]).verdict is verdict


def test_a_slot_loaded_throughout_each_tuesday_is_a_finding_now(snapshot: Snapshot):
    def loaded(day: LinkDay) -> LinkDay:
        if day.day < NEW_LINE or day.day.weekday() != 1:
            return day
        return replace(
            day,
            slots=tuple(
                replace(each, down=replace(each.down, minutes_80=45 + day.day.day % 9))
                if each.slot == "M3"
                else each
                for each in day.slots
            ),
        )

    busy = replace(snapshot, link=tuple(loaded(day) for day in snapshot.link))
    opening = [(f.level, f.text) for f in overview.findings(busy, list(busy.link), FR)]
    for said in (repeats(list(busy.link), busy, FR), opening):
        text = next(text for level, text in said if level == "watch" and "mardi" in text)
        assert text.startswith("Chaque mardi au créneau M3")
        assert "la ligne est chargée" in text
        assert "tâche programmée" in text
    assert load.busy_slots(load.since(snapshot.link, NEW_LINE)) == []


def test_what_a_new_line_left_full_is_said_in_the_same_breath(snapshot: Snapshot):
    busy = _each_tuesday(snapshot, minutes_80=50, p95_mbit_s=48.8)
    text = " ".join(f.text for f in overview.findings(busy, list(busy.link), FR))
    assert "a presque mis fin à la saturation" in text
    assert "Reste le mardi au créneau M3." in text


def test_how_much_lessons_leave_free_is_told_without_what_is_told_on_its_own(snapshot: Snapshot):
    found = load.headroom(snapshot.link)
    assert found
    assert (found.first, found.left_out) == (NEW_LINE, ())
    busy = load.headroom(_each_tuesday(snapshot, minutes_80=50, p95_mbit_s=48.8).link)
    assert busy
    assert busy.left_out == ((1, "M3"),)
    assert busy.rate <= found.rate < 48
    assert "il reste" in sentences.headroom(busy, FR)
    assert "Hors le mardi au créneau M3" in sentences.headroom(busy, FR)
    assert load.headroom(snapshot.link[:8]) is None


def _each_tuesday(snapshot: Snapshot, *, minutes_80: int, p95_mbit_s: float) -> Snapshot:
    def loaded(day: LinkDay) -> LinkDay:
        if day.day < NEW_LINE or day.day.weekday() != 1:
            return day
        full = {"minutes_80": minutes_80, "p95_mbit_s": p95_mbit_s}
        slots = (
            replace(s, down=replace(s.down, **full)) if s.slot == "M3" else s for s in day.slots
        )
        return replace(day, slots=tuple(slots))

    return replace(snapshot, link=tuple(loaded(day) for day in snapshot.link))


def test_a_zone_is_named_where_the_total_of_the_school_is_withheld(snapshot: Snapshot):
    weeks = tuple(_seen(w, "internat", "abusive", 118) for w in snapshot.weeks[-2:])
    boarding = replace(snapshot, weeks=(*snapshot.weeks[:-2], *weeks))
    assert overview.zones_seen(snapshot, "abusive", FR) == []
    said = overview.zones_seen(boarding, "abusive", FR)
    assert [f.text.split("\u00a0:")[0] for f in said] == ["Internat"]
    assert "publié 2 semaines sur 8, entre 118 et 118" in said[0].text
    once = replace(snapshot, weeks=(*snapshot.weeks[:-1], weeks[-1]))
    assert overview.zones_seen(once, "abusive", FR) == []


def _seen(release: Release, zone: str, use: str, value: int) -> Release:
    shown = Shown(value=value, margin=39.8, quality=Quality.INDICATIVE)
    return replace(release, cells=tuple(
        replace(cell, noisy=value, display=shown)
        if cell.get("zone") == zone and cell.get("use") == use else cell
        for cell in release.cells
    ))  # fmt: skip


def test_a_service_that_fell_silent_and_came_back_is_asked_about(snapshot: Snapshot):
    def low(release: Release) -> Release:
        if release.period not in {"2026-W39", "2026-W40"}:
            return release
        return replace(release, cells=tuple(
            replace(c, noisy=c.noisy // 2, display=replace(c.display, value=c.noisy // 2))
            if c.get("service") == "Pronote" and isinstance(c.display, Shown) else c
            for c in release.cells
        ))  # fmt: skip

    silent = replace(snapshot, services=tuple(low(release) for release in snapshot.services))
    for said in (services_view(silent, FR).said, overview.findings(silent, list(silent.link), FR)):
        found = [f for f in said if "panne" in f.text]
        assert [f.level for f in found] == ["watch"]
        assert found[0].text.startswith(
            "Pronote\u00a0: creux de 2 semaines à partir du 21 septembre"
        )
    assert not [f for f in services_view(snapshot, FR).said if "panne" in f.text]


def test_weeks_before_a_training_are_no_dip_beside_those_after_it(snapshot: Snapshot):
    values = {"2026-W37": 334, "2026-W38": 198, "2026-W39": 257, "2026-W40": 257, "2026-W41": 297}

    def lower(release: Release) -> Release:
        value = values.get(release.period)
        return release if value is None else replace(release, cells=tuple(
            replace(cell, noisy=value, display=replace(cell.display, value=value))
            if cell.get("service") == "Éléa" and isinstance(cell.display, Shown) else cell
            for cell in release.cells
        ))  # fmt: skip

    little = replace(snapshot, services=tuple(lower(release) for release in snapshot.services))
    points = uses.service_series(little.services, little.school, "Éléa")
    assert uses.dips(points), "over the whole year it looks like one"
    assert not [f for f in services_view(little, FR).said if "Éléa" in f.text and "creux" in f.text]


def test_the_weeks_before_are_those_of_the_same_rate(snapshot: Snapshot):
    weeks = load.by_week(snapshot.link)
    first = overview.line_sentence(weeks, iso_week(NEW_LINE), snapshot, FR)
    assert "au même débit" not in first
    later = overview.line_sentence(weeks, iso_week(NEW_LINE + timedelta(weeks=1)), snapshot, FR)
    assert "la semaine d’avant, au même débit" in later


def test_breaks_are_not_class_time():
    one = replace(slot(60, 60), period="break")
    day = LinkDay(date(2026, 9, 7), "internet", "measured", 20, 5, (one,))
    assert load.class_time([day]).seen == 0


def test_a_change_is_judged_from_two_weeks_on_each_side(snapshot: Snapshot):
    few = [day for day in snapshot.link if day.day <= NEW_LINE + timedelta(days=3)]
    change = load.latest_change(snapshot.school.lines[0], few)
    assert change
    assert not change.comparable


def test_lost_packets_lower_the_quality_word(snapshot: Snapshot):
    good = snapshot.status.coverage[0]
    assert quality([good], FR)[0] == "good"
    assert quality([replace(good, lost=good.offered // 200)], FR)[0] == "watch"
    assert quality([replace(good, lost=good.offered // 20)], FR)[0] == "bad"
    assert quality([], FR)[0] == "info"


def test_all_four_uses_are_told_on_the_first_page(snapshot: Snapshot):
    shown = tiles.tiles(snapshot, list(snapshot.link), FR)
    assert [tile.ident for tile in shown["week"]] == list(CHARTER_USES)
    assert [tile.ident for tile in shown["day"]] == list(CHARTER_USES)


def test_a_promise_that_is_not_kept_opens_the_first_page(snapshot: Snapshot, monkeypatch):
    late = trust.Check("retention", trust.BAD, "Trois jours auraient dû être effacés.")
    kept = trust.Check("keys", trust.GOOD, "Tout va bien.")
    monkeypatch.setattr(trust, "checks", lambda *_: [kept, late])
    first, second = overview.findings(snapshot, list(snapshot.link), FR)[:2]
    assert (first.level, first.page, first.anchor) == ("bad", "trust", "retention")
    assert first.text.endswith(late.answer)
    assert second.page == "load"
