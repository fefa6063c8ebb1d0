"""Findings about uses, from stored T1 and T6 releases. Pure; no text in any language.

Sums and means over stored cells are post-processing of the noisy values, withheld ones included:
leaving those out would bias every total. A sum is displayed by the same rule as a cell, with the
margin of a sum of independent draws (it grows with the square root of the number of cells).
Findings compare shown points only; of a withheld point they know its public threshold, no more.
Findings ask for `FINDING_Z` standard deviations, not 1.96: a page looks at some thirty series, and
one finding in twenty would otherwise be noise.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median
from typing import Any

from dashboards.reading import School
from privacy.release import Z95, Quality, Release, Shown, Withheld, display

FINDING_Z = 3.0
DIP_SHARE = 0.85
"""A dip is below 85 % of the usual school day, and below it by more than the noise."""
DIP_LONGEST_WEEKS = 3
FULL_WEEK_DAYS = 3
"""Weeks of fewer school days are shown, never compared."""
TREND_WEEKS = 4
"""The latest week is compared with the median of up to four school weeks before it."""
MOST = 0.75
"""A side of a change counts as shown (or as withheld) when three in four of its weeks are."""
FADE_SHARE = 0.6
"""After a change, a use fell away when its school day is below 60 % of what it was."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week of one series. `value` per school day is used for comparisons only."""

    period: str
    starts: date
    school_days: int
    noisy: int
    sigma: float
    display: Shown | Withheld
    exams: bool = False

    @property
    def per_day(self) -> float:
        """Noisy value per school day."""
        return self.noisy / self.school_days

    @property
    def sigma_per_day(self) -> float:
        """Standard deviation of `per_day`."""
        return self.sigma / self.school_days

    @property
    def shown(self) -> bool:
        """Whether the value itself may be told."""
        return isinstance(self.display, Shown)

    @property
    def most_per_day(self) -> float:
        """What the reader knows at most per school day: the value, or the public threshold."""
        bound = self.display.below if isinstance(self.display, Withheld) else self.noisy
        return bound / self.school_days

    @property
    def comparable(self) -> bool:
        """Whether the week has enough school days to be compared, and no exams."""
        return self.school_days >= FULL_WEEK_DAYS and not self.exams


def zone_series(releases: Iterable[Release], school: School, zone: str, use: str) -> list[Point]:
    """Return one zone's weeks of one use, as stored."""
    return _stored(releases, school, zone=zone, use=use)


def service_series(releases: Iterable[Release], school: School, service: str) -> list[Point]:
    """Return one followed service's weeks, as stored."""
    return _stored(releases, school, service=service)


def _stored(releases: Iterable[Release], school: School, **key: str) -> list[Point]:
    wanted = tuple(sorted(key.items()))
    points = []
    for release in releases:
        for cell in release.cells:
            if tuple(sorted(cell.key)) == wanted:
                days = len(school.week(release.period).school_days)
                points.append(
                    Point(
                        period=release.period,
                        starts=release.starts,
                        school_days=days,
                        noisy=cell.noisy,
                        sigma=release.method.sigma,
                        display=cell.display,
                        exams=bool(school.week(release.period).exams),
                    )
                )
    return points


def total_series(
    releases: Iterable[Release], school: School, use: str, privacy: Mapping[str, Any]
) -> list[Point]:
    """Return the weeks of one use, summed over the zones, by the sealed rule of display."""
    rule = privacy["display"]
    points = []
    for release in releases:
        cells = [cell for cell in release.cells if cell.get("use") == use]
        if not cells:
            continue
        noisy = sum(cell.noisy for cell in cells)
        sigma = release.method.sigma * math.sqrt(len(cells))
        points.append(
            Point(
                period=release.period,
                starts=release.starts,
                school_days=len(school.week(release.period).school_days),
                noisy=noisy,
                sigma=sigma,
                display=display(
                    noisy,
                    sigma=sigma,
                    floor=int(rule["floor_devices_per_day"]) * (release.ends - release.starts).days,
                    sigmas=float(rule["sigmas"]),
                    reliable_sigmas=float(rule["reliable_sigmas"]),
                ),
                exams=bool(school.week(release.period).exams),
            )
        )
    return points


def day_values(release: Release) -> dict[str, Shown | Withheld]:
    """Return the uses of one T6 release."""
    return {cell.get("use"): cell.display for cell in release.cells}


@dataclass(frozen=True, slots=True)
class Trend:
    """The latest school week against the usual of those before it, per school day."""

    direction: str
    """`up`, `down` or `steady` (the difference is within the noise)."""
    change: float
    """Relative difference; meaningful for `up` and `down`."""
    weeks: int


def trend(points: Sequence[Point]) -> Trend | None:
    """Compare the latest week with up to four before it; None when there is too little.

    Their median is what is usual: one odd week before must not make an ordinary one look odd.
    """
    usable = [point for point in points if point.comparable]
    if not usable or usable[-1] is not points[-1] or not points[-1].shown:
        return None
    latest = usable[-1]
    earlier = [point for point in usable[-1 - TREND_WEEKS : -1] if point.shown]
    if len(earlier) < 2:  # noqa: PLR2004 - two weeks to compare with
        return None
    usual = median(point.per_day for point in earlier)
    # The median of normal draws is at most 1.26 times as wide as their mean.
    sigma = math.hypot(latest.sigma_per_day, 1.26 * _sigma_of_mean(earlier))
    difference = latest.per_day - usual
    if abs(difference) <= FINDING_Z * sigma or usual <= 0:
        return Trend("steady", 0.0, len(earlier))
    return Trend("up" if difference > 0 else "down", difference / usual, len(earlier))


def _sigma_of_mean(points: Sequence[Point]) -> float:
    return math.sqrt(sum(point.sigma_per_day**2 for point in points)) / len(points)


@dataclass(frozen=True, slots=True)
class Dip:
    """One to three weeks clearly below the others, with weeks on both sides."""

    first: Point
    last: Point
    weeks: int
    drop: float | None
    """Relative to the usual school day; None when a low week is withheld."""


def dips(points: Sequence[Point]) -> list[Dip]:
    """Return the dips of one series, oldest first."""
    usable = [point for point in points if point.comparable]
    shown = [point for point in usable if point.shown]
    if len(usable) < 5 or 2 * len(shown) <= len(usable):  # noqa: PLR2004 - else no "usual"
        return []
    usual = median(point.per_day for point in shown)

    def low(point: Point) -> bool:
        gap = usual - point.most_per_day
        return point.most_per_day < DIP_SHARE * usual and gap > FINDING_Z * point.sigma_per_day

    return [
        Dip(run[0], run[-1], len(run), _drop(run, usual))
        for run, inside in _runs(usable, low)
        if inside and len(run) <= DIP_LONGEST_WEEKS
    ]


def _drop(run: Sequence[Point], usual: float) -> float | None:
    if not all(point.shown for point in run):
        return None
    return 1 - fmean(point.per_day for point in run) / usual


def _runs(points: Sequence[Point], low: Callable[[Point], bool]) -> list[tuple[list[Point], bool]]:
    """Group consecutive low points; the flag says that other weeks stand on both sides."""
    runs: list[tuple[list[Point], bool]] = []
    current: list[Point] = []
    for index, point in enumerate(points):
        if low(point):
            current.append(point)
        elif current:
            runs.append((current, index > len(current)))
            current = []
    return runs


@dataclass(frozen=True, slots=True)
class Fade:
    """A use of one zone that fell away, or appeared, at a dated change."""

    zone: str
    use: str
    direction: str
    """`down` or `up`."""
    high: Shown
    """Mean school week on the side where the use was larger."""
    low: Shown | Withheld
    """Mean school week on the other side."""


def fade(points: Sequence[Point], change: date, zone: str, use: str) -> Fade | None:
    """Compare a zone's weeks before and after a date; None when nothing clear moved."""
    usable = [point for point in points if point.comparable]
    earlier = [point for point in usable if point.starts + timedelta(days=7) <= change]
    later = [point for point in usable if point.starts >= change]
    if min(len(earlier), len(later)) < 2:  # noqa: PLR2004 - two weeks on each side
        return None
    if _fell(earlier, later):
        return _fade("down", (zone, use), earlier, later)
    if _fell(later, earlier):
        return _fade("up", (zone, use), later, earlier)
    return None


def _fell(high: Sequence[Point], low: Sequence[Point]) -> bool:
    """Say whether one side is clearly below the other, from what is public of each week."""
    above = [point for point in high if point.shown]
    under = [point for point in low if point.shown]
    if len(above) < MOST * len(high):
        return False
    first, sigma = _mean_day(above)
    if len(under) <= (1 - MOST) * len(low):
        return first - max(point.most_per_day for point in low) > FINDING_Z * sigma
    if len(under) < MOST * len(low):
        return False
    second, other = _mean_day(under)
    return first - second > FINDING_Z * math.hypot(sigma, other) and second < FADE_SHARE * first


def _mean_day(points: Sequence[Point]) -> tuple[float, float]:
    return fmean(point.per_day for point in points), _sigma_of_mean(points)


def _fade(
    direction: str, key: tuple[str, str], high: Sequence[Point], low: Sequence[Point]
) -> Fade | None:
    top, bottom = mean_week(high), mean_week(low)
    if isinstance(top, Withheld):
        return None
    return Fade(zone=key[0], use=key[1], direction=direction, high=top, low=bottom)


def mean_week(points: Sequence[Point]) -> Shown | Withheld:
    """Return the mean of the shown weeks, or the threshold when most are withheld."""
    shown = [point for point in points if point.shown]
    if len(shown) < MOST * len(points):
        below = (p.display.below for p in points if isinstance(p.display, Withheld))
        return Withheld(below=max(below))
    sigma = math.sqrt(sum(point.sigma**2 for point in shown)) / len(shown)
    reliable = all(
        isinstance(p.display, Shown) and p.display.quality is not Quality.INDICATIVE for p in shown
    )
    return Shown(
        value=round(fmean(point.noisy for point in shown)),
        margin=round(Z95 * sigma, 1),
        quality=Quality.RELIABLE if reliable else Quality.INDICATIVE,
    )
