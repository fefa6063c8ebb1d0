"""A derived number: stored cells with weights. Its value, its noise, what may be displayed. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from privacy.release import Cell, Measure, Release, Shown, Withheld, display
from privacy.settings import DisplaySettings

Period = tuple[str, str]
"""Table and period of one release."""
Source = tuple[str, str, tuple[tuple[str, str], ...]]
"""Table, period and key of one stored cell: its noise is independent of every other's."""


@dataclass(frozen=True, slots=True)
class Term:
    """One stored cell in a derived number."""

    noisy: int
    sigma: float
    weight: float


@dataclass(frozen=True, slots=True)
class Derived:
    """A linear combination of stored cells. Not to be displayed but by `shown`."""

    measure: Measure
    terms: Mapping[Source, Term]
    spans: Mapping[Period, float]
    """Days of each release that takes part, times the weight: what the readable floor is made of."""

    @property
    def value(self) -> float:
        """The noisy value: negative where the noise made it so."""
        return sum(term.weight * term.noisy for term in self.terms.values())

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise."""
        return math.sqrt(self.covariance(self))

    @property
    def days(self) -> float:
        """Days that the number covers: 7 for a week, 70 for ten, 7 for the mean of ten weeks."""
        return sum(self.spans.values())

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods that take part, in order."""
        return tuple(sorted({period for _, period in self.spans}))

    def covariance(self, other: "Derived") -> float:
        """Return the covariance of the two numbers' noise, from the cells that they share."""
        return sum(
            term.weight * other.terms[source].weight * term.sigma**2
            for source, term in self.terms.items()
            if source in other.terms
        )

    def scaled(self, factor: float) -> "Derived":
        """Return the number times a factor."""
        return Derived(
            self.measure,
            {
                source: Term(term.noisy, term.sigma, term.weight * factor)
                for source, term in self.terms.items()
            },
            {period: days * abs(factor) for period, days in self.spans.items()},
        )

    def plus(self, other: "Derived") -> "Derived":
        """Return the sum of the two numbers.

        Raises:
            ValueError: they do not count the same thing.
        """
        if self.measure is not other.measure:
            raise ValueError(f"{self.measure} and {other.measure} do not add up")
        terms = dict(self.terms)
        for source, term in other.terms.items():
            before = terms[source].weight if source in terms else 0.0
            terms[source] = Term(term.noisy, term.sigma, before + term.weight)
        spans = dict(self.spans)
        for period, days in other.spans.items():
            spans[period] = max(spans.get(period, 0.0), days)
        return Derived(self.measure, terms, spans)

    def minus(self, other: "Derived") -> "Derived":
        """Return the difference of the two numbers."""
        return self.plus(other.scaled(-1))

    def shown(self, rule: DisplaySettings) -> Shown | Withheld:
        """Return what may be displayed, from the noisy value alone, by the rule for a cell."""
        counted = self.measure is not Measure.MEGABYTES
        floor = rule.floor_devices_per_day * self.days if counted else 0.0
        return display(
            round(self.value),
            sigma=self.sigma,
            floor=math.ceil(round(floor, 6)),  # 7 × ten tenths is 7
            sigmas=rule.sigmas,
            reliable_sigmas=rule.reliable_sigmas,
        )


def of_cell(release: Release, cell: Cell) -> Derived:
    """Return one stored cell as a derived number."""
    return Derived(
        release.method.measure,
        {(release.table, release.period, cell.key): Term(cell.noisy, release.method.sigma, 1.0)},
        {(release.table, release.period): float((release.ends - release.starts).days)},
    )


def summed(numbers: Iterable[Derived]) -> Derived:
    """Return the sum of some numbers.

    Raises:
        ValueError: there are none, or they do not count the same thing.
    """
    total: Derived | None = None
    for number in numbers:
        total = number if total is None else total.plus(number)
    if total is None:
        raise ValueError("no cell to add up")
    return total
