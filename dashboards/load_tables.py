"""The table of *Débit*: class time of each week. Pure."""

import math
from collections.abc import Sequence

from dashboards import load
from dashboards.reading import CLASS_TIME, LinkDay, Snapshot
from dashboards.tables import Datum, Line, Table, shade, week_name
from dashboards.texts import Texts


def load_weeks_table(days: Sequence[LinkDay], snapshot: Snapshot, texts: Texts) -> Table:
    """Return class time of each week: days, shares at 80 % and 95 %, the highest load, what was missed."""
    lines = []
    for week, each in load.by_week(days).items():
        tally = load.class_time(each)
        cells = (
            Datum(texts.number(tally.days), raw=str(tally.days)),
            Datum(texts.percent(tally.share_80), raw=f"{tally.share_80:.10g}", level=shade(tally.share_80)),
            Datum(texts.percent(tally.share_95), raw=f"{tally.share_95:.10g}"),
            *(_highest(each, side, texts) for side in ("down", "up")),
            Datum(texts.number(tally.missing), raw=str(tally.missing)),
            Datum(texts(f"verdict.{tally.verdict.value}")),
        )  # fmt: skip
        lines.append(Line(week_name(week, snapshot.school, texts), cells))
    heads = ("days", "share_80", "share_95", "p95_down", "p95_up", "missing", "verdict")
    return Table(
        caption=texts("load.weeks_caption"),
        corner=texts("word.week"),
        columns=tuple(texts(f"load.head.{head}") for head in heads),
        lines=tuple(lines),
    )


def _highest(days: Sequence[LinkDay], side: str, texts: Texts) -> Datum:
    """Return the highest busy-moment rate of the lessons of some days."""
    rates = [
        (slot.down if side == "down" else slot.up).p95_mbit_s
        for day in days
        for slot in day.slots
        if slot.period == CLASS_TIME and slot.minutes_seen
    ]
    high = max((rate for rate in rates if math.isfinite(rate)), default=None)
    return Datum("–", kind="empty") if high is None else Datum(texts.mbit(high), raw=f"{high:.10g}")
