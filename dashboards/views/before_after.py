"""*Avant/après*: did the change work? Pure.

One dated event is chosen; like school weeks before and after it are compared (`privacy.derived`), or
the page says why not. The line is exact: its difference is told with what weeks differ by anyhow.
"""

import math
from collections.abc import Sequence
from statistics import fmean, variance

from dashboards import beside, figures, load
from dashboards.dated import Event, event_name, events_of
from dashboards.events import EXAMS
from dashboards.reading import CHARTER_USES, LinkDay, Snapshot, iso_week
from dashboards.sentences import Finding, use_name
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.view import Choice, Empty, Section, Sheet, View
from dashboards.views.common import FULL_WEEK_DAYS, main_line, school_days
from privacy.derived import Like, Refused
from privacy.derived.compare import LEAST_WEEKS, STUDENT_95

QUERY = "evenement"


class NoSuchEvent(Exception):
    """The reader asked for an event that no document declares."""


def before_after_view(snapshot: Snapshot, texts: Texts, asked: str | None) -> View:
    """Return the view around one event, the latest that can be compared by default.

    Raises:
        NoSuchEvent: `asked` names none.
    """
    events = [event for event in events_of(snapshot) if event.kind != EXAMS]
    if not events:
        empty = Empty(texts("compare.no_event"), texts("compare.no_event_what"))
        return View("before_after", (), (), empty=empty)
    chosen = _chosen(events, snapshot, asked)
    choices = tuple(
        Choice(
            texts("compare.choice", day=texts.day_short(e.starts), name=event_name(e, texts)),
            ((QUERY, e.key),),
            e is chosen,
        )
        for e in reversed(events)
    )
    line_said, line = _line(chosen, snapshot, texts)
    uses_said, uses_part = _uses(chosen, snapshot, texts)
    services_said, services_part = _services(chosen, snapshot, texts)
    day, name = texts.day(chosen.starts), event_name(chosen, texts)
    head = Section(
        "choix",
        texts("compare.around", day=day, name=name),
        choices=choices,
        notes=tuple(_others(chosen, events, texts)),
    )
    ordered = (
        (services_part, uses_part, line) if chosen.service else (line, uses_part, services_part)
    )
    parts = [part for part in ordered if part is not None]
    # A training is about its service: what else moved is in the tables, and is not its work.
    said = services_said if chosen.service else [*line_said, *uses_said, *services_said]
    return View("before_after", tuple(said), (head, *parts))


def _others(chosen: Event, events: Sequence[Event], texts: Texts) -> list[str]:
    """Name the other events, which may have moved the same numbers."""
    others = [event for event in events if event is not chosen]
    return [
        texts("compare.other", day=texts.day_month(e.starts), name=event_name(e, texts))
        for e in others
    ]


def _chosen(events: Sequence[Event], snapshot: Snapshot, asked: str | None) -> Event:
    if asked:
        for event in events:
            if event.key == asked:
                return event
        raise NoSuchEvent(asked)
    for event in reversed(events):
        if not isinstance(beside.like_weeks(snapshot.weeks, event.starts, snapshot), Refused):
            return event
    return events[-1]


def _week_shares(days: Sequence[LinkDay], snapshot: Snapshot) -> dict[str, float]:
    """Return the loaded share of class time of each ordinary school week, exams left out."""
    allowed = school_days(snapshot)
    found = {}
    for period, each in load.by_week(days).items():
        kept = [day for day in each if day.day in allowed.get(period, ())]
        tally = load.class_time(kept)
        if len(kept) >= FULL_WEEK_DAYS and tally.verdict is not load.Verdict.CANNOT_TELL:
            found[period] = tally.share_80
    return found


def _line(event: Event, snapshot: Snapshot, texts: Texts) -> tuple[list[Finding], Section | None]:
    days = main_line(snapshot)
    if not days:
        return [], None
    shares, week = _week_shares(days, snapshot), iso_week(event.starts)
    starts_week = event.starts.weekday() == 0
    before = [share for period, share in shares.items() if period < week]
    after = [s for p, s in shares.items() if p > week or (p == week and starts_week)]
    title = texts("compare.line")
    if min(len(before), len(after)) < LEAST_WEEKS:
        key = "few_before" if len(before) < LEAST_WEEKS else "few_after"
        why = texts(f"compare.refused.{key}", before=len(before), after=len(after))
        return [Finding("info", texts("compare.line_refused", why=why), "before_after")], Section(
            "ligne", title, empty=Empty(why, texts("compare.what"))
        )
    low, high, interval = fmean(before), fmean(after), _interval(before, after)
    clear = abs(high - low) > interval
    key = ("line_more" if high > low else "line_less") if clear else "line_same"
    values = {"before": texts.percent(low), "after": texts.percent(high),
              "interval": _points(interval, texts)}  # fmt: skip
    text = texts(f"compare.{key}", **values)
    figure = figures.share_figure(days, snapshot, texts, text.rstrip("."))
    sheet = Sheet("line-compared", _line_table(low, high, interval, texts), shaded=False)
    counted = texts("compare.line_weeks", before=len(before), after=len(after))
    level = "info" if not clear else "good" if high < low else "watch"
    return [Finding(level, text, "before_after", "ligne")], Section(
        "ligne", title, figures=(figure,), sheets=(sheet,), notes=(counted,)
    )


def _interval(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the 95 % half-width of the difference of two means (Student's t, pooled)."""
    freedom = len(before) + len(after) - 2
    pooled = ((len(before) - 1) * variance(before) + (len(after) - 1) * variance(after)) / freedom
    student = STUDENT_95[min(freedom, len(STUDENT_95)) - 1]
    return student * math.sqrt(pooled * (1 / len(before) + 1 / len(after)))


def _line_table(
    low: float,
    high: float,
    interval: float,
    texts: Texts,
) -> Table:
    clear = abs(high - low) > interval
    word = ("more" if high > low else "less") if clear else "same"
    sign = "+" if high > low else "−" if high < low else ""
    cells = (
        Datum(texts.percent(low), raw=f"{low:.10g}"),
        Datum(texts.percent(high), raw=f"{high:.10g}"),
        Datum(f"{sign}{_points(abs(high - low), texts)} ± {_points(interval, texts)}",
              raw=f"{high - low:.10g}"),
        Datum(texts(f"compare.word.{word}")),
    )  # fmt: skip
    return Table(
        caption=texts("compare.line_caption"),
        corner=texts("compare.number"),
        columns=tuple(
            texts(f"compare.{head}") for head in ("before", "after", "difference", "verdict")
        ),
        lines=(Line(texts("tile.line.name"), cells),),
    )


def _points(share: float, texts: Texts) -> str:
    """Return a difference of two shares: in points, as it is no share of anything."""
    return texts("compare.points", n=texts.number(100 * share, 1))


def _uses(event: Event, snapshot: Snapshot, texts: Texts) -> tuple[list[Finding], Section | None]:
    title = texts("compare.uses")
    if not snapshot.weeks:
        return [], Section(
            "usages", title, empty=Empty(texts("empty.weeks"), texts("empty.release"))
        )
    like = beside.like_weeks(snapshot.weeks, event.starts, snapshot)
    if isinstance(like, Refused):
        why = beside.refused_said(like, texts)
        return [], Section("usages", title, empty=Empty(why, texts("compare.what")))
    numbers = {use_name(use, texts): beside.of_use(use) for use in CHARTER_USES}
    found = beside.compared(like, numbers, snapshot)
    said = [Finding("info", beside.said(each, texts), "before_after", "usages") for each in found]
    table = beside.table(found, texts("compare.uses_caption"), texts("word.use"), texts)
    sheet = Sheet(
        "uses-compared", table, csv="/api/v1/releases/T1", shaded=False, how=texts("how.compare")
    )
    notes = (beside.weeks_said(like, texts), texts("compare.cause"))
    return said, Section("usages", title, sheets=(sheet,), notes=notes)


def _services(
    event: Event, snapshot: Snapshot, texts: Texts
) -> tuple[list[Finding], Section | None]:
    if not snapshot.services:
        return [], None
    title = texts("compare.services")
    like = beside.like_weeks(snapshot.services, event.starts, snapshot)
    if isinstance(like, Refused):
        why = beside.refused_said(like, texts)
        return [], Section("services", title, empty=Empty(why, texts("compare.what")))
    names = [cell.get("service") for cell in snapshot.services[-1].cells]
    names.sort(key=lambda name: name != event.service)
    found = beside.compared(like, {name: beside.of_service(name) for name in names}, snapshot)
    others = _trained_within(event, like, snapshot)
    told = [
        each for each in found
        if each.name == event.service or (_clear(each) and each.name not in others)
    ]  # fmt: skip
    said = [
        Finding("info", beside.said(each, texts), "before_after", "services") for each in told[:3]
    ]
    table = beside.table(found, texts("compare.services_caption"), texts("services.service"), texts)
    sheet = Sheet(
        "services-compared", table, csv="/api/v1/releases/T3", shaded=False,
        how=texts("how.compare"),
    )  # fmt: skip
    return said, Section("services", title, sheets=(sheet,))


def _trained_within(event: Event, like: Like, snapshot: Snapshot) -> set[str]:
    """Return the services that had a training of their own within the compared weeks."""
    first, last = like.before[0].starts, like.after[-1].ends
    return {
        other.service
        for other in events_of(snapshot)
        if other.key != event.key and other.service and first <= other.starts < last
    }


def _clear(each: beside.Compared) -> bool:
    return each.found.clear
