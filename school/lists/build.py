"""Several lists to one table: one value a name, the strongest list wins. Pure (NumPy).

Lists come in the order of precedence (`settings.RANKS`, then the order of lists.yaml). A name in
several lists takes the first; which list lost to which is counted, for the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from school.lists.layout import MOST_NAMES, MOST_ROWS, ListsRefused, Row, index_bits_for
from school.lists.lines import Words


@dataclass(frozen=True, slots=True)
class Listed:
    """One list, ready: what it stands for and the fingerprints of its names, distinct."""

    row: Row
    fingerprints: Words


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is packed from, and what was lost on the way."""

    index: NDArray[np.uint32]
    fingerprints: Words
    values: NDArray[np.uint8]
    kept: tuple[int, ...]
    """Names per list, in the order given."""
    conflicts: dict[tuple[int, int], int]
    """(list that won, list that lost) by position: names."""


def merge(lists: Sequence[Listed]) -> Table:
    """Merge lists, strongest first.

    Raises:
        ListsRefused: more lists or names than a file holds.
    """
    if len(lists) > MOST_ROWS:
        raise ListsRefused(f"{len(lists)} lists; a file holds {MOST_ROWS}")
    total = sum(len(one.fingerprints) for one in lists)
    if total > MOST_NAMES:
        raise ListsRefused(f"{total} lines; a file holds {MOST_NAMES}")
    marks = _joined([one.fingerprints for one in lists], np.uint64)
    sources = np.repeat(
        np.arange(len(lists), dtype=np.uint8), [len(one.fingerprints) for one in lists]
    )
    order = np.argsort(marks, kind="stable")  # keeps the order of precedence among equals
    marks, sources = marks[order], sources[order]
    del order
    first = np.ones(len(marks), bool)
    first[1:] = marks[1:] != marks[:-1]
    conflicts = _conflicts(sources, first, len(lists))
    marks, sources = marks[first], sources[first]
    bits = index_bits_for(len(marks))
    return Table(
        index=_index(marks, bits),
        fingerprints=marks,
        values=sources,
        kept=tuple(np.bincount(sources, minlength=len(lists)).tolist()),
        conflicts=conflicts,
    )


def _joined(arrays: Sequence[Any], kind: Any) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0, kind)


def _conflicts(sources: Any, first: Any, lists: int) -> dict[tuple[int, int], int]:
    if not len(sources):
        return {}
    winner = sources[first][np.cumsum(first) - 1]
    lost = ~first
    pairs = winner[lost].astype(np.int64) * lists + sources[lost]
    numbers, counts = np.unique(pairs, return_counts=True)
    return {
        (number // lists, number % lists): count
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    }


def _index(marks: Words, bits: int) -> NDArray[np.uint32]:
    """Return where each bucket starts: 2^bits + 1 numbers."""
    if bits == 0:
        return np.array([0, len(marks)], np.uint32)
    buckets = (marks >> np.uint64(64 - bits)).astype(np.int64)
    counts = np.bincount(buckets, minlength=2**bits)
    index = np.zeros(2**bits + 1, np.uint32)
    np.cumsum(counts, out=index[1:])
    return index
