"""Which periods are to be released, and why the others are not. Reads the store, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from analyzer import cells
from analyzer.exact import Bench
from privacy.gate.ledger import Charge
from privacy.gate.periods import Period, PeriodKind, period_of
from privacy.gate.refused import LedgerDamaged
from privacy.published import NOISY_TABLES, Published
from privacy.sealed import SealBroken
from privacy.settings import TableName

OPEN = "not over yet"
NO_SCHOOL = "no school day, so nothing that the school decides on"
LOST = "charged, but its release was lost in a crash; it is never drawn again"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A period that is not released, and why."""

    table: str
    period: str
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """A period to release now."""

    table: TableName
    period: Period


@dataclass(frozen=True, slots=True)
class Plan:
    """What `jauge release` will do to the noisy tables."""

    due: tuple[Due, ...]
    skipped: tuple[Skipped, ...]

    def wanted(self) -> dict[date, tuple[TableName, ...]]:
        """Return the days whose exact cells are needed, and for which tables."""
        found: dict[date, tuple[TableName, ...]] = {}
        for due in self.due:
            for day in due.period.days():
                found[day] = (*found.get(day, ()), due.table)
        return found


def check_published(bench: Bench, charges: Sequence[Charge]) -> None:
    """Refuse to go on when the published releases and the ledger do not fit.

    A release without a charge: the ledger was rolled back. A last charge that is not its release's: no
    later line carries the hash of the last one, so its sealed release vouches for it.

    Raises:
        LedgerDamaged: they do not.
    """
    charged = {(charge.table, charge.period) for charge in charges}
    if charges and not _vouched(bench, charges[-1]):
        raise LedgerDamaged("the last charge is not that of its release: restore the ledger")
    for table in NOISY_TABLES:
        for path in bench.store.releases(table).glob("*.json"):
            if (table, path.stem) not in charged:
                raise LedgerDamaged(
                    f"{table} {path.stem} is published but not in the ledger: restore the ledger"
                )


def _vouched(bench: Bench, charge: Charge) -> bool:
    """Say whether a charge is that of its release, as far as one is stored and can be read."""
    try:
        release = Published(bench.store.public).release(charge.table, charge.period)
    except (OSError, SealBroken, ValueError, KeyError):
        return True  # lost in a crash, or damaged: whoever serves it says so
    method = release.method
    return charge == replace(
        charge,
        starts=release.starts.isoformat(),
        ends=release.ends.isoformat(),
        rho=method.rho,
        sigma=method.sigma,
        cap=method.cap,
        privacy_digest=release.privacy_digest,
        charter_digest=release.charter_digest,
    )


def candidates(bench: Bench, table: TableName) -> list[Period]:
    """Return the periods of which slices or exact cells are there, oldest first.

    That a day has a `flows` partition says that the collector was counting; the status document
    publishes it.
    """
    kind = bench.tables[table].period
    days = {*bench.store.days("flows"), *cells.days(bench.store, table)}
    return sorted({period_of(kind, day) for day in days}, key=lambda period: period.starts)


def has_school_day(bench: Bench, period: Period) -> bool:
    """Say whether the school is open on a day of the period."""
    return any(bench.school.calendar.is_school_day(day) for day in period.days())


def plan(bench: Bench, charges: tuple[Charge, ...], as_of: date | None) -> Plan:
    """Return what is due and what is skipped.

    Args:
        bench: store and school.
        charges: the ledger.
        as_of: the school's local day; None plans open periods too (`jauge analyze`).
    """
    charged = {(charge.table, charge.period) for charge in charges}
    due: list[Due] = []
    skipped: list[Skipped] = []
    for table in bench.tables:
        for period in candidates(bench, table):
            reason = _reason(bench, table, period, charged=charged, as_of=as_of)
            if reason is None:
                due.append(Due(table, period))
            elif reason:
                skipped.append(Skipped(table, period.name, reason))
    due.sort(key=lambda item: (item.period.ends, item.table))
    return Plan(tuple(due), tuple(skipped))


def _reason(
    bench: Bench,
    table: TableName,
    period: Period,
    *,
    charged: set[tuple[str, str]],
    as_of: date | None,
) -> str | None:
    """Return why a period is not due; empty if it is released already; None if it is due."""
    if (table, period.name) in charged:
        released = (bench.store.releases(table) / f"{period.name}.json").exists()
        return "" if released else LOST
    if not has_school_day(bench, period):
        return NO_SCHOOL
    if as_of is not None and not period.closed(as_of):
        return OPEN
    return None


def link_candidates(bench: Bench) -> list[Period]:
    """Return the days that have link rows, oldest first."""
    return [period_of(PeriodKind.DAY, day) for day in bench.store.days("link")]
