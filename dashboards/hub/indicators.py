"""What is compared between schools: one number per week, with its noise, out of two tables. Pure.

From T1 (device-days, zones summed up to the school) and T4 (megabytes): both are drawn with noise at
the school, and sums of noisy cells are post-processing. A number keeps the scale of its noise all the
way to the page.
"""

import math
from dataclasses import dataclass
from typing import Final

from dashboards.reading import CHARTER_USES
from privacy.release import Measure, Release
from privacy.settings import LEAST_DEVICES_PER_DAY, LEAST_SIGMAS

ANY: Final = "any"
DAYS: Final = "days"
VOLUME: Final = "volume"
MB_PER_GB: Final = 1000.0
INDICATORS: Final[tuple[str, ...]] = (
    *(f"{DAYS}-{use}" for use in (*CHARTER_USES, ANY)),
    *(f"{VOLUME}-{use}" for use in (*CHARTER_USES, "technical", "undetermined")),
)
"""Device-days of each use (any: the device was active), and gigabytes of each use, in a week."""
PER: Final = 100
"""Workstations to which everything is brought."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator of one school in one week: of the school, or brought to 100 workstations."""

    value: float
    """Noisy; under `threshold` it says nothing."""
    sigma: float
    """Scale of its noise."""
    threshold: float
    """Least value that may be shown."""

    def scaled(self, factor: float) -> "Figure":
        """Return the same in another unit."""
        return Figure(self.value * factor, self.sigma * factor, self.threshold * factor)

    @property
    def shown(self) -> bool:
        """Whether the value may be shown."""
        return self.value >= self.threshold


def figures_of(release: Release) -> dict[str, Figure]:
    """Return the indicators that a release of T1 or T4 holds, of the whole school."""
    volume = release.method.measure is Measure.MEGABYTES
    days = (release.ends - release.starts).days
    floor = 0.0 if volume else float(LEAST_DEVICES_PER_DAY * days)
    prefix, unit = (VOLUME, 1 / MB_PER_GB) if volume else (DAYS, 1.0)
    values: dict[str, list[int]] = {}
    for cell in release.cells:
        values.setdefault(f"{prefix}-{cell.get('use')}", []).append(cell.noisy)
    found = {}
    for name, cells in values.items():
        if name in INDICATORS:
            sigma = release.method.sigma * math.sqrt(len(cells))
            threshold = max(LEAST_SIGMAS * sigma, floor)
            found[name] = Figure(float(sum(cells)), sigma, threshold).scaled(unit)
    return found
