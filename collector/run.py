"""The two runs of a collector: a capture file, or an interface until it is told to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collector.accounting import Totals, totals
from collector.engine import Meter, Sink, has_lone_device
from collector.meter import layout as lay
from collector.sources.files import Fault, NotACapture, Progress, replay
from collector.sources.ring import (
    CannotCapture,
    InterfaceCounters,
    Ring,
    is_up,
    move_clock,
)

FLUSH_S = 4.0
"""Rows are made safe at least that often while capturing: a kill loses less than five seconds."""
LOOK_S = 1.0
"""How often the interface is looked after: capture is back well within five seconds."""
RETRY_S = 0.2
MANY_FLOWS = 1_000
"""So many flows of one single device are a NAT's, not a person's."""
QUIET_WAITS = 3
"""Waits without a block, each longer than the ring's time-out, after which nothing is left."""
_LAG_US = 200_000
"""How far the clock stays behind the wall while no packet comes: the ring may hold younger ones."""


class Store(Sink, Protocol):
    """A sink that can be opened and flushed."""

    def open(self) -> None:
        """Make what is needed."""

    def flush(self) -> None:
        """Make what waits safe."""

    def close(self) -> None:
        """Write everything and end."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Outcome of a replay: what was counted, and the files that stopped making sense."""

    totals: Totals
    faults: tuple[tuple[Path, Fault], ...]


def _notes(meter: Meter) -> list[str]:
    count = meter.tables["count"]
    notes = []
    if count[lay.C_FORCED]:
        notes.append(f"the flow table was full: {int(count[lay.C_FORCED])} flows were closed early")
    if has_lone_device(meter.tables) and count[lay.C_FLOWS] > MANY_FLOWS:
        notes.append(
            "one single inside address for everybody, so no slice bears a device: the capture "
            "stands outside the NAT; place it inside to measure uses"
        )
    return notes


def run_replay(
    paths: list[Path], meter: Meter, store: Store, progress: Progress | None = None
) -> Replayed:
    """Meter capture files one after the other and finish the meter.

    Raises:
        NotACapture: the only file is no capture (one of several is a fault among the others).
        OSError: a file cannot be read or the store not be written.
    """
    started = time.monotonic()
    faults = []
    for path in paths:
        try:
            fault = replay(path, meter, progress)
        except NotACapture as error:
            if path == paths[0] and len(paths) == 1:
                raise
            fault = Fault(0, str(error))
        if fault is not None:
            faults.append((path, fault))
    meter.finish()
    store.close()
    return Replayed(
        totals(
            meter.tables,
            offered=None,
            kernel_drops=0,
            seconds=time.monotonic() - started,
            notes=_notes(meter),
        ),
        tuple(faults),
    )


class LiveFacts:
    """What the kernel and the interface counted since the last link rows."""

    def __init__(self, ring: Ring, counters: InterfaceCounters) -> None:
        self._ring, self._counters = ring, counters
        self._offered = self._dropped = 0

    def __call__(self) -> dict[str, int | None]:
        """Read the counters."""
        self._ring.read_statistics()
        up, down = self._counters.since_last()
        facts: dict[str, int | None] = {
            "offered": self._ring.offered - self._offered,
            "kernel_drops": self._ring.dropped - self._dropped,
            "counter_up_bytes": up,
            "counter_down_bytes": down,
        }
        self._offered, self._dropped = self._ring.offered, self._ring.dropped
        return facts


def run_capture(
    ring: Ring,
    meter: Meter,
    store: Store,
    *,
    stopped: Callable[[], bool],
    follow_wall: bool,
    tick: Callable[[Meter, Ring], None] | None = None,
) -> Totals:
    """Meter an open ring until `stopped`; then close the counts, the flows and the store.

    Args:
        ring: open.
        meter: takes the packets.
        store: open.
        stopped: asked after each wait.
        follow_wall: move the clock while no packet comes (not with time stamps from a trailer).
        tick: called about ten times a second, for progress.

    Raises:
        OSError: the store cannot be written.
    """
    run = _Live(ring, meter, store)
    started = time.monotonic()
    while not stopped():
        if not run.listening(stopped):
            break
        if ring.drain(meter) == 0:
            ring.wait()
        if follow_wall and not run.down:
            move_clock(meter, time.time_ns() // 1_000 - _LAG_US)
        run.flush_when_due()
        if tick is not None:
            tick(meter, ring)
    run.close()
    return totals(
        meter.tables,
        offered=ring.offered,
        kernel_drops=ring.dropped,
        seconds=time.monotonic() - started,
        notes=[*_notes(meter), *run.notes()],
    )


class _Live:
    """A running capture: is the interface there, when is it time to write."""

    def __init__(self, ring: Ring, meter: Meter, store: Store) -> None:
        self._ring, self._meter, self._store = ring, meter, store
        self._flushed = self._looked = time.monotonic()
        self._open = True
        self._outages = 0
        self._away_s = 0.0
        self.down = False

    def listening(self, stopped: Callable[[], bool]) -> bool:
        """Look after the interface once in LOOK_S; wait for it while it is gone.

        Returns False when the capture was stopped during the wait.
        """
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return True
        if self.down:
            self._away_s += now - self._looked
        self._looked = now
        self._note_state(down=not is_up(self._ring.interface))
        if not self._ring.is_deaf():
            return True
        self._close_ring()
        while not stopped():
            if self._reopened():
                self._away_s += time.monotonic() - now
                self._looked = time.monotonic()
                return True
            time.sleep(RETRY_S)
        return False

    def _note_state(self, *, down: bool) -> None:
        if down and not self.down:
            self._outages += 1
            _drain_last(self._ring, self._meter)
            self._meter.begin_outage()
        self.down = down

    def _reopened(self) -> bool:
        if not is_up(self._ring.interface):
            return False
        try:
            self._ring.open()
        except (CannotCapture, OSError):
            return False
        self._open, self.down = True, False
        return True

    def _close_ring(self) -> None:
        """Count what the old socket still holds, then let it go."""
        _drain_last(self._ring, self._meter)
        self._ring.read_statistics()
        self._meter.begin_outage()
        self._ring.close()
        self._open = False

    def flush_when_due(self) -> None:
        """Make rows safe at least every FLUSH_S."""
        if time.monotonic() - self._flushed > FLUSH_S:
            self._meter.flush_rows()
            self._meter.flush_links()
            self._store.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        """Close the counts, the flows and the store."""
        if self._open:
            self._ring.stop()
            _drain_last(self._ring, self._meter)
        self._meter.finish()
        self._store.close()
        if self._open:
            self._ring.read_statistics()
            self._ring.close()

    def notes(self) -> list[str]:
        """Say how often and how long the interface was away."""
        if not self._outages:
            return []
        return [
            f"the interface was away {self._outages} times, {self._away_s:.0f} s in all: "
            "no link rows for that time"
        ]


def _drain_last(ring: Ring, meter: Meter) -> None:
    """Take what the kernel still passes on: a block retires at the latest after its time-out."""
    quiet = 0
    while quiet < QUIET_WAITS:
        quiet = 0 if ring.drain(meter) else quiet + 1
        ring.wait()
