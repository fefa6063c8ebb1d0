"""Between a meter and its store: who may write what, which keys live, and what the audit log is told.

Slices pass only while the DPO's acknowledgement of the settings in force is in the log (DESIGN promise 7)
and nobody asked to stop (`privacy.requests`, looked for before every batch of slices); link rows always pass. Once in HOUSE_S the clock is looked at, keys whose time has come are destroyed, and
the log is read again. Nothing here stops a meter: what the log cannot take at once waits for it.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, tzinfo
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from collector.kernel_keys import KernelKeys, NoKernelKeys
from collector.keys import DayKeys, KeySetup
from collector.notebook import Notebook
from collector.objections import Objections, ObjectionsRefused
from privacy.acknowledgement import SENTENCES, STOPPED, Standing, standing
from privacy.clock import ClockGuard
from privacy.log.changes import POLICY, policy_change
from privacy.log.file import AuditLog, LogRefused
from privacy.requests import stop_requested
from privacy.store.files import make_private
from privacy.terms import Terms

HOUSE_S: Final = 10.0
"""How often clock, keys and log are looked after; retention and grace times are minutes and days."""
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
    terms: Terms
    """What of the declarations the DPO has to have acknowledged."""
    policy: str
    """Digest of the policy in force, 64 hex digits."""
    objections: Objections
    log: AuditLog
    guard: Callable[[Callable[[str, Mapping[str, Any]], object]], ClockGuard]
    """Makes the clock guard that tells a notebook."""
    say: Callable[[str], None]
    """Is told what a person has to know, in a sentence."""
    now_s: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class Custody:
    """A store that looks after keys, clock and acknowledgement. Making one opens nothing."""

    def __init__(self, inner: Store, setup: CustodySetup) -> None:
        self._inner, self._setup = inner, setup
        self._notebook = Notebook(setup.log, setup.say)
        self._guard = setup.guard(self._notebook.add)
        self.objections = setup.objections
        self._settings = setup.terms.digest()
        self._standing = Standing.NO_KEY
        self._halted = self._told = False
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
        self._standing = standing(self._setup.log.entries(), self._setup.terms)
        self._halted = stop_requested(self._setup.store)

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
                "settings": self._settings,
                "acknowledged": self.acknowledged,
            },
        )
        self._note_policy()
        self._say_standing()
        self._look()

    def _record(self, kind: str, facts: Mapping[str, Any]) -> None:
        self._begin()
        self._notebook.add(kind, facts)

    @property
    def acknowledged(self) -> bool:
        """Whether slices may be written."""
        return self._standing is Standing.IN_FORCE and not self._halted

    def slices(self, table: pa.Table, day: date) -> None:
        """Pass slices on, or drop them before they are written anywhere."""
        self._begin()
        self._look_for_stop()
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
        self._look_for_stop()
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
            now = standing(self._setup.log.entries(), self._setup.terms)
        except (OSError, LogRefused):
            return
        if now is not self._standing:
            self._change(lambda: setattr(self, "_standing", now))

    def _look_for_stop(self) -> None:
        """Stop at once when the DPO asked for it; the log keeps it stopped when the file is gone."""
        asked = stop_requested(self._setup.store)
        if asked and not self._told and self._standing is not Standing.STOPPED:
            self._change(lambda: setattr(self, "_halted", True))
            self._notebook.add(STOPPED, {"settings": self._settings})
            self._read_standing()
        self._halted = self._told = asked

    def _change(self, change: Callable[[], None]) -> None:
        """Change what is allowed; log and person are told when that begins or ends the writing."""
        before = self.acknowledged
        change()
        if before is not self.acknowledged:
            kind = "in_force" if self.acknowledged else "missing"
            self._notebook.add(f"acknowledgement_{kind}", {"settings": self._settings})
            self._say_standing()

    def _note_policy(self) -> None:
        facts = policy_change(self._notebook.entries(), self._setup.policy, self._setup.terms)
        if facts is not None:
            self._notebook.add(POLICY, facts)

    def _say_standing(self) -> None:
        if not self.acknowledged:
            self._setup.say(
                f"{SENTENCES[Standing.STOPPED if self._halted else self._standing]}: only the load of the link is counted, nothing about "
                "devices or names is written; `jauge privacy status` says what to do"
            )
