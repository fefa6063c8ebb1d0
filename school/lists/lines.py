"""From the octets of a list to fingerprints, millions of lines at once (NumPy). Pure.

Works on chunks that end at a line end, so memory stays with the chunk. Nearly all lines are plain
names and never become Python strings; a line with anything unusual (capitals, an address, a
stray character, an empty label) goes through `school.catalogue.labels_of`, one by one, as does a
line that may fall under a wildcard of the public suffix list.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from school.catalogue import LONGEST_LABEL, LONGEST_NAME, labels_of
from school.lists.fingerprint import BASE, DOT, FINISH, FOLD, PRIME, WORD, fingerprint

Words = NDArray[np.uint64]
Octets = NDArray[np.uint8]

CHUNK_OCTETS: Final = 8 << 20
"""Bounds the working memory to about a hundred MiB, whatever the list's length."""
LONGEST_LINE: Final = 65_536
"""A line without end is no list; a chunk that holds none by then is refused."""
NEWLINE: Final = 10

_USUAL: Final = np.zeros(256, bool)
_USUAL[np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789-_.\n", np.uint8)] = True


def distinct(marks: Words) -> Words:
    """Return increasing values, each once (np.unique takes 70 times as long on six million)."""
    marks = np.sort(marks)
    first = np.ones(len(marks), bool)
    first[1:] = marks[1:] != marks[:-1]
    return marks[first]


class NotAList(Exception):
    """The octets are no lines of text."""


@dataclass(slots=True)
class Tally:
    """What the lines of one list were."""

    lines: int = 0
    addresses: int = 0
    """IPv4 or IPv6: a name is asked here, so they are left."""
    invalid: int = 0
    """No host name: left."""
    over_broad: int = 0
    """Public suffixes, met by the wildcard check; `guards` adds the others."""
    parts: list[Words] = field(default_factory=list)

    def fingerprints(self) -> Words:
        """Return the distinct fingerprints, increasing."""
        if not self.parts:
            return np.zeros(0, np.uint64)
        found = distinct(np.concatenate(self.parts))
        self.parts = [found]
        return found


def chunks_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Join blocks of octets (the parts of a split list, cut anywhere) into chunks of whole lines.

    Raises:
        NotAList: a line is longer than LONGEST_LINE.
    """
    rest = b""
    for block in blocks:
        data = rest + block
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
        rest = data[end:]
        if len(rest) > LONGEST_LINE:
            raise NotAList(f"a line is longer than {LONGEST_LINE} octets")
    if rest:
        yield rest + b"\n"


def no_suffix(_: str) -> bool:
    """Take no name for a public suffix."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReader:
    """How lines are read: which endings ask for the slow check."""

    endings: tuple[bytes, ...] = ()
    """`.x` for each wildcard `*.x` of the public suffix list."""
    is_suffix: Callable[[str], bool] = no_suffix
    """Says whether a whole name is a public suffix; asked for names with one of these endings."""

    def add(self, chunk: bytes, tally: Tally) -> None:
        """Read one chunk of whole lines into a tally."""
        data = np.frombuffer(chunk, np.uint8)
        separators = np.flatnonzero((data == DOT) | (data == NEWLINE))
        of_line = data[separators] == NEWLINE
        ends = separators[of_line]
        starts = np.concatenate(([0], ends[:-1] + 1))
        odd = _odd_lines(data, separators, of_line, starts, ends)
        odd |= self._may_be_suffix(data, starts, ends)
        tally.lines += int(np.count_nonzero(ends > starts))
        plain = ~odd
        slow = [
            self._slow(chunk[start:end], tally)
            for start, end in zip(starts[odd].tolist(), ends[odd].tolist(), strict=True)
        ]
        tally.parts.append(fingerprints_of(data, starts[plain], ends[plain]))
        tally.parts.append(np.array([mark for mark in slow if mark is not None], np.uint64))

    def _may_be_suffix(self, data: Octets, starts: Any, ends: Any) -> Any:
        """Compare the last octets of each line (up to eight) with those of the endings."""
        marked = np.zeros(len(ends), bool)
        if not self.endings:
            return marked
        last = np.zeros(len(ends), np.uint64)
        for back in range(8):
            octet = data[np.maximum(ends - 1 - back, 0)].astype(np.uint64)
            last |= octet << np.uint64(8 * back)
        for length in sorted({min(8, len(ending)) for ending in self.endings}):
            tails = {
                int.from_bytes(ending[-length:], "big")
                for ending in self.endings
                if min(8, len(ending)) == length
            }
            mask = np.uint64(WORD >> (64 - 8 * length))
            wanted = np.array(sorted(tails), np.uint64)
            marked |= np.isin(last & mask, wanted) & (ends - starts > length)
        return marked

    def _slow(self, line: bytes, tally: Tally) -> int | None:
        text = line.decode("utf-8", "replace").strip().lower()
        if text in {"", "."}:
            tally.lines -= len(line) > 0
            return None
        labels = labels_of(text)
        if labels is None:
            if _is_address(text.removesuffix(".")):
                tally.addresses += 1
            else:
                tally.invalid += 1
            return None
        name = ".".join(labels)
        if name.encode().endswith(self.endings) and self.is_suffix(name):
            tally.over_broad += 1
            return None
        return fingerprint(name)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _odd_lines(data: Octets, separators: Any, of_line: Any, starts: Any, ends: Any) -> Any:
    """Mark the lines that are not plainly a name of two labels or more."""
    lengths = ends - starts
    odd = (lengths == 0) | (lengths > LONGEST_NAME)
    last = data[np.maximum(ends - 1, 0)]
    odd |= (last >= ord("0")) & (last <= ord("9"))  # an address, or a name to look at
    gaps = np.diff(separators, prepend=-1)
    odd_label = (gaps == 1) | (gaps > LONGEST_LABEL + 1)
    alone = of_line & np.concatenate(([True], of_line[:-1]))  # no dot in this line
    at = separators[odd_label | alone]
    odd[np.searchsorted(ends, at)] = True
    odd[np.searchsorted(ends, np.flatnonzero(~_USUAL[data]))] = True
    return odd


def fingerprints_of(data: Octets, starts: Any, ends: Any) -> Words:
    """Return the fingerprints of data[start:end], in any order.

    All names advance together from their last octet, one a step; sorted by length, those that go
    on are the first.
    """
    lengths = (ends - starts).astype(np.int64)
    order = np.argsort(-lengths, kind="stable")
    at = ends[order].astype(np.int64) - 1
    state = np.zeros(len(lengths), np.uint64)
    going = len(lengths) - np.cumsum(np.bincount(lengths, minlength=1))
    for count in going[going > 0].tolist():
        part = state[:count]
        part *= np.uint64(BASE)
        part += data[at[:count]]
        part %= np.uint64(PRIME)
        at[:count] -= 1
    state ^= state >> np.uint64(FOLD)
    state *= np.uint64(FINISH)
    return state
