"""Days that engines could understand differently: each is rows, the day, and states of the line."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.analyzer_classify import generated
from tests.analyzer_classify.generated import MONDAY
from tests.engines.asking import rows_of

LARGE = 2**62
BACK, FORTH = date(2026, 10, 25), date(2027, 3, 28)
"""Days of clock change: 1,500 and 1,380 minutes."""


def _draw(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - examples, not secrets


def drawn(seed: int, count: int = 120):
    """A random day, with some of the minutes busy or saturated."""
    draw = _draw(seed)
    rows = rows_of(draw, count)
    return rows, MONDAY.date(), generated.states(draw, rows)


def nothing():
    return [], MONDAY.date(), {}


def nulls():
    """Every column that may be null is; no device but one."""
    rows, day, states = drawn(101)
    empty = dict.fromkeys(("site", "list_category", "app", "end_reason"))
    for n, row in enumerate(rows):
        row.update(empty, device=None if n % 3 else 7, site_source="none")
    return rows, day, states


def no_zone_known():
    """Zones that nobody declared or publishes, and empty names."""
    rows, day, states = drawn(102)
    for n, row in enumerate(rows):
        row["zone"] = ("gone", "unmatched", "", "internat")[n % 4]
    return rows, day, states


def enormous():
    """2^62 octets in one slice, up and down, where products of 64 bits would pass their end."""
    rows, day, states = drawn(103)
    for row in rows:
        row |= {"up_bytes": row["up_bytes"] % 1000, "down_bytes": row["down_bytes"] % 1000 + 1}
    heavy = {
        "site": None,
        "app": None,
        "list_category": None,
        "transport": "tcp",
        "server_port": 443,
    }
    rows[0] |= heavy | {
        "device": 1,
        "down_bytes": LARGE,
        "up_bytes": 0,
        "active_s": 60,
        "age_s": 600,
    }
    rows[1] |= heavy | {
        "device": 2,
        "up_bytes": LARGE - 10**9,
        "down_bytes": 5,
        "active_s": 60,
        "age_s": 600,
    }
    return rows, day, states


def _at_night(day: date, hours: range):
    """Slices in each quarter of the hours around the change, UTC; one of the day before and after."""
    draw = _draw(104)
    rows = rows_of(draw, 4 * len(hours) + 2)
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moments = [first + timedelta(hours=h, minutes=15 * q) for h in hours for q in range(4)]
    moments += [first - timedelta(hours=3), first + timedelta(hours=25)]
    for row, moment in zip(rows, moments, strict=True):
        row |= {"minute": moment, "device": draw.choice([1, 2]), "down_bytes": 960_000}
    return rows, day, generated.states(draw, rows)


def clock_goes_back():
    return _at_night(BACK, range(-2, 4))


def clock_goes_forth():
    return _at_night(FORTH, range(-2, 4))


def peers():
    """One device with many flows to high ports, and a mark: the behaviour with most joins."""
    draw = _draw(105)
    rows = rows_of(draw, 60)
    for n, row in enumerate(rows):
        row |= {"site": None, "list_category": None, "device": -1 - n % 2, "transport": "tcp", "zone": "salles",
                "server_port": 20_000 + n % 15, "up_bytes": 150_000, "down_bytes": 150_000, "up_packets": 200,
                "down_packets": 200, "flow": n, "minute": MONDAY + timedelta(hours=3, minutes=n % 3),
                "app": "bittorrent" if n == 5 else None}  # fmt: skip
    return rows, MONDAY.date(), generated.states(draw, rows)


DAYS = [nothing, nulls, no_zone_known, enormous, clock_goes_back, clock_goes_forth, peers]
