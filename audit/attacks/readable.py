"""A20: how many devices stand behind what is displayed. The display rule looks at noisy values only.

The simulated school's exact T1 (and smaller schools, thinned from it) is drawn again and again through
the gate's noise and display rule; each displayed cell must rest on at least 11 distinct devices: the
simulator knows which pseudonyms of several days are one device, the product cannot.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, told
from audit.ground import FIRST, Ground
from privacy import release as values
from privacy.gate import door, noise
from privacy.gate.periods import PeriodKind, period_of
from privacy.release import Shown

LEAST_DEVICES: Final = 11
SHARE: Final = 0.99
SHARES: Final = (1.0, 0.5, 0.17)
"""Of the simulated school's 610 devices: about 600, 300 and 100."""


def _week(ground: Ground, monday: date, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return device-days and distinct devices of a week, by cell of T1, in a school of fewer devices."""
    filled, first = ground.truth.filled, monday.toordinal()
    devices = np.unique(filled[:, 1])
    chosen = ground.rng(20, first).choice(devices, int(len(devices) * share), replace=False)
    here = (filled[:, 0] >= first) & (filled[:, 0] < first + 7) & np.isin(filled[:, 1], chosen)
    cells = len(next(c for (table, _), c in ground.truth.cells.items() if table == "T1").counts)
    pairs = np.unique(filled[here][:, 1:], axis=0)
    total = np.bincount(filled[here][:, 2], minlength=cells)
    return total, np.bincount(pairs[:, 1], minlength=cells)


def _shown(ground: Ground, exact: Sequence[int], days: int) -> list[bool]:
    """Return which cells the gate's own rule displays, of one draw."""
    method = ground.settings.method("T1")
    rule = ground.settings.display
    noisy = noise.draw(list(exact), method)
    return [
        isinstance(
            door.display(
                value, sigma=method.sigma, floor=rule.floor_devices_per_day * days,
                sigmas=rule.sigmas, reliable_sigmas=rule.reliable_sigmas,
            ),
            Shown,
        )
        for value in noisy
    ]  # fmt: skip


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    displayed, readable, fewest = 0, 0, 10**9
    for week in range(ground.sizes.weeks):
        monday = FIRST + timedelta(days=7 * week)
        days = len(period_of(PeriodKind.WEEK, monday).days())
        for share in SHARES:
            total, devices = _week(ground, monday, share)
            for _ in range(max(ground.sizes.readable_draws // ground.sizes.weeks, 1)):
                for shown, count in zip(_shown(ground, total.tolist(), days), devices, strict=True):
                    displayed += shown
                    readable += shown and count >= LEAST_DEVICES
                    fewest = min(fewest, int(count)) if shown else fewest
    share = readable / max(displayed, 1)
    return [
        told("cellules affichées, tirages répétés, écoles de 600, 300 et 100 appareils", displayed),
        at_least("part qui repose sur au moins 11 appareils distincts", share, SHARE),
        told("moins d'appareils derrière une cellule affichée", fewest),
    ]


def _at_one_sigma(real: Any) -> Any:
    def display(noisy: int, **rule: Any) -> Any:
        return real(noisy, **{**rule, "sigmas": 1.0, "floor": 0})

    return display


ATTACK: Final = Attack(
    "A20",
    "Lisibilité du seuil",
    "Compter les appareils réels derrière chaque cellule affichée.",
    measure,
    (mutant("affichage dès un sigma", (door, "display", _at_one_sigma(values.display))),),
    fresh=True,
)
