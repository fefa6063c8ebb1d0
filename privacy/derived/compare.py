"""Before and after: like school weeks compared, or a reason not to. Pure.

Weeks are alike when the school is open on the same weekdays. A margin is of the noise alone, as
everywhere; a change is called clear only where it also passes what weeks differ by anyhow, so
`interval` uses Student's t on the weeks' own spread, which contains the noise.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import variance

from privacy.derived.linear import Derived, summed
from privacy.release import Z95, Release, Shown, Withheld
from privacy.settings import DisplaySettings

LEAST_WEEKS = 2
"""Like weeks on each side, or nothing is compared."""
STUDENT_95 = (
    *(12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
"""Two-sided 95 % points of Student's t for 1, 2, … degrees of freedom; the last serves beyond."""


class Reason(StrEnum):
    """Why two sides are not compared."""

    FEW_BEFORE = "few_before"
    """Under two school weeks before."""
    FEW_AFTER = "few_after"
    UNLIKE = "unlike"
    """Enough weeks, but not two on each side that are open on the same weekdays."""
    CHARTER = "charter"
    """The charter changed between them: the same word would count different things."""
    ORIGIN = "origin"
    """One side is simulated and the other measured."""
    CELLS = "cells"
    """The declared zones, slots or services changed: the cells are not the same."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No comparison, and why."""

    reason: Reason
    before: int
    """Usable weeks before."""
    after: int


@dataclass(frozen=True, slots=True)
class Like:
    """Weeks that may be compared."""

    before: tuple[Release, ...]
    after: tuple[Release, ...]
    weekdays: tuple[int, ...]
    """Open days of each of them, Monday is 0."""
    left_out: tuple[str, ...]
    """Weeks with another pattern of open days, and the week in which the change fell."""


@dataclass(frozen=True, slots=True)
class Change:
    """Two shown means of like weeks and their difference."""

    before: Shown
    after: Shown
    value: int
    """after − before, of the displayed values."""
    margin: float
    """95 % half-width of the noise alone."""
    interval: float
    """95 % half-width with what weeks differ by anyhow; never under `margin`."""

    @property
    def clear(self) -> bool:
        """Whether the difference passes the interval."""
        return abs(self.value) > self.interval


@dataclass(frozen=True, slots=True)
class OneSided:
    """One of the means is withheld, or both; so is their difference, as it would tell the mean."""

    before: Shown | Withheld
    after: Shown | Withheld
    at_least: int
    """The shown mean minus the threshold of the withheld one: they differ by at least this, up to
    the noise of the shown one. 0 where nothing can be said."""
    clear: bool
    """Whether `at_least` passes the margin of the shown mean."""


def comparable(
    weeks: Sequence[Release], change: date, school_days: Mapping[str, Sequence[date]]
) -> Like | Refused:
    """Return the like weeks before and after a date, or why there are none.

    Args:
        weeks: releases of one weekly table.
        change: the day on which something changed; a week that it cuts belongs to neither side.
        school_days: open days of each week, by period (the sealed document `school`).
    """
    pattern = {
        week.period: tuple(sorted(day.weekday() for day in school_days.get(week.period, ())))
        for week in weeks
    }
    before = [week for week in weeks if week.ends <= change and pattern[week.period]]
    after = [week for week in weeks if week.starts >= change and pattern[week.period]]

    def refused(reason: Reason) -> Refused:
        return Refused(reason, len(before), len(after))

    if len(before) < LEAST_WEEKS:
        return refused(Reason.FEW_BEFORE)
    if len(after) < LEAST_WEEKS:
        return refused(Reason.FEW_AFTER)
    chosen = _pattern_of_both(before, after, pattern)
    if chosen is None:
        return refused(Reason.UNLIKE)
    first = tuple(week for week in before if pattern[week.period] == chosen)
    second = tuple(week for week in after if pattern[week.period] == chosen)
    reason = _differ((*first, *second))
    if reason is not None:
        return refused(reason)
    used = {week.period for week in (*first, *second)}
    left_out = tuple(w.period for w in weeks if pattern[w.period] and w.period not in used)
    return Like(first, second, chosen, left_out)


def _pattern_of_both(
    before: Sequence[Release], after: Sequence[Release], pattern: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """Return the open weekdays that most weeks on both sides share; the longest week of several."""
    sides = [Counter(pattern[week.period] for week in side) for side in (before, after)]
    shared = [days for days in sides[0] if min(side[days] for side in sides) >= LEAST_WEEKS]
    if not shared:
        return None
    return max(shared, key=lambda days: (min(side[days] for side in sides), len(days), days))


def _differ(weeks: Sequence[Release]) -> Reason | None:
    """Return what makes the weeks count different things."""
    first = weeks[0]
    if any(week.charter_digest != first.charter_digest for week in weeks):
        return Reason.CHARTER
    if any(week.origin != first.origin for week in weeks):
        return Reason.ORIGIN
    keys = {cell.key for cell in first.cells}
    if any({cell.key for cell in week.cells} != keys for week in weeks):
        return Reason.CELLS
    return None


def difference(
    like: Like, number: Callable[[Release], Derived], rule: DisplaySettings
) -> Change | OneSided:
    """Compare the mean like week before and after.

    Args:
        like: from `comparable`.
        number: what is compared, such as `lambda week: margin(week, use="pedagogical")`.
        rule: the sealed rule of display.
    """
    sides = [[number(week) for week in weeks] for weeks in (like.before, like.after)]
    means = [summed(side).scaled(1 / len(side)) for side in sides]
    before, after = (mean.shown(rule) for mean in means)
    if isinstance(before, Withheld) or isinstance(after, Withheld):
        return _one_sided(before, after)
    noise = Z95 * means[1].minus(means[0]).sigma
    return Change(
        before=before,
        after=after,
        value=after.value - before.value,
        margin=round(noise, 1),
        interval=round(max(noise, _spread([[each.value for each in side] for side in sides])), 1),
    )


def _spread(sides: Sequence[Sequence[float]]) -> float:
    """Return the 95 % half-width of the difference of two means, from the weeks' own spread."""
    freedom = sum(len(side) - 1 for side in sides)
    pooled = sum((len(side) - 1) * variance(side) for side in sides) / freedom
    student = STUDENT_95[min(freedom, len(STUDENT_95)) - 1]
    return student * math.sqrt(pooled * sum(1 / len(side) for side in sides))


def _one_sided(before: Shown | Withheld, after: Shown | Withheld) -> OneSided:
    for shown, withheld in ((before, after), (after, before)):
        if isinstance(shown, Shown) and isinstance(withheld, Withheld):
            least = max(shown.value - withheld.below, 0)
            return OneSided(before, after, at_least=least, clear=least > shown.margin)
    return OneSided(before, after, at_least=0, clear=False)
