"""Least squares: a total and its parts, all measured, made to agree. Pure.

With independent noise of known size, the best unbiased estimate of the parts spreads what is left
over (total minus the sum of the parts) in proportion to each part's variance; the total becomes the
sum of the parts. Its variance is then at most that of the better of the two measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from privacy.derived.linear import Derived, summed
from privacy.derived.totals import margin
from privacy.release import Release

LEAST_CAPS = {"T5-bis": 2, "T6": 4}
"""With smaller caps a device-day may lose a use in one table and keep it in the other."""


def reconciled(total: Derived, parts: Sequence[Derived]) -> tuple[Derived, tuple[Derived, ...]]:
    """Return the least-squares estimates of a total and of its parts; they add up exactly.

    Args:
        total: a measurement of the sum of the parts.
        parts: measurements of the parts.

    Raises:
        ValueError: two of them share a cell, so their noise is not independent.
    """
    sources = [source for number in (total, *parts) for source in number.terms]
    if len(set(sources)) < len(sources):
        raise ValueError("a cell is in several of the numbers")
    left_over = total.minus(summed(parts))
    variance = left_over.covariance(left_over)
    moved = tuple(
        Derived(part.measure, shifted.terms, part.spans)
        for part in parts
        for shifted in (part.plus(left_over.scaled(part.covariance(part) / variance)),)
    )
    terms = summed(moved).terms
    return Derived(total.measure, terms, total.spans), moved


@dataclass(frozen=True, slots=True)
class Month:
    """One use of T5-bis in one month."""

    total: Derived
    days: tuple[Derived, ...]
    """The same use day by day; empty where the two tables do not measure the same thing."""


def month(release: Release, days: Sequence[Release], use: str) -> Month:
    """Return a month of T5-bis, made to agree with the T6 releases of its days where that holds.

    The two are equal only if T6 covers every day of the month (it is released for school days, so
    a school that closes on Sundays has no such month), under the same charter and with caps that
    drop no use. Otherwise the month is what T5-bis says, alone.
    """
    alone = Month(margin(release, use=use), ())
    wanted = {
        (release.starts + timedelta(days=n)).isoformat(): release.starts + timedelta(days=n)
        for n in range((release.ends - release.starts).days)
    }
    own = [day for day in days if day.period in wanted]
    if len(own) != len(wanted) or not all(_same(release, day, wanted[day.period]) for day in own):
        return alone
    total, parts = reconciled(alone.total, [margin(day, use=use) for day in own])
    return Month(total, parts)


def _same(release: Release, day: Release, starts: date) -> bool:
    """Say whether a day of T6 counts what the month of T5-bis counts."""
    return (
        day.starts == starts
        and day.charter_digest == release.charter_digest
        and day.method.cap >= LEAST_CAPS["T6"]
        and release.method.cap >= LEAST_CAPS["T5-bis"]
    )
