"""Guards against polluted lists. Pure.

Seen in UT1: `jobsearch` grew from 428 names to 60,740, half of them in `malware` too, and stayed so
for months; `bank` grew 3.5 times and was right. So a guard holds a list back (the names of the
import before stay) and says so; a person may accept it by name.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from school.catalogue import Catalogue
from school.lists.findings import Finding
from school.lists.fingerprint import fingerprint
from school.lists.lines import Words

MALWARE: Final = "malware"

JUMP_FACTOR: Final = 2
"""Lists drift by percents between imports; twice as many or half as many is an event."""
JUMP_NAMES: Final = 200
"""Fewer names than this more or less changes nothing, whatever the factor."""
OVERLAP_SHARE: Final = 0.1
"""In UT1 of 2026-08 the largest honest overlap is 2.6 % (marketingware), the polluted list 50 %."""
OVERLAP_NAMES: Final = 20
"""Under it a share says nothing."""


def size_jump(name: str, before: int | None, after: int) -> Finding | None:
    """Compare a list with what the import before took of it."""
    if before is None or abs(after - before) < JUMP_NAMES:
        return None
    if before <= after * JUMP_FACTOR and after <= before * JUMP_FACTOR:
        return None
    return Finding("size_jump", name, {"before": before, "after": after})


def malware_overlap(name: str, marks: Words, malware: Words) -> Finding | None:
    """Compare a list with the list of malware."""
    shared = int(np.count_nonzero(among(marks, malware)))
    if shared < OVERLAP_NAMES or shared < OVERLAP_SHARE * len(marks):
        return None
    return Finding("malware_overlap", name, {"shared": shared, "after": len(marks)})


def among(marks: Words, sorted_marks: Words) -> Any:
    """Return, for each mark, whether it is among others (increasing)."""
    if not len(sorted_marks):
        return np.zeros(len(marks), bool)
    place = np.minimum(np.searchsorted(sorted_marks, marks), len(sorted_marks) - 1)
    return sorted_marks[place] == marks


class Names:
    """Known names by fingerprint, to find which of them a list holds."""

    def __init__(self, names: Iterable[str]) -> None:
        pairs = sorted((fingerprint(name), name) for name in names)
        self.marks: Words = np.array([mark for mark, _ in pairs], np.uint64)
        self._names = [name for _, name in pairs]

    def held_by(self, marks: Words) -> list[str]:
        """Return the names that a list (increasing marks) holds, in alphabetical order."""
        found = np.flatnonzero(among(self.marks, marks)).tolist()
        return sorted(self._names[i] for i in found)


def forbidden(name: str, reviewed: Mapping[str, frozenset[str]], every: str) -> list[str]:
    """Return the reviewed names that a list must not hold."""
    return [site for site, lists in reviewed.items() if every in lists or name in lists]


def without(marks: Words, names: Iterable[str]) -> Words:
    """Return marks without those of some names."""
    out = np.sort(np.array([fingerprint(name) for name in names], np.uint64))
    left: Words = marks[~among(marks, out)]
    return left


def overruled(category: str, held: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Return the catalogue's names, among those a list holds, that it classes otherwise."""
    return [name for name in held if catalogue.category_of(name) not in {None, category}]
