"""One observation domain: its templates, samplers, the start of its uptime, its streams of numbers."""

from dataclasses import dataclass, replace

from collector.exports import elements as el
from collector.exports.datagram import DataSet, Header
from collector.exports.flow import Ratio
from collector.exports.outcome import NeedTemplate, Rejected
from collector.exports.sequence import Arrival, Sequence
from collector.exports.templates import Budget, TemplateBook, Values
from collector.exports.times import Clock
from collector.exports.values import sampling_of

PORTS_MAX = 8
"""Source ports of one domain that number on their own; the oldest gives way (an exporter that
restarts comes from another port)."""
SAMPLERS_MAX = 256
"""Samplers of one domain: one or two per interface."""
UPTIME_MAX_MS = 1 << 32
"""IPFIX borrows 32-bit uptimes from v9 (RFC 5102 section 5.9.10): they mean nothing beyond."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, read."""

    values: Values
    options: bool


class Counting:
    """How an IPFIX exporter counts: as the RFC says, or like softflowd.

    RFC 7011 section 3.1: the number of data records *before* this message, options included.
    softflowd 1.1 sends the number *after* it, options left out. Two messages of different sizes
    tell; the first one tells when it is the exporter's first.
    """

    def __init__(self) -> None:
        self._after: bool | None = None
        self._sure = False
        self._last: tuple[int, int, int] | None = None

    def normalise(self, arrival: Arrival, *, flow_records: int, sequence: Sequence) -> Arrival:
        """Return the arrival as the RFC would have numbered it."""
        if not self._sure:
            self._decide(arrival, flow_records, sequence)
        self._last = (arrival.sequence, arrival.units, flow_records)
        if not self._after:
            return arrival
        start = (arrival.sequence - flow_records) % UPTIME_MAX_MS
        return replace(arrival, sequence=start, units=flow_records)

    def _decide(self, arrival: Arrival, flow_records: int, sequence: Sequence) -> None:
        if self._last is None:
            self._after = flow_records > 0 and arrival.sequence == flow_records
            return
        number, units, flows = self._last
        before = arrival.sequence == (number + units) % UPTIME_MAX_MS
        after = arrival.sequence == (number + flow_records) % UPTIME_MAX_MS
        if before == after:
            return
        self._sure = True
        if after != self._after:
            sequence.rebase(-units if after else flows)
            self._after = after


class Domain:
    """State of one observation domain."""

    def __init__(self, budget: Budget) -> None:
        self.templates = TemplateBook(budget)
        self.last_seen = 0.0
        self._ports: dict[int, tuple[Sequence, Counting]] = {}
        self._retired_lost = self._retired_restarts = self._retired_offered = 0
        self._samplers: dict[int | None, Ratio] = {}
        self._started_ms: int | None = None

    def read(self, part: DataSet, now: float) -> list[Record | Rejected] | NeedTemplate:
        """Read a data set; what the exporter says about itself is learned at once."""
        template = self.templates.find(part.template, now)
        if template is None:
            return NeedTemplate(part.template)
        records: list[Record | Rejected] = []
        for values in template.records(part.body):
            if isinstance(values, Rejected):
                records.append(values)
                continue
            if template.options:
                self._learn(values)
            records.append(Record(values, template.options))
        return records

    def _learn(self, values: Values) -> None:
        if el.INIT_MS in values:
            self._started_ms = int(values[el.INIT_MS])
        sampler, stated = sampling_of(values)
        if stated is not None and (sampler in self._samplers or len(self._samplers) < SAMPLERS_MAX):
            self._samplers[sampler] = stated

    def ratio_of(self, sampler: int | None) -> Ratio | None:
        """Return the ratio of a sampler, of the whole domain for None; None when nobody said."""
        return self._samplers.get(sampler)

    def clock(self, header: Header, now: float) -> Clock:
        """Return the times of a datagram."""
        uptime = header.uptime_ms
        if uptime is None and self._started_ms is not None:
            uptime = (header.exported_ms - self._started_ms) % UPTIME_MAX_MS
        return Clock(header.exported_ms, uptime, int(now * 1_000))

    def sequence(self, port: int) -> Sequence:
        """Return the numbers of a source port."""
        return self._stream(port)[0]

    def counting(self, port: int) -> Counting:
        """Return how a source port counts."""
        return self._stream(port)[1]

    def _stream(self, port: int) -> tuple[Sequence, Counting]:
        stream = self._ports.pop(port, None) or (Sequence(), Counting())
        self._ports[port] = stream  # the newest stands last
        if len(self._ports) > PORTS_MAX:
            oldest = self._ports.pop(next(iter(self._ports)))[0]
            oldest.finish()
            self._retired_lost += oldest.lost
            self._retired_restarts += oldest.restarts
            self._retired_offered += oldest.offered
        return stream

    @property
    def lost(self) -> int:
        """What is finally lost."""
        return self._retired_lost + sum(s.lost for s, _ in self._ports.values())

    @property
    def offered(self) -> int:
        """What the exporter says that it sent, in its numbers; open gaps left out."""
        return self._retired_offered + sum(s.offered for s, _ in self._ports.values())

    @property
    def restarts(self) -> int:
        """Restarts that were recognised."""
        return self._retired_restarts + sum(s.restarts for s, _ in self._ports.values())

    def expire(self, now: float) -> None:
        """Make gaps final that were open long enough."""
        for sequence, _ in self._ports.values():
            sequence.expire(now)

    def finish(self) -> None:
        """Make all gaps final."""
        for sequence, _ in self._ports.values():
            sequence.finish()
