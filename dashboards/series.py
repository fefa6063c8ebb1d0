"""Figures made of stored or derived cells: weeks of one series, and named bars. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards.charts import Bar, Columns, Rank, Ranks, value_label
from dashboards.charts_plotly import columns_plotly
from dashboards.charts_ranks import ranks_svg
from dashboards.charts_svg import columns_svg
from dashboards.figures import Figure, months_once, week_bar, week_marks, weeks_table
from dashboards.reading import Snapshot, weeks_between
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from privacy.release import Shown, Withheld


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around a figure."""

    ident: str
    title: str
    unit: str
    csv: str
    how: str
    name: str
    """Head of the column of values in the table."""


def weeks_figure(
    values: Mapping[str, Shown | Withheld],
    words: Words,
    snapshot: Snapshot,
    texts: Texts,
    *,
    role: str = "load",
    service: str | None = None,
) -> Figure:
    """Return one series by week.

    Args:
        values: what may be displayed, by ISO week.
        words: what stands around it.
        snapshot: for the calendar and the dated events.
        texts: the language.
        role: colour and pattern.
        service: of the trainings, only those about this service are marked.
    """
    axis = weeks_between(min(values), max(values)) if values else []
    found = week_marks(axis, snapshot, service=service)
    bars: list[Bar] = []
    for period in axis:
        shown, numbers = values.get(period), {}
        taught = bool(snapshot.school.week(period).school_days)
        if isinstance(shown, Shown):
            numbers = {"value": float(shown.value), "margin": shown.margin}
        elif isinstance(shown, Withheld) and taught:
            numbers = {"below": float(shown.below)}
        bars.append(week_bar(period, snapshot.school, texts, found.letters(period), **numbers))
    chart = Columns(role=role, bars=months_once(bars))
    legend: list[tuple[str, str]] = []
    if any(bar.below is not None for bar in bars):
        legend.append(("withheld", texts("legend.withheld")))
    if any(bar.days for bar in bars):
        legend.append(("none", texts("legend.days")))
    return Figure(
        ident=words.ident,
        title=words.title,
        unit=words.unit,
        svg=columns_svg(chart, ident=words.ident, texts=texts),
        plotly=columns_plotly(chart, texts=texts),
        table=weeks_table(chart, texts, (words.name, texts("word.margin_head"))),
        csv=words.csv,
        how=words.how,
        legend=(*legend, *found.legend(texts)),
    )


def ranks_figure(
    rows: Sequence[Rank], words: Words, corner: str, texts: Texts, *, percent: bool = False
) -> Figure:
    """Return named bars; `corner` names the rows of the table."""
    chart = Ranks(tuple(rows), percent=percent)
    hatched = any(row.below is not None for row in rows)
    return Figure(
        ident=words.ident,
        title=words.title,
        unit=words.unit,
        svg=ranks_svg(chart, ident=words.ident, texts=texts) if rows else Markup(),
        plotly="",
        table=Table(
            caption=texts("chart.data_of", name=words.name),
            corner=corner,
            columns=(words.name, texts("word.margin_head")),
            lines=tuple(Line(row.name, _cells(row, chart, texts)) for row in rows),
        ),
        csv=words.csv,
        how=words.how,
        legend=(("withheld", texts("legend.withheld")),) if hatched else (),
    )


def _cells(row: Rank, chart: Ranks, texts: Texts) -> tuple[Datum, ...]:
    if row.value is not None:
        shown = value_label(row.value, texts, percent=chart.percent)
        margin = value_label(row.margin or 0, texts, percent=chart.percent)
        return (
            Datum(shown, raw=f"{row.value:.10g}"),
            Datum(f"± {margin}", raw=f"{row.margin or 0:.10g}"),
        )
    if row.below is not None:
        below = value_label(row.below, texts, percent=chart.percent)
        text = texts("word.withheld_below", n=below)
        return (Datum(text, kind="withheld"), Datum("–", kind="empty"))
    return (Datum(row.note, kind="empty"), Datum("–", kind="empty"))
