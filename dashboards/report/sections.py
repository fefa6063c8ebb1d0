"""What each part of the report holds, as values for the template. Pure.

Numbers come from the functions that the pages use; nothing is computed here that a page could show
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from dashboards import figures, load, overview, tables, uses
from dashboards.charts import Columns
from dashboards.dated import event_name, events_of
from dashboards.events import EXAMS
from dashboards.pages import line_days
from dashboards.reading import CHARTER_USES, LinkDay
from dashboards.report import annex, drawing, protection
from dashboards.report.curve import Curve, curve
from dashboards.report.findings import five
from dashboards.report.material import Material, term_name
from dashboards.sentences import change, quality, trend_word, use_name, use_series
from dashboards.tables import Datum, Line, Table, change_weeks
from dashboards.texts import Texts
from dashboards.views.before_after import before_after_view
from dashboards.views.common import rule_of
from dashboards.views.saturation import repeats
from dashboards.views.services import services_view
from privacy.derived import over
from privacy.release import Shown, Withheld

WIDE = (488.0, 132.0)
HALF = (240.0, 128.0)
"""Points of paper: the text block of an A4 sheet, and half of it."""
ALL_USES = (*CHARTER_USES, "technical", "undetermined")
GIGA = 1000
"""Megabytes in a gigabyte."""


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """One drawing with its sentence and the number of its table in the annex."""

    ident: str
    title: str
    unit: str
    svg: Markup
    table: str


def build(material: Material, texts: Texts) -> dict[str, Any]:
    """Return everything that the template shows, in the order of the report."""
    snapshot = material.snapshot
    days = line_days(snapshot, None) if snapshot.school.lines else []
    annexed = annex.Annex(texts)
    annexed.add(annex.weeks_table(snapshot, days, texts))
    return {
        "cover": cover(material, texts),
        "findings": five(material, days, texts),
        "load": line_section(material, days, annexed, texts),
        "uses": uses_section(material, annexed, texts),
        "services": services_section(material, texts),
        "changes": changes_section(material, days, texts),
        "protection": protection.lines(material, texts),
        "annex": annexed.tables,
        "definitions": annex.definitions(texts),
        "title": title(material, texts),
        "policy": material.policy,
    }


def title(material: Material, texts: Texts) -> str:
    """Return the title of the document: `Rapport du premier trimestre 2026-2027`."""
    number, year = term_name(material.term)
    name = texts(f"report.term.{number}", years=f"{year}–{year + 1}")
    return texts("report.title", term=name)


def cover(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return the lines of the cover block: (word, value)."""
    snapshot, term = material.snapshot, material.term
    _, word, sentence = quality(snapshot.status.coverage, texts)
    released, weeks = len(material.released()), len(term.weeks)
    counted = texts("report.cover.weeks_of", count=released, n=released, all=weeks)
    missing = material.unreleased()
    if missing:
        names = texts.join([_monday(week, texts) for week in missing])
        counted += " " + texts("report.cover.missing", count=len(missing), weeks=names)
    if material.to_come():
        coming = len(material.to_come())
        counted += " " + texts("report.cover.to_come", count=coming, n=coming)
    off = material.holidays()
    found = [
        ("school", _school_name(material)),
        ("period", texts.span(term.starts, term.ends)),
        ("weeks", counted),
        ("holidays", _holidays(off, texts)),
        ("quality", f"{word}. {sentence}"),
        ("policy", material.policy),
        ("as_of", texts.day(snapshot.status.as_of)),
        ("printed", texts.day(material.printed)),
    ]
    return [(texts(f"report.cover.{key}"), value) for key, value in found]


def _school_name(material: Material) -> str:
    school = material.snapshot.school
    return f"{school.name} ({school.uai})" if school.uai else school.name


def _monday(week: str, texts: Texts) -> str:
    year, _, number = week.partition("-W")
    return texts.day_month(date.fromisocalendar(int(year), int(number), 1))


def _holidays(weeks: Sequence[str], texts: Texts) -> str:
    """Return the holiday weeks as spans of days: excluded from every comparison."""
    if not weeks:
        return texts("report.cover.no_holidays")
    mondays = [date.fromisocalendar(int(w[:4]), int(w[6:]), 1) for w in weeks]
    spans: list[tuple[date, date]] = []
    for monday in mondays:
        if spans and spans[-1][1] + timedelta(days=1) == monday:
            spans[-1] = (spans[-1][0], monday + timedelta(days=6))
        else:
            spans.append((monday, monday + timedelta(days=6)))
    return texts.join([texts.span(first, last) for first, last in spans])


def line_section(
    material: Material, days: list[LinkDay], annexed: "annex.Annex", texts: Texts
) -> dict[str, Any]:
    """Return the verdict, the two figures, the saturated slots and what filled the line."""
    snapshot = material.snapshot
    if not days:
        return {"verdict": texts("line.nothing"), "figures": [], "repeats": [], "slots": [],
                "fills": None}  # fmt: skip
    weeks = load.by_week(days)
    period = load.latest_full_week(weeks, snapshot.school)
    line = next(each for each in snapshot.school.lines if each.name == days[0].line)
    changed = load.latest_change(line, days)
    share = figures.share_figure(days, snapshot, texts, "")
    told = [_columns(share, texts("report.load.share"), WIDE, texts)]
    curves = _curves(days, changed, texts)
    if curves:
        told.append(_curve_figure(curves, annexed, texts))
    slots = [annex.without_calm_rows(each) for each in _weekday_tables(days, changed, texts)]
    fills = tables.fills_table(days, snapshot, texts)
    return {
        "verdict": overview.line_sentence(weeks, period, snapshot, texts),
        "change": change(changed, texts) if changed else "",
        "figures": told,
        "repeats": [text for _, text in repeats(days, snapshot, texts)],
        "slots": [each for each in slots if each.lines],
        "fills": fills,
    }


def _weekday_tables(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> list[Table]:
    if changed is None:
        return [tables.weekday_table(days, texts, texts("table.weekday"))]
    starts = changed.after.starts
    day = texts.day_month(starts)
    return [
        tables.weekday_table(
            load.before(days, starts), texts, texts("table.weekday_before", day=day)
        ),
        tables.weekday_table(
            load.since(days, starts), texts, texts("table.weekday_since", day=day)
        ),
    ]


def _curves(days: list[LinkDay], changed: load.Change | None, texts: Texts) -> list[Curve]:
    if changed is None:
        return [each for each in [curve(texts("report.load.whole"), days)] if each]
    starts = changed.after.starts
    day = texts.day_month(starts)
    parts = [
        curve(texts("report.load.before", day=day), load.before(days, starts)),
        curve(texts("report.load.since", day=day), load.since(days, starts)),
    ]
    return [each for each in parts if each]


def _curve_figure(curves: Sequence[Curve], annexed: "annex.Annex", texts: Texts) -> PaperFigure:
    unit = texts(f"report.load.curves.{'pair' if len(curves) > 1 else 'single'}",
                 **{name: each.name for name, each in zip(("first", "second"), curves, strict=False)})  # fmt: skip
    return PaperFigure(
        ident="curve",
        title=texts("report.load.curve"),
        unit=unit,
        svg=drawing.curve_drawing(
            curves, ident="curve", alt=texts("report.load.curve_alt"), size=WIDE, texts=texts
        ),
        table=annexed.add(annex.curve_table(curves, texts)),
    )


def _columns(
    figure: figures.Figure, heading: str, size: tuple[float, float], texts: Texts
) -> PaperFigure:
    """Return a column chart of a page, drawn for paper; its numbers are in the table of weeks."""
    if not isinstance(figure.chart, Columns):
        raise TypeError(figure.ident)
    alt = texts("report.figure_alt", title=heading, unit=figure.unit)
    ident = f"p-{figure.ident}"
    return PaperFigure(
        ident=ident,
        title=heading,
        unit=". ".join([figure.unit, *(words for role, words in figure.legend if role == "none")]),
        svg=drawing.columns_drawing(figure.chart, ident=ident, alt=alt, size=size, texts=texts),
        table=annex.WEEKS,
    )


def uses_section(material: Material, annexed: "annex.Annex", texts: Texts) -> dict[str, Any]:
    """Return the four uses by week, and all six as volumes of the term."""
    snapshot = material.snapshot
    if not snapshot.weeks:
        return {"figures": [], "volumes": volume_table(material, texts)}
    latest = overview.latest_school_week([r.period for r in snapshot.weeks], snapshot.school)
    if latest:
        annexed.add(tables.zone_use_table(snapshot, texts, latest, CHARTER_USES))
    changed = max(change_weeks(snapshot).values(), default=None)
    drawn, words = [], []
    for use in CHARTER_USES:
        figure = figures.use_figure(use, snapshot, texts)
        drawn.append(_columns(figure, use_name(use, texts), HALF, texts))
        points = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
        series = use_series(points, changed, use, texts)
        upto = [p for p in points if latest is None or p.period <= latest]
        words.append((series, trend_word(uses.trend(upto), texts)[1] if upto[-1].shown else ""))
    return {"figures": drawn, "words": words, "volumes": volume_table(material, texts)}


def volume_table(material: Material, texts: Texts) -> Table | None:
    """Return the volume of each of the six uses over the term's released weeks, with its margin."""
    if not material.snapshot.volumes:
        return None
    rule = rule_of(material.snapshot)
    weeks = len(material.snapshot.volumes)
    lines = [
        Line(
            use_name(use, texts),
            _volume_cells(over(material.snapshot.volumes, use=use).shown(rule), texts),
        )
        for use in ALL_USES
    ]
    return Table(
        caption=texts("report.uses.volumes", count=weeks, weeks=weeks),
        corner=texts("report.uses.use"),
        columns=(texts("report.uses.volume"), texts("word.margin_head")),
        lines=tuple(lines),
    )


def _volume_cells(shown: Shown | Withheld, texts: Texts) -> tuple[Datum, ...]:
    if isinstance(shown, Withheld):
        below = texts.number(-(-shown.below // GIGA))
        return (
            Datum(texts("report.uses.below", n=below), kind="withheld"),
            Datum("–", kind="empty"),
        )
    return (
        Datum(texts("report.uses.giga", n=texts.number(shown.value / GIGA)), raw=str(shown.value)),
        Datum(f"± {texts('report.uses.giga', n=texts.number(shown.margin / GIGA))}"),
    )


def services_section(material: Material, texts: Texts) -> dict[str, Any]:
    """Return what the page of services says: sentences, and one word per followed service."""
    view = services_view(material.snapshot, texts)
    found = [sheet.table for section in view.sections for sheet in section.sheets
             if section.ident == "adoption"]  # fmt: skip
    notes = [note for section in view.sections for note in section.notes[:1]]
    return {
        "said": [finding.text for finding in view.said],
        "table": found[0] if found else None,
        "rule": texts("services.rule") if found else "",
        "notes": notes[:1],
        "empty": f"{view.empty.why} {view.empty.what}" if view.empty else "",
    }


def changes_section(material: Material, days: list[LinkDay], texts: Texts) -> list[str]:
    """Return what changed with each dated event of the term; empty without one."""
    snapshot, term = material.snapshot, material.term
    events = [e for e in events_of(snapshot) if e.kind != EXAMS]
    told: list[str] = []
    for event in events:
        if days and term.starts <= event.starts <= term.ends:
            view = before_after_view(snapshot, texts, event.key)
            name = texts(
                "compare.around", day=texts.day(event.starts), name=event_name(event, texts)
            )
            said = " ".join(finding.text for finding in view.said)
            told.append(f"{texts.sentence(name)}{texts('word.colon')}{said}")
    return told
