"""One thread that seals, compacts and sweeps, so that a meter never waits for Parquet. Does I/O.

A spool that waits is a file, not memory: the queue holds names only. What fails stays on disk and is
taken up again at the next round.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.memory import give_back
from collector.store import compact
from collector.store.seal import Sealer
from collector.store.spool import Spool
from collector.store.tidy import seal_orphans
from privacy.store.commit import Committer
from privacy.store.manifest import NoStore

ROUND_S: Final = 5.0
"""How often spools that could not be sealed are tried again."""
TIDY_ROUNDS: Final = 12
"""Rounds between two looks for days to compact and files to remove: a minute."""


class Background:
    """The thread. `start` moves; `stop` waits for what was given."""

    def __init__(
        self, committer: Committer, now_us: Callable[[], int], *, roomy: Callable[[], bool]
    ) -> None:
        self._committer = committer
        self._now_us = now_us
        self._roomy = roomy
        self._sealer = Sealer(committer, now_us)
        self._jobs: queue.SimpleQueue[Spool | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._stopping = threading.Event()
        self.sealed = 0
        """Spools that became segments."""
        self.faults = 0
        """Spools that could not be sealed when they were tried."""
        self.left = False
        """A spool could not be sealed and waits for the next round."""

    def start(self) -> None:
        """Begin with the orphans."""
        self._thread.start()

    def seal(self, spool: Spool) -> None:
        """Take a spool that is no longer written; its lock is released when it was tried."""
        self._jobs.put(spool)

    def stop(self) -> None:
        """Seal what was given, then end; a compaction is broken off."""
        self._stopping.set()
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        self.salvage()
        rounds = 0
        while True:
            try:
                spool = self._jobs.get(timeout=ROUND_S)
            except queue.Empty:
                rounds += 1
                self._round(tidy=rounds % TIDY_ROUNDS == 0)
                continue
            if spool is None:
                give_back()
                return
            self._seal(spool.path)
            spool.release()
            if self._jobs.empty():
                give_back()

    def _round(self, *, tidy: bool) -> None:
        if self.left:
            self.left = False
            self.salvage()
        if tidy and self._roomy():
            with suppress(OSError, NoStore):
                compact.compact_all(self._committer, stopped=self._stopping.is_set)
                compact.sweep(self._committer, now_us=self._now_us())
        give_back()  # a fault, too, has its large moment

    def _seal(self, path: Path) -> None:
        try:
            done = self._sealer.seal(path).done
        except (OSError, NoStore):
            done = False
        self.sealed += done
        self.faults += not done
        self.left |= not done

    def salvage(self) -> None:
        """Seal every spool that no living process owns."""
        try:
            sealed, left = seal_orphans(self._committer.root, self._sealer)
        except NoStore:
            return
        self.sealed += sealed
        self.faults += left
        self.left |= left > 0
