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
_DOT: Final = np.uint8(46)
_LONGEST: Final = LONGEST_NAME
NOT_LISTED: Final = -1


@compiled
def _probe(state: Any, tables: Any, shift: Any) -> int:
    index, fingerprints, values = tables
    mark = (state ^ (state >> _FOLD)) * _FINISH
    bucket = np.int64(mark >> shift) if shift < np.uint64(64) else np.int64(0)
    low, high = np.int64(index[bucket]), np.int64(index[bucket + 1])
    while low < high:
        middle = (low + high) >> 1
        if fingerprints[middle] < mark:
            low = middle + 1
        else:
            high = middle
    if low < np.int64(index[bucket + 1]) and fingerprints[low] == mark:
        return np.int64(values[low])
    return np.int64(-1)


@compiled
def _look_up(data: Any, starts: Any, ends: Any, tables: Any, shift: Any, answer: Any) -> None:
    for i in range(len(starts)):
        best = np.int64(-1)
        if ends[i] - starts[i] <= _LONGEST:
            state = np.uint64(0)
            labels = 0
            for at in range(ends[i] - 1, starts[i] - 1, -1):
                octet = data[at]
                if octet == _DOT:
                    labels += 1
                    if labels > 1:
                        hit = _probe(state, tables, shift)
                        best = hit if hit >= 0 else best
                state = (state * _BASE + np.uint64(octet)) % _PRIME
            if labels > 0:
                hit = _probe(state, tables, shift)
                best = hit if hit >= 0 else best
        answer[i] = best


def values_of(lists: ListsFile, data: Any, starts: Any, ends: Any) -> Any:
    """Return the values of names data[start:end] (uint8, int64, int64): int16, -1 if not listed.

    Names are in small ASCII letters without final dot. `lists.sections.rows[value]` says what a
    value stands for. Raises nothing.
    """
    index, fingerprints, values = lists.buffers
    tables = (
        np.frombuffer(index, np.uint32),
        np.frombuffer(fingerprints, np.uint64),
        np.frombuffer(values, np.uint8),
    )
    answer = np.empty(len(starts), np.int16)
    shift = np.uint64(64 - lists.sections.index_bits)
    _look_up(data, starts, ends, tables, shift, answer)
    return answer
