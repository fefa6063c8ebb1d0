"""The only place where noise is drawn: OpenDP's discrete Gaussian over whole numbers.

Integers in, integers out: no floating-point noise whose low bits would tell the exact count
(Mironov 2012), no seed, none of OpenDP's Polars path (privacy.md section 4.4). OpenDP itself
proves the cost of the noise that it will draw, and a cost over the charge is refused.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from privacy.gate.refused import ReleaseRefused
from privacy.release import Method
from privacy.settings import DELTA, MECHANISM

MOST: Final = 2**53
"""Counts above this are no counts of device-days."""
EPSILON_DECIMALS: Final = 4


def _gaussian(scale: float) -> Any:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    return dp.m.make_gaussian(*space, scale=scale)


def draw(counts: Sequence[int], method: Method) -> list[int]:
    """Return the counts with independent noise of scale `method.sigma` added to each.

    Raises:
        ReleaseRefused: the noise would cost more than `method.rho`, or an input is no count.
    """
    if method.mechanism != MECHANISM:
        raise ReleaseRefused(f"no mechanism {method.mechanism!r}")
    if any(type(count) is not int or not 0 <= count <= MOST for count in counts):
        raise ReleaseRefused("the input is not a list of counts")
    measurement = _gaussian(method.sigma)
    cost = measurement.map(math.nextafter(method.sensitivity, math.inf))
    if not cost <= method.rho:
        raise ReleaseRefused("the noise is too small for what the settings charge")
    noisy: list[int] = measurement(list(counts))
    return noisy


def epsilon(rho: float, device_days: int = 1) -> float:
    """Return the epsilon, at `DELTA`, that a zCDP cost amounts to for several device-days at once.

    Args:
        rho: cost of one device-day.
        device_days: how many differ together: cost grows with the square (group privacy).
    """
    import opendp.prelude as dp

    distance = math.sqrt(2 * rho) * device_days
    measurement: Any = dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(_gaussian(1.0)), delta=DELTA)
    value: float = measurement.map(distance)[0]
    return round(value, EPSILON_DECIMALS)


def epsilons(rho: float) -> dict[str, float]:
    """Return the four numbers that are always published together (privacy.md section 0)."""
    return {
        "device_day": epsilon(rho),
        "two_devices": epsilon(rho, 2),
        "school_week": epsilon(rho, 5),
        "boarding_week": epsilon(rho, 7),
    }
