"""Publishes the link load of closed days. I/O.

No noise and no ledger: link load is a declared invariant (analyzer.link_load). A day is written
once; later rows never change it.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer.exact import Bench
from analyzer.link_load import SlotTimes, slot_loads
from analyzer.link_state import LINE_COLUMNS, read_lines
from analyzer.plan import NO_SCHOOL, OPEN, Skipped, link_candidates
from analyzer.store import PUBLIC_DIRECTORY, PUBLIC_FILE, make_directory, write_whole
from privacy.sealed import seal

FORMAT = 2
"""Format 1 did not say which policy was in force."""
MEGA = 1_000_000
NO_CAPACITY = "no declared line has a capacity and rows on this day"
FEW_PERSONS = "no slot of the day has enough declared persons"


def slot_times(bench: Bench, day: date) -> list[SlotTimes]:
    """Return the slots of a day in which the school declares enough persons."""
    calendar = bench.school.calendar
    midnight = datetime.combine(day, time.min)

    def instant(minute: int) -> int:
        local = (midnight + timedelta(minutes=minute)).replace(tzinfo=calendar.timezone)
        return int(local.timestamp())

    return [
        SlotTimes(
            name=slot.name,
            period=slot.period,
            starts=slot.from_to[0],
            ends=slot.from_to[1],
            from_s=instant(slot.starts),
            to_s=instant(slot.ends),
        )
        for slot in calendar.slots_of(day)
        if slot.persons >= bench.settings.floor_persons
    ]


def payload_of(bench: Bench, day: date) -> dict[str, Any] | str:
    """Return the link load of a day, or why there is none."""
    slots = slot_times(bench, day)
    if not slots:
        return FEW_PERSONS
    _, origin = bench.store.checked("link", day)
    rows = read_lines(bench.store.link_rows(day, LINE_COLUMNS))
    lines = []
    for line in bench.school.lines:
        capacity = line.capacity_at(day)
        if capacity is None or line.name not in rows:
            continue
        declared = {
            "down_mbit_s": round(capacity.down_bit_s / MEGA, 3),
            "up_mbit_s": round(capacity.up_bit_s / MEGA, 3),
        }
        loads = slot_loads(rows[line.name], capacity, slots)
        lines.append({"line": line.name, "capacity": declared, "slots": loads})
    if not lines:
        return NO_CAPACITY
    return {
        "format": FORMAT,
        "kind": "link_load",
        "table": "link",
        "period": day.isoformat(),
        "origin": origin,
        "charter_digest": bench.school.charter_digest,
        "privacy_digest": bench.school.privacy_digest,
        "policy_digest": bench.enforced.digest,
        "lines": lines,
    }


def release_days(
    bench: Bench, key: Ed25519PrivateKey, as_of: date
) -> tuple[list[str], list[Skipped]]:
    """Publish every closed school day not published yet; return its names and what was skipped."""
    directory = bench.store.releases("link")
    make_directory(directory, PUBLIC_DIRECTORY)
    done: list[str] = []
    skipped: list[Skipped] = []
    for period in link_candidates(bench):
        path = directory / f"{period.name}.json"
        if path.exists():
            continue
        payload = _closed_payload(bench, period.starts, closed=period.closed(as_of))
        if isinstance(payload, str):
            skipped.append(Skipped("link", period.name, payload))
            continue
        write_whole(path, seal(payload, key), PUBLIC_FILE)
        done.append(period.name)
    return done, skipped


def _closed_payload(bench: Bench, day: date, *, closed: bool) -> dict[str, Any] | str:
    if not bench.school.calendar.is_school_day(day):
        return NO_SCHOOL
    return payload_of(bench, day) if closed else OPEN
