"""Figures of the pages: a sentence, a drawing, and the same numbers as a table. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from markupsafe import Markup

from dashboards import load, sentences, uses
from dashboards.charts import Bar, Columns, Row, Rows
from dashboards.charts_plotly import columns_plotly, rows_plotly
from dashboards.charts_svg import columns_svg, rows_svg
from dashboards.dated import Mark, events_of, marks, marks_of_week
from dashboards.reading import (
    Direction,
    LinkDay,
    School,
    SlotLoad,
    Snapshot,
    iso_parts,
    weeks_between,
)
from dashboards.tables import Datum, Line, Table, change_weeks, empty_reason, week_name
from dashboards.texts import Texts
from privacy.release import Shown, Withheld

FULL_WEEK = 5
"""School days of an ordinary week; a shorter one says so under the axis."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart with everything that must stand beside it."""

    ident: str
    title: str
    unit: str
    svg: Markup
    plotly: str
    table: Table
    csv: str
    how: str
    legend: tuple[tuple[str, str], ...] = field(default=())
    """(CSS role, words)."""
    chart: Columns | Rows | None = None
    """What was drawn, for who draws it again: the report, for paper."""


def week_bar(period: str, school: School, texts: Texts, mark: str, **values: float | None) -> Bar:
    """Return one week of a chart: a value with its margin, a threshold, or why there is nothing."""
    start = school.week(period).starts
    below = values.get("below")
    return Bar(
        tick=texts.day_tick(start),
        name=week_name(period, school, texts),
        value=values.get("value"),
        margin=values.get("margin"),
        below=None if below is None else int(below),
        note=empty_reason(period, school, texts),
        mark=mark,
        days=short_week(period, school, texts),
    )


@dataclass(frozen=True, slots=True)
class WeekMarks:
    """The dated events of an axis of weeks."""

    marks: tuple[Mark, ...]

    def letters(self, period: str) -> str:
        """Return the letters of one week."""
        return marks_of_week(self.marks, date.fromisocalendar(*iso_parts(period), 1))

    def legend(self, texts: Texts) -> tuple[tuple[str, str], ...]:
        """Return what each letter means."""
        return tuple(("mark", mark.said(texts)) for mark in self.marks)


def week_marks(axis: Sequence[str], snapshot: Snapshot, *, service: str | None = None) -> WeekMarks:
    """Return the events that fall into the weeks of an axis."""
    if not axis:
        return WeekMarks(())
    first = date.fromisocalendar(*iso_parts(axis[0]), 1)
    last = date.fromisocalendar(*iso_parts(axis[-1]), 7)
    return WeekMarks(marks(events_of(snapshot), first, last, service=service))


def months_once(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Write a month under its first week only: the ticks stay readable on a telephone."""
    months = ["", *(bar.tick[1] for bar in bars)]
    return tuple(
        bar if bar.tick[1] != before else replace(bar, tick=(bar.tick[0], ""))
        for bar, before in zip(bars, months, strict=False)
    )


def short_week(period: str, school: School, texts: Texts) -> str:
    """Say that a week had exams, or how many school days it had when it had some but not five."""
    if school.week(period).exams:
        return texts("chart.exams")
    count = len(school.week(period).school_days)
    return texts("chart.days", n=count) if 0 < count < FULL_WEEK else ""


def _use_bars(
    points: Sequence[uses.Point], axis: Sequence[str], snapshot: Snapshot, texts: Texts
) -> tuple[Bar, ...]:
    known = {point.period: point for point in points}
    found = week_marks(axis, snapshot)
    bars = []
    for period in axis:
        point, mark, values = known.get(period), found.letters(period), {}
        if point and isinstance(point.display, Shown):
            values = {"value": point.display.value, "margin": point.display.margin}
        elif point and isinstance(point.display, Withheld) and point.school_days:
            values = {"below": point.display.below}
        bars.append(week_bar(period, snapshot.school, texts, mark, **values))
    return months_once(bars)


def use_figure(use: str, snapshot: Snapshot, texts: Texts) -> Figure:
    """Return one use by week, whole school."""
    points = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
    axis = weeks_between(points[0].period, points[-1].period) if points else []
    chart = Columns(role=use, bars=_use_bars(points, axis, snapshot, texts))
    changes = change_weeks(snapshot)
    changed = max(changes.values(), default=None)
    ident = f"use-{use}"
    return Figure(
        ident=ident,
        title=sentences.use_series(points, changed, use, texts),
        unit=texts("unit.device_days_week"),
        svg=columns_svg(chart, ident=ident, texts=texts),
        plotly=columns_plotly(chart, texts=texts),
        table=weeks_table(
            chart, texts, (sentences.use_name(use, texts), texts("word.margin_head"))
        ),
        csv="/api/v1/releases/T1",
        how=texts(
            "how.use_weeks", sigmas=texts.number(float(snapshot.privacy["display"]["sigmas"]), 1)
        ),
        legend=(*_use_legend(use, chart, texts), *week_marks(axis, snapshot).legend(texts)),
        chart=chart,
    )


def _use_legend(use: str, chart: Columns, texts: Texts) -> tuple[tuple[str, str], ...]:
    """Explain the marks that the chart really has."""
    found = []
    if any(bar.value is not None for bar in chart.bars):
        found.append((use, texts("legend.shown")))
    if any(bar.below is not None for bar in chart.bars):
        found.append(("withheld", texts("legend.withheld")))
    if any(bar.days for bar in chart.bars):
        found.append(("none", texts("legend.days")))
    return tuple(found)


def weeks_table(chart: Columns, texts: Texts, heads: tuple[str, ...]) -> Table:
    """Return the table twin of a chart of weeks."""
    return Table(
        caption=texts("chart.data_of", name=heads[0]),
        corner=texts("word.week"),
        columns=heads,
        lines=tuple(
            Line(
                bar.name,
                _bar_cells(bar, chart, texts, len(heads)),
                sub=texts("chart.mark", letters=bar.mark) if bar.mark else "",
            )
            for bar in chart.bars
        ),
    )


def _bar_cells(bar: Bar, chart: Columns, texts: Texts, width: int) -> tuple[Datum, ...]:
    if bar.value is not None:
        text = texts.percent(bar.value) if chart.percent else texts.number(bar.value)
        cells: tuple[Datum, ...] = (Datum(text, raw=f"{bar.value:.10g}"),)
        if width > 1:
            cells += (Datum(f"± {texts.number(bar.margin or 0)}", raw=f"{bar.margin or 0:.10g}"),)
        return cells
    if bar.below is not None:
        text = texts("word.withheld_below", n=texts.number(bar.below))
        return (Datum(text, kind="withheld"), Datum("–", kind="empty"))[:width]
    return (Datum(bar.note, kind="empty"), Datum("–", kind="empty"))[:width]


def share_figure(days: Sequence[LinkDay], snapshot: Snapshot, texts: Texts, title: str) -> Figure:
    """Return the share of class minutes at 80 % or more, by week."""
    weeks = load.by_week(days)
    axis = weeks_between(min(weeks), max(weeks)) if weeks else []
    found = week_marks(axis, snapshot)
    bars = []
    for period in axis:
        tally = load.class_time(weeks.get(period, []))
        values = {"value": round(tally.share_80, 4)} if tally.seen else {}
        bar = week_bar(period, snapshot.school, texts, found.letters(period), **values)
        short = texts("chart.days", n=tally.days) if 0 < tally.days < FULL_WEEK else ""
        bars.append(replace(bar, days=short))
    chart = Columns(role="load", bars=months_once(bars), percent=True)
    return Figure(
        ident="class-share",
        title=title,
        unit=texts("unit.class_share"),
        svg=columns_svg(chart, ident="class-share", texts=texts),
        plotly=columns_plotly(chart, texts=texts),
        table=weeks_table(chart, texts, (texts("unit.class_share"),)),
        csv="/api/v1/releases/link",
        how=texts("how.class_share"),
        legend=(
            *((("none", texts("legend.days_published")),) if any(b.days for b in bars) else ()),
            *found.legend(texts),
        ),
        chart=chart,
    )


def day_figure(day: LinkDay, direction: str, texts: Texts) -> Figure:
    """Return the slots of one day in one direction (`down` or `up`)."""
    capacity = day.down_capacity if direction == "down" else day.up_capacity
    rows = []
    for slot in day.slots:
        part = slot.down if direction == "down" else slot.up
        rates = (part.mean_mbit_s, part.p95_mbit_s, part.peak_mbit_s)
        seen = slot.minutes_seen > 0 and all(math.isfinite(rate) for rate in rates)
        rows.append(
            Row(
                name=slot.slot,
                hours=f"{texts.clock(slot.starts)}–{texts.clock(slot.ends)}",
                mean=part.mean_mbit_s if seen else None,
                p95=part.p95_mbit_s if seen else None,
                peak=part.peak_mbit_s if seen else None,
                note=texts("word.not_measured"),
            )
        )
    chart = Rows(rows=tuple(rows), capacity=capacity)
    ident = f"day-{direction}"
    return Figure(
        ident=ident,
        title=_day_title(day, direction, capacity, texts),
        unit=texts(f"unit.{direction}"),
        svg=rows_svg(chart, ident=ident, texts=texts),
        plotly=rows_plotly(chart, texts=texts),
        table=_rows_table(chart, direction, day, texts),
        csv=f"/api/v1/releases/link/{day.day.isoformat()}",
        how=texts("how.day"),
        legend=tuple((role, texts(f"chart.{key}")) for role, key in
                     (("load", "mean"), ("p95", "p95"), ("peak", "peak"), ("limit", "limit"))),
    )  # fmt: skip


def _day_title(day: LinkDay, direction: str, capacity: float, texts: Texts) -> str:
    lessons = [
        slot
        for slot in day.slots
        if slot.minutes_seen and math.isfinite(_part(slot, direction).p95_mbit_s)
    ]
    if not lessons:
        return texts("day.nothing")
    high = max(lessons, key=lambda slot: _part(slot, direction).p95_mbit_s)
    share = _part(high, direction).p95_mbit_s / capacity if capacity else 0.0
    key = "full" if share >= 0.95 else "busy" if share >= 0.8 else "calm"  # noqa: PLR2004 - link states
    return texts(
        f"day.{direction}_{key}",
        slot=high.slot,
        rate=texts.mbit(_part(high, direction).p95_mbit_s),
        capacity=texts.mbit(capacity),
    )


def _part(slot: SlotLoad, direction: str) -> Direction:
    return slot.down if direction == "down" else slot.up


def _rows_table(chart: Rows, direction: str, day: LinkDay, texts: Texts) -> Table:
    lines = []
    for row, slot in zip(chart.rows, day.slots, strict=True):
        part = _part(slot, direction)
        if row.mean is None:
            cells = tuple(Datum(row.note, kind="empty") for _ in range(5))
        else:
            rates = (part.mean_mbit_s, part.p95_mbit_s, part.peak_mbit_s)
            minutes = (part.minutes_80, part.minutes_95)
            cells = tuple(Datum(texts.number(v, 1), raw=f"{v:.10g}") for v in rates)
            cells += tuple(Datum(texts.number(v), raw=str(v)) for v in minutes)
        lines.append(Line(row.name, cells, sub=row.hours))
    heads = ("mean", "p95", "peak", "minutes_80", "minutes_95")
    return Table(
        caption=texts("chart.data_of", name=texts(f"unit.{direction}")),
        corner=texts("word.slot"),
        columns=tuple(texts(f"head.{head}") for head in heads),
        lines=tuple(lines),
    )
