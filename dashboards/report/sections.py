"""What each part of the report holds, as values for the template. Pure.

Numbers come from the functions that the pages use; nothing is computed here that a page could show
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from dashboards import figures, load, overview, tables, uses
from dashboards.charts import Columns
from dashboards.pages import line_days
from dashboards.reading import CHARTER_USES, LinkDay
from dashboards.report import annex, drawing, protection
from dashboards.report.changes import changes
from dashboards.report.cover import cover, title, whose
from dashboards.report.findings import findings
from dashboards.report.material import Material
from dashboards.report.services import services_section
from dashboards.report.slots import LEAST_MINUTES, slots_tables
from dashboards.report.votes import votes
from dashboards.sentences import change, headroom, use_name, use_series
from dashboards.tables import Datum, Line, Table, change_weeks
from dashboards.texts import Texts
from dashboards.views.common import rule_of
from dashboards.views.saturation import repeats
from privacy.derived import over
from privacy.release import Shown, Withheld

WIDE = (502.0, 106.0)
"""Points of paper: the text block of an A4 sheet."""
ALL_USES = (*CHARTER_USES, "technical", "undetermined")
GIGA = 1000
"""Megabytes in a gigabyte."""
PAST = "info"
"""Level of the slots that saturated before a change: the table of slots has them."""


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """One drawing with its sentence and the number of its table in the annex."""

    title: str
    svg: Markup
    table: str


def build(material: Material, texts: Texts) -> dict[str, Any]:
    """Return everything that the template shows, in the order of the report."""
    snapshot = material.snapshot
    days = line_days(snapshot, None) if snapshot.school.lines else []
    annexed = annex.Annex(texts)
    annexed.add(annex.weeks_table(snapshot, days, texts))
    built = {
        "title": title(material, texts),
        "whose": whose(material, texts),
        "cover": cover(material, texts),
        "votes": votes(material, days, texts),
        "findings": findings(material, days, texts),
        "marks": marks_said(material, days, texts),
        "load": line_section(material, days, texts),
        "uses": uses_section(material, annexed, texts),
        "services": services_section(material, annexed, texts),
        "changes": changes(material, texts),
        "protection": protection.lines(material, texts),
        "definitions": annex.definitions(texts),
        "details": protection.details(material, texts),
        "policy": material.policy,
    }
    return {**built, "annex": annexed.tables}


def marks_said(material: Material, days: list[LinkDay], texts: Texts) -> str:
    """Return what the letters on the charts mean; empty where none is drawn."""
    periods = sorted({*load.by_week(days), *(r.period for r in material.snapshot.weeks)})
    found = figures.week_marks(periods, material.snapshot).legend(texts)
    return texts("report.sure.and").join(words for _, words in found)


def line_section(material: Material, days: list[LinkDay], texts: Texts) -> dict[str, Any]:
    """Return the verdict, the figure, the saturated slots and what filled the line."""
    snapshot = material.snapshot
    if not days:
        return {"verdict": texts("line.nothing"), "change": "", "free": "", "figures": [],
                "note": "", "repeats": [], "slots": [], "calm": "", "fills": None,
                "withheld": ""}  # fmt: skip
    weeks = load.by_week(days)
    period = load.latest_full_week(weeks, snapshot.school)
    changed = _change(material, days)
    free = load.headroom(days)
    share = figures.share_figure(days, snapshot, texts, "")
    fills = tables.fills_table(days, snapshot, texts)
    kept, withheld = told_apart(fills, texts) if fills else (None, "")
    return {
        "verdict": overview.line_sentence(weeks, period, snapshot, texts),
        "change": change(changed, texts) if changed else "",
        "free": headroom(free, texts) if free else "",
        "figures": [_columns(share, share.unit, texts)],
        "note": texts("report.sure.and").join(words for _, words in share.legend),
        "repeats": [text for level, text in repeats(days, snapshot, texts) if level != PAST],
        "slots": slots_tables(days, changed, texts),
        "calm": texts("report.load.calm", n=LEAST_MINUTES),
        "fills": kept,
        "withheld": withheld,
    }


def _change(material: Material, days: list[LinkDay]) -> load.Change | None:
    lines = [each for each in material.snapshot.school.lines if days and each.name == days[0].line]
    return load.latest_change(lines[0], days) if lines else None


def told_apart(table: Table, texts: Texts) -> tuple[Table | None, str]:
    """Return a table of what is released, and a sentence that names the withheld rows."""
    kept = tuple(line for line in table.lines if line.cells[0].kind != "withheld")
    gone = [line.head for line in table.lines if line.cells[0].kind == "withheld"]
    said = texts("report.withheld", count=len(gone), names=texts.join(gone)) if gone else ""
    return (replace(table, lines=kept) if kept else None), said


def _columns(figure: figures.Figure, heading: str, texts: Texts) -> PaperFigure:
    """Return a column chart of a page, drawn for paper; its numbers are in the table of weeks."""
    if not isinstance(figure.chart, Columns):
        raise TypeError(figure.ident)
    alt = texts("report.figure_alt", title=heading)
    ident = f"p-{figure.ident}"
    return PaperFigure(
        title=heading,
        svg=drawing.columns_drawing(figure.chart, ident=ident, alt=alt, size=WIDE, texts=texts),
        table=annex.WEEKS,
    )


def uses_section(material: Material, annexed: "annex.Annex", texts: Texts) -> dict[str, Any]:
    """Return the four uses by week, what moved in a zone, and all six as volumes of the term."""
    snapshot = material.snapshot
    volumes = volume_table(material, texts)
    kept, withheld = told_apart(volumes, texts) if volumes else (None, "")
    found = {"figures": [], "words": [], "zones": [], "volumes": kept, "withheld": withheld}
    if not snapshot.weeks:
        return found
    latest = overview.latest_school_week([r.period for r in snapshot.weeks], snapshot.school)
    if latest:
        annexed.add(tables.zone_use_table(snapshot, texts, latest, CHARTER_USES))
    changed = max(change_weeks(snapshot).values(), default=None)
    for use in CHARTER_USES:
        points = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
        upto = [p for p in points if latest is None or p.period <= latest]
        where = overview.dipped_zones(snapshot, use, texts) if uses.dips(points) else ""
        said = f"{use_series(points, changed, use, texts)}{where}."
        found["words"].append((said, _latest(upto, texts)))
        if use in overview.RESTRICTED:
            told = [
                *overview.zone_fades(snapshot, use, changed, texts),
                *overview.zones_seen(snapshot, use, texts),
            ]
            found["zones"] += [finding.text for finding in told]
        if any(point.shown for point in points):
            figure = figures.use_figure(use, snapshot, texts)
            heading = texts("report.uses.figure", use=use_name(use, texts))
            found["figures"].append(_columns(figure, heading, texts))
    return found


def _latest(points: Sequence[uses.Point], texts: Texts) -> str:
    """Say how the latest school week compares, by the school day; empty where it is withheld."""
    found = uses.trend(points)
    if found is None:
        return ""
    trend = texts(f"report.uses.{found.direction}", count=found.weeks, weeks=found.weeks,
                  change=texts.percent(round(abs(found.change), 2)))  # fmt: skip
    days = points[-1].school_days
    if days == figures.FULL_WEEK:
        day = texts.day_month(points[-1].starts)
        return texts("report.uses.latest_full", day=day, trend=trend)
    return texts("report.uses.latest", day=texts.day_month(points[-1].starts), count=days, n=days,
                 trend=trend)  # fmt: skip


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
        Datum(
            f"± {texts('report.uses.giga', n=texts.number(shown.margin / GIGA))}",
            raw=str(shown.margin),
        ),
    )
