"""The figures of every school in memory, as they came out of verified releases. Reads the holdings.

Built once from the disk: every file is read again, and its seal checked unless the hub has done so before
and the file is the same to the octet (`hub.memory`). A push adds to it, and what another process enrols
or erases is noticed within a second. What is asked for is brought to 100 workstations when it is asked.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from dashboards.hub.indicators import PER, Figure, figures_of
from dashboards.hub.spread import Spread, spread
from hub.card import Card
from hub.check import Refused
from hub.holdings import Figures, Holdings, HubUnusable
from privacy.published import Stamp
from privacy.release import Release

LOOK_EVERY_S: Final = 1.0
MEASURED: Final = "measured"
GRACE_DAYS: Final = 7
"""A week is compared from a week after its end: most schools have pushed it by then, so that a page does
not move with each of them."""


@dataclass(slots=True)
class OneSchool:
    """What is known of one school."""

    card: Card
    stamp: int
    weeks: dict[str, dict[str, Figure]] = field(default_factory=dict)
    """ISO week → indicator → figure of the whole school."""
    simulated: set[str] = field(default_factory=set)
    """The weeks that hold a simulated release."""
    taken: dict[tuple[str, str], Figures] = field(default_factory=dict)
    """(table, period) of every release, and what came out of it."""

    def add(self, table: str, period: str, found: Figures) -> None:
        """Take the figures of one release."""
        simulated, figures = self.taken[table, period] = found
        self.weeks.setdefault(period, {}).update(figures)
        if simulated:
            self.simulated.add(period)

    def add_release(self, release: Release) -> None:
        """Take a release that was checked."""
        found = release.origin != MEASURED, figures_of(release)
        self.add(release.table, release.period, found)


class Compared:
    """The figures of one hub."""

    def __init__(self, holdings: Holdings, today: Callable[[], date]) -> None:
        self._holdings, self._today = holdings, today
        self._lock = threading.Lock()
        self._schools: dict[str, OneSchool] = {}
        self._seen: dict[str, int] = {}
        self._spreads: dict[tuple[str, str, str], Spread | None] = {}
        self._version = 0
        self._looked = float("-inf")
        self.damaged: frozenset[str] = frozenset()
        """Schools whose files are no longer what they sent: left out, and said."""

    def schools(self) -> dict[str, OneSchool]:
        """Return what is known, by UAI; looks at the disk once a second at most."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= LOOK_EVERY_S:
                self._look()
                self._looked = time.monotonic()
            return self._schools

    def _look(self) -> None:
        there = {uai: self._holdings.card_stamp(uai) for uai in self._holdings.schools()}
        if there == self._seen:
            return
        kept = {uai: each for uai, each in self._schools.items() if there.get(uai) == each.stamp}
        broken = set()
        for uai in sorted(there.keys() - kept.keys()):
            try:
                kept[uai] = self._read(uai, there[uai])
            except HubUnusable:
                broken.add(uai)
            except Refused:
                continue  # it left meanwhile
        self._schools, self.damaged, self._seen = kept, frozenset(broken), there
        self._changed()

    def _changed(self) -> None:
        self._version += 1
        self._spreads = {}

    def stamp(self) -> Stamp:
        """Return what changes with everything that a page may show."""
        self.schools()
        return (self._version, self._today().isoformat())

    def _read(self, uai: str, stamp: int) -> OneSchool:
        school = OneSchool(self._holdings.card(uai), stamp)
        before = self._holdings.recall(uai)
        for row in before:
            school.add(row.held.table, row.held.period, (row.simulated, row.figures))
        for release in self._holdings.releases(uai, self._today(), after=len(before)):
            school.add_release(release)
        if len(before) < len(school.taken):
            self._holdings.remember(uai, school.taken)
        return school

    def add(self, uai: str, release: Release) -> None:
        """Take the figures of a release that was just taken."""
        with self._lock:
            school = self._schools.get(uai)
            if school is None:
                return  # the next look reads it from the disk
            school.add_release(release)
            self._changed()
            with suppress(Refused, HubUnusable):  # it left, or is damaged: the next look says so
                self._holdings.remember(uai, school.taken)

    def weeks(self, kind: str) -> list[str]:
        """Return the weeks that some school of a kind has and that may be compared, oldest first."""
        latest = self._today() - timedelta(days=GRACE_DAYS)
        found = {
            week
            for school in self.schools().values()
            if school.card.school_kind == kind
            for week in school.weeks
        }
        return sorted(week for week in found if _end(week) <= latest)

    def figures(self, kind: str, week: str) -> dict[str, dict[str, Figure]]:
        """Return indicator → UAI → figure per 100 declared workstations, schools of a kind."""
        found: dict[str, dict[str, Figure]] = {}
        for uai, factor, figures in self._of(kind, week):
            for name, figure in figures:
                found.setdefault(name, {})[uai] = figure.scaled(factor)
        return found

    def spread(self, kind: str, week: str, indicator: str) -> Spread | None:
        """Return the spread of one indicator; made once until something changes."""
        spreads, key = self._spreads, (kind, week, indicator)
        if key not in spreads:
            spreads[key] = spread(
                [
                    figure.scaled(factor)
                    for _, factor, figures in self._of(kind, week)
                    for name, figure in figures
                    if name == indicator
                ]
            )
        return spreads[key]

    def _of(self, kind: str, week: str) -> Iterator[tuple[str, float, list[tuple[str, Figure]]]]:
        """Give (UAI, what brings a figure to 100 workstations, figures) of the schools of a kind."""
        start = date.fromisocalendar(*_iso(week), 1)
        for uai, school in list(self.schools().items()):
            if school.card.school_kind == kind and week in school.weeks:
                factor = PER / school.card.workstations_on(start)
                yield uai, factor, list(school.weeks[week].items())


def _iso(week: str) -> tuple[int, int]:
    return int(week[:4]), int(week[-2:])


def _end(week: str) -> date:
    """Return the first day after an ISO week."""
    return date.fromisocalendar(*_iso(week), 1) + timedelta(days=7)
