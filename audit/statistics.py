"""Laws and intervals that the attacks need. Pure; no SciPy on a school's box."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Z99: Final = 2.5758
"""Two-sided 99 % point of the normal distribution."""
_STEPS: Final = 500
_SMALL: Final = 1e-300

Numbers = NDArray[np.float64]


def normal_cdf(z: float) -> float:
    """Return the probability that a standard normal is at most z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def chi2_sf(x: float, freedom: int) -> float:
    """Return the probability that chi-squared passes x (regularised upper incomplete gamma).

    Series below the mean, Lentz's continued fraction above it (Numerical Recipes section 6.2).
    """
    a, x = freedom / 2, x / 2
    if x <= 0:
        return 1.0
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, _STEPS * 10):
            term *= x / (a + n)
            total += term
            if term < total * 1e-15:
                break
        return max(0.0, 1 - total * front)
    b = x + 1 - a
    c, d = 1 / _SMALL, 1 / b
    h = d
    for n in range(1, _STEPS * 10):
        an = -n * (n - a)
        b += 2
        d = 1 / (an * d + b or _SMALL)
        c = b + an / c or _SMALL
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return min(1.0, front * h)


def two_sided(statistic: float, freedom: int) -> float:
    """Return how surprising a chi-squared is, too large or too small."""
    upper = chi2_sf(statistic, freedom)
    return min(1.0, 2 * min(upper, 1 - upper))


def gaussian_fit(draws: Sequence[int], sigma: float) -> float:
    """Return the p value of Pearson's test of draws against the discrete Gaussian of scale sigma.

    Cells of equal expected mass are cut at whole numbers plus a half, where the continuous law's
    mass equals the discrete one's to 1e-30 at sigma ≥ 10 (Poisson summation).
    """
    cells = 32
    edges = [_quantile(n / cells) * sigma for n in range(1, cells)]
    edges = sorted({math.floor(edge) + 0.5 for edge in edges})
    mass = np.diff([0.0, *(normal_cdf(edge / sigma) for edge in edges), 1.0])
    seen, _ = np.histogram(np.asarray(draws, float), bins=[-math.inf, *edges, math.inf])
    expected = mass * len(draws)
    return chi2_sf(float(((seen - expected) ** 2 / expected).sum()), len(expected) - 1)


def _quantile(p: float) -> float:
    low, high = -10.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if normal_cdf(middle) < p else (low, middle)
    return (low + high) / 2


def correlation(a: Numbers, b: Numbers) -> float:
    """Return Pearson's correlation; 1 where one side does not vary at all (that is no noise)."""
    if len(a) < 2 or not a.std() or not b.std():
        return 1.0
    return float(np.corrcoef(a, b)[0, 1])


def wilson_upper(hits: int, of: int, z: float = 1.96) -> float:
    """Return the upper end of Wilson's interval of a share."""
    p, n = hits / of, of
    middle = p + z * z / (2 * n)
    return float((middle + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n))
