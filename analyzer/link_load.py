"""Link load: how full each line was in each declared slot of a day. An invariant, without noise.

Whole school only, never a zone or a device, and only for slots in which the school declares at
least `floor_persons` persons: the load of a slot with two people in it would be theirs. The
payload says what it is (`kind: link_load`); the differential-privacy guarantee of the noisy tables
is conditional on it (DESIGN section 2).

Pure.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analyzer.link_state import (
    BUSY_PERCENT,
    LINK_STEP_S,
    MINUTE_S,
    SATURATED_PERCENT,
    LineMinutes,
    LineRows,
    Longs,
    at_least,
    minutes_of,
)
from school.lines import Capacity

BANDS: Final = 10
"""Bands of the histogram: tenths of the capacity, the last open above."""
DECIMALS: Final = 3
MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SlotTimes:
    """One declared slot on one day."""

    name: str
    period: str
    starts: str
    """Local clock time as declared, `08:00`."""
    ends: str
    from_s: int
    """The same in seconds since 1970, UTC, both on a whole minute."""
    to_s: int


def slot_loads(rows: LineRows, capacity: Capacity, slots: list[SlotTimes]) -> list[dict[str, Any]]:
    """Return the contract's `slots` entry of one line for each slot, in order."""
    minutes = minutes_of(rows)
    return [_slot_load(rows, minutes, capacity, slot) for slot in slots]


def _within(times: Longs, slot: SlotTimes) -> slice:
    first, last = np.searchsorted(times, [slot.from_s, slot.to_s])
    return slice(int(first), int(last))


def _slot_load(
    rows: LineRows, minutes: LineMinutes, capacity: Capacity, slot: SlotTimes
) -> dict[str, Any]:
    own, fine = _within(minutes.minute_s, slot), _within(rows.start_s, slot)
    seconds = minutes.seconds()[own]
    seen = len(seconds)
    offered, lost = int(rows.offered[fine].sum()), int(rows.lost[fine].sum())
    return {
        "slot": slot.name,
        "period": slot.period,
        "from": slot.starts,
        "to": slot.ends,
        "minutes_seen": seen,
        "minutes_missing": (slot.to_s - slot.from_s) // MINUTE_S - seen,
        "down": _direction(
            minutes.down_bytes[own], seconds, rows.down_bytes[fine], capacity.down_bit_s
        ),
        "up": _direction(minutes.up_bytes[own], seconds, rows.up_bytes[fine], capacity.up_bit_s),
        "loss_share": round(lost / offered, DECIMALS) if offered else 0.0,
    }


def _direction(octets: Longs, seconds: Longs, fine: Longs, capacity_bit_s: int) -> dict[str, Any]:
    """Return one direction; its rates are None where no minute was seen, never zero."""
    rates = np.sort(octets * 8 / seconds)
    known = len(rates) > 0
    bands = np.minimum(octets * 8 * BANDS // (capacity_bit_s * seconds), BANDS - 1)
    return {
        "mean_mbit_s": _mbit_s(octets.sum() * 8 / seconds.sum()) if known else None,
        "p95_mbit_s": _mbit_s(rates[math.ceil(0.95 * len(rates)) - 1]) if known else None,
        "peak10s_mbit_s": _mbit_s(fine.max() * 8 / LINK_STEP_S) if known else None,
        "minutes_80": int(at_least(octets, seconds, capacity_bit_s, BUSY_PERCENT).sum()),
        "minutes_95": int(at_least(octets, seconds, capacity_bit_s, SATURATED_PERCENT).sum()),
        "histogram": np.bincount(bands, minlength=BANDS).tolist(),
    }


def _mbit_s(bit_s: float) -> float:
    return round(float(bit_s) / MEGA, DECIMALS)
