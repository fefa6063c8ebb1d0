"""The link load of the running day by closed five minutes, until a first whole day is published. I/O.

Who installs Jauge sees the line within minutes, before the DPO has signed anything: no slice is read
here. It is the same declared invariant as the link load of a day (analyzer.link_load), under the same
rules: whole line, school days, slots of enough declared persons, what is over only. One sealed
document says it, made anew each time, and it goes when a day is released: from then on the pages
show days, and five minutes of nobody's day are kept.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from analyzer import documents, mandate
from analyzer.exact import Bench
from analyzer.keys import seal_key
from analyzer.link_load import DECIMALS, MEGA, SlotTimes
from analyzer.link_release import FEW_PERSONS, NO_CAPACITY, slot_times
from analyzer.link_state import LINE_COLUMNS, MINUTE_S, LineRows, minutes_of, read_lines
from analyzer.plan import NO_SCHOOL
from analyzer.store import Store
from privacy.records import LINK_STEP_S
from school.calendar import clock
from school.catalogue import Catalogue
from school.lines import Capacity
from school.load import School

DOCUMENT: Final = "first-day"
STEP_MINUTES: Final = 5
STEP_S: Final = STEP_MINUTES * MINUTE_S
WAIT_S: Final = 6 * MINUTE_S
"""A collector hands its rows over within five minutes; what is not there then was not measured."""
PUBLISHED: Final = "whole days are published: the pages show those"
NOTHING_YET: Final = "no five minutes of a slot are over yet since the capture began"


@dataclass(frozen=True, slots=True)
class FirstDay:
    """What was published of the running day."""

    day: date
    steps: int
    """Closed five minutes in which the line was measured, of all lines."""
    why_none: str | None
    """Why there is nothing to show; None where there is."""


def publish(store: Path, school: School, *, now: datetime, catalogue: Catalogue) -> FirstDay:
    """Publish the closed five minutes of the running day, with the documents that pages need.

    Args:
        store: the store's directory.
        school: the school's declarations.
        now: the moment, aware.
        catalogue: the services catalogue.

    Raises:
        StoreDamaged: a stored file is not what this version writes.
        StoreBusy: another analysis or release is at work.
        LogRefused: the audit log is damaged, or takes no entry.
    """
    bench = Bench(Store(store), school, catalogue)
    day = school.calendar.local_day(now)
    with bench.store.locked():
        key = seal_key(bench.store)
        if days_are_published(bench.store):
            end(bench.store)
            return FirstDay(day, 0, PUBLISHED)
        mandate.tell_policy(bench, mandate.log_of(bench))
        documents.write(bench, key, day, analysis=False)
        found = lines_of(bench, day, int(now.timestamp()))
        lines = [] if isinstance(found, str) else found
        payload = {
            "document": DOCUMENT,
            "day": day.isoformat(),
            "step_minutes": STEP_MINUTES,
            "lines": lines,
        }
        documents.write_document(bench, payload, key)
    seen = sum(step["minutes_seen"] > 0 for line in lines for step in line["steps"])
    why = found if isinstance(found, str) else None if seen else NOTHING_YET
    return FirstDay(day, seen, why)


def days_are_published(store: Store) -> bool:
    """Say whether the link load of any whole day is published."""
    return any(store.releases("link").glob("*.json"))


def end(store: Store) -> None:
    """Take the document away: whole days are published."""
    (store.public / "documents" / f"{DOCUMENT}.json").unlink(missing_ok=True)


def lines_of(bench: Bench, day: date, now_s: int) -> list[dict[str, Any]] | str:
    """Return what is over of a day, line by line, or why there is nothing."""
    if not bench.school.calendar.is_school_day(day):
        return NO_SCHOOL
    slots = slot_times(bench, day)
    if not slots:
        return FEW_PERSONS
    bench.store.checked("link", day)
    rows = read_lines(bench.store.link_rows(day, LINE_COLUMNS))
    lines = []
    for line in bench.school.lines:
        capacity = line.capacity_at(day)
        if capacity is None or line.name not in rows:
            continue
        lines.append(
            {
                "line": line.name,
                "capacity": {
                    "down_mbit_s": round(capacity.down_bit_s / MEGA, DECIMALS),
                    "up_mbit_s": round(capacity.up_bit_s / MEGA, DECIMALS),
                },
                "steps": steps_of(rows[line.name], capacity, slots, now_s=now_s),
            }
        )
    return lines or NO_CAPACITY


def steps_of(
    rows: LineRows, capacity: Capacity, slots: list[SlotTimes], *, now_s: int
) -> list[dict[str, Any]]:
    """Return the closed five minutes of some slots, from the first measured one on.

    A step is over when its end has passed and a later row is there, or none can come any more.
    The last step of a slot may be shorter; none reaches out of its slot.
    """
    if not rows.start_s.size:
        return []
    minutes = minutes_of(rows)
    began_s, until_s = int(rows.start_s[0]), int(rows.start_s[-1]) + LINK_STEP_S
    found = []
    for slot in slots:
        for from_s in range(slot.from_s, slot.to_s, STEP_S):
            to_s = min(from_s + STEP_S, slot.to_s)
            over = to_s <= now_s and (to_s <= until_s or to_s + WAIT_S <= now_s)
            if to_s <= began_s or not over:
                continue
            within = (minutes.minute_s >= from_s) & (minutes.minute_s < to_s)
            seconds = int(minutes.seconds()[within].sum())
            down, up = (
                int(octets[within].sum()) for octets in (minutes.down_bytes, minutes.up_bytes)
            )
            found.append(
                {
                    "slot": slot.name,
                    "from": _clock(slot, from_s),
                    "to": _clock(slot, to_s),
                    "minutes": (to_s - from_s) // MINUTE_S,
                    "minutes_seen": int(np.count_nonzero(within)),
                    "down_mbit_s": _mbit_s(down, seconds),
                    "up_mbit_s": _mbit_s(up, seconds),
                    "busiest_share": _share(down, up, seconds, capacity),
                }
            )
    return found


def _clock(slot: SlotTimes, at_s: int) -> str:
    """Return the local clock time of a moment of a slot (no clock changes within one)."""
    hours, _, minutes = slot.starts.partition(":")
    return clock(int(hours) * 60 + int(minutes) + (at_s - slot.from_s) // MINUTE_S)


def _mbit_s(octets: int, seconds: int) -> float | None:
    """Return a mean rate; None where nothing was measured, never zero."""
    return round(octets * 8 / seconds / MEGA, DECIMALS) if seconds else None


def _share(down: int, up: int, seconds: int, capacity: Capacity) -> float | None:
    """Return how full the fuller direction was; None where nothing was measured."""
    if not seconds:
        return None
    shares = (down * 8 / (seconds * capacity.down_bit_s), up * 8 / (seconds * capacity.up_bit_s))
    return round(max(shares), DECIMALS)
