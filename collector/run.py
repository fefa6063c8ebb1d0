"""The two runs of a collector: a capture file, or an interface until it is told to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collector.accounting import Totals, totals
from collector.engine import Meter, Sink, has_lone_device
from collector.kernel_clock import wall_us
from collector.memory import take
from collector.meter import layout as lay
from collector.sources.files import Fault, NotACapture, Progress, replay
from collector.sources.protocol import Report
from collector.sources.ring import InterfaceCounters, Ring, move_clock

FLUSH_S = 4.0
"""Rows are made safe at least that often while capturing: a kill loses less than five seconds, and a
`degraded` link row is on the disk soon after its step."""
LOOK_S = 0.5
"""How often the holder is asked; it also speaks up by itself."""
MANY_FLOWS = 1_000
"""So many flows of one single device are a NAT's, not a person's."""
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

    def begin(self) -> None:
        """Take the interface's counters as they are when the ring opens: octets count from here."""
        self._counters.since_last(self._ring.report)

    def __call__(self) -> dict[str, int | None]:
        """Ask the holder for the counters."""
        report = self._ring.look()
        up, down = self._counters.since_last(report)
        facts: dict[str, int | None] = {
            "offered": None if self._ring.orphaned else report.offered - self._offered,
            "kernel_drops": report.dropped - self._dropped,
            "counter_up_bytes": up,
            "counter_down_bytes": down,
        }
        self._offered, self._dropped = report.offered, report.dropped
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
    """Meter an open ring until `stopped` or its holder ends; then close counts, flows and store.

    Args:
        ring: open.
        meter: takes the packets.
        store: open.
        stopped: asked after each wait.
        follow_wall: move the clock while no packet comes (not with time stamps from a trailer).
        tick: called up to a hundred times a second, for progress.

    Raises:
        OSError: the store cannot be written.
    """
    for octets in lay.used_octets(meter.memory):
        take(octets)
    run = _Live(ring, meter, store, gap_rows=follow_wall)
    started = time.monotonic()
    while not (stopped() or ring.stopping):
        run.look_when_due()
        if ring.drain(meter) == 0:
            ring.wait()
        if follow_wall and not run.away:
            move_clock(meter, wall_us() - _LAG_US)
        run.flush_when_due()
        if tick is not None:
            tick(meter, ring)
    run.close()
    return totals(
        meter.tables,
        offered=None if ring.orphaned else ring.offered,
        kernel_drops=ring.dropped,
        seconds=time.monotonic() - started,
        notes=[*_notes(meter), *run.notes()],
    )


class _Live:
    """A running capture: is the interface there, when is it time to write."""

    def __init__(self, ring: Ring, meter: Meter, store: Store, *, gap_rows: bool) -> None:
        self._ring, self._meter, self._store = ring, meter, store
        self._gap_rows = gap_rows
        self._flushed = self._looked = time.monotonic()
        self._outages = 0
        self._away_us = 0
        self.away = False

    def look_when_due(self) -> None:
        """Ask the holder about the interface once in LOOK_S, at once when it has said something."""
        now = time.monotonic()
        if self._ring.told or now - self._looked >= LOOK_S:
            self._looked = now
            self._take(self._ring.look())

    def _take(self, report: Report) -> None:
        """Write what an outage, begun or ended since the last report, leaves in the link rows."""
        if report.outages > self._outages:
            self._outages = report.outages
            self._ring.drain_last(self._meter)
            self._meter.begin_outage()
        self.away = report.away
        if gap := self._ring.take_gap():
            self._away_us += gap[1] - gap[0]
            if self._gap_rows:
                self._meter.note_outage(*gap)

    def flush_when_due(self) -> None:
        """Make rows safe at least every FLUSH_S."""
        if time.monotonic() - self._flushed > FLUSH_S:
            self._meter.flush_rows()
            self._meter.flush_links()
            self._store.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        """Close the counts, the flows and the store."""
        self._take(self._ring.stop())
        self._ring.drain_last(self._meter)
        self._ring.look()
        self._meter.finish()
        self._store.close()

    def notes(self) -> list[str]:
        """Say how often and how long the interface was away, and what else a person must know."""
        notes = []
        if self._outages:
            notes.append(
                f"the interface was away {self._outages} times, {self._away_us / 1e6:.1f} s in all: "
                "gap rows stand for that time"
            )
        if self._ring.report.renames:
            notes.append(
                "the interface was renamed and captured on; "
                "write its new name into the configuration before the next start"
            )
        if self._ring.orphaned:
            notes.append(
                "the process that holds the packet socket ended first: "
                "the kernel's last counts are lost, `offered` is our own count"
            )
        return notes
