"""A14: link one day's pseudonyms to the next by behaviour, inside what is retained; and what is past it.

Linking is expected to work above chance: that is why the slices stay personal data, and it is reported,
not passed. What must hold is the end: no partition older than the policy can be read by anybody.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from analyzer import retention
from analyzer.store import SIMULATED, Store, StoreDamaged
from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, equals, told
from audit.ground import FIRST, Ground, Live
from audit.prepare import pseudonyms, thinned
from privacy.log.file import AuditLog
from privacy.store.keys import KeyMissing
from privacy.store.layout import FLOWS, keys_beside
from simulator.day import draw_day
from simulator.people import make_roster
from simulator.weeks import slice_table

KEEP: Final = 3
LATER: Final = 2
"""Days after the retention, when the job runs."""


def linked(ground: Ground) -> tuple[float, float]:
    """Return the share of devices found again the next day, and the share by chance."""
    first, second = (_by_name(ground, FIRST + timedelta(days=n)) for n in (0, 1))
    both = sorted(first.keys() & second.keys())
    names = sorted({name for day in (first, second) for own in day.values() for name in own})
    at = {name: n for n, name in enumerate(names)}
    matrices = []
    for day in (first, second):
        matrix = np.zeros((len(both), len(at)))
        for n, device in enumerate(both):
            for name, value in day[device].items():
                matrix[n, at[name]] = value
        matrices.append(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9))
    nearest = (matrices[0] @ matrices[1].T).argmax(axis=1)
    return float((nearest == np.arange(len(both))).mean()), 1 / len(both)


def _by_name(ground: Ground, day: date) -> dict[int, dict[str, float]]:
    """Return device → what it did: slices by site, zone and hour."""
    roster = make_roster(ground.seed)
    drawn = draw_day(roster, ground.seed, day)
    whole = slice_table(drawn, roster, ground.seed)
    known = pseudonyms(drawn, whole)
    found: dict[int, dict[str, float]] = {}
    for row in thinned(whole, KEEP).select(["device", "site", "zone", "minute"]).to_pylist():
        if row["device"] is not None:
            own = found.setdefault(known[row["device"]], {})
            for name in (
                f"site {row['site']}",
                f"zone {row['zone']}",
                f"hour {row['minute'].hour}",
            ):
                own[name] = own.get(name, 0.0) + 1
    return found


def readable(store: Path, days: Iterable[date]) -> int:
    """Count days whose slices can still be read."""
    found = 0
    own = Store(store)
    for day in days:
        with suppress(StoreDamaged, KeyMissing, OSError):
            segments, _ = own.checked(FLOWS, day)
            found += bool(segments) and own.dataset(segments).count_rows() > 0
    return found


def retained(ground: Ground) -> list[Figure]:
    """Run the retention job on a copy, late, and try to read what it should have erased."""
    store = ground.copy("retained")
    kept = ground.settings.retention_days
    days = Store(store).days(FLOWS)
    as_of = days[-1] + timedelta(days=kept + LATER)
    before = readable(store, days)
    log = AuditLog(store, keys_beside(store), lambda: 0)
    retention.purge(store, log=log, as_of=as_of, retention_days=kept, dry_run=False)
    backup = readable(store, days)
    return [
        at_least("jours lisibles avant la purge", before, 1),
        equals("jours plus vieux que la politique encore lisibles", backup, 0),
    ]


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    share, chance = linked(ground)
    note = "attendu au-dessus du hasard : ces tranches restent des données personnelles"
    return [
        told("appareils retrouvés le lendemain par leur comportement", share, note),
        told("par hasard", chance),
        *retained(ground),
    ]


def live(subject: Live) -> list[Figure]:
    """Try to open what a live store should have erased; nothing that it still holds is read."""
    from datetime import UTC, datetime

    today = subject.school.calendar.local_day(datetime.now(UTC))
    limit = today - timedelta(days=subject.settings.retention_days)
    store = Store(subject.store)
    old = [day for day in store.days(FLOWS) if day < limit]
    invented = [day for day in old if _origin(store, day) == SIMULATED]
    measured = readable(subject.store, [day for day in old if day not in invented])
    return [
        told("jours simulés : personne n'y est", len(invented)),
        equals("jours plus vieux que la politique encore lisibles", measured, 0),
    ]


def _origin(store: Store, day: date) -> str:
    try:
        return store.checked(FLOWS, day)[1]
    except (StoreDamaged, KeyMissing, OSError):
        return ""


def _off(*_: Any, **__: Any) -> None:
    """A retention job that was switched off."""


ATTACK: Final = Attack(
    "A14",
    "Recoupement par le comportement",
    "Relier les pseudonymes d'un jour à ceux du lendemain ; lire ce qui devrait être effacé.",
    measure,
    (mutant("purge arrêtée", (retention, "purge", _off), measure=retained),),
    live=live,
)
