"""What a collector does in the background, done once by hand or by a timer. Does I/O."""

import os
from collections.abc import Callable
from pathlib import Path

from collector.store import compact
from collector.store.seal import Sealer, lock_orphan
from collector.store.spool import SUFFIX
from privacy.store.commit import Committer
from privacy.store.keys import DayKeyring, FileKeyring
from privacy.store.layout import SPOOL, keys_beside


def seal_orphans(root: Path, sealer: Sealer) -> tuple[int, int]:
    """Seal every spool that no living process owns; returns how many were sealed, how many stay."""
    sealed = left = 0
    for path in sorted((root / SPOOL).glob(f"*{SUFFIX}")):
        try:
            lock = lock_orphan(path)
            if lock is None:
                continue
        except OSError:
            left += 1
            continue
        try:
            done = sealer.seal(path).done
        except OSError:
            done = False
        finally:
            os.close(lock)
        sealed += done
        left += not done
    return sealed, left


def tidy(
    root: Path, *, now_us: Callable[[], int], keys: DayKeyring | None = None
) -> dict[str, int]:
    """Seal orphans, compact days that are over, sweep.

    Returns:
        Counts: `sealed` and `left` spools, `compacted` segments, `removed` files.

    Raises:
        NoStore: the manifest cannot be read.
        OSError: the manifest cannot be changed, or a file not be removed.
    """
    committer = Committer(root, keys or FileKeyring(keys_beside(root)), now_us)
    sealed, left = seal_orphans(root, Sealer(committer, now_us))
    return {
        "sealed": sealed,
        "left": left,
        "compacted": compact.compact_all(committer),
        "removed": compact.sweep(committer, now_us=now_us()),
    }
