"""One meter: the loop's memory, and what Python does whenever the loop hands over.

The loop runs until something must be emptied (rows, names, QUIC datagrams, link rows) or its input
ends; `drive` serves it and calls again. Constructing starts nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from collector import gquic
from collector.meter import layout as lay
from collector.meter.entry import close_step, end_of_input, make_room, name_flow
from collector.meter.hello import pull_hello
from collector.meter.hints import APP_WORDS
from collector.objections import Objections
from collector.outages import outage_rows
from collector.placement import Placement
from collector.quic import Handshakes
from collector.resolve import Devices, Reducer, Sites
from collector.rows import (
    Resolved,
    link_table,
    local_days,
    row_pseudonyms,
    site_numbers,
    slice_table,
)

_EMPTY_STEPS_MAX = 4_320
"""Quiet steps filled with zeros: twelve hours. A longer silence in a file is a jump of its clock."""


class Sink(Protocol):
    """Where finished records go."""

    def slices(self, table: pa.Table, day: date) -> None:
        """Take slices of one local day, sorted by minute."""

    def links(self, table: pa.Table, day: date) -> None:
        """Take the link rows of one local day."""


@runtime_checkable
class BusySink(Protocol):
    """A sink with a thread of its own, on which rows become records while the loop goes on."""

    def beside(self, work: Callable[[], None]) -> None:
        """Do it there, in order, after the work before it; raises what that one raised."""


class LinkFacts(Protocol):
    """What is counted outside the loop, since it was last asked."""

    def __call__(self) -> dict[str, int | None]:
        """Return `offered`, `kernel_drops`, `counter_up_bytes`, `counter_down_bytes`."""


@dataclass(frozen=True, slots=True)
class MeterSetup:
    """What one run of a meter is made of."""

    placement: Placement
    """The declared zones."""
    reduce: Reducer
    """Full name → what may be kept of it."""
    key_of_day: Callable[[date], bytes | memoryview]
    """The pseudonym key of a local day."""
    timezone: tzinfo
    """The school's."""
    seeds: tuple[int, int]
    """63 random bits each, for hashes and for flow ids."""
    flow_cap: int = lay.FLOW_CAP
    """Most flows at once."""
    trailer: bool = False
    """Packet time stands in the 12-byte trailer of a tap aggregator."""
    source: str = "file"
    """Name of the interface, or "file"."""
    line: str = "internet"
    """The Internet line that is measured."""
    config_digest: str = "0" * 16
    """Of the configuration in force."""
    objections: Objections | None = None
    """Who is not recorded; None: what the zones say, and no device objects."""


def _at_once(work: Callable[[], None]) -> None:
    work()


def has_lone_device(tables: Any) -> bool:
    """Say whether one single inside device was seen so far: then no flow can be told apart.

    A collector outside of the NAT sees one address for the whole school, and a pseudonym of the
    school would pass for a person's. Until a second device is seen, slices have none.
    """
    word = tables["word"]
    return bool(word[lay.W_SCHOOL]) and int(word[lay.W_DEVICES]) == 1


class Meter:
    """The compiled loop's memory and its servant."""

    def __init__(self, setup: MeterSetup, sink: Sink, link_facts: LinkFacts | None = None) -> None:
        """Allocate.

        Args:
            setup: what the run is made of.
            sink: takes the records.
            link_facts: the kernel's and the interface's counters; None for files.
        """
        self.memory = lay.new_tables(
            seed=setup.seeds[0], random=setup.seeds[1], flow_cap=setup.flow_cap
        )
        self.tables = self.memory[0]
        self.word = self.tables["word"]
        self.word[lay.W_TRAILER] = int(setup.trailer)
        setup.placement.load(self.tables)
        self._zones = setup.placement.names
        self._counts = np.array([*setup.placement.counts, True], bool)
        self.objections = setup.objections or Objections(measured=setup.placement.measured)
        self.word[lay.W_OBJECTIONS] = int(len(self.objections) > 0)
        self._sites = Sites(setup.reduce)
        self._devices = Devices(setup.key_of_day)
        self._handshakes = Handshakes()
        self._timezone = setup.timezone
        self._link = {
            "interface": setup.source,
            "line": setup.line,
            "config_digest": setup.config_digest,
        }
        self._sink = sink
        self._beside = sink.beside if isinstance(sink, BusySink) else _at_once
        self._facts = link_facts
        # On the wire's own clock every step has a row, and a missing one is an outage.
        self._fills = link_facts is None or setup.trailer
        self._last_link_us: int | None = None
        self._device_day: date | None = None

    @property
    def flow_cap(self) -> int:
        """Most flows at once."""
        return int(self.word[lay.W_FLOW_CAP])

    def drive(self, step: Callable[[], int]) -> int:
        """Call `step` until it ends; serve the loop in between. Returns RUN_END or RUN_BAD."""
        while True:
            code = step()
            if code in (lay.RUN_END, lay.RUN_BAD):
                return code
            self.serve(code)

    def serve(self, code: int) -> None:
        """Empty what the loop asked to have emptied."""
        self.take_names()
        if code in (lay.RUN_ROWS, lay.RUN_FULL, lay.RUN_ROTATE):
            self.flush_rows()
        if code == lay.RUN_LINKS:
            self.flush_links()
        if code == lay.RUN_ROTATE:
            self._sites.forget(self.tables)
        if code == lay.RUN_FULL:
            make_room(self.memory)

    def take_names(self) -> None:
        """Reduce waiting names and open waiting QUIC Initials."""
        self._sites.take(self.tables)  # first: names of the datagrams need room to wait, too
        self._take_quic()
        self._sites.take(self.tables)

    def _take_quic(self) -> None:
        waiting = int(self.word[lay.W_QUIC_PENDING])
        if not waiting:
            return
        self.word[lay.W_QUIC_PENDING] = 0
        entries, bodies = self.tables["quic"][:waiting], self.tables["quic_bytes"]
        flows = self.tables["flows"][entries["flow"]]
        wanted = (flows["id"] == entries["id"]) & (flows["used"] == 1)
        wanted &= flows["source"] < lay.SOURCE_QUIC
        read: set[int] = set()
        for i in np.flatnonzero(wanted).tolist():
            flow_id, number, length = entries[i].item()
            if flow_id in read:
                continue
            stream = self._handshakes.offer(flow_id, bodies[i, :length].tobytes())
            if stream and self._read_hello(number, flow_id, stream):
                read.add(flow_id)
        bodies[:waiting] = 0

    def _read_hello(self, number: int, flow_id: int, stream: bytes) -> bool:
        """Name the flow if the hello is long enough; returns True when nothing more is expected."""
        buf = np.frombuffer(bytearray(stream), np.uint8)
        if gquic.is_chlo(stream):
            (outcome, offset, length), ech = gquic.pull_chlo(stream), 0
        else:
            outcome, offset, length, ech = pull_hello(buf, 0, len(buf))
        if length:
            name_flow(self.memory, number, lay.SOURCE_QUIC, buf, offset, length, ech)
        if outcome == lay.MORE:
            return False
        self.tables["flows"]["done_lo"][number] = 1
        self._handshakes.forget(flow_id)
        return True

    def flush_rows(self) -> None:
        """Hand the finished slices to the sink, day by day."""
        self.take_names()
        waiting = int(self.word[lay.W_ROWS])
        self.word[lay.W_ROWS] = 0
        if not waiting:
            return
        rows = self._recordable(self.tables["rows"][:waiting].copy())
        if not len(rows):
            return
        if has_lone_device(self.tables):
            rows["device"] = -1
        # What the loop changes as it goes on is read here; the rest may be done beside it.
        resolved = Resolved(
            rows=rows,
            site_numbers=site_numbers(rows, self.tables["names"]),
            sites=tuple(self._sites.values),
            zones=self._zones,
            pseudonyms=row_pseudonyms(rows, self.tables, self._devices, self._timezone),
        )
        self._beside(lambda: self._hand_over(resolved))
        self._turn_day(local_days(rows["minute_us"], self._timezone)[0][-1])

    def _hand_over(self, resolved: Resolved) -> None:
        """Make the records of some rows; give them to the sink, sorted by minute, day by day."""
        table = slice_table(resolved)
        self._count_apps(table)
        days, which = local_days(np.sort(resolved.rows["minute_us"]), self._timezone)
        for i, day in enumerate(days):
            part = table if len(days) == 1 else table.filter(pa.array(which == i))
            self._sink.slices(part, day)

    def _recordable(self, rows: Any) -> Any:
        """Leave out what is not measured; forget devices that were looked for only to find that out."""
        rows = self.objections.kept(rows, self.tables)
        rows["device"][~self._counts[rows["zone"]]] = -1  # no zone is the last one: -1
        self.word[lay.W_OBJECTIONS] = int(len(self.objections) > 0)
        return rows

    def _count_apps(self, table: pa.Table) -> None:
        """Count the flows that ended, by wire hint."""
        ended = table["app"].filter(table["end_reason"].is_valid())
        for counted in ended.value_counts().to_pylist():
            if counted["values"] is not None:
                self.tables["apps"][APP_WORDS.index(counted["values"])] += counted["counts"]

    def _turn_day(self, day: date) -> None:
        """On a new local day, forget yesterday's devices (their key dies with the day)."""
        if self._device_day is not None and day > self._device_day:
            self._devices.forget(self.memory)
            self.objections.forget()
        self._device_day = max(day, self._device_day or day)

    def flush_links(self) -> None:
        """Hand the finished link rows to the sink."""
        waiting = int(self.word[lay.W_LINK_ROWS])
        self.word[lay.W_LINK_ROWS] = 0
        if not waiting:
            return
        links = self.tables["links"][:waiting]
        if self._fills:
            links = self._fill_quiet(links)
        facts = self._facts() if self._facts else None
        self._sink_links(link_table(links, facts=facts, **self._link), links)

    def _sink_links(self, table: pa.Table, links: Any) -> None:
        days, which = local_days(links["start_us"], self._timezone)
        for i, day in enumerate(days):
            self._sink.links(table.filter(pa.array(which == i)), day)

    def begin_outage(self) -> None:
        """Close the counts of now: until the interface is back, nothing is measured."""
        close_step(self.memory)
        self.flush_rows()
        self.flush_links()

    def note_outage(self, from_us: int, to_us: int) -> None:
        """Write the gap rows of a time in which nothing was measured (microseconds since 1970)."""
        links, lasted_ms = outage_rows(from_us, to_us)
        if len(links):
            table = link_table(links, facts=None, outage_ms=lasted_ms, **self._link)
            self._sink_links(table, links)

    def _fill_quiet(self, links: Any) -> Any:
        """Insert zero rows for steps without a packet: silence is a measurement, too."""
        step = int(self.word[lay.W_STEP_US])
        starts = links["start_us"]
        before = np.concatenate(
            [[self._last_link_us if self._last_link_us is not None else starts[0] - step], starts]
        )
        missing = np.diff(before) // step - 1
        self._last_link_us = int(starts[-1])
        if not ((missing > 0) & (missing <= _EMPTY_STEPS_MAX)).any():
            return links
        parts = []
        for row, gap, start in zip(links, missing.tolist(), starts.tolist(), strict=True):
            if 0 < gap <= _EMPTY_STEPS_MAX:
                quiet = np.zeros(gap, lay.LINK)
                quiet["start_us"] = start - step * np.arange(gap, 0, -1)
                parts.append(quiet)
            parts.append(np.array([row], lay.LINK))
        return np.concatenate(parts)

    def finish(self) -> None:
        """Close every flow and hand over all that is left."""
        self.take_names()
        while True:
            code = end_of_input(self.memory)
            self.flush_rows()
            self.flush_links()
            if code == lay.RUN_END:
                return
