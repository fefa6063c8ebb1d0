"""Plotly figures of the charts, built in Python and drawn by static/charts.js. Pure.

Positions are plain numbers with tick texts of our own: Plotly would read dates as naive and write
thousands in English.
"""

import json
from typing import Any

import plotly.graph_objects as go

from dashboards.charts import (
    COLOURS,
    PATTERNS,
    Bar,
    Columns,
    Rows,
    columns_ticks,
    rows_ticks,
    value_label,
)
from dashboards.texts import Texts


def _figure(traces: list[Any], **layout: Any) -> str:
    """Return figure JSON that is safe inside a `<script type="application/json">`."""
    base = go.Layout(
        template=go.layout.Template(),
        margin={"l": 52, "r": 12, "t": 34, "b": 64},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13},
        separators=", ",
        dragmode=False,
        hovermode="closest",
        **layout,
    )
    figure = go.Figure(data=traces, layout=base)
    return json.dumps(figure.to_plotly_json(), ensure_ascii=True).replace("<", "\\u003c")


def columns_plotly(chart: Columns, *, texts: Texts) -> str:
    """Return the same columns as a Plotly figure."""
    shown = [(i, bar) for i, bar in enumerate(chart.bars) if bar.value is not None]
    hidden = [(i, bar) for i, bar in enumerate(chart.bars) if bar.below is not None]
    ticks = columns_ticks(chart)
    top = ticks[-1]
    traces = [
        go.Bar(
            name="shown",
            x=[i for i, _ in shown],
            y=[bar.value for _, bar in shown],
            error_y={
                "type": "data",
                "array": [bar.margin or 0 for _, bar in shown],
                "visible": any(bar.margin for _, bar in shown),
                "thickness": 1.5,
                "width": 4,
            },
            marker=_marker(chart.role),
            hovertext=[_hover(bar, chart, texts) for _, bar in shown],
            hoverinfo="text",
            showlegend=False,
        ),
        go.Bar(
            name="withheld",
            x=[i for i, _ in hidden],
            y=[bar.below for _, bar in hidden],
            marker={
                "color": "rgba(0,0,0,0)",
                "line": {"color": COLOURS["withheld"], "width": 1},
                "pattern": {"shape": "/", "fgcolor": COLOURS["withheld"], "size": 7},
            },
            hovertext=[_hover(bar, chart, texts) for _, bar in hidden],
            hoverinfo="text",
            showlegend=False,
        ),
    ]
    return _figure(
        traces,
        barmode="overlay",
        bargap=0.38,
        height=284,
        annotations=[
            note for i, bar in enumerate(chart.bars) for note in _notes(i, bar, chart, texts)
        ],
        shapes=[_mark(i) for i, bar in enumerate(chart.bars) if bar.mark],
        xaxis={
            "range": [-0.5, len(chart.bars) - 0.5],
            "tickvals": list(range(len(chart.bars))),
            "ticktext": ["<br>".join([*bar.tick, bar.days]) for bar in chart.bars],
            "tickangle": 0,
            "fixedrange": True,
            "showgrid": False,
        },
        yaxis={
            "range": [0, top * 1.02],
            "tickvals": ticks,
            "ticktext": [value_label(tick, texts, percent=chart.percent) for tick in ticks],
            "fixedrange": True,
            "zeroline": False,
        },
    )


def _marker(role: str) -> dict[str, Any]:
    pattern = PATTERNS.get(role)
    shape = {"pattern": {"shape": pattern, "fgcolor": "#ffffff", "size": 8, "solidity": 0.25,
                         "fillmode": "overlay"}} if pattern else {}  # fmt: skip
    return {"color": COLOURS[role], **shape}


def _hover(bar: Bar, chart: Columns, texts: Texts) -> str:
    if bar.value is None:
        return f"{bar.name}<br>{texts('word.below', n=texts.number(bar.below or 0))}"
    text = f"{bar.name}<br>{value_label(bar.value, texts, percent=chart.percent)}"
    return f"{text} ± {texts.number(bar.margin)}" if bar.margin else text


def _notes(index: int, bar: Bar, chart: Columns, texts: Texts) -> list[dict[str, Any]]:
    base: dict[str, Any] = {
        "x": index,
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": 12},
    }
    notes = []
    if bar.value is not None:
        label = value_label(bar.value, texts, percent=chart.percent)
        notes.append({**base, "y": bar.value + (bar.margin or 0), "text": label, "name": "value"})
    elif bar.below is not None:
        label = f"&lt;{texts.number(bar.below)}"
        notes.append({**base, "y": bar.below, "text": label, "name": "value"})
    else:
        notes.append({**base, "y": 0, "text": bar.note, "textangle": -90})
    if bar.mark:
        place = {"x": index - 0.5, "xanchor": "left", "y": 1.02, "yref": "paper"}
        notes.append({**base, **place, "text": bar.mark})
    return notes


def _mark(index: int) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": index - 0.5,
        "x1": index - 0.5,
        "y0": 0,
        "y1": 1.04,
        "yref": "paper",
        "line": {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
    }


def rows_plotly(chart: Rows, *, texts: Texts) -> str:
    """Return the same slots as a Plotly figure."""
    known = [(i, row) for i, row in enumerate(chart.rows) if row.mean is not None]
    where = [i for i, _ in known]

    def bars(name: str, values: list[float | None], role: str, width: float) -> Any:
        hover = [f"{row.name} {row.hours}<br>{texts(name)}{texts('word.colon')}{texts.mbit(v or 0)}"
                 for (_, row), v in zip(known, values, strict=True)]  # fmt: skip
        return go.Bar(
            name=name, x=values, y=where, orientation="h", width=width, hovertext=hover,
            hoverinfo="text", showlegend=False,
            marker={"color": COLOURS[role], "line": {"color": "#ffffff", "width": 1}},
        )  # fmt: skip

    ticks = rows_ticks(chart)
    top = max(ticks[-1], chart.capacity)
    peak = go.Scatter(
        name="chart.peak",
        x=[row.peak for _, row in known],
        y=where,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 18, "color": COLOURS["withheld"], "line": {"width": 2}},
        hovertext=[f"{row.name} {row.hours}<br>{texts('chart.peak')}{texts('word.colon')}"
                   f"{texts.mbit(row.peak or 0)}" for _, row in known],
        hoverinfo="text",
        showlegend=False,
    )  # fmt: skip
    return _figure(
        [
            bars("chart.p95", [row.p95 for _, row in known], "p95", 0.6),
            bars("chart.mean", [row.mean for _, row in known], "load", 0.34),
            peak,
        ],
        barmode="overlay",
        height=int(40 * len(chart.rows) + 90),
        annotations=_row_notes(chart, texts),
        shapes=[
            {"type": "line", "x0": chart.capacity, "x1": chart.capacity, "y0": 0, "y1": 1,
             "yref": "paper", "line": {"color": COLOURS["limit"], "width": 2, "dash": "dash"}},
        ],
        xaxis={
            "range": [0, top * 1.08],
            "tickvals": ticks,
            "ticktext": [texts.number(tick, 1) for tick in ticks],
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "range": [len(chart.rows) - 0.5, -0.5],
            "tickvals": list(range(len(chart.rows))),
            "ticktext": [f"{row.name}<br>{row.hours}" for row in chart.rows],
            "fixedrange": True,
            "showgrid": False,
            "automargin": True,
        },
    )  # fmt: skip


def _row_notes(chart: Rows, texts: Texts) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = [
        {"x": chart.capacity, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "right", "showarrow": False,
         "text": texts("chart.capacity", rate=texts.mbit(chart.capacity)), "font": {"size": 12}},
    ]  # fmt: skip
    for index, row in enumerate(chart.rows):
        base: dict[str, Any] = {
            "y": index,
            "showarrow": False,
            "xanchor": "left",
            "font": {"size": 12},
        }
        if row.mean is None or row.p95 is None or row.peak is None:
            notes.append({**base, "x": 0, "text": row.note})
        else:
            place = max(row.p95, row.peak)
            notes.append(
                {**base, "x": place, "xshift": 6, "text": texts.number(row.p95, 1), "name": "row"}
            )
    return notes
