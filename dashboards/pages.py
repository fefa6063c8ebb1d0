"""The three pages, as HTML made from a snapshot. Pure, except that templates are read once.

Must not know how a snapshot is obtained. Each page adds its own findings, figures and tables to
what `frame` puts around all of them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards import figures, load, overview, tables, uses
from dashboards.frame import PAGES, STATIC, Frame, common, render
from dashboards.reading import CHARTER_USES, LinkDay, Snapshot
from dashboards.sentences import busy, change, repeat, use_name, zone_fade
from dashboards.texts import Texts

__all__ = [
    "PAGES",
    "STATIC",
    "NotPublished",
    "charter_page",
    "load_page",
    "message_page",
    "overview_page",
    "problems_page",
]

MOST_PAST_REPEATS = 5


class NotPublished(Exception):
    """The reader asked for a day or a line that no release holds."""


def overview_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *En bref*."""
    frame = Frame(texts, "overview", query)
    days = line_days(snapshot, None)
    shown = (
        [figures.share_figure(days, snapshot, texts, _share_title(days, snapshot, texts))]
        if days
        else []
    )
    return render(
        "overview.html",
        frame,
        findings=overview.findings(snapshot, days, texts),
        tiles=overview.tiles(snapshot, days, texts),
        figures=shown,
        week_title=_week_title(snapshot, texts),
        day_title=texts.day(snapshot.days[-1].starts) if snapshot.days else "",
        **common(snapshot, texts),
    )


def _week_title(snapshot: Snapshot, texts: Texts) -> str:
    periods = [release.period for release in snapshot.weeks]
    latest = overview.latest_school_week(periods, snapshot.school)
    return tables.week_name(latest, snapshot.school, texts) if latest else ""


def _share_title(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> str:
    found = load.latest_change(snapshot.school.lines[0], days)
    if found and found.comparable:
        return change(found, texts)
    weeks = load.by_week(days)
    period = load.latest_full_week(weeks, snapshot.school)
    return overview.line_sentence(weeks, period, snapshot, texts)


def line_days(snapshot: Snapshot, name: str | None) -> list[LinkDay]:
    """Return the published days of one line, the first declared one by default.

    Raises:
        NotPublished: no such line.
    """
    names = [line.name for line in snapshot.school.lines]
    chosen = name or (names[0] if names else None)
    if chosen not in names:
        raise NotPublished(chosen)
    return [day for day in snapshot.link if day.line == chosen]


def load_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Débit*; `jour` and `ligne` choose among stored releases.

    Raises:
        NotPublished: no release of that day or line.
    """
    frame = Frame(texts, "load", query)
    days = line_days(snapshot, query.get("ligne"))
    line = next(line for line in snapshot.school.lines if not days or line.name == days[0].line)
    day = _chosen_day(days, query.get("jour"))
    context: dict[str, Any] = {"days": days, "line": line, "day": day, "figures": [], "share": None}
    if days and day:
        context |= {
            "figures": [figures.day_figure(day, side, texts) for side in ("down", "up")],
            "share": figures.share_figure(
                days, snapshot, texts, _share_title(days, snapshot, texts)
            ),
            "slot_weeks": tables.slot_weeks_table(days, snapshot, texts),
            "weekdays": _weekday_tables(days, snapshot, texts),
            "repeats": repeat_sentences(days, snapshot, texts),
            "calendar": _calendar(days, day, snapshot, texts),
            "fills": tables.fills_table(days, snapshot, texts),
            "change": load.latest_change(line, days),
        }
        context["change_text"] = change(context["change"], texts) if context["change"] else ""
    return render("load.html", frame, **context, **common(snapshot, texts))


def _chosen_day(days: list[LinkDay], asked: str | None) -> LinkDay | None:
    if not days:
        return None
    if not asked:
        return days[-1]
    for day in days:
        if day.day.isoformat() == asked:
            return day
    raise NotPublished(asked)


def _eras(
    days: list[LinkDay], snapshot: Snapshot
) -> tuple[list[LinkDay], list[LinkDay], date | None]:
    """Split the days at the latest change of capacity: (before, since, day of the change)."""
    line = next(
        (line for line in snapshot.school.lines if days and line.name == days[0].line), None
    )
    found = load.latest_change(line, days) if line else None
    if found is None:
        return [], days, None
    starts = found.after.starts
    return load.before(days, starts), load.since(days, starts), starts


def repeat_sentences(
    days: list[LinkDay], snapshot: Snapshot, texts: Texts
) -> list[tuple[str, str]]:
    """Return (level, sentence) for each slot that saturates repeatedly, present ones first."""
    earlier, now, changed = _eras(days, snapshot)
    found = [("watch", repeat(item, texts, past=False)) for item in load.repeats(now)]
    found += [("watch", text) for text in busy(load.busy_slots(now), changed, texts)]
    if not found and now:
        key = "repeat.none_since" if changed else "repeat.none"
        found.append(("good", texts(key, day=texts.day_month(changed or now[0].day))))
    past = load.repeats(earlier)[:MOST_PAST_REPEATS]
    return found + [("info", repeat(item, texts, past=True)) for item in past]


def _weekday_tables(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> list[tables.Table]:
    earlier, now, changed = _eras(days, snapshot)
    if changed is None:
        return [tables.weekday_table(now, texts, texts("table.weekday"))]
    day = texts.day_month(changed)
    return [
        tables.weekday_table(earlier, texts, texts("table.weekday_before", day=day)),
        tables.weekday_table(now, texts, texts("table.weekday_since", day=day)),
    ]


def _calendar(
    days: list[LinkDay], chosen: LinkDay, snapshot: Snapshot, texts: Texts
) -> dict[str, Any]:
    weeks = load.by_week(days)
    periods = list(weeks)
    place = periods.index(chosen.week)

    def to(offset: int) -> str | None:
        index = place + offset
        return weeks[periods[index]][0].day.isoformat() if 0 <= index < len(periods) else None

    return {
        "week": tables.week_name(chosen.week, snapshot.school, texts),
        "days": [(day.day, day is chosen) for day in weeks[chosen.week]],
        "previous": to(-1),
        "next": to(1),
    }


def charter_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Usages et charte*."""
    frame = Frame(texts, "charter", query)
    periods = [release.period for release in snapshot.weeks]
    latest = overview.latest_school_week(periods, snapshot.school)
    context: dict[str, Any] = {"latest": latest, "figures": [], "zone_week": None, "zone_weeks": []}
    if latest:
        context |= {
            "figures": [figures.use_figure(use, snapshot, texts) for use in CHARTER_USES],
            "zone_week": tables.zone_use_table(snapshot, texts, latest, CHARTER_USES),
            "zone_weeks": [
                (
                    use,
                    tables.zone_weeks_table(snapshot, use, texts),
                    zone_sentences(snapshot, use, texts),
                )
                for use in CHARTER_USES
            ],
        }
    clauses = {clause["id"]: clause for clause in snapshot.charter["clauses"]}
    return render(
        "charter.html",
        frame,
        charter=snapshot.charter,
        version=_version(str(snapshot.charter["version"]), texts),
        clauses=clauses,
        privacy=snapshot.privacy,
        use_name=use_name,
        **context,
        **common(snapshot, texts),
    )


def _version(text: str, texts: Texts) -> str:
    """Write a version that is a date as one."""
    try:
        return texts.day_short(date.fromisoformat(text))
    except ValueError:
        return text


def zone_sentences(snapshot: Snapshot, use: str, texts: Texts) -> list[str]:
    """Return what moved in the zones for one use: at the change of capacity, or for some weeks."""
    changed = max(tables.change_weeks(snapshot).values(), default=None)
    found = []
    for zone in snapshot.school.zones:
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
        fade = uses.fade(points, changed, zone.name, use) if changed else None
        if fade and changed:
            found.append(zone_fade(fade, snapshot.school, changed, texts))
            continue
        found.extend(
            texts("zone.dip", zone=texts.label(zone.label), dip=overview.dip_text(dip, texts))
            for dip in uses.dips(points)
        )
    return found


def message_page(key: str, texts: Texts, *, status: int, query: Mapping[str, str]) -> str:
    """Return a page that says why there is nothing to see and what to do."""
    frame = Frame(texts, "message", query)
    return render("message.html", frame, key=key, status_code=status)


def problems_page(slugs: Mapping[str, int], texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page that the `type` of every problem points at."""
    return render("problems.html", Frame(texts, "message", query), slugs=slugs)
