"""A11: which device did what? Rebuild the bits from four weeks of releases and the enrolment.

Bits: device-day × use of the charter. Devices of a zone look alike to who reads the releases, so the best
linear programme under the tables has one unknown per zone, use and day: the share of its devices. The
attacker solves for it from everything that is published; the baseline knows the enrolment and the long-run
share. What the attacker gains over the baseline is what the releases gave away about persons.

The control publishes the exact tables as statistics offices once did: cells under 11 hidden, margins
shown. Linear algebra must then bring back a quarter of the hidden cells, or the attack is blunt.
"""

from datetime import timedelta
from typing import Any, Final

import numpy as np

from audit.attack import Attack, Figure, Mutant, at_most, told, unresolved
from audit.ground import FIRST, Ground
from privacy.gate import noise
from privacy.gate.tables import ANY, CHARTER_USES
from privacy.published import Published
from privacy.release import Method

HIDDEN_UNDER: Final = 11
GAIN_POINTS: Final = 5.0
CONTROL: Final = 0.25
USES: Final = (ANY, *CHARTER_USES)
Z95: Final = 1.96
TINY: Final = 1e-9


def _zones(ground: Ground) -> list[str]:
    published = Published(ground.store / "public")
    payload = published.payload("T1", published.periods("T1")[0])
    return list(dict.fromkeys(cell["key"]["zone"] for cell in payload["cells"]))


def _truth(ground: Ground, week: int, zones: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (active device-days by zone, those with each use by zone) of one week: exact."""
    filled, first = ground.truth.filled, FIRST.toordinal() + 7 * week
    here = filled[(filled[:, 0] >= first) & (filled[:, 0] < first + 7)]
    counts = np.bincount(here[:, 2], minlength=zones * len(USES)).reshape(zones, len(USES))
    return counts[:, 0], counts[:, 1:]


def _noisy(ground: Ground, week: int, zones: list[str]) -> np.ndarray:
    """Return T1's released values of one week, by zone and use."""
    published = Published(ground.store / "public")
    monday = FIRST + timedelta(days=7 * week)
    payload = published.payload("T1", "{:04d}-W{:02d}".format(*monday.isocalendar()[:2]))
    values = {(c["key"]["zone"], c["key"]["use"]): c["noisy"] for c in payload["cells"]}
    return np.array([[values[zone, use] for use in USES] for zone in zones], float)


def _days(ground: Ground, week: int) -> np.ndarray:
    """Return T6's released values of one week, summed: the whole school's device-days of each use."""
    published = Published(ground.store / "public")
    total = np.zeros(len(CHARTER_USES))
    for n in range(7):
        day = (FIRST + timedelta(days=7 * week + n)).isoformat()
        if day in published.periods("T6"):
            payload = published.payload("T6", day)
            total += np.array([cell["noisy"] for cell in payload["cells"]], float)
    return total


def _solved(weekly: np.ndarray, daily: np.ndarray, sigmas: tuple[float, float]) -> np.ndarray:
    """Return shares by zone and use: least squares under T1 and T6, kept between 0 and 1."""
    zones = len(weekly)
    shares = np.zeros((zones, len(CHARTER_USES)))
    for use in range(len(CHARTER_USES)):
        # Each zone's cell, and their sum against the whole school's days.
        rows = np.vstack([np.eye(zones) / sigmas[0], np.ones(zones) / sigmas[1]])
        right = np.append(weekly[:, use + 1] / sigmas[0], daily[use] / sigmas[1])
        found, *_ = np.linalg.lstsq(rows, right, rcond=None)
        shares[:, use] = found / np.maximum(weekly[:, 0], 1)
    return shares.clip(0, 1)


def gain(ground: Ground) -> tuple[float, float, int]:
    """Return (gain in points, upper 95 % end, bits)."""
    zones = _zones(ground)
    weeks = range(ground.sizes.weeks)
    exact = [_truth(ground, week, len(zones)) for week in weeks]
    long_run = _long_run(ground, exact)
    sigmas = (ground.settings.method("T1").sigma, ground.settings.method("T6").sigma * 5**0.5)
    better = worse = bits = 0
    for week in weeks:
        shares = _solved(_noisy(ground, week, zones), _days(ground, week), sigmas)
        active, with_use = exact[week]
        for zone in range(len(zones)):
            for use in range(len(CHARTER_USES)):
                of, ones = int(active[zone]), int(with_use[zone, use])
                attacker, base = shares[zone, use] > 0.5, long_run[zone, use] > 0.5
                bits += of
                if attacker != base:  # one says yes for everybody, the other no
                    right = ones if attacker else of - ones
                    better, worse = better + right, worse + of - right
    mean = (better - worse) / bits
    spread = ((better + worse) / bits - mean**2) ** 0.5 / bits**0.5
    return 100 * mean, 100 * (mean + Z95 * spread), bits


def _long_run(ground: Ground, exact: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return what everybody may know: the share of each use in a zone over all weeks."""
    del ground
    active = sum(one for one, _ in exact)
    with_use = sum(one for _, one in exact)
    return with_use / np.maximum(active, 1)[:, None]  # type: ignore[index]


def recovered(table: np.ndarray) -> tuple[int, int]:
    """Return (hidden, brought back exactly) of one week of exact tables, day × zone × use.

    Cells under 11 are hidden; shown are each day's zones and uses summed up, and the week's total of
    each cell where it reaches 11. A hidden cell is known when no solution moves it: when its row of the
    null space is zero.
    """
    hidden = np.argwhere((table < HIDDEN_UNDER) & (table > 0))
    if not len(hidden):
        return 0, 0
    week = table.sum(axis=0)
    sums: dict[tuple[str, int, int], int] = {}
    entries = []
    for n, (day, zone, use) in enumerate(hidden):
        places = [("day-use", day, use), ("day-zone", day, zone)]
        if week[zone, use] >= HIDDEN_UNDER:
            places.append(("zone-use", zone, use))
        entries += [(sums.setdefault((k, int(a), int(b)), len(sums)), n) for k, a, b in places]
    rows = np.zeros((len(sums), len(hidden)))
    for row, column in entries:
        rows[row, column] = 1
    _, values, basis = np.linalg.svd(rows)
    null = basis[int((values > TINY).sum()) :]
    return len(hidden), int((np.abs(null).max(axis=0, initial=0) < TINY).sum())


def _control_tables(ground: Ground) -> list[np.ndarray]:
    """Return exact tables of whole weeks, day × zone × use, of schools of several sizes."""
    filled = ground.truth.filled
    zones, found = len(_zones(ground)), []
    devices = np.unique(filled[:, 1])
    for share in (1.0, 0.5, 0.17):
        chosen = ground.rng(11).choice(devices, int(len(devices) * share), replace=False)
        for week in range(ground.sizes.weeks):
            first = FIRST.toordinal() + 7 * week
            here = filled[(filled[:, 0] >= first) & (filled[:, 0] < first + 7)]
            here = here[np.isin(here[:, 1], chosen)]
            places = (here[:, 0] - first) * zones * len(USES) + here[:, 2]
            counts = np.bincount(places, minlength=7 * zones * len(USES))
            found.append(counts.reshape(7, zones, len(USES))[:, :, 1:])
    return found


def recovery(ground: Ground) -> tuple[int, int]:
    """Return (small cells, brought back exactly) over tables as the gate's noise leaves them."""
    hidden = back = 0
    method = ground.settings.method("T1")
    for table in _control_tables(ground):
        seen = np.array(noise.draw(table.ravel().tolist(), method)).reshape(table.shape)
        if (seen == table).all():
            some, known = recovered(table)
            hidden, back = hidden + some, back + known
        else:  # nothing is hidden and nothing is true: what a reader sees is his best guess
            small = (table < HIDDEN_UNDER) & (table > 0)
            hidden += int(small.sum())
            back += int((small & (seen == table)).sum())
    return hidden, back


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    mean, upper, bits = gain(ground)
    hidden, back = recovery(ground)
    return [
        told("semaines", ground.sizes.weeks),
        told("bits appareil-jour × usage", bits),
        told("gain sur la base, points", mean),
        _gain(ground, upper),
        told("petites cellules", hidden),
        at_most(
            "part des petites cellules retrouvées exactement", back / max(hidden, 1), CONTROL - 0.05
        ),
    ]


def _gain(ground: Ground, upper: float) -> Figure:
    name = "gain, borne haute à 95 %, points"
    if ground.sizes.weeks > 1:
        return at_most(name, upper, GAIN_POINTS)
    return unresolved(
        name, upper, f"≤ {GAIN_POINTS:g}", "une seule semaine : forme longue seulement"
    )


def _exact(counts: Any, method: Method) -> list[int]:
    del method
    return list(counts)


def _control(ground: Ground) -> list[Figure]:
    """Judge the control: it must bring back enough, else the attack is blunt and the mutant survives."""
    hidden, back = recovery(ground)
    share = back / max(hidden, 1)
    return [
        Figure("part des cellules supprimées retrouvées exactement", round(share, 3), f"≥ {CONTROL} (témoin)",
               share < CONTROL)
    ]  # fmt: skip


def _mutant() -> Any:
    from audit.alter import replaced

    return replaced((noise, "draw", _exact))


ATTACK: Final = Attack(
    "A11",
    "Reconstruction",
    "Retrouver quel appareil a fait quoi à partir des publications et des effectifs.",
    measure,
    (Mutant("tables exactes, cellules sous 11 supprimées", _mutant, _control),),
)
