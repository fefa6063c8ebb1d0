"""The duration curve of the line: during which share of class time was it at least that loaded? Pure.

From the stored histograms of class slots (minutes per tenth of the subscribed rate), reception: the
direction that lessons fill.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.reading import CLASS_TIME, LinkDay

BANDS = 10


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: `shares[k]` is the share of seen class minutes at k tenths of the rate or more."""

    name: str
    shares: tuple[float, ...]
    minutes: tuple[int, ...]
    """The same in minutes."""


def curve(name: str, days: Iterable[LinkDay]) -> Curve | None:
    """Return the curve of some days of one line; None when no class minute was seen."""
    bands = [0] * BANDS
    for day in days:
        for slot in day.slots:
            if slot.period == CLASS_TIME and len(slot.down.histogram) == BANDS:
                for band, minutes in enumerate(slot.down.histogram):
                    bands[band] += minutes
    total = sum(bands)
    if not total:
        return None
    minutes = tuple(sum(bands[band:]) for band in range(BANDS))
    return Curve(name, tuple(part / total for part in minutes), minutes)
