"""Exact cells through the gate, many times: what is shown, and how far it is from the truth.

Only a simulated school may be drawn twice: each drawing has a ledger of its own, thrown away.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import fmean, median

from benchmarks.utility.exact import Cells
from privacy import gate
from privacy.gate.bounded import DayCells
from privacy.gate.ledger import Ledger
from privacy.gate.periods import Period
from privacy.gate.tables import Definition, Key
from privacy.release import Quality, Shown

ANY_DIGEST = "0" * 64


@dataclass(slots=True)
class Figures:
    """What became of the cells of one table of one school over all drawings."""

    cells: int = 0
    """Cells of one release."""
    drawn: int = 0
    shown: dict[Quality, int] = field(default_factory=lambda: defaultdict(int))
    errors: dict[Quality, list[float]] = field(default_factory=lambda: defaultdict(list))
    activity: int = 0
    activity_shown: int = 0
    by_cell: dict[Key, list[Quality | None]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: Key, exact: int, display: object) -> None:
        """Count one drawn cell."""
        self.drawn += 1
        self.activity += exact
        quality = display.quality if isinstance(display, Shown) else None
        self.by_cell[key].append(quality)
        if isinstance(display, Shown):
            self.shown[display.quality] += 1
            self.activity_shown += exact
            if exact:
                self.errors[display.quality].append(abs(display.value - exact) / exact)

    def per_release(self, quality: Quality) -> float:
        """Return how many cells of one release are shown with this quality, on average."""
        return self.shown[quality] * self.cells / self.drawn

    def share_shown(self) -> float:
        """Return the share of the exact activity that stands in shown cells."""
        return self.activity_shown / self.activity if self.activity else 0.0

    def error(self, quality: Quality) -> float | None:
        """Return the median relative error of the shown cells; None where none was shown."""
        return median(self.errors[quality]) if self.errors[quality] else None

    def seen(self, key: Key) -> float:
        """Return how often a cell is shown."""
        return fmean(quality is not None for quality in self.by_cell[key])


def draw(cells: Cells, times: int) -> dict[str, Figures]:
    """Return the figures of each table over some drawings of every period."""
    found: dict[str, Figures] = defaultdict(Figures)
    with tempfile.TemporaryDirectory(prefix="jauge-utility-") as scratch:
        ledgers = (Ledger(Path(scratch) / f"{n}.jsonl") for n in range(10**9))
        for definition, period, days in cells.asked:
            figures = found[definition.name]
            figures.cells = len(definition.keys())
            for key, exact, display in _drawings(cells, definition, period, days, ledgers, times):
                figures.add(key, exact, display)
    return dict(found)


def _drawings(
    cells: Cells,
    definition: Definition,
    period: Period,
    days: tuple[DayCells, ...],
    ledgers: Iterator[Ledger],
    times: int,
) -> Iterator[tuple[Key, int, object]]:
    totals = [sum(column) for column in zip(*(day.counts for day in days), strict=True)]
    for _ in range(times):
        release = gate.release(
            days,
            definition,
            period,
            settings=cells.settings,
            ledger=next(ledgers),
            occasion=gate.Occasion(
                as_of=period.ends + timedelta(days=1),
                origin="simulated",
                charter_digest=ANY_DIGEST,
                policy_digest=ANY_DIGEST,
            ),
        )
        for cell, exact in zip(release.cells, totals, strict=True):
            yield cell.key, exact, cell.display
