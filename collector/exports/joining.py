"""Records become flows: two directions of one five-tuple are one flow, cut at the clock minutes.

Pure and bounded. A flow's octets wait for JOIN_S after its last record, so that the other direction
and the rest of an export burst can join; then its minutes are handed out. Its random number is
remembered longer, so that the slices of a long flow carry the same one.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from collector.exports.flow import ExportedFlow, Scale
from collector.reduced import Reduced

MINUTE_MS = 60_000
JOIN_S = 30.0
"""How long a flow waits for its other direction. Exporters send both in one burst or, when each
direction idles out on its own, within their usual 15 s."""
WAIT_MAX_S = 120.0
"""A flow with a record every few seconds (sFlow) is handed out after that all the same."""
FLOWS_MAX = 65_536
"""Flows remembered, some 60 MiB: 100 for each of 600 devices. The oldest gives way."""
PIECES_MAX = 262_144
"""Minutes that wait, over all flows; beyond it the oldest flows are handed out early."""
IDLE_MS = 3_600_000
"""A record of a five-tuple that was silent for so long belongs to a new flow: twice the longest
usual active time-out, within which a running flow is heard of."""
_ENDED = {1: "idle", 3: "ended", 4: "forced", 5: "resources"}
"""flowEndReason; 2 is the active time-out: the flow goes on."""

Key = tuple[int, int, int, int, int, int, int]
"""Exporter, IP version, protocol, then address and port of the lower and of the higher end."""


def spread(amount: int, start_ms: int, end_ms: int, step_ms: int) -> Iterator[tuple[int, int]]:
    """Yield (step number, share) of an amount in proportion to time; the shares add up exactly."""
    first, last = start_ms // step_ms, end_ms // step_ms
    length = end_ms - start_ms
    given = 0
    for step in range(first, last + 1):
        until = min(end_ms, (step + 1) * step_ms) - start_ms
        total = amount if step == last or not length else amount * until // length
        if total > given:
            yield step, total - given
        given = total


@dataclass(slots=True)
class Joined:
    """One flow. Side 0 is the lower end, side 1 the higher; counters by (minute, side)."""

    key: Key
    number: int
    first_ms: int
    touched: float
    waiting_since: float
    last_ms: int = 0
    octets: dict[tuple[int, int], int] = field(default_factory=dict)
    packets: dict[tuple[int, int], int] = field(default_factory=dict)
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(side, octets, start, end) since the last hand-out, for the link's ten-second steps."""
    starts: list[int | None] = field(default_factory=lambda: [None, None])
    macs: list[int] = field(default_factory=lambda: [0, 0])
    totals: list[tuple[int, int] | None] = field(default_factory=lambda: [None, None])
    client: int | None = None
    """The side that asked, where the exporter says so (RFC 5103: the source of a biflow)."""
    vlan: int = 0
    name: str | None = None
    name_source: str = "none"
    logged: Reduced | None = None
    """What a log said of the flow's site; never a full name."""
    end: str | None = None
    end_known: bool = False
    unscaled: bool = False
    untimed: bool = False

    def pieces(self) -> int:
        """Return how much waits."""
        return len(self.octets) + len(self.packets) + len(self.spans)

    def minutes(self) -> list[int]:
        """Return the minutes that wait."""
        return sorted({minute for minute, _ in (*self.octets, *self.packets)})


def ends_of(flow: ExportedFlow) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Return the lower end, the higher end, and the side of the source."""
    source, target = (flow.source, flow.source_port), (flow.target, flow.target_port)
    return (source, target, 0) if source <= target else (target, source, 1)


class Joiner:
    """The bounded table of flows."""

    def __init__(self, random_id: Callable[[], int]) -> None:
        self._random_id = random_id
        self._known: OrderedDict[Key, Joined] = OrderedDict()
        self._waiting: OrderedDict[Key, Joined] = OrderedDict()
        self._pieces = 0
        self.flows = 0
        """Flows begun."""
        self.forced = 0
        """Flows handed out early for want of room."""
        self._ready: list[Joined] = []

    def __len__(self) -> int:
        return len(self._known)

    def add(self, flow: ExportedFlow, exporter: int, now: float) -> None:
        """Take one record."""
        low, high, side = ends_of(flow)
        key = (exporter, flow.version, flow.protocol, *low, *high)
        joined = self._find(key, flow, now)
        joined.first_ms = min(joined.first_ms, flow.start_ms)
        joined.last_ms = max(joined.last_ms, flow.end_ms)
        joined.touched = now
        self._count(joined, side, flow)
        _remember(joined, side, flow)
        self._known.move_to_end(key)
        if key not in self._waiting:
            joined.waiting_since = now
        self._waiting[key] = joined
        self._waiting.move_to_end(key)
        while self._pieces > PIECES_MAX:
            self._force(next(iter(self._waiting)))

    def _find(self, key: Key, flow: ExportedFlow, now: float) -> Joined:
        joined = self._known.get(key)
        if joined is not None and (
            (joined.end is not None and not self._is_waiting(key))
            or flow.start_ms - joined.last_ms > IDLE_MS
        ):
            self._take(key)
            del self._known[key]
            joined = None
        if joined is None:
            while len(self._known) >= FLOWS_MAX:
                oldest = next(iter(self._known))
                if self._is_waiting(oldest):
                    self._force(oldest)
                del self._known[oldest]
            joined = Joined(key, self._random_id(), flow.start_ms, now, now)
            self._known[key] = joined
            self.flows += 1
        return joined

    def _is_waiting(self, key: Key) -> bool:
        return key in self._waiting

    def _count(self, joined: Joined, side: int, flow: ExportedFlow) -> None:
        octets, packets = flow.octets, flow.packets
        if flow.running_total:
            octets, packets = _since_last(joined, side, flow)
        before = joined.pieces()
        for where, some_octets, some_packets in (
            (side, octets, packets),
            (1 - side, flow.reverse_octets, flow.reverse_packets),
        ):
            for counter, amount in (
                (joined.octets, some_octets),
                (joined.packets, some_packets),
            ):
                for minute, share in spread(amount, flow.start_ms, flow.end_ms, MINUTE_MS):
                    counter[minute, where] = counter.get((minute, where), 0) + share
            if some_octets:
                joined.spans.append((where, some_octets, flow.start_ms, flow.end_ms))
        self._pieces += joined.pieces() - before

    def _force(self, key: Key) -> None:
        self.forced += 1
        self._take(key)

    def _take(self, key: Key) -> None:
        joined = self._waiting.pop(key, None)
        if joined is not None:
            self._pieces -= joined.pieces()
            self._ready.append(joined)

    def take(self, now: float) -> Iterator[Joined]:
        """Yield the flows that have waited long enough; the caller then calls `clear`."""
        for key, joined in list(self._waiting.items()):
            quiet = now - joined.touched >= JOIN_S
            if quiet or now - joined.waiting_since >= WAIT_MAX_S:
                self._take(key)
        yield from self._drain()

    def finish(self) -> Iterator[Joined]:
        """Yield all that is left."""
        for key in list(self._waiting):
            self._take(key)
        yield from self._drain()
        self._known.clear()

    def _drain(self) -> Iterator[Joined]:
        ready, self._ready = self._ready, []
        for joined in ready:
            yield joined
            joined.octets.clear()
            joined.packets.clear()
            joined.spans.clear()


def _since_last(joined: Joined, side: int, flow: ExportedFlow) -> tuple[int, int]:
    """Return what a running total grew by since the flow's last record."""
    known, joined.totals[side] = joined.totals[side], (flow.octets, flow.packets)
    if known is None or known[0] > flow.octets or known[1] > flow.packets:
        return flow.octets, flow.packets
    return flow.octets - known[0], flow.packets - known[1]


def _remember(joined: Joined, side: int, flow: ExportedFlow) -> None:
    """Keep what the record says besides its counters."""
    if flow.octets:
        start = joined.starts[side]
        joined.starts[side] = flow.start_ms if start is None else min(start, flow.start_ms)
    if flow.reverse_octets:
        joined.client = side
    joined.macs[side] = flow.source_mac or joined.macs[side]
    joined.macs[1 - side] = flow.target_mac or joined.macs[1 - side]
    joined.vlan = flow.vlan or joined.vlan
    if flow.name is not None:
        joined.name, joined.name_source = flow.name, flow.name_source
    joined.end_known |= flow.end_reason is not None
    joined.end = _ENDED.get(flow.end_reason or 0)
    joined.unscaled |= flow.scale is Scale.UNSCALED
    joined.untimed |= not flow.timed
