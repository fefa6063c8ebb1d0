"""What may still be written when the disk fills. `Level` and `decide` are pure, the rest does I/O.

Raw detail (slices) stops first, link rows never: they are a few hundred octets every ten seconds. A
ballast file holds room for them and for the manifest; it is let go when even they do not fit, and
made again when there is room.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

from privacy.store.layout import BALLAST

BALLAST_MAX: Final = 16 << 20
"""Weeks of link rows and their manifest."""
BALLAST_SHARE: Final = 16
"""At most this part of a small disk."""
STOP_MAX: Final = 1 << 30
STOP_SHARE: Final = 10
"""Slices stop when less than a tenth of the disk is free, or less than STOP_MAX of a large one."""
RESUME_PERCENT: Final = 125
"""They go on when a quarter more than that is free: no flutter around the mark."""


class Level(StrEnum):
    """What may be written."""

    ALL = "all"
    LINK_ONLY = "link_only"


def stop_below(total: int) -> int:
    """Return the free octets below which slices stop."""
    return min(STOP_MAX, total // STOP_SHARE)


def decide(before: Level, *, total: int, free: int) -> Level:
    """Return what may be written with so many octets free."""
    mark = stop_below(total)
    if free < mark:
        return Level.LINK_ONLY
    if before is Level.LINK_ONLY and free * 100 < mark * RESUME_PERCENT:
        return Level.LINK_ONLY
    return Level.ALL


class Space:
    """The disk under a store. Making one opens nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ballast = root / BALLAST
        self.level = Level.ALL
        self.total = self.free = 0

    def look(self) -> Level:
        """Look how much is free; make the ballast again when there is room.

        Raises:
            OSError: the store is not there.
        """
        disk = os.statvfs(self._root)
        self.total = disk.f_blocks * disk.f_frsize
        self.free = disk.f_bavail * disk.f_frsize
        self.level = decide(self.level, total=self.total, free=self.free)
        if self.level is Level.ALL and not self._ballast.exists():
            self._make()
        return self.level

    def _make(self) -> None:
        size = min(BALLAST_MAX, self.total // BALLAST_SHARE)
        try:
            handle = os.open(
                self._ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
            )
        except OSError:
            return
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError:
            self._ballast.unlink(missing_ok=True)
        finally:
            os.close(handle)

    def let_go(self) -> bool:
        """Give the ballast's room to link rows; False if it is gone already."""
        try:
            self._ballast.unlink()
        except OSError:
            return False
        return True
