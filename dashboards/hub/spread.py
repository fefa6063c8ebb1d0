"""How schools spread: quartiles over enough of them, never the ends, with the noise inside. Pure.

The least and the greatest value are each one school's, and the one that people would recognise: they
have no place here. `LEAST_SCHOOLS` is 11, as the house's floor for devices: each quarter then holds two
schools and a half, so that every quartile is a mean of two schools or has two beyond it. Names appear
beside figures where the school agreed, unless those who did not agree are so few that naming the others
would tell them too.

Each school's number carries noise, and so does their spread: `noise` is how wide the middle half would
be if the schools were all alike.
"""

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.hub.indicators import Figure

LEAST_SCHOOLS: Final = 11
MIDDLE_HALF: Final = 1.349
"""Width of the middle half of a normal law, in standard deviations."""
MEDIAN_ERROR: Final = 1.2533
"""Standard error of a median over that of a mean, normal law."""
Z95: Final = 1.96
MOSTLY: Final = 0.7
"""Noise of 0.7 of the observed width makes half of its square: the schools' own part is no more."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One quartile: a value, or under what it lies."""

    value: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How one indicator spreads over the schools of one week."""

    schools: int
    low: Mark
    """A quarter of the schools lies under it."""
    median: Mark
    high: Mark
    median_margin: float
    """95 % half-width of the median as an estimate for schools like these, noise included."""
    width: float
    """Of the middle half, as observed."""
    noise: float
    """Width that the noise alone would give the middle half."""

    @property
    def mostly_noise(self) -> bool:
        """Whether the differences between schools are mostly noise: then nobody should read them."""
        return self.noise >= MOSTLY * self.width


def spread(figures: Sequence[Figure]) -> Spread | None:
    """Return the spread of one indicator; None under `LEAST_SCHOOLS` schools."""
    if len(figures) < LEAST_SCHOOLS:
        return None
    low, middle, high = statistics.quantiles(
        [each.value for each in figures], n=4, method="inclusive"
    )
    # One school's threshold, though a median of many is more certain: a mark is read as a school.
    least = statistics.median(each.threshold for each in figures)
    width = high - low
    return Spread(
        schools=len(figures),
        low=_mark(low, least),
        median=_mark(middle, least),
        high=_mark(high, least),
        median_margin=Z95 * MEDIAN_ERROR * width / MIDDLE_HALF / len(figures) ** 0.5,
        width=width,
        noise=MIDDLE_HALF * statistics.median(each.sigma for each in figures),
    )


def _mark(value: float, least: float) -> Mark:
    return Mark(value=value) if value >= least else Mark(below=least)


def may_name(schools: Collection[str], agreed: Collection[str]) -> frozenset[str]:
    """Return the schools whose figures may bear their name.

    Args:
        schools: all that are compared, by UAI.
        agreed: those that agreed.
    """
    named = frozenset(schools) & frozenset(agreed)
    silent = len(schools) - len(named)
    return frozenset() if 0 < silent < LEAST_SCHOOLS else named
