"""The one door out: exact cells in, a release out, charged before it is drawn.

Nothing here can be switched off. Whoever holds a `Release` that was not read back from a sealed
file got it from `release` below.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from privacy.gate import noise
from privacy.gate.bounded import DayCells
from privacy.gate.ledger import Charge, Ledger
from privacy.gate.periods import Period, period_of
from privacy.gate.refused import CellsRefused, PeriodOpen, ReleaseRefused
from privacy.gate.tables import ANY, Definition
from privacy.release import Cell, Measure, Method, Release, display
from privacy.settings import PrivacySettings

ORIGINS = ("measured", "simulated")
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a release is asked for, and what it says about where it comes from."""

    as_of: date
    """The school's local day on which it is asked."""
    origin: str
    """`measured` or `simulated`."""
    charter_digest: str
    policy_digest: str
    """Of everything that is enforced (`privacy.policy`), 64 hex digits."""


def _check_day(cells: DayCells, definition: Definition, period: Period) -> None:
    """Raise unless some bounded device-days of the period add up to these counts."""
    if cells.table != definition.name or len(cells.counts) != len(definition.keys()):
        raise CellsRefused(f"{definition.name} {cells.day}: cells that the table does not have")
    if not period.starts <= cells.day < period.ends:
        raise CellsRefused(f"{definition.name} {period.name}: {cells.day} is outside the period")
    most = definition.cap if definition.measure is Measure.MEGABYTES else 1
    if any(
        type(count) is not int or not 0 <= count <= most * cells.devices for count in cells.counts
    ):
        raise CellsRefused(f"{definition.name} {cells.day}: a cell holds more than its device-days")
    if _weight(cells.counts, definition.measure) > definition.cap * cells.devices:
        raise CellsRefused(f"{definition.name} {cells.day}: over the cap of a device-day")
    if definition.zones and not _one_zone_each(cells, definition):
        raise CellsRefused(f"{definition.name} {cells.day}: a device-day in two zones")


def _weight(counts: Sequence[int], measure: Measure) -> int:
    """Return what is at most the cap times the device-days: cells filled, or the volumes' norm."""
    if measure is Measure.MEGABYTES:
        return math.isqrt(sum(count * count for count in counts))
    return sum(counts)


def _one_zone_each(cells: DayCells, definition: Definition) -> bool:
    """Say whether `any` adds up to the device-days and no use passes the `any` of its zone."""
    counts = dict(zip(definition.keys(), cells.counts, strict=True))
    active = {dict(key)["zone"]: n for key, n in counts.items() if dict(key)["use"] == ANY}
    within = all(n <= active[dict(key)["zone"]] for key, n in counts.items())
    return within and sum(active.values()) == cells.devices


def _sum(exact: Sequence[DayCells], definition: Definition, period: Period) -> list[int]:
    for cells in exact:
        _check_day(cells, definition, period)
    if len({cells.day for cells in exact}) != len(exact):
        raise CellsRefused(f"{definition.name} {period.name}: a day occurs twice")
    totals = [0] * len(definition.keys())
    for cells in exact:
        totals = [total + count for total, count in zip(totals, cells.counts, strict=True)]
    return totals


def _check_request(
    definition: Definition, period: Period, occasion: Occasion, method: Method
) -> None:
    if period != period_of(definition.period, period.starts):
        raise ReleaseRefused(f"{definition.name}: {period.name} is not a whole {definition.period}")
    if not period.closed(occasion.as_of):
        raise PeriodOpen(f"{definition.name} {period.name}: not over on {occasion.as_of}")
    if occasion.origin not in ORIGINS:
        raise ReleaseRefused(f"no origin {occasion.origin!r}")
    if not _DIGEST.fullmatch(occasion.policy_digest):
        raise ReleaseRefused(f"{definition.name}: made under no policy")
    if (definition.cap, definition.measure) != (method.cap, method.measure):
        raise ReleaseRefused(f"{definition.name}: its cap is not that of the settings in force")


def _charge(
    definition: Definition, period: Period, settings: PrivacySettings, occasion: Occasion
) -> Charge:
    method = settings.method(definition.name)
    return Charge(
        table=definition.name,
        period=period.name,
        starts=period.starts.isoformat(),
        ends=period.ends.isoformat(),
        rho=method.rho,
        sigma=method.sigma,
        cap=method.cap,
        privacy_digest=settings.digest(),
        charter_digest=occasion.charter_digest,
    )


def release(
    exact: Sequence[DayCells],
    definition: Definition,
    period: Period,
    *,
    settings: PrivacySettings,
    ledger: Ledger,
    occasion: Occasion,
) -> Release:
    """Charge, draw and return one release; it is the caller's to seal and store at once.

    Args:
        exact: bounded counts, at most one per day of the period; a day without is a day of zeros.
        definition: the table, made from the school's declarations.
        period: a closed period of the table's kind.
        settings: the settings in force.
        ledger: charged durably before the noise is drawn.
        occasion: the day, and the origin and charter that the release carries.

    Raises:
        ReleaseRefused: see its subclasses. Nothing was drawn; the ledger may hold the charge only
            if the noise itself was refused.
    """
    method = settings.method(definition.name)
    _check_request(definition, period, occasion, method)
    totals = _sum(exact, definition, period)
    charge = _charge(definition, period, settings, occasion)
    ledger.charge(charge, total_rho=settings.total_rho)
    noisy = noise.draw(totals, method)
    return Release(
        table=definition.name,
        period=period.name,
        starts=period.starts,
        ends=period.ends,
        method=method,
        cells=_cells(definition, noisy, days=len(period.days()), settings=settings, method=method),
        origin=occasion.origin,
        charter_digest=occasion.charter_digest,
        privacy_digest=settings.digest(),
        policy_digest=occasion.policy_digest,
    )


def _cells(
    definition: Definition,
    noisy: list[int],
    *,
    days: int,
    settings: PrivacySettings,
    method: Method,
) -> tuple[Cell, ...]:
    rule = settings.display
    readable = 0 if method.measure is Measure.MEGABYTES else rule.floor_devices_per_day
    return tuple(
        Cell(
            key=key,
            noisy=value,
            display=display(
                value,
                sigma=method.sigma,
                floor=readable * days,
                sigmas=rule.sigmas,
                reliable_sigmas=rule.reliable_sigmas,
            ),
        )
        for key, value in zip(definition.keys(), noisy, strict=True)
    )
