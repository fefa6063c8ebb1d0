"""How full the Internet line was in each clock minute, against the capacity declared for that day.

`busy` and `saturated` are the only things that a verdict may know about other people's traffic;
the minutes behind them are published (link load), so the guarantee is conditional on them.

Interface counters are preferred to what the meter saw: they miss nothing. Ten seconds in which an
interface was away (gap rows, `outage_ms`) are no measurement, even where a part of them was measured.
A minute counts as seen when at least half of its ten-second rows are there. Comparisons are in
whole bits, so that exactly 80 % is busy on every machine.

A state is entered at one percentage and left a little lower (hysteresis), so that the same radio is
not inappropriate every other minute while a line stays around a threshold. Each line and direction
has a state of its own; a minute that was not seen, and the start of a day, forget it: nobody is
told that the line was full without proof. Of several lines the worst counts, up and down apart;
`link_state` is the worse of the two. The minutes that the link load publishes (`link_load`) count
from 80 % and from 95 %, without memory.
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
LEAVE_BUSY_PERCENT: Final = 75
"""A busy direction is calm again under this. Five points: more than a steady line flutters from one
minute to the next, and under three quarters of the declared capacity no minute is ever busy."""
LEAVE_SATURATED_PERCENT: Final = 90
"""A saturated direction is busy again under this. Five points as well; still above `busy`, so that
the two bands never meet."""
STATES: Final = ("calm", "busy", "saturated")

Longs = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

MINUTES_SCHEMA: Final = pa.schema(
    [
        ("minute", pa.timestamp("s", tz="UTC")),
        ("link_state", pa.string()),
        ("link_up", pa.string()),
        ("link_down", pa.string()),
    ]
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


def states_of(minute_s: Longs, octets: Longs, seconds: Longs, capacity_bit_s: int) -> list[int]:
    """Return the position in `STATES` of each minute of one direction of one line, in order.

    Args:
        minute_s: starts of the seen minutes, increasing.
        octets: what was carried in each.
        seconds: how long each was seen.
        capacity_bit_s: what the direction can carry.
    """

    def level(busy: int, saturated: int) -> list[int]:
        reached = [at_least(octets, seconds, capacity_bit_s, p) for p in (busy, saturated)]
        levels: list[int] = (reached[0].astype(np.int64) + reached[1]).tolist()
        return levels

    found: list[int] = []
    before, last_s = 0, None
    entered = level(BUSY_PERCENT, SATURATED_PERCENT)
    kept = level(LEAVE_BUSY_PERCENT, LEAVE_SATURATED_PERCENT)
    for start_s, enter, keep in zip(minute_s.tolist(), entered, kept, strict=True):
        if last_s is None or start_s != last_s + MINUTE_S:
            before = 0
        before, last_s = max(enter, min(before, keep)), start_s
        found.append(before)
    return found


def state_table(lines: Iterable[tuple[LineMinutes, Capacity]]) -> pa.Table:
    """Return the state of the school's link per minute (`MINUTES_SCHEMA`): that of its worst line.

    A minute that no line saw has no row.
    """
    worst: dict[int, tuple[int, int]] = {}
    for minutes, capacity in lines:
        seconds = minutes.seconds()
        up = states_of(minutes.minute_s, minutes.up_bytes, seconds, capacity.up_bit_s)
        down = states_of(minutes.minute_s, minutes.down_bytes, seconds, capacity.down_bit_s)
        for minute, *states in zip(minutes.minute_s.tolist(), up, down, strict=True):
            known = worst.get(minute, (0, 0))
            worst[minute] = (max(known[0], states[0]), max(known[1], states[1]))
    ordered = sorted(worst)
    columns = {
        "link_state": [STATES[max(worst[minute])] for minute in ordered],
        "link_up": [STATES[worst[minute][0]] for minute in ordered],
        "link_down": [STATES[worst[minute][1]] for minute in ordered],
    }
    starts = pa.array(ordered, pa.int64()).cast(pa.timestamp("s", tz="UTC"))
    return pa.table({"minute": starts, **columns}, schema=MINUTES_SCHEMA)
