"""What the report tells of a term without asking for a vote. Pure.

Rules only, never free text; one question each, always in this order, so that two reports compare:

1. Is the line enough?        against the time before its change, else against the limit
2. Does a slot saturate?      only where none does: else it is put to the vote (`votes`)
3. Work                       against the usual week, or the time before the change
4. What the charter restricts against the threshold; what moved or shows in a zone is put to the vote
5. What fills the full line   against the next group; without saturation, the quality of the capture

Each has at most 25 words, with number and comparison; how sure it is stands beside it (`told`). A
difference must pass three standard deviations before it is told at all (`uses.FINDING_Z`).
"""

from collections.abc import Sequence
from statistics import fmean

from dashboards import load, uses
from dashboards.cost import Cost, costs
from dashboards.reading import LinkDay
from dashboards.report.material import Material
from dashboards.report.told import (
    BOUND,
    EXACT,
    INDICATIVE,
    PARTIAL,
    RELIABLE,
    UNKNOWN,
    Told,
    strength,
    sure,
)
from dashboards.sentences import LOSS_BAD, VERDICT_LEVEL, count, use_name
from dashboards.tables import change_weeks
from dashboards.texts import Texts
from privacy.release import Quality, Shown

SMALL_MARGIN = 0.2
"""A share whose margin is at most a fifth of it is told as reliable."""


def findings(material: Material, days: list[LinkDay], texts: Texts) -> list[Told]:
    """Return the findings of the first line and of the uses; fewer where nothing is released."""
    line = next(iter(material.snapshot.school.lines), None)
    changed = load.latest_change(line, days) if line else None
    told = [
        line_told(days, changed, texts),
        _calm(days, changed, texts),
        _work(material, texts),
        _rare(material, texts),
        _fills(material, days, texts) or _quality(material, texts),
    ]
    return [each for each in told if each is not None]


def line_told(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> Told | None:
    """Return the verdict on the line, since its change where both sides may be compared."""
    if not days:
        return None
    comparable = changed if changed and changed.comparable else None
    tally = comparable.tally_after if comparable else load.class_time(days)
    level = VERDICT_LEVEL[tally.verdict]
    if tally.verdict is load.Verdict.CANNOT_TELL:
        missing = tally.missing / max(tally.seen + tally.missing, 1)
        text = texts("report.five.line_unknown", share=texts.percent(missing))
        return Told(level, text, sure(UNKNOWN, "", texts))
    values = {
        "verdict": texts(f"report.verdict.{tally.verdict.value}"),
        "share": texts.percent(tally.share_80),
    }
    if comparable is None:
        limit = texts.percent(load.ENOUGH_SHARE)
        text = texts("report.five.line", limit=limit, **values)
        return Told(level, text, sure(_exact(tally), "", texts))
    text = texts(
        "report.five.line_changed",
        before=texts.percent(comparable.tally_before.share_80),
        day=texts.day_month(comparable.after.starts),
        **values,
    )
    return Told(level, text, sure(_exact(tally), "date", texts))


def _exact(tally: load.Tally) -> str:
    """Counters are exact: only unseen minutes weaken them."""
    known = tally.seen + tally.missing
    return PARTIAL if tally.missing > load.MISSING_SHARE / 2 * known else EXACT


def _calm(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> Told | None:
    """Say that no slot saturates now, and which one did before the change."""
    since = changed.after.starts if changed else None
    now = load.since(days, since) if since else days
    if not now or load.repeats(now) or load.busy_slots(now):
        return None
    past = next(iter(load.repeats(load.before(days, since))), None) if since else None
    if past and since:
        hits = _saturated(now, past)
        when = [texts.weekday(day) for day in past.weekdays]
        many = len(when) >= 4  # noqa: PLR2004 - as `sentences.repeat` says it
        text = texts(
            "report.five.slot_past",
            when=texts("repeat.most_days") if many else texts("repeat.every", days=texts.join(when)),
            slot=past.slot, saturated=past.saturated, seen=past.seen,
            day=texts.day_month(since), hits=hits[0], of=hits[1],
        )  # fmt: skip
        return Told("good", texts.sentence(text), sure(EXACT, "date", texts))
    slots = [slot for day in now for slot in day.slots if slot.minutes_seen]
    hits_now = sum(load.is_saturated(slot) for slot in slots)
    text = texts("report.five.slots_none", hits=hits_now, seen=len(slots))
    return Told("good", text, sure(EXACT, "", texts))


def _saturated(days: Sequence[LinkDay], item: load.Repeat) -> tuple[int, int]:
    loads = [
        slot
        for day in days
        if day.day.weekday() in item.weekdays
        for slot in day.slots
        if slot.slot == item.slot and slot.minutes_seen
    ]
    return sum(load.is_saturated(slot) for slot in loads), len(loads)


def _work(material: Material, texts: Texts) -> Told | None:
    snapshot = material.snapshot
    points = uses.total_series(snapshot.weeks, snapshot.school, "pedagogical", snapshot.privacy)
    if not points:
        return None
    name = use_name("pedagogical", texts)
    changed = max(change_weeks(snapshot).values(), default=None)
    found = uses.dips(points)
    if found and found[-1].drop is not None:
        dip = found[-1]
        text = texts(
            "report.five.dip",
            count=dip.weeks,
            use=name,
            n=dip.weeks,
            drop=texts.percent(round(dip.drop or 0.0, 2)),
            day=texts.day_month(dip.first.starts),
        )
        return Told("watch", text, sure(_strength(points), "unknown", texts))
    moved = uses.fade(points, changed, "", "pedagogical") if changed else None
    if moved and changed:
        text = moved_text(name, moved, texts.day_month(changed), texts)
        return Told("info", text, sure(strength(moved.low), "date", texts))
    return _latest(points, name, texts)


def _latest(points: Sequence[uses.Point], name: str, texts: Texts) -> Told:
    usable = [point for point in points if point.comparable] or list(points)
    latest, earlier = usable[-1], [point for point in usable[:-1] if point.shown]
    if not latest.shown or not earlier:
        text = texts("report.five.use.alone", use=name, value=count(latest.display, texts))
        return Told("info", text, sure(strength(latest.display), "", texts))
    direction = uses.trend(points)
    word = direction.direction if direction else "steady"
    text = texts(
        f"report.five.use.{word}",
        use=name,
        value=count(latest.display, texts),
        mean=texts.number(fmean(point.noisy for point in earlier)),
        weeks=len(earlier),
    )
    return Told("info", text, sure(_strength(usable), "", texts))


def _strength(points: Sequence[uses.Point]) -> str:
    shown = [point.display for point in points if isinstance(point.display, Shown)]
    return RELIABLE if all(d.quality is Quality.RELIABLE for d in shown) else INDICATIVE


def moved_text(name: str, moved: uses.Fade, day: str, texts: Texts) -> str:
    """Return what moved at a date, the present first."""
    high, low = count(moved.high, texts), count(moved.low, texts)
    now, before = (low, high) if moved.direction == "down" else (high, low)
    return texts("report.five.moved", use=name, now=now, before=before, day=day)


def _rare(material: Material, texts: Texts) -> Told | None:
    """Say how often what the charter forbids stayed under the threshold, whole school."""
    snapshot = material.snapshot
    points = uses.total_series(snapshot.weeks, snapshot.school, "abusive", snapshot.privacy)
    school_weeks = [point for point in points if point.school_days]
    if not school_weeks:
        return None
    name = use_name("abusive", texts)
    rare = [point for point in school_weeks if not point.shown]
    if 2 * len(rare) <= len(school_weeks):
        return _latest(points, name, texts)
    below = max((p.display.below for p in rare if not isinstance(p.display, Shown)), default=0)
    text = texts(
        "report.five.rare", use=name, n=texts.number(below), rare=len(rare), weeks=len(school_weeks)
    )
    return Told("good", text, sure(BOUND, "", texts))


def _fills(material: Material, days: list[LinkDay], texts: Texts) -> Told | None:
    for release in reversed(material.snapshot.fills):
        known: list[Cost] = [cost for cost in costs(release, days) if cost.share is not None]
        if len(known) < 2:  # noqa: PLR2004 - nothing to compare with
            continue
        first, second = known[:2]
        text = texts(
            "report.five.fills",
            month=texts.month(release.starts),
            group=texts(f"group.{first.group}"),
            share=texts.percent(first.share or 0.0),
            margin=texts.percent(first.margin),
            second=texts(f"group.{second.group}"),
            other=texts.percent(second.share or 0.0),
        )
        strong = first.margin <= SMALL_MARGIN * (first.share or 0.0)
        return Told("info", text, sure(RELIABLE if strong else INDICATIVE, "", texts))
    return None


def _quality(material: Material, texts: Texts) -> Told | None:
    coverage = material.snapshot.status.coverage
    offered = sum(day.offered for day in coverage)
    if not offered:
        return Told("info", texts("report.five.no_capture"), sure(UNKNOWN, "", texts))
    lost = sum(day.lost for day in coverage) / offered
    text = texts(
        "report.five.quality",
        share=texts.percent(round(lost, 4)),
        limit=texts.percent(LOSS_BAD),
        days=len(coverage),
    )
    good = lost <= LOSS_BAD
    return Told("good" if good else "bad", text, sure(EXACT, "", texts))
