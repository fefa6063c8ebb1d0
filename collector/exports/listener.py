"""Datagrams of allow-listed exporters in, stored records out. Pure but for its sink.

The order is the promise: the source address is looked up first; a stranger's datagram changes one
counter and nothing else.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

import pyarrow as pa

from collector.exports.exporter import Exporter
from collector.exports.flow import Scale
from collector.exports.joining import Joined, Joiner
from collector.exports.links import HOLD_S, STEP_MS, LinkRows, told_by
from collector.exports.tables import Minimiser, Row, SliceRows, day_of, link_table, unknown_of

MANY_FLOWS = 1_000
"""So many flows of one single inside device are a NAT's, not a person's."""


class Sink(Protocol):
    """Where finished records go."""

    def slices(self, table: pa.Table, day: date) -> None:
        """Take slices of one local day."""

    def links(self, table: pa.Table, day: date) -> None:
        """Take link rows of one local day."""


@dataclass(frozen=True, slots=True)
class ListenSetup:
    """What one run is made of."""

    exporters: tuple[str, ...]
    """Addresses that may export, as the socket writes them."""
    minimiser: Minimiser
    random_id: Callable[[], int]
    """63 random bits at each call."""
    line: str = "internet"
    config_digest: str = "0" * 16


class Listener:
    """State of one run. Constructing starts nothing."""

    def __init__(self, setup: ListenSetup, sink: Sink) -> None:
        self._minimiser = setup.minimiser
        self._sink = sink
        self._exporters = {a: Exporter(i) for i, a in enumerate(setup.exporters)}
        self._links = [
            LinkRows(
                partial(told_by, exporter),
                interface=f"exporter-{exporter.number + 1}",
                line=setup.line,
                digest=setup.config_digest,
            )
            for exporter in self._exporters.values()
        ]
        self._joiner = Joiner(setup.random_id)
        self._slices = SliceRows()
        self._day: date | None = None
        self._forced_before = 0
        self._one_device: set[bytes] = set()
        self.datagrams = 0
        self.forged = 0
        self.socket_drops = 0
        self.ip_octets = 0

    def offer(self, data: bytes, *, source: str, port: int, now: float) -> None:
        """Take one datagram from the socket."""
        self.datagrams += 1
        exporter = self._exporters.get(source)
        if exporter is None:
            self.forged += 1
            return
        for flow in exporter.offer(data, port=port, now=now):
            self.ip_octets += flow.octets + flow.reverse_octets
            self._joiner.add(flow, exporter.number, now)

    def tick(self, now: float) -> None:
        """Hand out what has waited long enough; called every second or so."""
        for exporter in self._exporters.values():
            exporter.expire(now)
            exporter.expire_gaps(now)
        self._write(self._joiner.take(now), now, int((now - HOLD_S) * 1_000))

    def finish(self, now: float) -> None:
        """Hand out everything."""
        for exporter in self._exporters.values():
            exporter.finish()
        self._write(self._joiner.finish(), now, int(now * 1_000) + 10 * STEP_MS, last=True)

    def _write(
        self, flows: Iterable[Joined], now: float, link_until_ms: int, *, last: bool = False
    ) -> None:
        for flow in flows:
            self._store(flow)
        degraded = self._joiner.forced > self._forced_before
        self._forced_before = self._joiner.forced
        by_day: dict[date, list[Row]] = defaultdict(list)
        for links in self._links:
            links.tick(now, degraded=degraded)
            rows = links.take(link_until_ms, len(self._joiner), fill=not last)
            for start_ms, row in rows:
                by_day[day_of(start_ms, self._minimiser.timezone)].append(row)
        for day, table in self._slices.take():
            self._sink.slices(table, day)
        for day, link_rows in sorted(by_day.items()):
            self._sink.links(link_table(link_rows), day)
        self._turn_day(day_of(int(now * 1_000), self._minimiser.timezone))

    def _store(self, flow: Joined) -> None:
        placed = self._minimiser.place(flow)
        self._links[flow.key[0]].add_flow(flow, placed)
        self._slices.add(self._minimiser.rows(flow, placed), unknown_of(flow))
        if placed.has_device and len(self._one_device) < 2:  # noqa: PLR2004 - one or several
            end = flow.key[3] if placed.source_is_school else flow.key[5]
            self._one_device.add(self._minimiser.identities.of(flow.key[1], end))

    def _turn_day(self, day: date) -> None:
        """On a new local day, forget yesterday's devices: their key dies with the day."""
        if self._day is not None and day > self._day:
            self._minimiser.identities.forget()
        self._day = day

    def report(self, seconds: float) -> dict[str, Any]:
        """Return the object that `--json` prints: counts and reasons, never a value of a record."""
        exporters = [self._report_exporter(exporter) for exporter in self._exporters.values()]
        rejected: dict[str, int] = {"forged": self.forged} if self.forged else {}
        for entry in exporters:
            for reason, count in entry["rejected"].items():
                rejected[reason] = rejected.get(reason, 0) + count
        return {
            "datagrams_offered": self.datagrams + self.socket_drops,
            "datagrams_parsed": sum(entry["parsed"] for entry in exporters),
            "datagrams_duplicate": sum(entry["duplicates"] for entry in exporters),
            "rejected": rejected,
            "kernel_drops": self.socket_drops,
            "shed": 0,
            "ip_bytes": self.ip_octets,
            "flows": self._joiner.flows,
            "slices": self._slices.written,
            "flows_forced": self._joiner.forced,
            "seconds": round(seconds, 3),
            "exporters": exporters,
            "notes": self._notes(),
        }

    def _report_exporter(self, exporter: Exporter) -> dict[str, Any]:
        counts = exporter.counts
        return {
            "exporter": exporter.number + 1,
            "datagrams": counts.datagrams,
            "parsed": counts.parsed,
            "duplicates": counts.duplicates,
            "rejected": {reason.value: n for reason, n in sorted(counts.rejected.items())},
            "numbers": {
                "offered": exporter.offered,
                "parsed": counts.units,
                "lost": exporter.lost,
            },
            "restarts": exporter.restarts,
            "records": counts.records,
            "records_metered": counts.metered,
            "records_options": counts.options,
            "records_rejected": {
                reason.value: n for reason, n in sorted(counts.records_rejected.items())
            },
            "sets_undecodable": exporter.sets_undecodable,
            "templates": exporter.templates(),
            "templates_refused": {
                reason.value: n for reason, n in sorted(counts.templates_refused.items())
            },
            "scales": {scale.value: n for scale, n in sorted(counts.scales.items())},
            "records_untimed": counts.untimed,
        }

    def _notes(self) -> list[str]:
        notes = []
        if self._joiner.forced:
            notes.append(f"{self._joiner.forced} flows were closed early: the table was full")
        if len(self._one_device) == 1 and self._joiner.flows > MANY_FLOWS:
            notes.append(
                "one single inside device for everybody: the exporter stands outside the NAT; "
                "export from its inside to measure uses"
            )
        if any(exporter.counts.scales[Scale.UNSCALED] for exporter in self._exporters.values()):
            notes.append(
                "an exporter does not say whether it samples: its octets are stored as unscaled"
            )
        return notes
