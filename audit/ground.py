"""What the attacks stand on: the simulated school with its truth, and the live store. I/O.

The simulated school is analysed and released by the product itself, in a scratch directory. Its exact
cells are copied between analysis and release (`truth`): an attack may compare with them, nobody else
ever sees them. Nothing here decides a seed of the product's noise: seeds are the simulator's.
"""

import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from audit.sizes import Sizes
from privacy.gate.bounded import DayCells
from privacy.settings import PrivacySettings
from school.catalogue import Catalogue
from school.load import School, load_school

SIMULATED: Final = Path(__file__).parents[1] / "simulator" / "school"
FIRST: Final = date(2026, 9, 7)
"""A Monday; with four weeks from here September is closed: the month of T5-bis and T7."""
STORE: Final = "store"
TRUTH: Final = "truth.pickle"
"""Exact cells of the simulated school: invented devices."""


@dataclass(frozen=True)
class Truth:
    """What is behind the releases of the simulated school."""

    cells: Mapping[tuple[str, date], DayCells]
    filled: np.ndarray
    """Rows (day's ordinal, number of the device, cell of T1): who filled what."""


@dataclass(frozen=True)
class Ground:
    """The simulated subject, as a worker sees it."""

    scratch: Path
    sizes: Sizes
    seed: int
    work: Path | None = None
    """A mutant's own directory."""

    def rng(self, *parts: int) -> np.random.Generator:
        """Return the chance of the simulated parts; never of the product's noise."""
        return np.random.default_rng([self.seed, *parts])

    @cached_property
    def school(self) -> School:
        """The simulated school's declarations."""
        return load_school(SIMULATED)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What names are."""
        return self.school.catalogue()

    @property
    def settings(self) -> PrivacySettings:
        """Its privacy settings: those of the product's standard profile."""
        return self.school.privacy

    def hostile(self) -> Any:
        """Return the school with the rules most likely to leak, as a `slices.World`."""
        from audit.slices import World, with_hostile_charter

        return World(with_hostile_charter(self.school, self.catalogue), self.catalogue)

    @property
    def store(self) -> Path:
        """The simulated store, released."""
        return self.scratch / STORE

    @property
    def as_of(self) -> date:
        """The day on which it was released."""
        return FIRST + timedelta(days=7 * self.sizes.weeks)

    @cached_property
    def truth(self) -> Truth:
        """What is behind its releases."""
        found: Truth = pickle.loads((self.scratch / TRUTH).read_bytes())  # noqa: S301 - our own file
        return found

    def copy(self, name: str) -> Path:
        """Return a fresh copy of the store with its keys, to be spoiled."""
        place = self.own / name
        for suffix in ("", ".keys"):
            target = place.with_name(place.name + suffix)
            if target.exists():
                shutil.rmtree(target)
            source = self.store.with_name(STORE + suffix)
            if source.exists():
                shutil.copytree(source, target)
        return place

    def for_mutant(self, place: Path) -> "Ground":
        """Return the same subject with a scratch directory of its own beside the shared store."""
        place.mkdir(exist_ok=True)
        return replace(self, work=place)

    @property
    def own(self) -> Path:
        """Where this run may write."""
        return self.work or self.scratch

    def with_sizes(self, sizes: Sizes) -> "Ground":
        """Return the same ground for another amount of work."""
        return replace(self, sizes=sizes)


@dataclass(frozen=True)
class Live:
    """A live store: its releases, its ledger, its documents and its log. Read only."""

    store: Path
    school_directory: Path
    scratch: Path
    sizes: Sizes

    @cached_property
    def school(self) -> School:
        """The declarations in force."""
        return load_school(self.school_directory)

    @property
    def settings(self) -> PrivacySettings:
        """The settings in force."""
        return self.school.privacy

    def copy(self, name: str) -> Path:
        """Return a copy of what is published and of the ledger: never of slices, cells or keys."""
        place = self.scratch / name
        if place.exists():
            shutil.rmtree(place)
        shutil.copytree(self.store / "public", place / "public")
        (place / "private").mkdir(mode=0o700)
        ledger = self.store / "private" / "ledger.jsonl"
        if ledger.exists():
            shutil.copy2(ledger, place / "private" / "ledger.jsonl")
        return place
