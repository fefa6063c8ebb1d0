"""Look names up in a lists file. Does I/O: maps the file, checks it whole once, keeps nothing else.

Plain Python on purpose, without NumPy: capture looks each distinct name up once, in a few
microseconds. `collector.lists` is the compiled twin for many names at once.

The file must be replaced, never rewritten in place (`replace.put`): a reader keeps the file that
it mapped until it is closed, so a new list applies to what is captured after the next start.
"""

import mmap
import os
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from school.lists.fingerprint import FINISH, FOLD, PRIME, WORD
from school.lists.layout import MOST_OCTETS, ListsRefused, Row, Sections, check
from school.lists.meaning import CATEGORY_OF_LIST

LONGEST_NAME: Final = 253
"""RFC 1035 section 2.3.4, written without the final dot."""


@dataclass(frozen=True, slots=True)
class Found:
    """The line that holds a name."""

    suffix: str
    row: Row


class ListsFile:
    """A mapped lists file. Made by `open`, to be closed (or used in `with`)."""

    __slots__ = ("_fingerprints", "_index", "_map", "_shift", "_values", "_words", "sections")

    def __init__(self, memory: Any) -> None:
        """Take octets (bytes or a map) that are a lists file.

        Raises:
            ListsRefused: they are not.
        """
        view = memoryview(memory)
        try:
            sections: Sections = check(view)
        except ListsRefused:
            view.release()
            raise
        self._map = memory
        self.sections = sections
        index_end = sections.index_at + 4 * (2**sections.index_bits + 1)
        self._index = view[sections.index_at : index_end].cast("I")
        self._fingerprints = view[sections.fingerprints_at : sections.values_at].cast("Q")
        self._values = view[sections.values_at :]
        self._words = tuple(
            row.category if row.category in CATEGORY_OF_LIST else None for row in sections.rows
        )
        self._shift = 64 - sections.index_bits

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map and check a file.

        Raises:
            ListsRefused: it cannot be read, or is no lists file.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise ListsRefused("there is no such file") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a path"
            raise ListsRefused(f"it cannot be read ({reason})") from None
        try:
            size = os.fstat(descriptor).st_size
            if not 0 < size <= MOST_OCTETS:
                raise ListsRefused(f"{size} octets long: not a lists file")
            memory = mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            raise ListsRefused("not a regular file") from None
        finally:
            os.close(descriptor)
        try:
            return cls(memory)
        except ListsRefused:
            memory.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        for view in (self._index, self._fingerprints, self._values):
            view.release()
        if isinstance(self._map, mmap.mmap):
            self._map.close()

    def __len__(self) -> int:
        return self.sections.names

    @property
    def description(self) -> Mapping[str, Any]:
        """What the importer wrote of origin, licence, date and counts."""
        return self.sections.description

    @property
    def buffers(self) -> tuple[memoryview, memoryview, memoryview]:
        """Index (u32), fingerprints (u64) and values (u8), for a compiled look-up."""
        return self._index, self._fingerprints, self._values

    def category_of(self, name: str) -> str | None:
        """Return what may be stored: the category of the longest line that holds a name, or None.

        None also for a category that no rule can use: what has no purpose is not stored.

        Args:
            name: a full host name in small letters, without final dot.
        """
        value, _ = self._longest(name)
        return None if value is None else self._words[value]

    def found(self, name: str) -> Found | None:
        """Return the longest line that holds a name in small letters, and its list."""
        value, suffix = self._longest(name)
        return None if value is None else Found(suffix, self.sections.rows[value])

    def _longest(self, name: str) -> tuple[int | None, str]:
        """Return the value of the longest listed suffix, and that suffix.

        One label (a top-level domain) is never looked up: no list may hold one.
        """
        if len(name) > LONGEST_NAME or not name.isascii():
            return None, ""
        index, fingerprints, shift = self._index, self._fingerprints, self._shift
        octets, at = name.encode("ascii"), 0
        following = octets.find(b".") + 1
        while following:
            state = int.from_bytes(octets[at:], "little") % PRIME
            mark = (state ^ state >> FOLD) * FINISH & WORD
            bucket = mark >> shift
            low, high = index[bucket], index[bucket + 1]
            if low < high:
                place = bisect_left(fingerprints, mark, low, high)
                if place < high and fingerprints[place] == mark:
                    return self._values[place], name[at:]
            at = following
            following = octets.find(b".", at) + 1
        return None, ""
