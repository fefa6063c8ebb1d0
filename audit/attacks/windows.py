"""A4: windows that overlap, slide, or meet at midnight and at the change of clocks."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from analyzer import plan
from analyzer.facts import minute_table
from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, equals
from audit.ground import Ground, Live
from privacy.gate import door, periods
from privacy.gate.ledger import Charge, Ledger
from privacy.gate.periods import Period, PeriodKind
from privacy.published import NOISY_TABLES, Published

CHANGES: Final = (date(2026, 3, 29), date(2026, 10, 25))
MINUTES: Final = {date(2026, 3, 29): 1_380, date(2026, 10, 25): 1_500}
YEAR: Final = 400


def _published(public: Path) -> Iterator[tuple[str, str, str]]:
    published = Published(public)
    for table in NOISY_TABLES:
        for period in published.periods(table):
            payload = published.payload(table, period)
            yield table, payload["starts"], payload["ends"]


def overlaps(spans: Iterable[tuple[str, str, str]]) -> int:
    """Count pairs of periods of one table that share a day."""
    return sum(
        a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a, b in combinations(list(spans), 2)
    )


def _uncharged(public: Path, charges: tuple[Charge, ...]) -> int:
    charged = {(one.table, one.starts, one.ends) for one in charges}
    return sum(span not in charged for span in _published(public))


def _gaps(kind: PeriodKind) -> int:
    """Count days of a year that are in no period of a kind, or in two; asked through the gate's name."""
    first, faults = date(2026, 1, 5), 0
    for n in range(YEAR):
        day = first + timedelta(days=n)
        own: Period = door.period_of(kind, day)
        after = door.period_of(kind, day + timedelta(days=1))
        faults += day not in own.days()
        faults += own != after and own.ends > after.starts
    return faults


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    store = ground.store
    charges = Ledger(store / "private" / "ledger.jsonl").charges()
    spans = list(_published(store / "public"))
    wrong = sum(
        len(minute_table(ground.school.calendar, day, day + timedelta(days=1))) != MINUTES[day]
        for day in CHANGES
    )
    doubled = sum(
        len(set(table["minute"].to_pylist())) != len(table)
        for day in CHANGES
        for table in [minute_table(ground.school.calendar, day, day + timedelta(days=1))]
    )
    return [
        at_least("publications", len(spans), 1),
        equals("paires d'une table qui se chevauchent", overlaps(spans), 0),
        equals("chevauchements entre tables non chargés", _uncharged(store / "public", charges), 0),
        *calendar_figures(),
        equals("jours de changement d'heure de longueur fausse", wrong, 0),
        equals("minutes comptées deux fois au changement d'heure", doubled, 0),
    ]


def calendar_figures() -> list[Figure]:
    """Return what a year of periods looks like through the gate."""
    faults = sum(_gaps(kind) for kind in PeriodKind)
    return [equals("jours d'une année hors période, ou dans deux périodes", faults, 0)]


def _of_mutant(ground: Ground) -> list[Figure]:
    del ground
    return calendar_figures()


def live(subject: Live) -> list[Figure]:
    """Look at a live store's periods and ledger."""
    store = subject.copy("windows")
    charges = Ledger(store / "private" / "ledger.jsonl").charges()
    return [
        equals("paires d'une table qui se chevauchent", overlaps(_published(store / "public")), 0),
        equals("chevauchements entre tables non chargés", _uncharged(store / "public", charges), 0),
    ]


def _sliding(real: Any) -> Any:
    """The last 24 hours: each day's window begins the day before."""

    def period_of(kind: PeriodKind, day: date) -> Period:
        honest: Period = real(kind, day)
        if kind is not PeriodKind.DAY:
            return honest
        return Period(kind, honest.name, honest.starts - timedelta(days=1), honest.ends)

    return period_of


ATTACK: Final = Attack(
    "A4",
    "Fenêtres qui se chevauchent",
    "Chercher des périodes qui glissent, se chevauchent, ou débordent à minuit et au changement d'heure.",
    measure,
    (
        mutant(
            "fenêtre glissante de 24 heures",
            (door, "period_of", _sliding(periods.period_of)),
            (plan, "period_of", _sliding(periods.period_of)),
            measure=_of_mutant,
        ),
    ),
    live=live,
)
