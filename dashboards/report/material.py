"""What one report is made of: the stored releases of one term. Pure.

Must know nothing of files or of the web: `api.term` reads, this holds and counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dashboards.reading import Snapshot, Term, weeks_between
from privacy.policy import SHOWN
from privacy.release import Withheld


@dataclass(frozen=True, slots=True)
class Material:
    """The releases of one term, oldest first, and the documents that were sealed with them."""

    term: Term
    snapshot: Snapshot
    """Of the term only: every noisy table but the daily one, link load, dated events."""
    printed: date
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Sealed documents that a store may have or not: `journal`, `audit`, `annotations`…"""

    @property
    def policy(self) -> str:
        """Return the digest of everything that is enforced, as every page shows it."""
        return policy_of(self.snapshot)

    def released(self) -> list[str]:
        """Return the school weeks of the term whose uses are published."""
        known = {release.period for release in self.snapshot.weeks}
        return [week for week in self.term.weeks if week in known]

    def unreleased(self) -> list[str]:
        """Return the school weeks of the term that are over and not published."""
        known = set(self.released())
        return [week for week in self.term.weeks if week not in known and self._is_over(week)]

    def to_come(self) -> list[str]:
        """Return the school weeks of the term that were not over when the pages were last written."""
        return [week for week in self.term.weeks if not self._is_over(week)]

    def holidays(self) -> list[str]:
        """Return the weeks within the term that have no school day."""
        between = weeks_between(self.term.weeks[0], self.term.weeks[-1])
        return [week for week in between if week not in set(self.term.weeks)]

    def withheld(self) -> tuple[int, int]:
        """Return (withheld cells, all cells) of the term's noisy releases."""
        told = self.snapshot
        releases = (
            *told.weeks, *told.slots, *told.services, *told.volumes, *told.months, *told.fills,
        )  # fmt: skip
        cells = [cell for release in releases for cell in release.cells]
        return sum(isinstance(cell.display, Withheld) for cell in cells), len(cells)

    def _is_over(self, week: str) -> bool:
        """A week is over when its last weekday is: weekends add nothing to a school week."""
        year, _, number = week.partition("-W")
        after = date.fromisocalendar(int(year), int(number), 1) + timedelta(days=7)
        return after <= self.snapshot.status.as_of


def policy_of(snapshot: Snapshot) -> str:
    """Return the digest of everything that is enforced, shortened as on every page."""
    return snapshot.policy[:SHOWN]


def term_name(term: Term) -> tuple[str, int]:
    """Return (`T1`, year in which its school year begins)."""
    year, _, number = term.name.partition("-")
    return number, int(year)
