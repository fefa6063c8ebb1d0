"""What the demonstration school declares, as the simulation needs it. Reads YAML, writes nothing."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

SCHOOL: Final = Path(__file__).parent / "school"
PARIS: Final = ZoneInfo("Europe/Paris")

FIRST_DAY: Final = date(2026, 9, 7)
LAST_DAY: Final = date(2026, 11, 15)
PACKET_DAY: Final = date(2026, 11, 16)
AS_OF: Final = date(2026, 11, 17)

CLOSED: Final = (
    (date(2026, 10, 17), date(2026, 11, 1)),  # Toussaint, zones A, B and C
    (date(2026, 11, 11), date(2026, 11, 11)),
)
"""First and last day of each closing; a test compares them with the school's own calendar."""

_SATURDAY: Final = 5
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the timetable; minutes are counted from local midnight."""

    name: str
    period: str
    weekdays: tuple[int, ...]
    starts: int
    ends: int


def is_open(day: date) -> bool:
    """Say whether there are lessons on this day."""
    return day.weekday() < _SATURDAY and not any(first <= day <= last for first, last in CLOSED)


def school_days(first: date = FIRST_DAY, last: date = LAST_DAY) -> list[date]:
    """Return every calendar day of the period, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def midnight_utc(day: date) -> int:
    """Return the epoch second of the day's local midnight."""
    return int(datetime.combine(day, time(), PARIS).timestamp())


def minutes_of(day: date) -> int:
    """Return the length of the local day in minutes (1500 when clocks go back)."""
    return (midnight_utc(day + timedelta(days=1)) - midnight_utc(day)) // 60


def _load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((SCHOOL / name).read_text(encoding="utf-8"))
    return document


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@cache
def slots() -> tuple[Slot, ...]:
    """Return the declared slots in the order of the day."""
    return tuple(
        Slot(
            name=item["name"],
            period=item["period"],
            weekdays=tuple(_DAYS.index(day) for day in item["days"]),
            starts=_minute(item["from"]),
            ends=_minute(item["to"]),
        )
        for item in _load("calendar.yaml")["slots"]
    )


@cache
def zone_subnets() -> dict[str, tuple[str, str]]:
    """Return zone name → (IPv4 subnet, IPv6 subnet), in the declared order."""
    return {
        zone["name"]: (zone["subnets"][0], zone["subnets"][1])
        for zone in _load("zones.yaml")["zones"]
    }


def capacity(day: date) -> tuple[int, int]:
    """Return the line's capacity on a day: (down, up) in octets per second."""
    valid = [item for item in _load("lines.yaml")["lines"][0]["capacity"] if item["from"] <= day]
    rates = [int(str(valid[-1][way]).split()[0]) * 1_000_000 // 8 for way in ("down", "up")]
    return rates[0], rates[1]


@cache
def digest() -> str:
    """Return the first 16 hex digits of the SHA-256 of the declared files."""
    state = hashlib.sha256()
    for path in sorted(SCHOOL.glob("*.yaml")):
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:16]
