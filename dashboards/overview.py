"""What *En bref* says, in the order of an agenda. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from dashboards import load, sentences, trust, uses
from dashboards.reading import Coverage, LinkDay, School, Snapshot
from dashboards.sentences import VERDICT_LEVEL, Finding
from dashboards.tables import change_weeks
from dashboards.texts import Texts
from dashboards.views import services
from privacy.release import Withheld

MOST_FADES = 3
"""More moved zones than that belong on the page of uses."""
MOST_REPEATS = 2
QUALITY_DAYS = 7
RESTRICTED = ("resource_inappropriate", "abusive")
SEEN_WEEKS = 8
SEEN_LEAST = 2
"""A zone's use is named from two published weeks of the last eight on: one may be chance."""


def latest_school_week(periods: Sequence[str], school: School) -> str | None:
    """Return the latest released week with school days, else the latest."""
    for period in reversed(periods):
        if school.week(period).school_days:
            return period
    return periods[-1] if periods else None


def line_sentence(
    weeks: dict[str, list[LinkDay]], period: str | None, snapshot: Snapshot, texts: Texts
) -> str:
    """Return the verdict on the line for one week, and how it was before."""
    if period is None:
        return texts("line.nothing")
    tally = load.class_time(weeks[period])
    rate = _capacity(weeks[period][-1])
    earlier = [
        load.class_time(day for day in days if _capacity(day) == rate)
        for week, days in weeks.items()
        if week < period
    ]
    monday = snapshot.school.week(period).starts
    first = sentences.line_verdict(tally, monday, texts)
    return f"{first} {sentences.line_earlier([t for t in earlier if t.seen], texts)}".strip()


def _capacity(day: LinkDay) -> tuple[float, float]:
    return day.down_capacity, day.up_capacity


def findings(snapshot: Snapshot, days: list[LinkDay], texts: Texts) -> list[Finding]:
    """Return the sentences that open the page, in the order of an agenda."""
    return [
        *broken_promises(snapshot, texts),
        *line_findings(snapshot, days, texts),
        *_use_findings(snapshot, texts),
        *(services.opening(snapshot, texts) if snapshot.services else ()),
        _quality_finding(snapshot, texts),
    ]


def broken_promises(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    """Return what *Confiance* says is not kept: nobody should have to look for it."""
    return [
        Finding(
            "bad",
            texts("overview.promise", name=texts(f"trust.check.{check.ident}"), said=check.answer),
            "trust",
            check.ident,
        )
        for check in trust.checks(snapshot, texts)
        if check.level == trust.BAD
    ]


def line_findings(
    snapshot: Snapshot, days: list[LinkDay], texts: Texts, *, changes: bool = True
) -> list[Finding]:
    """Return what is said of one line; `changes`: also what a change of capacity did."""
    weeks = load.by_week(days)
    period = load.latest_full_week(weeks, snapshot.school)
    if period is None:
        return [Finding("info", texts("line.nothing"), "load")]
    tally = load.class_time(weeks[period])
    level = VERDICT_LEVEL[tally.verdict]
    found = [Finding(level, line_sentence(weeks, period, snapshot, texts), "load")]
    line = next(line for line in snapshot.school.lines if line.name == days[0].line)
    changed = load.latest_change(line, days)
    if changed and changes:
        good = (
            load.VERDICT_ORDER[changed.tally_after.verdict]
            < load.VERDICT_ORDER[changed.tally_before.verdict]
        )
        found.append(Finding("good" if good else "info", sentences.change(changed, texts), "load"))
    free = load.headroom(days)
    if free:
        found.append(Finding("info", sentences.headroom(free, texts), "load"))
    now = load.since(days, changed.after.starts) if changed else days
    repeats = load.repeats(now)[:MOST_REPEATS]
    found += [
        Finding("watch", sentences.repeat(item, texts, past=False), "saturation", "creneaux")
        for item in repeats
    ]
    starts = changed.after.starts if changed else None
    found += [
        Finding("watch", text, "saturation", "creneaux")
        for text in sentences.busy(load.busy_slots(now), starts, texts)[:MOST_REPEATS]
    ]
    if changed and changes and not repeats:
        past = load.repeats(load.before(days, changed.after.starts))[:1]
        found += [
            Finding("info", sentences.repeat(item, texts, past=True), "saturation", "creneaux")
            for item in past
        ]
    return found


def _use_findings(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    found = []
    points = uses.total_series(snapshot.weeks, snapshot.school, "pedagogical", snapshot.privacy)
    changed = max(change_weeks(snapshot).values(), default=None)
    if points:
        text = sentences.use_series(points, changed, "pedagogical", texts)
        where = dipped_zones(snapshot, "pedagogical", texts) if uses.dips(points) else ""
        found.append(Finding("info", f"{text}{where}.", "uses", "use-pedagogical"))
    for use in RESTRICTED:
        found += zone_fades(snapshot, use, changed, texts)
        found += zones_seen(snapshot, use, texts)
    return found


def dipped_zones(snapshot: Snapshot, use: str, texts: Texts) -> str:
    """Return `, surtout Salles de cours (51 % de moins)`, the zones of a dip; empty if none is clear."""
    zones = []
    for zone in snapshot.school.zones:
        found = uses.dips(uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use))
        drops = [dip.drop for dip in found if dip.drop is not None]
        if drops:
            drop = texts.percent(round(max(drops), 2))
            zones.append(texts("zone.dipped_zone", zone=texts.label(zone.label), drop=drop))
    return f", {texts('zone.dipped', zones=texts.join(zones))}" if zones else ""


def zones_seen(snapshot: Snapshot, use: str, texts: Texts) -> list[Finding]:
    """Name the zones where a use is published now and then though the school's total is withheld.

    What moved with a change of capacity is told as such, and not here.
    """
    totals = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
    if any(point.shown for point in totals[-SEEN_WEEKS:]):
        return []
    changed = max(change_weeks(snapshot).values(), default=None)
    found = []
    for zone in snapshot.school.zones:
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
        recent = [p for p in points if p.school_days][-SEEN_WEEKS:]
        moved = changed and uses.fade(points, changed, zone.name, use)
        if moved or sum(point.shown for point in recent) < SEEN_LEAST:
            continue
        text = sentences.zone_seen(texts.label(zone.label), use, recent, texts)
        found.append(Finding("info", text, "uses", f"zones-{use}"))
    return found


def zone_fades(snapshot: Snapshot, use: str, changed: date | None, texts: Texts) -> list[Finding]:
    """Say what one use did in the zones at the latest change of capacity."""
    if changed is None:
        return []
    fades = []
    for zone in snapshot.school.zones:
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
        fade = uses.fade(points, changed, zone.name, use)
        if fade:
            fades.append(fade)
    fell = [f for f in fades if f.direction == "down" and isinstance(f.low, Withheld)]
    named = [replace(f, zone=texts.label(_label(f.zone, snapshot))) for f in fell]
    told = [sentences.zones_fell(named, changed, texts)] if named else []
    others = [fade for fade in fades if fade not in fell][:MOST_FADES]
    told += [sentences.zone_fade(fade, snapshot.school, changed, texts) for fade in others]
    return [Finding("info", text, "uses", f"zones-{use}") for text in told]


def _label(zone: str, snapshot: Snapshot) -> Mapping[str, str]:
    return next(each.label for each in snapshot.school.zones if each.name == zone)


def recent_coverage(snapshot: Snapshot) -> list[Coverage]:
    """Return the latest days on which the capture saw anything, at most a week."""
    seen = sorted((c for c in snapshot.status.coverage if c.offered), key=lambda c: c.day)
    return seen[-QUALITY_DAYS:]


def _quality_finding(snapshot: Snapshot, texts: Texts) -> Finding:
    level, _, text = sentences.quality(recent_coverage(snapshot), texts)
    return Finding(level, text, "overview", "qualite")


def dip_text(found: uses.Dip, texts: Texts) -> str:
    """Return a dip as part of a sentence."""
    return sentences.dip(found, texts)
