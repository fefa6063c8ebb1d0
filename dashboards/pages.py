"""The three pages, as HTML made from a snapshot. Pure, except that templates are read once.

Must not know how a snapshot is obtained. `Frame` holds what every page needs; each page adds its
own findings, figures and tables.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards import figures, load, overview, tables, uses
from dashboards.reading import CHARTER_USES, LinkDay, Snapshot
from dashboards.sentences import change, repeat, use_name, zone_fade
from dashboards.texts import DEFAULT, LANGUAGES, Texts

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
MOST_PAST_REPEATS = 5
PAGES = {"overview": "/", "load": "/debit", "charter": "/charte"}


class NotPublished(Exception):
    """The reader asked for a day or a line that no release holds."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    return environment


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with its content's digest so that it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page says around its content."""

    texts: Texts
    page: str
    """A key of `PAGES`, or `message`."""
    query: Mapping[str, str]

    def link(self, page: str, **query: str) -> str:
        """Return the address of a page in the same language."""
        return _address(PAGES[page], self.texts.lang, query)

    def languages(self) -> list[tuple[str, str, bool]]:
        """Return (language, address of this page in it, whether it is the present one)."""
        path = PAGES.get(self.page, "/")
        rest = {key: value for key, value in self.query.items() if key != "lang"}
        return [(lang, _address(path, lang, rest), lang == self.texts.lang) for lang in LANGUAGES]

    def csv(self, path: str) -> str:
        """Return the CSV form that opens well in this language's spreadsheets."""
        return f"{path}?format={'csv-fr' if self.texts.lang == 'fr' else 'csv'}"


def _address(path: str, lang: str, query: Mapping[str, str]) -> str:
    values = dict(query) if lang == DEFAULT else {**query, "lang": lang}
    return f"{path}?{urlencode(values)}" if values else path


def _render(template: str, frame: Frame, **context: Any) -> str:
    texts = frame.texts
    return (
        _environment()
        .get_template(template)
        .render(t=texts, frame=frame, pages=PAGES, uses=CHARTER_USES, **context)
    )


def _common(snapshot: Snapshot, texts: Texts) -> dict[str, Any]:
    return {
        "school": snapshot.school,
        "status": snapshot.status,
        "simulated": simulated_ranges(snapshot, texts),
        "measured": [
            texts.span(first, last)
            for first, last, origin in snapshot.status.origins
            if origin == "measured"
        ],
        "charter_digest": snapshot.charter["digest"],
        "privacy_digest": snapshot.privacy["digest"],
        "has_data": bool(snapshot.link or snapshot.weeks or snapshot.days),
    }


def simulated_ranges(snapshot: Snapshot, texts: Texts) -> list[str]:
    """Return the simulated spans of time among the shown periods, as words.

    The sealed status names them; releases marked `simulated` that it forgets are named as well.
    """
    declared = [
        (first, last) for first, last, origin in snapshot.status.origins if origin == "simulated"
    ]
    days = [day.day for day in snapshot.link if day.origin == "simulated"]
    days += [r.starts for r in (*snapshot.weeks, *snapshot.days) if r.origin == "simulated"]
    forgotten = [d for d in days if not any(first <= d <= last for first, last in declared)]
    spans = [*declared]
    if forgotten:
        spans.append((min(forgotten), max(forgotten)))
    return [texts.span(first, last) for first, last in sorted(spans)]


def overview_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *En bref*."""
    frame = Frame(texts, "overview", query)
    days = line_days(snapshot, None)
    shown = (
        [figures.share_figure(days, snapshot, texts, _share_title(days, snapshot, texts))]
        if days
        else []
    )
    return _render(
        "overview.html",
        frame,
        findings=overview.findings(snapshot, days, texts),
        tiles=overview.tiles(snapshot, days, texts),
        figures=shown,
        week_title=_week_title(snapshot, texts),
        day_title=texts.day(snapshot.days[-1].starts) if snapshot.days else "",
        **_common(snapshot, texts),
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
            "change": load.latest_change(line, days),
        }
        context["change_text"] = change(context["change"], texts) if context["change"] else ""
    return _render("load.html", frame, **context, **_common(snapshot, texts))


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
    return _render(
        "charter.html",
        frame,
        charter=snapshot.charter,
        version=_version(str(snapshot.charter["version"]), texts),
        clauses=clauses,
        privacy=snapshot.privacy,
        use_name=use_name,
        **context,
        **_common(snapshot, texts),
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
    return _render("message.html", frame, key=key, status_code=status)


def problems_page(slugs: Mapping[str, int], texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page that the `type` of every problem points at."""
    return _render("problems.html", Frame(texts, "message", query), slugs=slugs)
