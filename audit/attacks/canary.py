"""A7, A8, A9: one device-day against everything that is released about it.

The worst device-day is sent through the gate twice, many times over: with it and without it. Only its
own cells are drawn again (the others tell an attacker who knows everybody else nothing), by the gate's
own `bounded` and `noise`. What separates the two sides is mu; the settings claim at most √(2·rho).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Any, Final

import numpy as np

from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, at_most, equals, told, unresolved
from audit.attacks.noise_law import weaker
from audit.ground import Ground
from audit.statistics import Z99, normal_cdf
from privacy.gate import bounded, noise
from privacy.gate.bounded import Activity, Seen
from privacy.gate.tables import CHARTER_USES, Definition
from privacy.release import Measure, Method
from privacy.settings import MOST, PrivacySettings, TableName

BASE: Final = 1_000_000
RESOLVED: Final = 1.3
CHEAP: Final = ("T4", "T5-bis", "T7", "T1")
"""Nine cells that hold 55 % of the budget: what the short form draws."""
CHUNK: Final = 20_000
WEEK_DAYS: Final = 5
DAY_LIMIT, WEEK_LIMIT, SECRETARY_LIMIT = 0.564, 0.73, 0.58


def _exact(definition: Definition) -> np.ndarray:
    """Return what the canary puts into each cell: it tries to fill every one, ten gigabytes in each."""
    if definition.zones or definition.name in {"T5-bis", "T6", "rehearsal"}:
        zone = definition.zones[0] if definition.zones else None
        rows = [Activity(7, zone, 400, (400,) * len(CHARTER_USES))]
        cells = bounded.cells_of(rows, definition)
    else:
        seen = [Seen(7, cell, 10**10) for cell in definition.cells()]
        if definition.measure is Measure.MEGABYTES:
            # All in one cell: the same length of move, a sixth of the draws.
            return np.array(bounded.volumes(seen[:1], definition), np.int64)
        cells = bounded.met(seen, definition)
    counts = np.zeros(len(definition.cells()), np.int64)
    counts[list(cells)] = 1
    return counts


@dataclass(frozen=True)
class Side:
    """The canary's own cells of one table, and how they are drawn."""

    method: Method
    moved: np.ndarray
    """What it adds, its own cells only."""
    releases: int = 1
    """Separate releases that hold it: a day's table of a week."""

    def statistic(self, runs: int, times: int) -> np.ndarray:
        """Return the best sum for `runs` releases, in units of the noise: N(mu·times, mu²).

        Args:
            runs: how many.
            times: how often the canary is in them: 0 is without it, 5 a whole week.
        """
        total = np.zeros(runs)
        for _ in range(self.releases):
            exact = BASE + self.moved * times
            for start in range(0, runs, CHUNK):
                size = min(CHUNK, runs - start)
                flat = noise.draw(np.tile(exact, size).tolist(), self.method)
                drawn = np.array(flat, np.int64).reshape(size, -1) - BASE
                total[start : start + size] += drawn @ self.moved
        return total / self.method.sigma**2


def sides(ground: Ground, tables: Sequence[TableName], *, week: bool = False) -> dict[str, Side]:
    """Return the canary's cells in some tables.

    Args:
        ground: the simulated subject.
        tables: which.
        week: of five days; a table of days then has five releases.
    """
    definitions = _definitions(ground)
    found = {}
    for name in tables:
        counts = _exact(definitions[name])
        releases = WEEK_DAYS if week and name == "T6" else 1
        found[name] = Side(ground.settings.method(name), counts[counts > 0], releases)
    return found


def _definitions(ground: Ground) -> Mapping[str, Definition]:
    from privacy.gate.tables import rehearsal

    return {**ground.hostile().tables, "rehearsal": rehearsal(ground.settings)}


def claim(settings: PrivacySettings, tables: Sequence[TableName]) -> float:
    """Return the mu that the settings allow for some tables together."""
    return math.sqrt(2 * sum(settings.method(name).rho for name in tables))


@dataclass(frozen=True)
class Audit:
    """One mu-audit: estimate with its 99 % interval, against the claim."""

    mu: float
    half: float
    claim: float

    @property
    def flagged(self) -> bool:
        """Say whether even the lower end passes the claim."""
        return self.mu - self.half > self.claim

    @property
    def resolved(self) -> bool:
        """Say whether the upper end is near enough to the claim to mean something."""
        return self.mu + self.half <= RESOLVED * self.claim


Drawn = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Statistics of each table without and with the canary."""


def draw_sides(chosen: Mapping[str, Side], runs: int) -> Drawn:
    """Draw both sides of some tables."""
    return {name: (one.statistic(runs, 0), one.statistic(runs, 1)) for name, one in chosen.items()}


def audit(drawn: Drawn, allowed: float) -> Audit:
    """Compare the means of both sides, of some tables together."""
    without = sum(one for one, _ in drawn.values())
    having = sum(one for _, one in drawn.values())
    scale = math.sqrt((np.var(without) + np.var(having)) / 2)
    mu = float(np.mean(having) - np.mean(without)) / scale
    return Audit(mu, Z99 * math.sqrt(2 / len(without)), allowed)  # type: ignore[arg-type]


def _again(first: Audit, chosen: Mapping[str, Side], runs: int) -> Audit:
    """Audit once more if it was flagged: only two in a row count (false alarm 0.5 % each)."""
    return audit(draw_sides(chosen, runs), first.claim) if first.flagged else first


def _judged(name: str, found: Audit) -> list[Figure]:
    low = found.mu - found.half
    limit = found.claim
    figures = [at_most(f"mu, borne basse à 99 %, {name} (estimé {found.mu:.4f})", low, limit)]
    upper, criterion = (found.mu + found.half) / limit, f"≤ {RESOLVED}".replace(".", ",")
    what = f"borne haute / promesse, {name}"
    if found.resolved:
        figures.append(at_most(what, upper, RESOLVED))
    else:
        figures.append(unresolved(what, upper, criterion, "non résolu avec ce nombre de tirages"))
    return figures


def measure_mu(ground: Ground) -> list[Figure]:
    """Run A7."""
    runs, settings = ground.sizes.runs, ground.settings
    whole = ground.sizes.form == "longue"
    tables: tuple[TableName, ...] = tuple(MOST) if whole else CHEAP
    chosen = sides(ground, tables)
    drawn = draw_sides(chosen, runs)
    joint = _again(audit(drawn, claim(settings, tables)), chosen, runs)
    figures = [told("tirages par côté", runs), *_judged(f"{len(tables)} tables ensemble", joint)]
    if not joint.resolved:
        figures.append(equals("audit d'ensemble résolu", "non", "oui"))
    if not whole:
        why = "forme longue seulement"
        return [*figures, unresolved("mu de chaque table seule", 0, "≤ promesse", why)]
    for name in tables:
        first = audit({name: drawn[name]}, claim(settings, [name]))
        figures += _judged(name, _again(first, {name: chosen[name]}, runs))
    return figures


def _mu_of_mutant(ground: Ground) -> list[Figure]:
    chosen, runs = sides(ground, CHEAP), ground.sizes.mutant_runs
    first = audit(draw_sides(chosen, runs), claim(ground.settings, CHEAP))
    return _judged("4 tables", _again(first, chosen, runs))[:1]


def _halved(real: Any) -> Any:
    """The settings believe that a device-day moves half as much: half the noise for the same rho."""

    def method(self: PrivacySettings, name: TableName) -> Method:
        honest = real(self, name)
        return changed(honest, sigma=honest.sigma / 2)

    return method


def _uncapped(real: Any) -> Any:
    def chosen(rows: Any, definition: Definition) -> Any:
        return real(rows, changed(definition, cap=10**9))

    return chosen


def _no_check(counts: Sequence[int], method: Method) -> list[int]:
    return weaker(1.0)(counts, method)


# --- A8 and A9: the attacker guesses from the same releases


def accuracy(chosen: Mapping[str, Side], guesses: int, times: int) -> float:
    """Return the balanced accuracy of the likelihood ratio: was the canary in these releases?"""
    without = sum(side.statistic(guesses, 0) for side in chosen.values())
    having = sum(side.statistic(guesses, times) for side in chosen.values())
    middle = sum(
        times * side.releases * float(side.moved @ side.moved) / side.method.sigma**2 / 2
        for side in chosen.values()
    )
    return float((np.mean(having > middle) + np.mean(without < middle)) / 2)


def _theory(chosen: Mapping[str, Side], times: int) -> float:
    squared = sum(
        side.releases * times**2 * float(side.moved @ side.moved) / side.method.sigma**2
        for side in chosen.values()
    )
    return normal_cdf(math.sqrt(squared) / 2)


def measure_membership(ground: Ground) -> list[Figure]:
    """Run A8."""
    tables: tuple[TableName, ...] = tuple(MOST)
    day, week = sides(ground, tables), sides(ground, tables, week=True)
    guesses = ground.sizes.guesses
    week = {name: (changed(s, releases=5) if name == "T6" else s) for name, s in week.items()}
    found_week = _week_accuracy(week, guesses)
    return [
        told("jugements par côté", guesses),
        at_most("exactitude, un appareil-jour", accuracy(day, guesses, 1), DAY_LIMIT,
                f"théorie {_theory(day, 1):.3f}"),
        at_most("exactitude, une semaine de cours", found_week, WEEK_LIMIT,
                f"théorie {_week_theory(week):.3f}"),
    ]  # fmt: skip


def _week_accuracy(week: Mapping[str, Side], guesses: int) -> float:
    """The weekly and monthly tables hold the canary five times, each daily release once."""
    per_day = {n: s for n, s in week.items() if s.releases > 1}
    rest = {n: s for n, s in week.items() if s.releases == 1}

    def scores(present: int) -> np.ndarray:
        # The likelihood ratio weighs a weekly cell five times: its mean moves five times as far.
        weekly = (WEEK_DAYS * s.statistic(guesses, WEEK_DAYS * present) for s in rest.values())
        daily = (s.statistic(guesses, present) for s in per_day.values())
        return np.sum([*weekly, *daily], axis=0)

    without, having = scores(0), scores(1)
    middle = (
        sum(WEEK_DAYS**2 * float(s.moved @ s.moved) / s.method.sigma**2 / 2 for s in rest.values())
        + sum(s.releases * float(s.moved @ s.moved) / s.method.sigma**2 / 2 for s in per_day.values())
    )  # fmt: skip
    return float((np.mean(having > middle) + np.mean(without < middle)) / 2)


def _week_theory(week: Mapping[str, Side]) -> float:
    squared = sum(
        (side.releases if side.releases > 1 else WEEK_DAYS**2)
        * float(side.moved @ side.moved) / side.method.sigma**2
        for side in week.values()
    )  # fmt: skip
    return normal_cdf(math.sqrt(squared) / 2)


def _exact_tables(counts: Sequence[int], method: Method) -> list[int]:
    del method
    return list(counts)


def _membership_of_mutant(ground: Ground) -> list[Figure]:
    """The control: with exact tables the attacker must know nearly always."""
    small = ground.with_sizes(changed(ground.sizes, guesses=500))
    found = measure_membership(small)
    reached = float(found[1].value)
    missing = [at_least("témoin : exactitude sur tables exactes", reached, 0.95)]
    if reached < 0.95:
        return missing  # seen as held: the mutant survives, and the report is red
    return found


MU: Final = Attack(
    "A7",
    "Audit mu de bout en bout",
    "Envoyer le pire appareil-jour à travers la porte, avec et sans lui, et mesurer ce qui les sépare.",
    measure_mu,
    (
        mutant("sensibilité divisée par deux", (PrivacySettings, "method", _halved(PrivacySettings.method)),
               (noise, "draw", _no_check), measure=_mu_of_mutant),
        mutant("plafond retiré", (bounded, "volumes", _uncapped(bounded.volumes)), measure=_mu_of_mutant),
        mutant("bruit réduit de 20 %", (noise, "draw", weaker(0.8)), measure=_mu_of_mutant, long_only=True),
    ),
    needs="nothing",
)  # fmt: skip

MEMBERSHIP: Final = Attack(
    "A8",
    "Appartenance",
    "Deviner si un appareil est dans les publications, en connaissant tous les autres.",
    measure_membership,
    (mutant("tables exactes", (noise, "draw", _exact_tables), measure=_membership_of_mutant),),
    needs="nothing",
    fresh=True,
)
