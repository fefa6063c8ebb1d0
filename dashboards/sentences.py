"""Sentences that state findings, made by rules from the numbers. Pure; never free text.

Each function takes findings of `load` or `uses` and returns one sentence of the catalogue; when
there is too little to say, the sentence says that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from dashboards import load, uses
from dashboards.reading import Coverage, School
from dashboards.texts import Texts
from privacy.release import Shown, Withheld


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence with its weight: `good`, `watch`, `bad` or `info`, and where to read more."""

    level: str
    text: str
    page: str
    anchor: str = ""


VERDICT_LEVEL = {
    load.Verdict.ENOUGH: "good",
    load.Verdict.TIGHT: "watch",
    load.Verdict.SHORT: "bad",
    load.Verdict.CANNOT_TELL: "info",
}


def count(display: Shown | Withheld, texts: Texts) -> str:
    """Return `1 234 ± 97` or `moins de 82`."""
    if isinstance(display, Withheld):
        return texts("word.below", n=texts.number(display.below))
    return texts(
        "word.margin", value=texts.number(display.value), margin=texts.number(display.margin)
    )


def line_verdict(tally: load.Tally, monday: date, texts: Texts) -> str:
    """Say whether the line was enough during the lessons of one week."""
    if tally.verdict is load.Verdict.CANNOT_TELL:
        return texts("line.cannot_tell", week=texts.day_month(monday))
    if round(tally.share_80, 3) == 0:
        return texts("line.never", week=texts.day_month(monday))
    return texts(
        f"line.{tally.verdict.value}",
        share=texts.percent(tally.share_80),
        minutes=minutes_per_hour(tally.share_80, texts),
        week=texts.day_month(monday),
    )


def minutes_per_hour(share: float, texts: Texts) -> str:
    """Return a share of the time as minutes of each hour, in words."""
    minutes = share * 60
    if 0 < minutes < 1:
        return texts("line.under_a_minute")
    return texts("line.minutes", count=round(minutes), n=texts.number(minutes))


def line_earlier(tallies: Sequence[load.Tally], texts: Texts) -> str:
    """Say how it was in the weeks before, or nothing when there are none."""
    seen = sum(tally.seen for tally in tallies)
    if not seen:
        return ""
    share = sum(tally.over_80 for tally in tallies) / seen
    return texts("line.earlier", count=len(tallies), share=texts.percent(share))


def change(found: load.Change, texts: Texts) -> str:
    """Say what a change of capacity did to class time."""
    rates = {
        "before": texts.number(found.before.down_mbit_s, 1),
        "after": texts.mbit(found.after.down_mbit_s),
        "day": texts.day_month(found.after.starts),
    }
    if not found.comparable:
        return texts("change.too_early", **rates)
    effect = _effect(found.tally_before, found.tally_after)
    if effect == "ended" and found.left:
        effect = "nearly_ended"
    return texts(
        f"change.{effect}",
        left=slots_said(found.left, texts),
        share_before=texts.percent(found.tally_before.share_80),
        minutes_before=minutes_per_hour(found.tally_before.share_80, texts),
        share_after=texts.percent(found.tally_after.share_80),
        **rates,
    )


def slots_said(slots: Sequence[tuple[int, str]], texts: Texts) -> str:
    """Name slots of weekdays: `le mardi au créneau M3`."""
    return texts.join(
        [texts("change.slot", day=texts.weekday(day), slot=slot) for day, slot in slots]
    )


def headroom(found: load.Headroom, texts: Texts) -> str:
    """Say how much of the line lessons leave free at their loaded moments."""
    free = max(found.capacity - found.rate, 0.0)
    return texts(
        "load.headroom_but" if found.left_out else "load.headroom",
        left=slots_said(found.left_out, texts),
        day=texts.day_month(found.first),
        rate=texts.mbit(round(found.rate)),
        capacity=texts.mbit(found.capacity),
        free=texts.mbit(round(free)),
    )


def _effect(earlier: load.Tally, later: load.Tally) -> str:
    loaded = earlier.share_80 > load.ENOUGH_SHARE
    if loaded and later.share_80 <= load.ENOUGH_SHARE:
        return "ended"
    if later.share_80 < earlier.share_80 / 2:
        return "less"
    return "more" if later.share_80 > max(2 * earlier.share_80, load.ENOUGH_SHARE) else "same"


def repeat(found: load.Repeat, texts: Texts, *, past: bool) -> str:
    """Name a slot that saturates again and again."""
    if len(found.weekdays) >= 4:  # noqa: PLR2004 - four of five weekdays: say "nearly every day"
        when = texts("repeat.most_days")
    else:
        when = texts("repeat.every", days=texts.join([texts.weekday(d) for d in found.weekdays]))
    sentence = texts(
        "repeat.past" if past else "repeat.now",
        when=when,
        slot=found.slot,
        starts=texts.clock(found.starts),
        ends=texts.clock(found.ends),
        saturated=found.saturated,
        seen=found.seen,
        minutes=texts.number(found.minutes),
    )
    return texts.sentence(sentence)


def busy(found: Sequence[load.Busy], changed: date | None, texts: Texts) -> list[str]:
    """Name the slots that are loaded almost throughout now; one alone looks like a task."""
    said = []
    for item in found:
        text = texts(
            "repeat.busy",
            day=texts.weekday(item.weekday),
            slot=item.slot,
            starts=texts.clock(item.starts),
            ends=texts.clock(item.ends),
        )
        even = texts("repeat.busy_even") if changed else ""
        why = texts("repeat.busy_task") if len(found) == 1 else texts("repeat.busy_many")
        said.append(f"{texts.sentence(text)}{even}{why}")
    return said


def use_name(use: str, texts: Texts) -> str:
    """Return the short name of a use."""
    return texts(f"use.{use}.name")


def use_series(points: Sequence[uses.Point], changed: date | None, use: str, texts: Texts) -> str:
    """Return the title of a use's weeks: what moved, or that nothing did."""
    name = use_name(use, texts)
    if not any(point.shown for point in points):
        below = max((p.display.below for p in points if isinstance(p.display, Withheld)), default=0)
        return texts("series.withheld", use=name, n=texts.number(below))
    moved = uses.fade(points, changed, "", use) if changed else None
    if moved and changed:
        return texts(
            f"series.{moved.direction}", use=name, day=texts.day_month(changed),
            high=count(moved.high, texts), low=count(moved.low, texts),
        )  # fmt: skip
    found = uses.dips(points)
    if found:
        return f"{name}{texts('word.colon')}{dip(found[-1], texts)}"
    return _recent(points, name, texts)


def _recent(points: Sequence[uses.Point], name: str, texts: Texts) -> str:
    found = uses.trend(points)
    if found and found.direction != "steady":
        return texts(
            f"series.latest_{found.direction}", use=name, change=texts.percent(abs(found.change))
        )
    usable = [point for point in points if point.comparable] or list(points)
    told = [point for point in usable if point.shown]
    below = max((p.display.below for p in points if isinstance(p.display, Withheld)), default=0)
    if 2 * len(told) <= len(usable):
        return texts("series.mostly_withheld", use=name, n=texts.number(below))
    if not usable[-1].shown:
        return texts("series.latest_withheld", use=name, n=texts.number(below))
    mean = fmean(point.noisy for point in told)
    return texts("series.steady", use=name, mean=texts.number(round(mean, -1)))


def dip(found: uses.Dip, texts: Texts) -> str:
    """Say when a series dipped and by how much of a usual school day, if that may be told."""
    day = texts.day_month(found.first.starts)
    if found.drop is None:
        return texts("series.dip_withheld", count=found.weeks, n=found.weeks, day=day)
    return texts(
        "series.dip",
        count=found.weeks,
        n=found.weeks,
        day=day,
        drop=texts.percent(round(found.drop, 2)),
    )


def trend_word(found: uses.Trend | None, texts: Texts) -> tuple[str, str]:
    """Return (direction, words) of the latest week against those before."""
    if found is None:
        return "none", texts("trend.none")
    if found.direction == "steady":
        return "steady", texts("trend.steady", count=found.weeks, weeks=found.weeks)
    change_of = texts.percent(round(abs(found.change), 2))
    return found.direction, texts(
        f"trend.{found.direction}", count=found.weeks, change=change_of, weeks=found.weeks
    )


def zone_fade(found: uses.Fade, school: School, changed: date, texts: Texts) -> str:
    """Say what a zone's use did at the change of capacity."""
    zone = next(zone for zone in school.zones if zone.name == found.zone)
    ending = "gone" if isinstance(found.low, Withheld) else "less"
    raised = any(
        after.starts == changed and after.down_mbit_s > before.down_mbit_s
        for line in school.lines
        for before, after in line.changes()
    )
    moot = found.use == "resource_inappropriate" and found.direction == "down" and raised
    text = texts(
        f"zone.{found.direction}_{ending}",
        zone=texts.label(zone.label),
        use=use_name(found.use, texts),
        day=texts.day_month(changed),
        high=count(found.high, texts),
        low=count(found.low, texts),
    )
    return f"{text} {texts('zone.line_free')}" if moot else text


def zones_fell(found: Sequence[uses.Fade], changed: date, texts: Texts) -> str:
    """Say in one sentence that a use fell under the threshold in several zones, and ask about its rule."""
    below = max(f.low.below for f in found if isinstance(f.low, Withheld))
    places = texts.join(
        [texts("zone.place", zone=fade.zone, value=count(fade.high, texts)) for fade in found]
    )
    return texts(
        "zone.fell", use=use_name(found[0].use, texts), places=places,
        day=texts.day_month(changed), low=texts.number(below),
    )  # fmt: skip


def zone_seen(zone: str, use: str, points: Sequence[uses.Point], texts: Texts) -> str:
    """Say in how many weeks a use is published for one zone, and between which values."""
    shown = [point.display for point in points if isinstance(point.display, Shown)]
    return texts(
        "zone.seen",
        zone=zone,
        use=use_name(use, texts),
        n=len(shown),
        weeks=len(points),
        low=texts.number(min(each.value for each in shown)),
        high=texts.number(max(each.value for each in shown)),
        margin=texts.number(max(each.margin for each in shown)),
    )


LOSS_GOOD = 0.001
LOSS_BAD = 0.01
"""Above one packet in a hundred lost, no conclusion stands on the capture."""


def quality(coverage: Sequence[Coverage], texts: Texts) -> tuple[str, str, str]:
    """Return (level, word, sentence) of the capture over the given days."""
    offered = sum(day.offered for day in coverage)
    if not offered:
        return "info", texts("quality.none.word"), texts("quality.none.text")
    share = sum(day.lost for day in coverage) / offered
    key = "good" if share <= LOSS_GOOD else "fair" if share <= LOSS_BAD else "poor"
    level = {"good": "good", "fair": "watch", "poor": "bad"}[key]
    first, last = min(day.day for day in coverage), max(day.day for day in coverage)
    lost = (
        texts("quality.no_loss")
        if share == 0
        else texts("quality.loss", share=texts.percent(round(share, 4)))
    )
    return level, texts(f"quality.{key}.word"), texts(
        "quality.text", days=texts.span(first, last), packets=texts.number(offered), lost=lost
    )  # fmt: skip
