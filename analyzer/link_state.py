"""How full the Internet line was in each clock minute, against the capacity declared for that day.

`busy` and `saturated` are the only things that a verdict may know about other people's traffic;
the minutes behind them are published (link load), so the guarantee is conditional on them.

Interface counters are preferred to what the meter saw: they miss nothing. Ten seconds in which an
interface was away (gap rows, `outage_ms`) are no measurement, even where a part of them was measured.
A minute counts as seen when at least half of its ten-second rows are there. Comparisons are in whole bits, so that exactly
80 % is busy on every machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.records import LINK_STEP_S
from school.lines import Capacity

MINUTE_S: Final = 60
LEAST_ROWS: Final = 3
"""Ten-second rows of a minute, of six, below which the minute is missing."""
BUSY_PERCENT: Final = 80
SATURATED_PERCENT: Final = 95
STATES: Final = ("calm", "busy", "saturated")

Longs = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

MINUTES_SCHEMA: Final = pa.schema(
    [("minute", pa.timestamp("s", tz="UTC")), ("link_state", pa.string())]
)


@dataclass(frozen=True, slots=True)
class LineRows:
    """The ten-second rows of one line, its interfaces added up, ordered by start."""

    start_s: Longs
    """Seconds since 1970, UTC."""
    up_bytes: Longs
    down_bytes: Longs
    offered: Longs
    """Packets."""
    lost: Longs
    """Packets dropped by the kernel or shed."""


@dataclass(frozen=True, slots=True)
class LineMinutes:
    """The seen minutes of one line, ordered."""

    minute_s: Longs
    rows: Longs
    """Ten-second rows of the minute, 3 to 6."""
    up_bytes: Longs
    down_bytes: Longs

    def seconds(self) -> Longs:
        """Return how many seconds of each minute were seen."""
        return self.rows * LINK_STEP_S


_SUMS: Final = ("up", "down", "offered", "lost")


LINE_COLUMNS: Final = (
    *("start", "line", "counter_up_bytes", "counter_down_bytes", "up_bytes", "down_bytes"),
    *("offered", "kernel_drops", "shed", "outage_ms"),
)
"""Columns of LINK_SCHEMA that `read_lines` needs."""


def read_lines(table: pa.Table) -> dict[str, LineRows]:
    """Return the rows of each line of some link rows (LINE_COLUMNS), in whatever order."""
    if not table.num_rows:
        return {}
    sums = pa.table(
        {
            "line": table["line"],
            "start": table["start"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()),
            "up": pc.coalesce(table["counter_up_bytes"], table["up_bytes"]),
            "down": pc.coalesce(table["counter_down_bytes"], table["down_bytes"]),
            "offered": table["offered"],
            "lost": pc.add(table["kernel_drops"], table["shed"]),
            "outage": table["outage_ms"],
        }
    )
    every = sums.group_by(["line", "start"]).aggregate(
        [*((name, "sum") for name in _SUMS), ("outage", "max")]
    )
    grouped = every.filter(pc.equal(every["outage_max"], 0))
    grouped = grouped.sort_by([("line", "ascending"), ("start", "ascending")])
    return {line: _rows_of(grouped, line) for line in pc.unique(grouped["line"]).to_pylist()}


def _rows_of(grouped: pa.Table, line: str) -> LineRows:
    own = grouped.filter(pc.equal(grouped["line"], line))
    start, up, down, offered, lost = (
        own[name].to_numpy() for name in ("start", *(f"{name}_sum" for name in _SUMS))
    )
    return LineRows(start_s=start, up_bytes=up, down_bytes=down, offered=offered, lost=lost)


def minutes_of(rows: LineRows) -> LineMinutes:
    """Return the minutes of which at least `LEAST_ROWS` rows are there."""
    minute, first, count = np.unique(
        rows.start_s // MINUTE_S * MINUTE_S, return_index=True, return_counts=True
    )
    seen = count >= LEAST_ROWS
    if not minute.size:
        return LineMinutes(minute, count, rows.up_bytes, rows.down_bytes)
    return LineMinutes(
        minute_s=minute[seen],
        rows=count[seen].astype(np.int64),
        up_bytes=np.add.reduceat(rows.up_bytes, first)[seen],
        down_bytes=np.add.reduceat(rows.down_bytes, first)[seen],
    )


def at_least(octets: Longs, seconds: Longs, capacity_bit_s: int, percent: int) -> Flags:
    """Say for each minute whether its mean rate reached a percentage of the capacity, exactly."""
    return octets * 8 * 100 >= percent * capacity_bit_s * seconds


def states_of(minutes: LineMinutes, capacity: Capacity) -> Longs:
    """Return the position in `STATES` of each minute: the worse of up and down."""
    worst = np.zeros(len(minutes.minute_s), dtype=np.int64)
    seconds = minutes.seconds()
    for octets, bit_s in (
        (minutes.up_bytes, capacity.up_bit_s),
        (minutes.down_bytes, capacity.down_bit_s),
    ):
        for percent in (BUSY_PERCENT, SATURATED_PERCENT):
            reached = at_least(octets, seconds, bit_s, percent).astype(np.int64)
            worst = np.maximum(worst, reached * (1 + (percent == SATURATED_PERCENT)))
    return worst


def state_table(lines: Iterable[tuple[LineMinutes, Capacity]]) -> pa.Table:
    """Return the state of the school's link per minute: that of its worst line.

    Columns `minute` (timestamp[s, UTC]) and `link_state`; a minute that no line saw has no row.
    """
    worst: dict[int, int] = {}
    for minutes, capacity in lines:
        states = states_of(minutes, capacity)
        for minute, state in zip(minutes.minute_s.tolist(), states.tolist(), strict=True):
            worst[minute] = max(worst.get(minute, 0), state)
    ordered = sorted(worst)
    return pa.table(
        {
            "minute": pa.array(ordered, pa.int64()).cast(pa.timestamp("s", tz="UTC")),
            "link_state": pa.array([STATES[worst[minute]] for minute in ordered], pa.string()),
        },
        schema=MINUTES_SCHEMA,
    )
