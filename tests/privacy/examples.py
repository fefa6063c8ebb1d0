"""Small real objects that several tests share."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from privacy.gate import Occasion
from privacy.gate.bounded import Activity, DayCells, count
from privacy.gate.ledger import Charge, Ledger
from privacy.gate.periods import Period, PeriodKind, period_of
from privacy.gate.tables import Definition, definitions
from privacy.settings import PrivacySettings

MONDAY = date(2026, 9, 7)
SETTINGS = PrivacySettings()


@dataclass(frozen=True)
class Zone:
    name: str
    persons: int
    published_in: str | None = None
    counts_devices: bool = True


ZONES = (Zone("salles", 420), Zone("bureaux", 30), Zone("internat", 80))
SLOTS = ("M1", "M2", "S1")
SERVICES = ("Pronote", "Pix")
TABLES = definitions(ZONES, SETTINGS, slots=SLOTS, services=SERVICES)
T1, T6 = TABLES["T1"], TABLES["T6"]
WEEK = period_of(PeriodKind.WEEK, MONDAY)
DAY = period_of(PeriodKind.DAY, MONDAY)
OCCASION = Occasion(
    as_of=MONDAY + timedelta(days=7),
    origin="simulated",
    charter_digest="c" * 64,
    policy_digest="e" * 64,
)


def crowd(devices: int, definition: Definition, day: date = MONDAY) -> DayCells:
    """Every device in the first zone, all uses."""
    rows = [Activity(device, "salles", 9, (5, 3, 2, 1)) for device in range(devices)]
    return count(rows, definition, day)


def charge_of(table: str, period: Period, rho: float = 0.001) -> Charge:
    return Charge(
        table=table,
        period=period.name,
        starts=period.starts.isoformat(),
        ends=period.ends.isoformat(),
        rho=rho,
        sigma=20.5,
        cap=5,
        privacy_digest="p" * 64,
        charter_digest="c" * 64,
    )


def ledger_in(directory: Path) -> Ledger:
    return Ledger(directory / "ledger.jsonl")
