"""What fills the line while it is full, and what each use of it costs: from one T7 release. Pure.

T7 has the megabytes of ten groups of services in saturated minutes, each with noise. A share is a
ratio of stored noisy cells (post-processing); it is told for cells that may be shown, and for none
when their sum itself is lost in the noise. The minutes are an estimate and are called one: the
saturated minutes that were published, divided as the octets were. Nobody can measure how many there
would have been without a use: people would have done something else.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.reading import LinkDay
from privacy.release import Z95, Release, Shown

LEAST_SIGMAS = 10.0
"""The sum of the cells must be that many of its standard deviations, or no share is told."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One group of services."""

    group: str
    shown: bool
    share: float | None
    """Of what the line carried while saturated, 0 to 1; None: withheld, or the sum is too small."""
    margin: float
    """95 % half-width of the share."""
    minutes: float | None
    """Estimated saturated minutes of the period."""


def saturated_minutes(days: Iterable[LinkDay], release: Release) -> int:
    """Return the published minutes at 95 % or more of the release's period, all lines, one way."""
    return sum(
        max(slot.down.minutes_95, slot.up.minutes_95)
        for day in days
        if release.starts <= day.day < release.ends
        for slot in day.slots
    )


def costs(release: Release, days: Iterable[LinkDay]) -> tuple[Cost, ...]:
    """Return the groups of a T7 release, the largest share first, withheld ones last.

    Args:
        release: T7 of a month.
        days: published link load.
    """
    minutes = saturated_minutes(days, release)
    sigma, total = release.method.sigma, sum(cell.noisy for cell in release.cells)
    others = len(release.cells) - 1
    known = total >= LEAST_SIGMAS * sigma * math.sqrt(len(release.cells))
    found = []
    for cell in release.cells:
        shown = isinstance(cell.display, Shown)
        share = cell.noisy / total if known and shown else None
        # Delta method: the cell stands in the sum as well, the others only there.
        spread = 0.0 if share is None else math.hypot(1 - share, share * math.sqrt(others))
        found.append(
            Cost(
                group=cell.get("group"),
                shown=shown,
                share=share,
                margin=Z95 * spread * sigma / total if share is not None else 0.0,
                minutes=None if share is None else share * minutes,
            )
        )
    return tuple(sorted(found, key=lambda cost: (cost.share is None, -(cost.share or 0.0))))
