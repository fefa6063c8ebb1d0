"""The store that a meter writes into. Does I/O.

`slices` and `links` take rows; `flush` (every few seconds, or as soon as BATCH_ROWS wait) appends them
to a spool and syncs it: from then on they are safe. Spools are sealed by a thread of their own. No
error of the disk reaches the meter: rows wait in memory within a bound, then slices are counted as
not kept; link rows, which are few, go on waiting.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from collector.store.background import Background
from collector.store.seal import Reason
from collector.store.space import Level, Space, stop_below
from collector.store.spool import ID_OCTETS, Head, Spool, cipher_of
from collector.store.status import StatusFile
from privacy.records import LINK_STEP_S
from privacy.store.commit import Committer
from privacy.store.files import make_private
from privacy.store.keys import DayKeyring, FileKeyring, KeyMissing
from privacy.store.layout import ENCRYPTED, FLOWS, LINK, SPOOL, keys_beside
from privacy.store.manifest import Gap
from privacy.store.parquet import ROW_GROUP

BATCH_ROWS: Final = 5_000
"""Rows that wait at most before they are written (and then all that wait at once)."""
SEAL_S: Final = 300.0
FIVE_MINUTES_S: Final = 300
SEAL_LINK_S: Final = 60.0
"""Link rows are sealed from this age on, as soon as they end five minutes of the clock: those are what
the first day publishes (analyzer/first_day.py), and nobody should wait twice as long for them."""
SEAL_ROWS: Final = ROW_GROUP
"""A spool is sealed when it is so old or so long; a longer one would cost a flood more memory."""
WRITING_BYTES: Final = 112 << 20
"""Memory that the rows on their way out may take: the frames of a spool of SEAL_ROWS, opened, joined,
sorted, encoded, and read again for the check, while the next spool fills. A flood of a million flows
took 91 to 110 MiB (tests/collector/test_flood.py)."""
SPOOLS_MAX: Final = 32
"""Open spools. A school has four (two records, two days around midnight); a capture file whose
clock jumps about could ask for thousands."""
WAITING_MAX: Final = {FLOWS: 100_000, LINK: 100_000}
"""Rows that wait in memory while nothing can be written: 13 MiB of slices; eleven days of link rows."""

RETRY_S: Final = 1.0
"""How long rows wait after a fault of the disk before they are tried again."""

Footer = tuple[tuple[bytes, bytes], ...]
Key = tuple[str, date, Footer]


@dataclass
class _Lane:
    """Rows of one record, day and footer: what waits, and the spool that takes them."""

    waiting: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    spool: Spool | None = None
    since: float = 0.0
    ends_five: bool = False
    """Its spool holds the last ten seconds of five minutes of the clock."""


def _wall_us() -> int:
    return time.time_ns() // 1_000


def ends_five_minutes(table: pa.Table) -> bool:
    """Say whether link rows hold the last ten seconds of five minutes of the clock."""
    starts = table["start"].cast(pa.timestamp("s", "UTC")).cast(pa.int64())
    rest = pc.subtract(starts, pc.multiply(pc.divide(starts, FIVE_MINUTES_S), FIVE_MINUTES_S))
    return bool(pc.any(pc.equal(rest, FIVE_MINUTES_S - LINK_STEP_S)).as_py())


class DirectoryStore:
    """The store of a school. Making one opens nothing.

    Args:
        root: its directory.
        keys: the keys of the days; beside the store when left out.
        now_us: wall clock, µs since 1970: for what is recorded, never for what is decided.
        monotonic: seconds, for intervals.
        say: is told in a sentence when the disk fills and when it has room again.
        acknowledged: is told (record, rows) after these rows are safe.
    """

    def __init__(
        self,
        root: Path,
        *,
        keys: DayKeyring | None = None,
        now_us: Callable[[], int] = _wall_us,
        monotonic: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _sentence: None,
        acknowledged: Callable[[str, pa.Table], None] | None = None,
    ) -> None:
        self._root = root
        self._keys = keys or FileKeyring(keys_beside(root))
        self._now_us, self._monotonic, self._say = now_us, monotonic, say
        self._acknowledged = acknowledged
        self._committer = Committer(root, self._keys, now_us)
        self._space = Space(root)
        self._background = Background(
            self._committer, now_us, roomy=lambda: self._space.level is Level.ALL
        )
        self._status = StatusFile(root)
        self._lanes: dict[Key, _Lane] = defaultdict(_Lane)
        self._rows = 0
        self._lost: dict[tuple[str, date, Reason], int] = defaultdict(int)
        self._not_kept = 0
        self._faults = 0
        self._fault = ""
        self._try_again = 0.0
        self._alarm = False

    def open(self) -> None:
        """Make or check the store, then take up what an ended collector left.

        Raises:
            NoStore: something else stands there.
            OSError: it cannot be written.
        """
        self._committer.open()
        make_private(self._root / SPOOL)
        with suppress(OSError):  # on a full disk the rest works without
            self._status.open()
        self._look()
        self._background.start()

    def slices(self, table: pa.Table, day: date) -> None:
        """Take slices of one local day."""
        if self._keys.destroyed(day):
            self._lost[FLOWS, day, Reason.ERASED] += table.num_rows
        elif self._space.level is Level.ALL:
            self._take(FLOWS, table, day)
        else:
            self._lost[FLOWS, day, Reason.DISK_FULL] += table.num_rows

    def links(self, table: pa.Table, day: date) -> None:
        """Take link rows of one local day."""
        self._take(LINK, table, day)

    def _take(self, record: str, table: pa.Table, day: date) -> None:
        if not table.num_rows:
            return
        lane = self._lanes[record, day, tuple(sorted((table.schema.metadata or {}).items()))]
        if lane.rows + table.num_rows > WAITING_MAX[record] and lane.waiting:
            self._lost[record, day, Reason.DISK_FULL] += table.num_rows
            return
        lane.waiting.append(table)
        lane.rows += table.num_rows
        self._rows += table.num_rows
        if self._rows >= BATCH_ROWS:
            self._write()

    def flush(self) -> None:
        """Make everything that waits safe, as far as the disk allows; hand over old spools."""
        self._keys.tend()
        self._look()
        self._write()
        now = self._monotonic()
        for (record, day, _), lane in self._lanes.items():
            erased = record in ENCRYPTED and self._keys.destroyed(day)
            age = SEAL_LINK_S if lane.ends_five else SEAL_S
            if lane.spool is not None and (erased or now - lane.since >= age):
                self._hand_over(lane)
        self._forget_idle()
        self._tell()

    def close(self) -> None:
        """Make everything safe and seal it; what cannot be sealed now stays in its spool."""
        self._look()
        self._write()
        for (record, day, _), lane in self._lanes.items():
            self._hand_over(lane)
            if lane.rows:
                self._lost[record, day, Reason.DISK_FULL] += lane.rows
        self._background.stop()
        self._tell(ended=True)
        self._status.close()
        self._keys.let_go()

    def trouble(self) -> list[str]:
        """Say what a person has to know after `close`: what was not kept, what is not sealed yet."""
        said = []
        not_kept = self._not_kept + sum(self._lost.values())
        if not_kept:
            said.append(f"{not_kept:,} rows could not be kept; look at `jauge store status`")
        if self._background.left:
            said.append("a spool could not be sealed; make room, then run `jauge store tidy`")
        return said

    # --- writing

    def _write(self) -> None:
        now = self._monotonic()
        if now < self._try_again:
            return
        for key, lane in list(self._lanes.items()):
            if not lane.waiting or (key[0] == FLOWS and self._space.level is not Level.ALL):
                continue
            done = self._write_lane(key, lane) or self._write_lane(key, lane)
            if not done and key[0] == LINK and self._space.let_go():
                done = self._write_lane(key, lane)  # the ballast is for link rows
            if not done:
                self._try_again = now + RETRY_S
        self._rows = sum(lane.rows for lane in self._lanes.values())

    def _write_lane(self, key: Key, lane: _Lane) -> bool:
        """Append what waits to the lane's spool; False when it goes on waiting."""
        if lane.spool is not None and lane.spool.poisoned and not self._give_up(lane):
            return False
        table = pa.concat_tables(lane.waiting)
        try:
            spool = lane.spool or self._open_spool(key, lane, table.schema)
            spool.append(table)
        except KeyMissing:
            self._lost[key[0], key[1], Reason.ERASED] += lane.rows
            lane.waiting, lane.rows = [], 0
            return True
        except OSError as error:
            self._faults += 1
            self._fault = error.strerror or "error"
            if lane.spool is not None:
                self._give_up(lane)
            return False
        lane.waiting, lane.rows = [], 0
        lane.ends_five = lane.ends_five or (key[0] == LINK and ends_five_minutes(table))
        if self._acknowledged is not None:
            self._acknowledged(key[0], table)
        if spool.rows >= SEAL_ROWS:
            self._hand_over(lane)
        return True

    def _open_spool(self, key: Key, lane: _Lane, schema: pa.Schema) -> Spool:
        head = Head(os.urandom(ID_OCTETS), key[0], key[1])
        spool = Spool(self._root / SPOOL, head, cipher_of(self._keys, head, make=True))
        lane.spool, lane.since, lane.ends_five = spool, self._monotonic(), False
        spool.open(schema)
        return spool

    def _give_up(self, lane: _Lane) -> bool:
        """Leave a poisoned spool.

        The frame that failed may be whole on the disk all the same. What waits may go into another
        spool only when the manifest says how far this one may be trusted: else it could be there twice.
        """
        spool = lane.spool
        if spool is None:
            return True
        head = spool.head
        reason = f"{Reason.WRITE_FAILED}: {self._fault}"
        gap = Gap(self._now_us(), head.record, head.day, head.name, reason, 0)
        try:
            self._committer.manifest.poison(head.name, spool.frames, gap)
        except OSError:
            return False
        lane.spool = None
        self._background.seal(spool)
        return True

    def _hand_over(self, lane: _Lane) -> None:
        if lane.spool is not None:
            self._background.seal(lane.spool)
            lane.spool = None

    def _forget_idle(self) -> None:
        """Let go of lanes without rows and spool; close the oldest spools over the bound."""
        for key in [k for k, lane in self._lanes.items() if lane.spool is None and not lane.rows]:
            del self._lanes[key]
        self._bound_spools()

    def _bound_spools(self) -> None:
        open_lanes = sorted(
            (lane for lane in self._lanes.values() if lane.spool is not None),
            key=lambda lane: lane.since,
        )
        for lane in open_lanes[: max(0, len(open_lanes) - SPOOLS_MAX)]:
            self._hand_over(lane)

    # --- telling

    def _look(self) -> None:
        try:
            level = self._space.look()
        except OSError:
            return
        full = level is not Level.ALL
        if full != self._alarm:
            self._alarm = full
            free, mark = self._space.free >> 20, stop_below(self._space.total) >> 20
            if full:
                self._say(f"the store's disk is nearly full ({free:,} MiB free): slices are not kept "
                          f"until {mark:,} MiB are free; link counters go on")  # fmt: skip
            else:
                self._say(f"the store's disk has room again ({free:,} MiB free): slices are kept")

    def _tell(self, *, ended: bool = False) -> None:
        """Record what was lost since the last time, and the state for `jauge store status`."""
        gaps = [
            Gap(self._now_us(), record, day, None, str(reason), rows)
            for (record, day, reason), rows in self._lost.items()
        ]
        if gaps:
            with suppress(OSError):
                self._committer.manifest.add_gaps(gaps)
                self._not_kept += sum(self._lost.values())
                self._lost.clear()
        state = {
            "at_us": self._now_us(),
            "running": not ended,
            "level": self._space.level.value,
            "alarm": self._alarm,
            "waiting_rows": sum(lane.rows for lane in self._lanes.values()),
            "open_spools": sum(lane.spool is not None for lane in self._lanes.values()),
            "sealed_segments": self._background.sealed,
            "write_faults": self._faults + self._background.faults,
            "rows_not_kept": self._not_kept + sum(self._lost.values()),
        }
        with suppress(OSError):
            self._status.write(state)
