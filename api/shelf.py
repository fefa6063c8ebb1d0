"""Published files, each opened and its seal checked once per version of the file.

A version is the file's stamp: time of change, size, inode, and the key's. Whoever replaces or
damages a file changes its stamp, and it is read again. Values are shared between readers: nobody
may change one.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from privacy.published import Published, Stamp
from privacy.release import Release, load_release

T = TypeVar("T")
MOST_FILES: Final = 2_000
"""A year of every table is some 1,300 files; their payloads some 40 MiB."""


class Kept(Generic[T]):
    """The latest value of each key, with the stamp under which it was made. Bounded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Stamp, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, stamp: Stamp, make: Callable[[], T]) -> T:
        """Return the value of a key under a stamp; make it when there is none."""
        with self._lock:
            found = self._values.get(key)
            if found is not None and found[0] == stamp:
                self._values.move_to_end(key)
                return found[1]
        value = make()
        with self._lock:
            self._values[key] = (stamp, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class Shelf(Published):
    """A public directory whose files are read once per version."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._kept: Kept[Any] = Kept(MOST_FILES)

    def payload(self, table: str, period: str) -> dict[str, Any]:
        """As `Published.payload`."""
        names = ("releases", table, period)
        read = super().payload
        found: dict[str, Any] = self._kept.get(
            names, self.stamp(*names), lambda: read(table, period)
        )
        return found

    def release(self, table: str, period: str) -> Release:
        """As `Published.release`."""
        stamp = self.stamp("releases", table, period)
        return self.kept(
            ("release", table, period), stamp, lambda: load_release(self.payload(table, period))
        )

    def document(self, name: str) -> dict[str, Any]:
        """As `Published.document`."""
        names = ("documents", name)
        read = super().document
        found: dict[str, Any] = self._kept.get(names, self.stamp(*names), lambda: read(name))
        return found

    def kept(self, key: Hashable, stamp: Stamp, make: Callable[[], T]) -> T:
        """Return whatever was made of a version of a file."""
        found: T = self._kept.get(key, stamp, make)
        return found
