"""Runs the measurement on some seeds and adds the counts up."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from benchmarks.accuracy.activities import SIX, UPDATES
from benchmarks.accuracy.judged import Judged, judge, nameless, unmarked
from benchmarks.accuracy.score import Pairs, by_flow, false_accusations
from benchmarks.accuracy.traffic import Labelled, draw
from benchmarks.accuracy.veils import Shares, table
from school.catalogue import load_catalogue
from school.load import load_school
from school.words import Category

ROOT = Path(__file__).resolve().parents[2]
SCHOOL = ROOT / "simulator" / "school"
OTHER = "anything else"
CATEGORIES = (*(word.value for word in SIX), OTHER)
VIEWS: dict[str, Callable[[pa.Table], pa.Table]] = {
    "names": lambda slices: slices,
    "nameless": nameless,
    "unmarked": unmarked,
}
"""As the collector sees it; every name removed; what protocols show on the wire removed as well."""


def kind(category: str) -> str:
    """Return which of the six a category is, or `OTHER`."""
    if category in {word.value for word in UPDATES}:
        return Category.SOFTWARE_UPDATE.value
    return category if category in CATEGORIES else OTHER


@dataclass
class Counts:
    """What a view adds up to."""

    uses: Pairs = field(default_factory=Counter)
    kinds: Pairs = field(default_factory=Counter)
    by_evidence: dict[str, Pairs] = field(default_factory=lambda: defaultdict(Counter))
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(activity, which of the six was said of it) where that is wrong."""
    accused: int = 0
    innocent: int = 0

    def add(self, rows: Sequence[Judged]) -> None:
        """Add the slices of one seed."""
        for row in rows:
            truth, said = kind(row.true_category), kind(row.category)
            self.uses[row.true_use, row.use] += 1
            self.kinds[truth, said] += 1
            self.by_evidence[row.evidence][row.true_use, row.use] += 1
            if said not in {OTHER, truth}:
                self.confused[row.activity, said] += 1
        wrong, innocent = false_accusations(
            by_flow((row.flow, row.true_use, row.use) for row in rows)
        )
        self.accused += wrong
        self.innocent += innocent


def people(seed: int, *, days: int, share: float) -> Labelled:
    """Draw the people of a seed."""
    return draw(seed, days, share)


def count(drawn: Labelled, seed: int, view: str, shares: Shares) -> list[Judged]:
    """Judge one view of the people of a seed."""
    school, catalogue = load_school(SCHOOL), load_catalogue()
    slices = VIEWS[view](table(drawn, seed=seed, catalogue=catalogue, shares=shares))
    return judge(slices, school=school, catalogue=catalogue, seed=seed)
