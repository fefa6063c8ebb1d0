"""What may be said of each followed service, from stored T3 releases. Pure; no text in any language.

A verdict needs two months of published weeks; before that only numbers are shown. Words follow what
is displayed of each ordinary school week, never a withheld value: `SHOWN_MOST` of the latest four,
and of those before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dashboards.views.common import LATEST_WEEKS
from privacy.derived import Derived, over
from privacy.release import Release, Shown, Withheld
from privacy.settings import DisplaySettings

LEAST_SPAN = timedelta(days=60)
"""From the first published week to the end of the last one, before anything is called adopted."""
SHOWN_MOST = 0.75
"""A service is in use over some weeks when three in four of them are shown."""


class Adoption(StrEnum):
    """What the weeks of one service show."""

    ADOPTED = "adopted"  # in use before and now
    EMERGING = "emerging"  # in use now, not before
    OCCASIONAL = "occasional"  # shown in some of the latest weeks, not most
    UNUSED = "unused"  # shown before, in none of the latest weeks
    NEVER = "never"  # declared, and never once above the threshold
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Service:
    """One followed service."""

    name: str
    adoption: Adoption
    weeks_shown: int
    weeks: int
    latest: Shown | Withheld
    """Mean of the latest ordinary school weeks, device-days a week."""


def spans_enough(releases: Sequence[Release]) -> bool:
    """Say whether two months are published."""
    return bool(releases) and releases[-1].ends - releases[0].starts >= LEAST_SPAN


def names(releases: Sequence[Release]) -> list[str]:
    """Return the services of the latest release, in the order in which they are declared."""
    return [cell.get("service") for cell in releases[-1].cells] if releases else []


def shown_weeks(releases: Sequence[Release], service: str) -> list[bool]:
    """Say of each week whether the service's number is displayed."""
    return [
        isinstance(cell.display, Shown)
        for release in releases
        for cell in release.cells
        if cell.get("service") == service
    ]


def mean(releases: Sequence[Release], service: str) -> Derived:
    """Return the mean week of a service.

    Raises:
        ValueError: no release has the service.
    """
    having = [r for r in releases if any(cell.get("service") == service for cell in r.cells)]
    return over(having, service=service).scaled(1 / max(len(having), 1))


def adoptions(
    usual: Sequence[Release], every: Sequence[Release], rule: DisplaySettings
) -> tuple[Service, ...]:
    """Return the followed services in declared order.

    Args:
        usual: ordinary school weeks, oldest first.
        every: all published weeks (the two months are counted over them).
        rule: the sealed rule of display.
    """
    found = []
    for name in names(usual):
        flags = shown_weeks(usual, name)
        word = _word(flags) if spans_enough(every) else Adoption.TOO_EARLY
        latest = mean(usual[-LATEST_WEEKS:], name).shown(rule)
        found.append(Service(name, word, sum(flags), len(flags), latest))
    return tuple(found)


def _word(flags: Sequence[bool]) -> Adoption:
    now, before = flags[-LATEST_WEEKS:], flags[:-LATEST_WEEKS]
    if not any(flags):
        return Adoption.NEVER
    if sum(now) >= SHOWN_MOST * len(now):
        used_before = not before or sum(before) >= SHOWN_MOST * len(before)
        return Adoption.ADOPTED if used_before else Adoption.EMERGING
    return Adoption.OCCASIONAL if any(now) else Adoption.UNUSED
