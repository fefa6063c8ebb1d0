"""Decisions to vote: a finding, the question that it asks, how sure it is, what speaks for and against. Pure.

Rules only, from the functions that the pages use; always in this order, so that two reports compare:

1. the line, where it is tight or too short
2. slots that saturate or are full now
3. services that dipped and came back
4. services that nobody is seen to use, or hardly anybody
5. trainings after which their service clearly moved
6. what the charter forbids, where a zone shows it and the whole school does not
7. a rule of the charter that moved in a zone at the change of the line

A vote takes the room of six lines: at most `MOST_VOTES` are printed, the first ones.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dashboards import beside, load, uses
from dashboards.adoption import Adoption, Service, adoptions, spans_enough
from dashboards.dated import events_of
from dashboards.events import TRAINING
from dashboards.overview import RESTRICTED, SEEN_LEAST, SEEN_WEEKS
from dashboards.reading import LinkDay, School, SlotLoad, Snapshot, Zone
from dashboards.report.dips import dip_told, service_dips
from dashboards.report.findings import line_told, moved_text
from dashboards.report.material import Material
from dashboards.report.told import BOUND, EXACT, INDICATIVE, RELIABLE, Told, strength, sure
from dashboards.sentences import minutes_per_hour, use_name
from dashboards.tables import change_weeks
from dashboards.texts import Texts
from dashboards.views.common import by_period, rule_of, usual_weeks
from privacy.derived import Change, Refused
from privacy.release import Quality, Shown, Withheld

MOST_VOTES = 6
MOST_DIPS = 1
MOST_NAMED = 3
"""Services in one question; the others are in the table of services."""
ASKED = (Adoption.NEVER, Adoption.UNUSED, Adoption.OCCASIONAL)


def votes(material: Material, days: list[LinkDay], texts: Texts) -> list[Told]:
    """Return the decisions, at most `MOST_VOTES`."""
    snapshot = material.snapshot
    line = next(iter(snapshot.school.lines), None)
    changed = load.latest_change(line, days) if line else None
    found = [
        *_line(days, changed, texts),
        *_slots(days, changed, texts),
        *(dip_told(each, snapshot, texts) for each in service_dips(snapshot)[:MOST_DIPS]),
        *_asked(snapshot, texts),
        *_trainings(snapshot, texts),
        *_zones(snapshot, texts),
        *_rules(snapshot, texts),
    ]
    return found[:MOST_VOTES]


def _line(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> list[Told]:
    told = line_told(days, changed, texts)
    now = load.class_time(load.since(days, changed.after.starts) if changed else days)
    if told is None or now.verdict not in {load.Verdict.TIGHT, load.Verdict.SHORT}:
        return []
    pro = texts("report.vote.line.pro", minutes=minutes_per_hour(now.share_80, texts))
    return [_vote(replace(told, pro=pro), "line", texts)]


def _vote(told: Told, kind: str, texts: Texts, **values: object) -> Told:
    """Return a finding with the question and the arguments of its kind; `values` fill their places."""
    return replace(
        told,
        question=texts(f"report.vote.{kind}.question", **values),
        pro=told.pro or texts(f"report.vote.{kind}.pro", **values),
        con=told.con or texts(f"report.vote.{kind}.con", **values),
    )


def _slots(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> list[Told]:
    """Ask whether what fills a slot now can move."""
    now = load.since(days, changed.after.starts) if changed else days
    share = texts.percent(load.class_time(now).share_80)
    repeats, busy = load.repeats(now), load.busy_slots(now)
    told = []
    for item in repeats[:1]:
        names = [texts.weekday(day) for day in item.weekdays]
        many = len(names) >= 4  # noqa: PLR2004 - as `sentences.repeat` says it
        values = {
            "when": texts("repeat.most_days" if many else "repeat.every", days=texts.join(names)),
            **_hours(item.slot, item.starts, item.ends, texts),
        }
        text = texts(
            "report.five.slot_now", saturated=item.saturated, seen=item.seen,
            minutes=texts.number(item.minutes), **values,
        )  # fmt: skip
        now_told = Told(
            "watch", texts.sentence(text), sure(EXACT, "unknown", texts),
            pro=texts("report.vote.slot.pro_now"),
            con=texts("report.vote.slot.con", share=share),
        )  # fmt: skip
        told.append(_vote(now_told, "slot", texts, **values))
    if not told and busy:
        told.append(_busy(busy[0], now, share, texts, alone=len(busy) == 1))
    return told


def _hours(slot: str, starts: str, ends: str, texts: Texts) -> dict[str, str]:
    return {"slot": slot, "starts": texts.clock(starts), "ends": texts.clock(ends)}


def _busy(
    item: load.Busy, days: Sequence[LinkDay], share: str, texts: Texts, *, alone: bool
) -> Told:
    here, others = [], []
    for day in days:
        for slot in day.slots:
            if slot.minutes_seen:
                same = (day.day.weekday(), slot.slot) == (item.weekday, item.slot)
                (here if same else others).append((slot, day.day))
    values = {
        "when": texts("repeat.every", days=texts.weekday(item.weekday)),
        **_hours(item.slot, item.starts, item.ends, texts),
    }
    text = texts(
        "report.five.slot_busy", hits=_full(here), seen=len(here),
        others=_full(others), of=len(others), **values,
    )  # fmt: skip
    worst, worst_day = max(here, key=lambda each: each[0].minutes_95)
    pro = texts(
        "report.vote.slot.pro_worst" if load.is_saturated(worst) else "report.vote.slot.pro",
        day=texts.day_month(worst_day), minutes=texts.number(worst.minutes_95),
    )  # fmt: skip
    told = Told(
        "watch", texts.sentence(text), sure(EXACT, "task" if alone else "unknown", texts),
        pro=pro, con=texts("report.vote.slot.con", share=share),
    )  # fmt: skip
    return _vote(told, "slot", texts, **values)


def _full(loads: Sequence[tuple[SlotLoad, date]]) -> int:
    return sum(slot.minutes_80 >= load.BUSY_SHARE * slot.minutes_seen for slot, _ in loads)


def _asked(snapshot: Snapshot, texts: Texts) -> list[Told]:
    """Ask what becomes of services that hardly anybody is seen to use, one vote for each word."""
    usual = usual_weeks(snapshot.services, snapshot)
    if not usual or not spans_enough(snapshot.services):
        return []
    found = adoptions(usual, snapshot.services, rule_of(snapshot))
    told = []
    for word in ASKED:
        named = [service for service in found if service.adoption is word]
        if named:
            told.append(_ask(word, named, snapshot, texts))
    return told


def _ask(word: Adoption, named: Sequence[Service], snapshot: Snapshot, texts: Texts) -> Told:
    names = [service.name for service in named[:MOST_NAMED]]
    if len(named) > MOST_NAMED:
        names.append(texts("report.vote.others", count=len(named) - MOST_NAMED,
                           n=len(named) - MOST_NAMED))  # fmt: skip
    limits = [
        display.below
        for service in named
        for display in by_period(snapshot.services, service=service.name).values()
        if isinstance(display, Withheld)
    ]
    values = {
        "names": texts.join(names),
        "n": texts.number(max(limits, default=0)),
        "shown": max(service.weeks_shown for service in named),
        "weeks": named[0].weeks,
    }
    kind = word.value
    text = texts(f"report.five.service.{kind}", **values)
    told = Told("watch", text, sure(BOUND, f"{kind}_service", texts))
    return _vote(told, kind, texts, **values)


def _trainings(snapshot: Snapshot, texts: Texts) -> list[Told]:
    """Ask whether to repeat a training after which its service clearly moved, the latest first."""
    told = []
    events = [e for e in events_of(snapshot) if e.kind == TRAINING and e.service]
    for event in events[::-1]:
        like = beside.like_weeks(snapshot.services, event.starts, snapshot)
        if isinstance(like, Refused):
            continue
        number = {event.service: beside.of_service(event.service)}
        told += [
            _trained(one, len(like.after), event.starts, texts)
            for one in beside.compared(like, number, snapshot)
            if one.found.clear
        ]
    return told


def _trained(one: beside.Compared, weeks: int, day: date, texts: Texts) -> Told:
    found = one.found
    text = texts("services.opening_training", day=texts.day_month(day),
                 said=beside.said(one, texts))  # fmt: skip
    up = found.value > 0 if isinstance(found, Change) else isinstance(found.after, Shown)
    number = strength(found.before if isinstance(found.before, Withheld) else found.after)
    told = Told(
        "good" if up else "watch", text, sure(number, "near", texts),
        pro=texts(f"report.vote.training.pro_{'up' if up else 'down'}"),
        con=texts("report.vote.training.con", count=weeks, n=weeks),
    )  # fmt: skip
    return _vote(told, "training", texts, name=one.name)


def _zones(snapshot: Snapshot, texts: Texts) -> list[Told]:
    """Ask about what the charter forbids where a zone shows it though the whole school is withheld.

    By the rule of `overview.zones_seen`, which says the same on the pages.
    """
    total = uses.total_series(snapshot.weeks, snapshot.school, "abusive", snapshot.privacy)
    latest = [point.display for point in total[-SEEN_WEEKS:]]
    limits = [display.below for display in latest if isinstance(display, Withheld)]
    changed = max(change_weeks(snapshot).values(), default=None)
    found = []
    for zone in snapshot.school.zones if len(limits) == len(latest) else ():
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, "abusive")
        recent = [point for point in points if point.school_days][-SEEN_WEEKS:]
        moved = changed and uses.fade(points, changed, zone.name, "abusive")
        shown = [point for point in recent if point.shown]
        if not moved and len(shown) >= SEEN_LEAST:
            found.append((shown, len(recent), zone))
    if not found:
        return []
    shown, weeks, zone = max(found, key=lambda each: len(each[0]))
    return [_zone(shown, weeks, zone, max(limits), texts)]


def _zone(shown: Sequence[uses.Point], weeks: int, zone: Zone, below: int, texts: Texts) -> Told:
    displays = [point.display for point in shown if isinstance(point.display, Shown)]
    values = [display.value for display in displays]
    name = texts.label(zone.label)
    text = texts(
        "report.five.zone", zone=name, use=use_name("abusive", texts).lower(),
        low=texts.number(min(values)), high=texts.number(max(values)),
        margin=texts.number(displays[0].margin), shown=len(shown), weeks=weeks,
        below=texts.number(below),
    )  # fmt: skip
    reliable = all(display.quality is Quality.RELIABLE for display in displays)
    number = RELIABLE if reliable else INDICATIVE
    told = Told("watch", text, sure(number, "unknown", texts))
    return _vote(told, "zone", texts, zone=name)


def _rules(snapshot: Snapshot, texts: Texts) -> list[Told]:
    """Ask about the rule that moved most in a zone at the change of the line."""
    changed = max(change_weeks(snapshot).values(), default=None)
    if changed is None:
        return []
    found = [
        (fade, zone)
        for use in RESTRICTED
        for zone in snapshot.school.zones
        for points in [uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)]
        for fade in [uses.fade(points, changed, zone.name, use)]
        if fade
    ]
    if not found:
        return []
    fade, zone = max(found, key=lambda item: item[0].high.value)
    use = use_name(fade.use, texts)
    text = moved_text(f"{texts.label(zone.label)}, {use.lower()}", fade,
                      texts.day_month(changed), texts)  # fmt: skip
    kind = "rule_up" if fade.direction == "up" else "rule"
    if (
        fade.use == "resource_inappropriate"
        and fade.direction == "down"
        and _raised(snapshot.school, changed)
    ):
        kind = "rule_line"
    level = "watch" if kind == "rule_up" else "good"
    told = Told(level, text, sure(strength(fade.low), "date", texts))
    return [_vote(told, kind, texts, use=use)]


def _raised(school: School, changed: date) -> bool:
    return any(
        after.starts == changed and after.down_mbit_s > before.down_mbit_s
        for line in school.lines
        for before, after in line.changes()
    )
