"""Five findings of a term, each of at most 25 words with number, comparison and confidence. Pure.

Rules only, never free text; one question each, always in this order, so that two reports compare:

1. Is the line enough?        against the time before its change, else against the limit
2. Does a slot saturate?      against the time before the change, else against the other slots
3. Work                       against the usual week, or the time before the change
4. What the charter restricts against the time before the change, else against the threshold
5. What fills the full line   against the next group; without saturation, the quality of the capture

Confidence is a word by rule: exact counters are strong unless minutes or packets are missing; a
noisy value is as strong as the gate calls it; a difference must pass three standard deviations
before it is told at all (`uses.FINDING_Z`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from dashboards import load, uses
from dashboards.cost import Cost, costs
from dashboards.reading import LinkDay
from dashboards.report.material import Material
from dashboards.sentences import LOSS_BAD, VERDICT_LEVEL, count, use_name
from dashboards.tables import change_weeks
from dashboards.texts import Texts
from privacy.release import Quality, Shown

MOST_WORDS = 25
STRONG, FAIR, WEAK = "strong", "fair", "weak"
RESTRICTED = ("resource_inappropriate", "abusive")
SMALL_MARGIN = 0.2
"""A share whose margin is at most a fifth of it is told with strong confidence."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding."""

    level: str
    text: str
    confidence: str
    """Key of `report.confidence`."""


def five(material: Material, days: list[LinkDay], texts: Texts) -> list[Told]:
    """Return the findings of the first line and of the uses; fewer only where nothing is released."""
    line = next(iter(material.snapshot.school.lines), None)
    changed = load.latest_change(line, days) if line else None
    told = [
        _line(days, changed, texts),
        _slots(days, changed, texts),
        _work(material, texts),
        _restricted(material, texts),
        _fills(material, days, texts) or _quality(material, texts),
    ]
    return [each for each in told if each is not None]


def _line(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> Told | None:
    if not days:
        return None
    comparable = changed if changed and changed.comparable else None
    tally = comparable.tally_after if comparable else load.class_time(days)
    level = VERDICT_LEVEL[tally.verdict]
    if tally.verdict is load.Verdict.CANNOT_TELL:
        missing = tally.missing / max(tally.seen + tally.missing, 1)
        return Told(level, texts("report.five.line_unknown", share=texts.percent(missing)), WEAK)
    values = {
        "verdict": texts(f"report.verdict.{tally.verdict.value}"),
        "share": texts.percent(tally.share_80),
    }
    if comparable is None:
        limit = texts.percent(load.ENOUGH_SHARE)
        return Told(level, texts("report.five.line", limit=limit, **values), _exact(tally))
    text = texts(
        "report.five.line_changed",
        before=texts.percent(comparable.tally_before.share_80),
        day=texts.day_month(comparable.after.starts),
        **values,
    )
    return Told(level, text, _exact(tally))


def _exact(tally: load.Tally) -> str:
    """Counters are exact: only unseen minutes weaken them."""
    return FAIR if tally.missing > load.MISSING_SHARE / 2 * (tally.seen + tally.missing) else STRONG


def _slots(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> Told | None:
    if not days:
        return None
    since = changed.after.starts if changed else None
    now = load.since(days, since) if since else days
    earlier = load.before(days, since) if since else []
    item = next(iter(load.repeats(now)), None)
    if item:
        return Told("watch", _repeat("now", item, texts), STRONG)
    busy = load.busy_slots(now)
    if busy:
        return _busy(busy[0], now, texts)
    past = next(iter(load.repeats(earlier)), None)
    if past and since:
        hits = _saturated(now, past)
        text = _repeat("past", past, texts, day=texts.day_month(since), hits=hits[0], of=hits[1])
        return Told("good", text, STRONG)
    slots = [slot for day in now for slot in day.slots if slot.minutes_seen]
    hits_now = sum(load.is_saturated(slot) for slot in slots)
    text = texts("report.five.slots_none", hits=hits_now, seen=len(slots))
    return Told("good", text, STRONG)


def _repeat(key: str, item: load.Repeat, texts: Texts, **more: object) -> str:
    days = texts.join([texts.weekday(day) for day in item.weekdays])
    many = len(item.weekdays) >= 4  # noqa: PLR2004 - as `sentences.repeat` says it
    when = texts("repeat.most_days") if many else texts("repeat.every", days=days)
    text = texts(
        f"report.five.slot.{key}",
        when=when,
        slot=item.slot,
        saturated=item.saturated,
        seen=item.seen,
        minutes=texts.number(item.minutes),
        **more,
    )
    return texts.sentence(text)


def _saturated(days: Sequence[LinkDay], item: load.Repeat) -> tuple[int, int]:
    loads = [
        slot
        for day in days
        if day.day.weekday() in item.weekdays
        for slot in day.slots
        if slot.slot == item.slot and slot.minutes_seen
    ]
    return sum(load.is_saturated(slot) for slot in loads), len(loads)


def _busy(item: load.Busy, days: Sequence[LinkDay], texts: Texts) -> Told:
    """Compare a busy slot with all the others."""
    here, others = [], []
    for day in days:
        for slot in day.slots:
            if slot.minutes_seen:
                same = (day.day.weekday(), slot.slot) == (item.weekday, item.slot)
                hit = slot.minutes_80 >= load.BUSY_SHARE * slot.minutes_seen
                (here if same else others).append(hit)
    text = texts(
        "report.five.slot_busy",
        day=texts.weekday(item.weekday),
        slot=item.slot,
        hits=sum(here),
        seen=len(here),
        others=texts.percent(sum(others) / len(others) if others else 0.0),
    )
    return Told("watch", texts.sentence(text), STRONG)


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
        return Told("watch", text, _strength(points))
    moved = uses.fade(points, changed, "", "pedagogical") if changed else None
    if moved and changed:
        return Told("info", _moved(name, moved, texts.day_month(changed), texts), _of(moved))
    return _latest(points, name, texts)


def _latest(points: Sequence[uses.Point], name: str, texts: Texts) -> Told:
    usable = [point for point in points if point.comparable] or list(points)
    latest, earlier = usable[-1], [point for point in usable[:-1] if point.shown]
    if not latest.shown or not earlier:
        return Told("info", texts("report.five.use.alone", use=name, value=count(latest.display, texts)),
                    FAIR)  # fmt: skip
    direction = uses.trend(points)
    word = direction.direction if direction else "steady"
    text = texts(
        f"report.five.use.{word}",
        use=name,
        value=count(latest.display, texts),
        mean=texts.number(fmean(point.noisy for point in earlier)),
        weeks=len(earlier),
    )
    return Told("info", text, _strength(usable))


def _strength(points: Sequence[uses.Point]) -> str:
    shown = [point.display for point in points if isinstance(point.display, Shown)]
    return STRONG if all(d.quality is Quality.RELIABLE for d in shown) else FAIR


def _of(moved: uses.Fade) -> str:
    return STRONG if moved.high.quality is Quality.RELIABLE else FAIR


def _moved(name: str, moved: uses.Fade, day: str, texts: Texts) -> str:
    high, low = count(moved.high, texts), count(moved.low, texts)
    now, before = (low, high) if moved.direction == "down" else (high, low)
    return texts("report.five.moved", use=name, now=now, before=before, day=day)


def _restricted(material: Material, texts: Texts) -> Told | None:
    snapshot = material.snapshot
    if not snapshot.weeks:
        return None
    changed = max(change_weeks(snapshot).values(), default=None)
    found = [
        (fade, zone)
        for use in RESTRICTED
        for zone in snapshot.school.zones
        if changed
        for points in [uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)]
        for fade in [uses.fade(points, changed, zone.name, use)]
        if fade
    ]
    if found and changed:
        fade, zone = max(found, key=lambda item: item[0].high.value)
        name = f"{texts.label(zone.label)}{texts('word.colon')}{use_name(fade.use, texts).lower()}"
        level = "good" if fade.direction == "down" else "watch"
        return Told(level, _moved(name, fade, texts.day_month(changed), texts), _of(fade))
    return _rare(material, texts)


def _rare(material: Material, texts: Texts) -> Told:
    snapshot = material.snapshot
    points = uses.total_series(snapshot.weeks, snapshot.school, "abusive", snapshot.privacy)
    name = use_name("abusive", texts)
    school_weeks = [point for point in points if point.school_days]
    rare = [point for point in school_weeks if not point.shown]
    if 2 * len(rare) <= len(school_weeks):
        return _latest(points, name, texts)
    below = max((p.display.below for p in rare if not isinstance(p.display, Shown)), default=0)
    text = texts(
        "report.five.rare", use=name, n=texts.number(below), rare=len(rare), weeks=len(school_weeks)
    )
    return Told("good", text, FAIR)


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
        return Told("info", text, STRONG if strong else FAIR)
    return None


def _quality(material: Material, texts: Texts) -> Told | None:
    coverage = material.snapshot.status.coverage
    offered = sum(day.offered for day in coverage)
    if not offered:
        return Told("info", texts("report.five.no_capture"), WEAK)
    lost = sum(day.lost for day in coverage) / offered
    text = texts(
        "report.five.quality",
        share=texts.percent(round(lost, 4)),
        limit=texts.percent(LOSS_BAD),
        days=len(coverage),
    )
    good = lost <= LOSS_BAD
    return Told("good" if good else "bad", text, STRONG if good else WEAK)
