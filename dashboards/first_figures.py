"""Figures of the first day: the last hour in columns, every five minutes of it in the table. Pure."""

from dashboards.charts import Bar, Columns
from dashboards.charts_plotly import columns_plotly
from dashboards.charts_svg import columns_svg
from dashboards.figures import Figure
from dashboards.first_day import FirstLine, Step
from dashboards.reading import Snapshot
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts

COLUMNS = 12
"""Five minutes that are drawn: an hour stays readable on a telephone."""


def first_figures(snapshot: Snapshot, line: str, texts: Texts) -> list[Figure]:
    """Return both directions of a line on its first day; nothing once days are published."""
    if snapshot.first_day is None or snapshot.link:
        return []
    found = snapshot.first_day.line(line)
    return [_figure(found, side, texts) for side in ("down", "up")] if found else []


def _figure(line: FirstLine, side: str, texts: Texts) -> Figure:
    ident = f"first-{side}"
    chart = Columns(role="load", bars=tuple(_bar(s, side, texts) for s in line.steps[-COLUMNS:]))
    return Figure(
        ident=ident,
        title=_title(line, side, texts),
        unit=texts(f"first_day.unit.{side}"),
        svg=columns_svg(chart, ident=ident, texts=texts),
        plotly=columns_plotly(chart, texts=texts),
        table=_table(line, side, texts),
        csv="",
        how=texts("first_day.how"),
        legend=(("load", texts("first_day.legend")),),
        chart=chart,
    )


def _value(step: Step, side: str) -> float:
    return step.down_mbit_s if side == "down" else step.up_mbit_s


def _hours(step: Step, texts: Texts) -> str:
    return f"{texts.clock(step.starts)}–{texts.clock(step.ends)}"


def _bar(step: Step, side: str, texts: Texts) -> Bar:
    hour, _, minute = step.starts.partition(":")
    return Bar(
        tick=(f":{minute}", hour if minute == "00" else ""),
        name=_hours(step, texts),
        value=_value(step, side) if step.seen else None,
        note=texts("word.not_measured"),
    )


def _title(line: FirstLine, side: str, texts: Texts) -> str:
    high = max((s for s in line.steps if s.seen), key=lambda step: _value(step, side))
    capacity = line.down_capacity if side == "down" else line.up_capacity
    rate = texts.mbit(_value(high, side))
    return texts(
        f"first_day.title.{side}",
        rate=rate, hours=_hours(high, texts), capacity=texts.mbit(capacity),
    )  # fmt: skip


def _table(line: FirstLine, side: str, texts: Texts) -> Table:
    lines = []
    for step in line.steps:
        seen = texts("first_day.seen", seen=step.minutes_seen, of=step.minutes)
        value = _value(step, side)
        rate = (
            Datum(texts.number(value, 3), raw=f"{value:.10g}")
            if step.seen
            else Datum(texts("word.not_measured"), kind="empty")
        )
        lines.append(Line(_hours(step, texts), (rate, Datum(seen, raw=str(step.minutes_seen)))))
    return Table(
        caption=texts("chart.data_of", name=texts(f"first_day.unit.{side}")),
        corner=texts("first_day.hours"),
        columns=(texts("head.mean"), texts("first_day.measured")),
        lines=tuple(lines),
    )
