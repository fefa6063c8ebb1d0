"""Which services that a school follows its released tables never showed. Pure.

"Never used, in a whole term" would be an exact question about pupils: one device more or less could
turn the answer, and asked of a small service it would answer about one class. So nothing here reads
a slice, an exact cell, or even a noisy value: only what a released cell displays. A service is
"never shown" when it had a cell in at least one released week and every one was withheld. Too
little use and no use at all look alike, on purpose.

T3 is drawn for every closed week, for the services followed at that time: before the first one,
and for a service that was followed later, the answer is "not released".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from privacy.release import Release, Shown

TABLE: Final = "T3"
DIMENSION: Final = "service"


class Adoption(StrEnum):
    """What the released weeks say of a service."""

    SHOWN = "shown"
    NEVER_SHOWN = "never_shown"
    NOT_RELEASED = "not_released"


@dataclass(frozen=True, slots=True)
class Followed:
    """One followed service."""

    service: str
    adoption: Adoption
    weeks: int
    """Released weeks in which the service had a cell. A fact of the calendar, not of any use."""


def followed(services: Iterable[str], releases: Iterable[Release]) -> tuple[Followed, ...]:
    """Say of each followed service whether a release ever showed it.

    Args:
        services: in declared order.
        releases: of any table; those of others than T3 say nothing of services.
    """
    shown: dict[str, list[bool]] = {service: [] for service in services}
    for release in releases:
        if release.table != TABLE:
            continue
        for cell in release.cells:
            service = dict(cell.key).get(DIMENSION)
            if service in shown:
                shown[service].append(isinstance(cell.display, Shown))
    return tuple(Followed(name, _adoption(seen), len(seen)) for name, seen in shown.items())


def _adoption(seen: list[bool]) -> Adoption:
    if not seen:
        return Adoption.NOT_RELEASED
    return Adoption.SHOWN if any(seen) else Adoption.NEVER_SHOWN
