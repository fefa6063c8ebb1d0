"""A19: a school year of charges, several workers at once, and more than the budget allows.

What the ledger says must be what the charges add up to, day by day; a period has one winner however many
ask at the same moment; whatever would pass the total is refused.
"""

import os
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, at_most, equals
from audit.ground import FIRST, Ground, Live
from privacy.gate import ledger
from privacy.gate.ledger import ROUNDING, Charge, Ledger
from privacy.gate.periods import period_of
from privacy.gate.refused import AlreadyReleased, OverBudget
from privacy.gate.tables import PERIODS
from privacy.settings import MOST, PrivacySettings, TableName

WORKERS: Final = 6
RACES: Final = 8


def charge_of(settings: PrivacySettings, table: TableName, day: date) -> Charge:
    """Return what a release of a table costs."""
    method, period = settings.method(table), period_of(PERIODS[table], day)
    return Charge(
        table=table, period=period.name, starts=period.starts.isoformat(),
        ends=period.ends.isoformat(), rho=method.rho, sigma=method.sigma, cap=method.cap,
        privacy_digest=settings.digest(),
        charter_digest="0" * 64,
    )  # fmt: skip


def _year(ground: Ground, own: Ledger) -> tuple[int, int]:
    """Charge every period of the weeks; then again. Returns charges, and how often "again" passed."""
    settings, charged, again = ground.settings, 0, 0
    days = [FIRST + timedelta(days=n) for n in range(7 * ground.sizes.ledger_weeks)]
    wanted = {(t, period_of(PERIODS[t], day).name): day for t in MOST for day in days}
    for (table, _), day in wanted.items():
        own.charge(charge_of(settings, table, day), total_rho=settings.total_rho)
        charged += 1
    for (table, _), day in list(wanted.items())[:: max(len(wanted) // 60, 1)]:
        try:
            own.charge(charge_of(settings, table, day), total_rho=settings.total_rho)
            again += 1
        except AlreadyReleased:
            continue
    return charged, again


def heaviest(charges: tuple[Charge, ...]) -> float:
    """Return the most that a day costs, recomputed without the ledger's own arithmetic."""
    spent: Counter[date] = Counter()
    for one in charges:
        day, end = date.fromisoformat(one.starts), date.fromisoformat(one.ends)
        while day < end:
            spent[day] += one.rho  # type: ignore[assignment] - a sum of costs
            day += timedelta(days=1)
    return max(spent.values(), default=0)


def _over(ground: Ground, own: Ledger) -> int:
    """Try what the total does not allow; returns how often it passed."""
    from dataclasses import replace

    passed, settings = 0, ground.settings
    for n, table in enumerate(MOST):
        honest = charge_of(settings, table, FIRST + timedelta(days=7_000))
        extra = replace(honest, table=f"{table}-again{n}", rho=settings.total_rho * (1 + 1e-6))
        try:
            own.charge(extra, total_rho=settings.total_rho)
            passed += 1
        except OverBudget:
            continue
    for table in ("T1", "T6"):
        extra = replace(charge_of(settings, table, FIRST), table="more")  # type: ignore[arg-type]
        try:
            own.charge(extra, total_rho=settings.total_rho)
            passed += 1
        except OverBudget:
            continue
    return passed


def _race(ground: Ground, path: Path, number: int) -> int:
    """Let several processes charge one period at the same moment; returns how many won."""
    own, day = Ledger(path), FIRST + timedelta(days=7 * number)
    at = time.monotonic() + 0.05
    children = []
    for _ in range(WORKERS):
        pid = os.fork()
        if not pid:
            time.sleep(max(at - time.monotonic(), 0))
            try:
                total = ground.settings.total_rho
                own.charge(charge_of(ground.settings, "T1", day), total_rho=total)
                os._exit(0)
            except AlreadyReleased:
                os._exit(1)
            finally:
                os._exit(2)
        children.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    return codes.count(0)


def races(ground: Ground) -> list[Figure]:
    """Run the races."""
    path = ground.own / "race.jsonl"
    path.unlink(missing_ok=True)
    winners = [_race(ground, path, number) for number in range(RACES)]
    try:
        kept = len(Ledger(path).charges())
    except ledger.LedgerDamaged:
        kept = -1
    return [
        equals("courses de six processus : gagnants en trop ou en moins",
               sum(abs(won - 1) for won in winners), 0),
        equals("lignes du registre après les courses", kept, RACES),
    ]  # fmt: skip


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    path = ground.own / "year.jsonl"
    path.unlink(missing_ok=True)
    own = Ledger(path)
    charged, again = _year(ground, own)
    over = _over(ground, own)
    total = ground.settings.total_rho
    most = heaviest(own.charges())
    return [
        at_least("semaines chargées", ground.sizes.ledger_weeks, 1),
        equals("charges du registre", len(own.charges()), charged),
        at_most("rho d'un jour, recalculé / total", most / total, 1 + ROUNDING),
        equals("périodes chargées une seconde fois", again, 0),
        equals("charges au-delà du total qui ont passé", over, 0),
        *races(ground),
    ]


def live(subject: Live) -> list[Figure]:
    """Recompute a live ledger."""
    path = subject.copy("budget") / "private" / "ledger.jsonl"
    charges = Ledger(path).charges()
    each = Counter((one.table, one.period) for one in charges)
    stored = {
        (path.parent.name, path.stem)
        for path in (subject.store / "public" / "releases").glob("T*/*.json")
    }
    return [
        at_most("rho d'un jour, recalculé / total", heaviest(charges) / subject.settings.total_rho, 1 + ROUNDING),
        equals("périodes chargées deux fois", sum(n > 1 for n in each.values()), 0),
        equals("publications sans charge", len(stored - each.keys()), 0),
    ]  # fmt: skip


class _NoLock:
    """`fcntl` whose lock does nothing, slowly: a race on the ledger."""

    LOCK_EX = 2

    @staticmethod
    def flock(_file: int, _how: int) -> None:
        """Lock nothing."""


def _slow(real: Any) -> Any:
    def check(*arguments: Any) -> None:
        real(*arguments)
        time.sleep(0.05)

    return check


ATTACK: Final = Attack(
    "A19",
    "Budget",
    "Charger une année, à plusieurs en même temps, et au-delà du total.",
    measure,
    (
        mutant(
            "registre sans verrou",
            (ledger, "fcntl", _NoLock),
            (ledger, "_check", _slow(ledger._check)),  # noqa: SLF001 - the mutant is the ledger
            measure=races,
        ),
    ),
    live=live,
    needs="nothing",
)
