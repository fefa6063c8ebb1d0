"""One allow-listed exporter: its domains, their templates, samplers and sequence numbers.

Pure and bounded: bytes, port and time in; flows out; everything else is counted in `Counts`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from collector.exports import netflow5, sflow
from collector.exports.counts import Counts
from collector.exports.datagram import (
    IPFIX,
    V9,
    Datagram,
    DataSet,
    Header,
    TemplateSet,
    pull_datagram,
)
from collector.exports.domain import Domain, Record
from collector.exports.flow import ExportedFlow
from collector.exports.outcome import NeedTemplate, Refused, Rejected
from collector.exports.sequence import Arrival, Verdict
from collector.exports.spreading import Spreading
from collector.exports.templates import Budget
from collector.exports.times import Clock
from collector.exports.values import flow_of, sampling_of
from collector.exports.waiting import Held, Waiting

DOMAINS_MAX = 64
"""Observation domains of one exporter in use; line cards of a large chassis are fewer."""
DOMAIN_IDLE_S = 3_600.0
"""A domain that is silent for so long gives way when there are too many."""


class Exporter:
    """State of one exporter."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts = Counts()
        self._domains: dict[tuple[int, int], Domain] = {}
        self._retired_lost = self._retired_restarts = self._retired_offered = 0
        self._budget = Budget()
        self._waiting = Waiting()
        self._spreading = Spreading()
        # By the first 16 bits: NetFlow and IPFIX have a 16-bit version, sFlow a 32-bit one.
        self._readers = {
            b"\0\x05": self._read_v5,
            b"\0\x09": self._read_sets,
            b"\0\x0a": self._read_sets,
            b"\0\0": self._read_sflow,
        }

    def offer(self, data: bytes, *, port: int, now: float) -> list[ExportedFlow]:
        """Take one datagram.

        Args:
            data: the datagram.
            port: the exporter's source port; each port numbers its datagrams on its own.
            now: seconds since 1970 by our clock.

        Returns:
            The flows that it completed, in the order of the records.
        """
        self.counts.datagrams += 1
        self.expire(now)
        read = self._readers.get(data[:2])
        if read is None:
            short = len(data) < 2  # noqa: PLR2004 - the version's own width
            flows: list[ExportedFlow] | Rejected = Rejected(
                Refused.TRUNCATED if short else Refused.VERSION
            )
        else:
            flows = read(data, port, now)
        if isinstance(flows, Rejected):
            self.counts.rejected[flows.reason] += 1
            return []
        self.counts.metered += len(flows)
        flows = [self._spreading.within(flow, now) for flow in flows]
        for flow in flows:
            self.counts.scales[flow.scale] += 1
            self.counts.untimed += not flow.timed
        return flows

    def expire(self, now: float) -> None:
        """Give up data that waited too long."""
        self._waiting.expire(now)

    def finish(self) -> None:
        """Give up what waits and close all gaps."""
        self._waiting.finish()
        for domain in self._domains.values():
            domain.finish()

    @property
    def lost(self) -> int:
        """What never came, in the exporter's numbers; gaps that are still open are left out."""
        return self._retired_lost + sum(domain.lost for domain in self._domains.values())

    @property
    def offered(self) -> int:
        """What the exporter says that it sent, in its numbers; open gaps left out."""
        return self._retired_offered + sum(domain.offered for domain in self._domains.values())

    @property
    def restarts(self) -> int:
        """Restarts of the exporter that were recognised."""
        return self._retired_restarts + sum(d.restarts for d in self._domains.values())

    def expire_gaps(self, now: float) -> None:
        """Make gaps final that were open long enough."""
        for domain in self._domains.values():
            domain.expire(now)

    @property
    def sets_undecodable(self) -> int:
        """Data sets that were never read for want of a template."""
        return self._waiting.given_up

    def templates(self) -> int:
        """Return the number of templates that are held."""
        return sum(len(domain.templates) for domain in self._domains.values())

    # --- one reader per version ------------------------------------------------------------

    def _read_v5(self, data: bytes, port: int, now: float) -> list[ExportedFlow] | Rejected:
        datagram = netflow5.pull_v5(data)
        if isinstance(datagram, Rejected):
            return datagram
        header = datagram.header
        domain = self._domain(header, now)
        if isinstance(domain, Rejected):
            return domain
        if self._repeated(domain, _arrival(header, datagram.records, now), port):
            return []
        self.counts.units += datagram.records
        return self._take(netflow5.flows_of(datagram, _clock(header, now)))

    def _read_sflow(self, data: bytes, port: int, now: float) -> list[ExportedFlow] | Rejected:
        datagram = sflow.pull_sflow(data, int(now * 1_000))
        if isinstance(datagram, Rejected):
            return datagram
        # The header has no wall clock: ours stands for it, and the uptime tells a restart.
        number = datagram.agent << 32 | datagram.sub_agent
        header = Header(0, int(now * 1_000), datagram.sequence, number, datagram.uptime_ms)
        domain = self._domain(header, now)
        if isinstance(domain, Rejected):
            return domain
        # Without a wall clock a late datagram looks newer than those before it: compare uptimes.
        arrival = replace(_arrival(header, 1, now), exported_ms=datagram.uptime_ms, uptime_ms=None)
        if self._repeated(domain, arrival, port):
            return []
        self.counts.units += 1
        return self._take(datagram.flows)

    def _read_sets(self, data: bytes, port: int, now: float) -> list[ExportedFlow] | Rejected:
        datagram = pull_datagram(data)
        if isinstance(datagram, Rejected):
            return datagram
        domain = self._domain(datagram.header, now)
        if isinstance(domain, Rejected):
            return domain
        return self._use(domain, datagram, port, now)

    def _use(self, domain: Domain, datagram: Datagram, port: int, now: float) -> list[ExportedFlow]:
        header = datagram.header
        found: list[Record | Rejected] = []
        waiting: list[DataSet] = []
        learned: list[tuple[int, bool]] = []
        for part in datagram.sets:
            if isinstance(part, TemplateSet):
                learned += self._learn(domain, part, now)
                continue
            records = domain.read(part, now)
            if isinstance(records, NeedTemplate):
                waiting.append(part)
            else:
                found += records
        clock = domain.clock(header, now)
        flow_records = sum(1 for r in found if isinstance(r, Rejected) or not r.options)
        units = 1 if header.version == V9 else len(found)
        arrival = _arrival(header, units, now)
        if header.version == IPFIX:
            arrival = domain.counting(port).normalise(
                arrival, flow_records=flow_records, sequence=domain.sequence(port)
            )
        if self._repeated(domain, arrival, port):
            return []
        self.counts.units += arrival.units
        position = domain.sequence(port).next if header.version == IPFIX else None
        flows = self._take(self._read_records(domain, found, clock))
        for part in waiting:
            self._waiting.hold(Held(domain, port, header, clock, part, position, now))
        if learned:
            flows += self._release(domain, now)
        return flows

    # --- parts of it ---------------------------------------------------------------------------

    def _domain(self, header: Header, now: float) -> Domain | Rejected:
        key = (header.version, header.domain)
        domain = self._domains.get(key)
        if domain is None:
            if len(self._domains) >= DOMAINS_MAX and not self._retire(now):
                return Rejected(Refused.DOMAIN_LIMIT)
            domain = self._domains[key] = Domain(self._budget)
        domain.last_seen = now
        return domain

    def _retire(self, now: float) -> bool:
        """Forget the domain that was silent longest, if that was long enough."""
        key = min(self._domains, key=lambda k: self._domains[k].last_seen)
        domain = self._domains[key]
        if now - domain.last_seen <= DOMAIN_IDLE_S:
            return False
        domain.finish()
        domain.templates.clear()
        self._retired_lost += domain.lost
        self._retired_restarts += domain.restarts
        self._retired_offered += domain.offered
        del self._domains[key]
        return True

    def _repeated(self, domain: Domain, arrival: Arrival, port: int) -> bool:
        """Place the datagram in its stream; True when its records were counted before."""
        verdict = domain.sequence(port).offer(arrival)
        if verdict is Verdict.DUPLICATE:
            self.counts.duplicates += 1
            return True
        self.counts.parsed += 1
        return False

    def _learn(self, domain: Domain, part: TemplateSet, now: float) -> list[tuple[int, bool]]:
        learned = []
        for entry in part.templates:
            if isinstance(entry, Rejected):
                self.counts.templates_refused[entry.reason] += 1
                continue
            number, template = entry
            refused = domain.templates.learn(number, template, now)
            if refused is not None:
                self.counts.templates_refused[refused.reason] += 1
            else:
                learned.append((number, template.options))
        return learned

    def _read_records(
        self, domain: Domain, found: Iterable[Record | Rejected], clock: Clock
    ) -> Iterator[ExportedFlow | Rejected]:
        for record in found:
            if isinstance(record, Rejected):
                yield record
            elif record.options:
                self.counts.records += 1
                self.counts.options += 1
            else:
                sampler, stated = sampling_of(record.values)
                yield flow_of(record.values, clock, stated or domain.ratio_of(sampler))

    def _take(self, found: Iterable[ExportedFlow | Rejected]) -> list[ExportedFlow]:
        flows = []
        for flow in found:
            self.counts.records += 1
            if isinstance(flow, Rejected):
                self.counts.records_rejected[flow.reason] += 1
            else:
                flows.append(flow)
        return flows

    def _release(self, domain: Domain, now: float) -> list[ExportedFlow]:
        """Read what waited for templates that have come."""
        flows: list[ExportedFlow] = []
        for held, records in self._waiting.take(domain, now):
            if held.position is not None:  # IPFIX numbers its records
                if not domain.sequence(held.port).fill(held.position, len(records)):
                    self._waiting.given_up += 1  # was counted as lost: not twice
                    continue
                self.counts.units += len(records)
            flows += self._take(self._read_records(domain, records, held.clock))
        return flows


def _arrival(header: Header, units: int, now: float) -> Arrival:
    return Arrival(header.sequence, units, header.exported_ms, header.uptime_ms, now)


def _clock(header: Header, now: float) -> Clock:
    return Clock(header.exported_ms, header.uptime_ms, int(now * 1_000))
