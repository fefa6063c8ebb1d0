"""The pages, as HTML made from a snapshot. Pure, except that templates are read once.

Must not know how a snapshot is obtained. Each page adds its own findings, figures and tables to
what `frame` puts around all of them.
"""

from collections.abc import Mapping
from typing import Any

from dashboards import figures, load, overview, tables, tiles
from dashboards.frame import PAGES, STATIC, Frame, common, render
from dashboards.load_tables import load_weeks_table
from dashboards.reading import LinkDay, Snapshot
from dashboards.sentences import change
from dashboards.texts import Texts
from dashboards.view import View
from dashboards.views.before_after import QUERY, NoSuchEvent, before_after_view
from dashboards.views.park import park_view
from dashboards.views.saturation import saturation_view
from dashboards.views.services import services_view
from dashboards.views.usages import usages_view

__all__ = [
    "PAGES",
    "STATIC",
    "NotPublished",
    "accessibility_page",
    "before_after_page",
    "load_page",
    "message_page",
    "overview_page",
    "park_page",
    "problems_page",
    "saturation_page",
    "services_page",
    "usages_page",
]


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
        tiles=tiles.tiles(snapshot, days, texts),
        figures=shown,
        week_title=_week_title(snapshot, texts),
        day_title=texts.day(snapshot.days[-1].starts) if snapshot.days else "",
        **common(snapshot, texts, "overview"),
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
    asked = query.get("jour")
    day = _chosen_day(days, asked) if asked else load.busiest_day(days, snapshot.school)
    context: dict[str, Any] = {
        "days": days,
        "line": line,
        "day": day,
        "figures": [],
        "share": None,
        "asked": asked,
    }
    if days and day:
        context |= {
            "figures": [figures.day_figure(day, side, texts) for side in ("down", "up")],
            "share": figures.share_figure(
                days, snapshot, texts, _share_title(days, snapshot, texts)
            ),
            "weeks": load_weeks_table(days, snapshot, texts),
            "findings": overview.line_findings(snapshot, days, texts, changes=False),
            "calendar": _calendar(days, day, snapshot, texts),
            "change": load.latest_change(line, days),
        }
        context["change_text"] = change(context["change"], texts) if context["change"] else ""
    return render("load.html", frame, **context, **common(snapshot, texts, "load"))


def _chosen_day(days: list[LinkDay], asked: str) -> LinkDay | None:
    for day in days:
        if day.day.isoformat() == asked:
            return day
    raise NotPublished(asked)


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


def _view_page(view: View, snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    frame = Frame(texts, view.page, query)
    return render("view.html", frame, view=view, **common(snapshot, texts, view.page))


def saturation_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Quand ça sature*."""
    return _view_page(saturation_view(snapshot, texts), snapshot, texts, query)


def services_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Services adoptés*."""
    return _view_page(services_view(snapshot, texts), snapshot, texts, query)


def usages_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Usages et charte*."""
    return _view_page(usages_view(snapshot, texts), snapshot, texts, query)


def before_after_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Avant/après*; `evenement` chooses among the dated events.

    Raises:
        NotPublished: no such event.
    """
    try:
        view = before_after_view(snapshot, texts, query.get(QUERY))
    except NoSuchEvent as error:
        raise NotPublished(QUERY) from error
    return _view_page(view, snapshot, texts, query)


def park_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Parc et salles*."""
    return _view_page(park_view(snapshot, texts), snapshot, texts, query)


def accessibility_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return the accessibility statement."""
    frame = Frame(texts, "accessibility", query)
    return render("accessibility.html", frame, **common(snapshot, texts, "accessibility"))


def message_page(key: str, texts: Texts, *, status: int, query: Mapping[str, str]) -> str:
    """Return a page that says why there is nothing to see and what to do."""
    frame = Frame(texts, "message", query)
    return render("message.html", frame, key=key, status_code=status)


def problems_page(slugs: Mapping[str, int], texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page that the `type` of every problem points at."""
    return render("problems.html", Frame(texts, "message", query), slugs=slugs)
