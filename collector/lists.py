"""Look many names up at once, compiled: the twin of `school.lists.reader.ListsFile` in bulk.

Names come as one array of octets with starts and ends; the answer is the value of the longest
listed suffix, or -1. The file's offsets were checked when it was opened, so no look-up reads
outside. Allocates nothing, releases the GIL.
"""

from typing import Any, Final

import numpy as np

from collector.jit import compiled
from school.lists.fingerprint import BASE, FINISH, FOLD, PRIME
from school.lists.reader import LONGEST_NAME, ListsFile

_PRIME: Final = np.uint64(PRIME)
_FINISH: Final = np.uint64(FINISH)
_FOLD: Final = np.uint64(FOLD)
_BASE: Final = np.uint64(BASE)
_BATCH: Final = 2048
"""Suffixes looked up together; their scratch stays in the second-level cache."""
_DOT: Final = np.uint8(46)
_LONGEST: Final = LONGEST_NAME
NOT_LISTED: Final = -1


@compiled
def _marks(data: Any, start: Any, end: Any, marks: Any, filled: Any) -> Any:
    """Append the fingerprints of a name's suffixes, shortest first; return how many there are."""
    state = np.uint64(0)
    labels = 0
    for at in range(end - 1, start - 1, -1):
        octet = data[at]
        if octet == _DOT:
            labels += 1
            if labels > 1:
                marks[filled] = (state ^ (state >> _FOLD)) * _FINISH
                filled += 1
        state = (state * _BASE + np.uint64(octet)) % _PRIME
    if labels > 0:
        marks[filled] = (state ^ (state >> _FOLD)) * _FINISH
        filled += 1
    return filled


@compiled
def _answer(marks: Any, owners: Any, lows: Any, filled: Any, tables: Any, shift: Any) -> None:
    """Look marks up; a later mark of the same name is a longer suffix and wins.

    Three passes of independent reads: memory answers many at once, where a look-up after the other
    would wait for each (twice as fast on six million names).
    """
    index, fingerprints, values, answer = tables
    for i in range(filled):
        bucket = np.int64(marks[i] >> shift) if shift < np.uint64(64) else np.int64(0)
        lows[i, 0] = np.int64(index[bucket])
        lows[i, 1] = np.int64(index[bucket + 1])
    touched = np.uint64(0)
    for i in range(filled):
        if lows[i, 0] < lows[i, 1]:
            touched ^= fingerprints[(lows[i, 0] + lows[i, 1]) >> 1]
    lows[filled, 0] = np.int64(touched)  # so that the pass above is not optimised away
    for i in range(filled):
        low, high = lows[i, 0], lows[i, 1]
        while low < high:
            middle = (low + high) >> 1
            if fingerprints[middle] < marks[i]:
                low = middle + 1
            else:
                high = middle
        if low < lows[i, 1] and fingerprints[low] == marks[i]:
            answer[owners[i]] = values[low]


@compiled
def _look_up(data: Any, starts: Any, ends: Any, tables: Any, shift: Any, scratch: Any) -> None:
    marks, owners, lows = scratch
    filled = 0
    for i in range(len(starts)):
        tables[3][i] = -1
        if ends[i] - starts[i] > _LONGEST:
            continue
        if filled > _BATCH - _LONGEST:
            _answer(marks, owners, lows, filled, tables, shift)
            filled = 0
        after = _marks(data, starts[i], ends[i], marks, filled)
        for at in range(filled, after):
            owners[at] = i
        filled = after
    _answer(marks, owners, lows, filled, tables, shift)


def values_of(lists: ListsFile, data: Any, starts: Any, ends: Any) -> Any:
    """Return the values of names data[start:end] (uint8, int64, int64): int16, -1 if not listed.

    Names are in small ASCII letters without final dot. `lists.sections.rows[value]` says what a
    value stands for. Raises nothing.
    """
    index, fingerprints, values = lists.buffers
    answer = np.empty(len(starts), np.int16)
    tables = (
        np.frombuffer(index, np.uint32),
        np.frombuffer(fingerprints, np.uint64),
        np.frombuffer(values, np.uint8),
        answer,
    )
    scratch = (
        np.empty(_BATCH + 1, np.uint64),
        np.empty(_BATCH + 1, np.int64),
        np.empty((_BATCH + 1, 2), np.int64),
    )
    shift = np.uint64(64 - lists.sections.index_bits)
    _look_up(data, starts, ends, tables, shift, scratch)
    return answer
