"""Netlink datagrams of conntrack in, stored records out. Pure but for its sink.

Units of the identity: messages about connections, whether an event or a line of a reading of the whole table.
`offered` are those that came out of the sockets and those that the kernel says that it dropped.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from collector.conntrack.entry import CT_NEW, pull_entry
from collector.conntrack.netlink import DONE, ERROR, Message, Rejected, Unused, pull_messages
from collector.conntrack.table import Table
from collector.exports.joining import Joined
from collector.exports.links import STEP_MS, LinkRows, Told
from collector.exports.listener import Sink
from collector.exports.places import OUTSIDE
from collector.exports.tables import Minimiser, Row, SliceRows, day_of, link_table, unknown_of

_UNPARSED = (
    Unused.TRUNCATED,
    Unused.LENGTH,
    Unused.OTHER_MESSAGE,
    Unused.FORGED,
    Unused.NO_ADDRESS,
)
"""What is no connection that can be read; the other reasons are about connections that were read."""
_CREATE = 0x400
"""NLM_F_CREATE: the event is about a new connection, not about a change of one."""


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """What one run is made of."""

    minimiser: Minimiser
    random_id: Callable[[], int]
    """63 random bits at each call."""
    line: str = "internet"
    config_digest: str = "0" * 16


class Gateway:
    """State of one run. Constructing starts nothing."""

    def __init__(self, setup: GatewaySetup, sink: Sink) -> None:
        self._minimiser = setup.minimiser
        self._sink = sink
        places = setup.minimiser.places
        self.table = Table(
            lambda version, address: places.zone_of(version, address) > OUTSIDE, setup.random_id
        )
        self._links = LinkRows(
            self._told, interface="conntrack", line=setup.line, digest=setup.config_digest
        )
        self._slices = SliceRows()
        self._day: date | None = None
        self.offered = self.parsed = 0
        self.kernel_drops = 0
        """Messages that the kernel dropped on the events' socket, by its own count."""
        self.rejected: Counter[Unused] = Counter()
        self.events: Counter[str] = Counter()
        self.forced = self._reached = 0
        self.readings = 0
        self.readings_failed = 0

    def offer(self, data: bytes, at_ms: int, *, reading: bool = False) -> bool:
        """Take one datagram of the kernel; True when it ends a reading."""
        ended = False
        for message in pull_messages(data):
            if isinstance(message, Message) and message.kind in (DONE, ERROR):
                ended = True
                continue
            self.offered += 1
            tracked = message if isinstance(message, Rejected) else pull_entry(message)
            if isinstance(tracked, Rejected):
                self.rejected[tracked.reason] += 1
                continue
            self.parsed += 1
            if not reading and isinstance(message, Message):
                self.events[_event(message)] += 1
            self.table.offer(tracked, at_ms)
        if self.table.crowded():
            self.forced += 1
            self._take(self.table.take_finished())
        return ended

    def refuse(self, reason: Unused) -> None:
        """Count a datagram that was not looked at."""
        self.offered += 1
        self.rejected[reason] += 1

    def begin_reading(self) -> None:
        """A reading of the kernel's whole table begins."""
        self.table.begin_reading()

    def end_reading(self, at_ms: int, *, complete: bool) -> None:
        """It ended. Minutes that are over are handed to the sink."""
        self.readings += complete
        self.readings_failed += not complete
        self.table.end_reading(at_ms, complete=complete)
        self._links.tick(at_ms / 1_000, degraded=self._degraded())
        self._hand_out(at_ms, at_ms // STEP_MS * STEP_MS - STEP_MS, last=False)

    def _degraded(self) -> bool:
        """Tell whether a bound was reached since the last time."""
        reached = self.forced + self.table.unused[Unused.TABLE_FULL]
        grown, self._reached = reached > self._reached, reached
        return grown

    def finish(self, at_ms: int) -> None:
        """Hand out everything."""
        self._links.tick(at_ms / 1_000, degraded=self._degraded())
        self._hand_out(at_ms + 60_000, at_ms + 10 * STEP_MS, last=True)

    def _hand_out(self, until_ms: int, links_until_ms: int, *, last: bool) -> None:
        self._take(self.table.take(until_ms))
        self._write(until_ms, links_until_ms, last=last)

    def _take(self, flows: Iterable[Joined]) -> None:
        for flow in flows:
            placed = self._minimiser.place(flow)
            self._links.add_flow(flow, placed)
            self._slices.add(self._minimiser.rows(flow, placed), unknown_of(flow))

    def _write(self, until_ms: int, links_until_ms: int, *, last: bool) -> None:
        timezone = self._minimiser.timezone
        by_day: dict[date, list[Row]] = defaultdict(list)
        # Steps are written once their minute is over, so that its octets are in them.
        until = links_until_ms if last else until_ms // 60_000 * 60_000
        for start_ms, row in self._links.take(until, len(self.table), fill=not last):
            by_day[day_of(start_ms, timezone)].append(row)
        for day, table in self._slices.take():
            self._sink.slices(table, day)
        for day, rows in sorted(by_day.items()):
            self._sink.links(link_table(rows), day)
        today = day_of(until_ms - 60_000 if last else until_ms, timezone)
        if self._day is not None and today > self._day:
            self._minimiser.identities.forget()
        self._day = today

    def _told(self) -> Told:
        truncated = self.rejected[Unused.TRUNCATED]
        unknown = self.rejected[Unused.OTHER_MESSAGE]
        bad = sum(self.rejected.values()) - truncated - unknown
        return Told(
            self.offered + self.kernel_drops,
            self.parsed,
            self.kernel_drops,
            truncated,
            bad,
            unknown,
        )

    def report(self, seconds: float) -> dict[str, Any]:
        """Return the object that `--json` prints: counts and reasons, never a value of a record."""
        table = self.table
        return {
            "messages_offered": self.offered + self.kernel_drops,
            "messages_parsed": self.parsed,
            "rejected": {reason.value: n for reason, n in sorted(self.rejected.items())},
            "kernel_drops": self.kernel_drops,
            "shed": 0,
            "events": dict(sorted(self.events.items())),
            "readings": self.readings,
            "readings_failed": self.readings_failed,
            "connections_unused": {reason.value: n for reason, n in sorted(table.unused.items())},
            "handed_out_early": self.forced,
            "ends_lost": table.ends_lost,
            "ip_bytes": table.octets,
            "flows": table.flows,
            "slices": self._slices.written,
            "seconds": round(seconds, 3),
            "notes": self._notes(),
        }

    def _notes(self) -> list[str]:
        notes, unused = [], self.table.unused
        if self.kernel_drops:
            notes.append(
                f"{self.kernel_drops} events were lost; what those connections did since the last "
                "reading (10 s or more) is missing"
            )
        if unused[Unused.NO_COUNTER]:
            notes.append(
                "connections without counters were not measured: they began while accounting was "
                "off (sysctl net.netfilter.nf_conntrack_acct) and count once they are renewed"
            )
        if unused[Unused.NO_INSIDE] and not self.table.flows:
            notes.append(
                "no connection has an inside address: do `inside` and the zones in zones.yaml "
                "name the networks behind this gateway?"
            )
        if unused[Unused.TABLE_FULL]:
            notes.append("the table of connections was full: some were not measured in time")
        return notes


def _event(message: Message) -> str:
    if message.kind != CT_NEW:
        return "destroy"
    return "new" if message.flags & _CREATE else "update"
