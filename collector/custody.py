"""Between a meter and its store: who may write what, which keys live, and what the audit log is told.

Slices pass only while the DPO's acknowledgement of the settings in force is in the log (DESIGN promise 7);
link rows always pass. Once in HOUSE_S the clock is looked at, keys whose time has come are destroyed, and
the log is read again. Nothing here stops a meter: what the log cannot take at once waits for it.
"""

import fcntl
import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, tzinfo
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from collector.kernel_keys import KernelKeys, NoKernelKeys
from collector.keys import DayKeys, KeySetup
from collector.objections import Objections, ObjectionsRefused
from privacy.acknowledgement import SENTENCES, Standing, standing
from privacy.clock import ClockGuard
from privacy.log.file import AuditLog, LogRefused
from privacy.store.files import make_private

HOUSE_S: Final = 10.0
"""How often clock, keys and log are looked after; retention and grace times are minutes and days."""
PENDING_MAX: Final = 256
"""Entries that wait for a log that takes none: a full disk makes a few a day."""
LOCK: Final = "pseudonym.lock"


class Store(Protocol):
    """What a meter writes into."""

    def open(self) -> None:
        """Make what is needed."""

    def slices(self, table: pa.Table, day: date) -> None:
        """Take slices of one local day."""

    def links(self, table: pa.Table, day: date) -> None:
        """Take the link rows of one local day."""

    def flush(self) -> None:
        """Make what waits safe."""

    def close(self) -> None:
        """Write everything and end."""

    def trouble(self) -> list[str]:
        """Say what could not be kept."""


@dataclass(frozen=True, slots=True)
class CustodySetup:
    """What one collector is told."""

    store: Path
    keys: Path
    """Directory of the store's keys."""
    timezone: tzinfo
    source: str
    """`capture eth1` or `listen`: no address."""
    config: str
    """Digest of the configuration in force, 16 hex digits."""
    settings: str
    """Digest of the privacy settings in force, 64 hex digits."""
    objections: Objections
    log: AuditLog
    guard: Callable[[Callable[[str, Mapping[str, Any]], object]], ClockGuard]
    """Makes the clock guard that tells a notebook."""
    say: Callable[[str], None]
    """Is told what a person has to know, in a sentence."""
    now_s: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class Notebook:
    """Entries for the log, kept while it cannot take them."""

    def __init__(self, log: AuditLog, say: Callable[[str], None]) -> None:
        self._log, self._say = log, say
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=PENDING_MAX)
        self._said = False

    def add(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Append an entry, now or when the log can take it."""
        self._waiting.append((kind, dict(facts)))
        self.write()

    def write(self) -> None:
        """Append what waits, as far as possible."""
        while self._waiting:
            try:
                self._log.append(*self._waiting[0])
            except (OSError, LogRefused) as error:
                if not self._said:
                    self._said = True
                    self._say(f"the audit log takes no entry now: {_reason(error)}")
                return
            self._waiting.popleft()
            self._said = False

    def entries(self) -> Any:
        """Return what the log holds; nothing while it cannot be read."""
        try:
            return self._log.entries()
        except (OSError, LogRefused):
            return ()


def _reason(error: Exception) -> str:
    return (error.strerror or "error") if isinstance(error, OSError) else str(error)


class Custody:
    """A store that looks after keys, clock and acknowledgement. Making one opens nothing."""

    def __init__(self, inner: Store, setup: CustodySetup) -> None:
        self._inner, self._setup = inner, setup
        self._notebook = Notebook(setup.log, setup.say)
        self._guard = setup.guard(self._notebook.add)
        self.objections = setup.objections
        self._standing = Standing.NO_KEY
        self._looked = setup.monotonic()
        self._begun = False
        self._kept = self.not_recorded = 0
        self.key_of_day = self._day_keys()

    def _day_keys(self) -> DayKeys:
        try:
            kernel = KernelKeys()
        except NoKernelKeys:
            kernel = None
        setup = self._setup
        tag = hashlib.sha256(str(setup.store.resolve()).encode()).hexdigest()[:16]
        return DayKeys(
            KeySetup(
                timezone=setup.timezone,
                now_s=self._now_s,
                kernel=kernel,
                tag=tag,
                record=self._record,
                number_of=self._next_number,
                alone=self._alone,
            )
        )

    def _now_s(self) -> float:
        """Return the believed time: a clock that jumps ends no day, and so rotates no key."""
        self._begin()  # looks at the clocks first
        return self._guard.time_s(self._setup.now_s())

    def _next_number(self, day: date) -> int:
        made = (e for e in self._notebook.entries() if e.kind == "pseudonym_key_made")
        return 1 + sum(entry.facts["day"] == day.isoformat() for entry in made)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            make_private(self._setup.keys)
            handle = os.open(self._setup.keys / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # a full disk must not stop a meter; two collectors at once are rare
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def open(self) -> None:
        """Open the store and read the log; the log is told with the first rows or flush.

        Raises:
            LogRefused: the log is damaged: nothing is measured that cannot be accounted for.
            OSError, NoStore: see the store.
        """
        self._inner.open()
        self._standing = standing(self._setup.log.entries(), self._setup.settings)

    def _begin(self) -> None:
        """Begin in the log, once something is measured; destroy what an ended collector left."""
        if self._begun:
            return
        self._begun = True
        self._notebook.add(
            "collector_started",
            {
                "source": self._setup.source,
                "config": self._setup.config,
                "settings": self._setup.settings,
                "acknowledged": self.acknowledged,
            },
        )
        self._say_standing()
        self._look()

    def _record(self, kind: str, facts: Mapping[str, Any]) -> None:
        self._begin()
        self._notebook.add(kind, facts)

    @property
    def acknowledged(self) -> bool:
        """Whether slices may be written."""
        return self._standing is Standing.IN_FORCE

    def slices(self, table: pa.Table, day: date) -> None:
        """Pass slices on, or drop them before they are written anywhere."""
        self._begin()
        if self.acknowledged:
            self._kept += table.num_rows
            self._inner.slices(table, day)
        else:
            self.not_recorded += table.num_rows

    def links(self, table: pa.Table, day: date) -> None:
        """Pass link rows on."""
        self._begin()
        self._inner.links(table, day)

    def flush(self) -> None:
        """Keep house when it is time, then let the store write."""
        self._begin()
        if self._setup.monotonic() - self._looked >= HOUSE_S:
            self._look()
        self._inner.flush()

    def close(self) -> None:
        """Let the store end, overwrite the keys, end in the log."""
        self._begin()
        self._inner.close()
        self._look()
        self.key_of_day.close()
        not_recorded = self.not_recorded + self.objections.dropped
        facts = {"slices": self._kept, "not_recorded": not_recorded}
        self._notebook.add("collector_stopped", {"source": self._setup.source, **facts})

    def trouble(self) -> list[str]:
        """See the store."""
        return self._inner.trouble()

    def notes(self) -> list[str]:
        """Say what was not recorded, and why."""
        said = []
        if self.not_recorded:
            said.append(
                f"{self.not_recorded:,} slices were not written: no acknowledgement in force"
            )
        if self.objections.dropped:
            said.append(
                f"{self.objections.dropped:,} slices were not recorded: zones that are not measured, "
                "devices that object"
            )
        return said

    def _look(self) -> None:
        self._looked = self._setup.monotonic()
        try:
            believed = self._guard.believed()
        except OSError:  # nobody can tell whether the clock jumped: nothing is destroyed
            believed = False
        if believed:
            self.key_of_day.expire()
        self._notebook.write()
        self._read_standing()
        try:
            self.objections.refresh()
        except ObjectionsRefused as refused:
            self._setup.say(str(refused))

    def _read_standing(self) -> None:
        """Look whether the DPO has decided meanwhile; a log that cannot be read changes nothing."""
        try:
            now = standing(self._setup.log.entries(), self._setup.settings)
        except (OSError, LogRefused):
            return
        before, self._standing = self._standing, now
        if (before is Standing.IN_FORCE) != self.acknowledged:
            kind = "in_force" if self.acknowledged else "missing"
            self._notebook.add(f"acknowledgement_{kind}", {"settings": self._setup.settings})
            self._say_standing()

    def _say_standing(self) -> None:
        if not self.acknowledged:
            self._setup.say(
                f"{SENTENCES[self._standing]}: only the load of the link is counted, nothing about "
                "devices or names is written; `jauge privacy status` says what to do"
            )
