"""The connections that are followed: what each grew by since it was last read, minute by minute.

Pure and bounded. A connection's octets wait until their minute is over, then they are handed out once:
one slice for one flow and one minute.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from collector.conntrack.entry import Tracked, Tuple
from collector.conntrack.netlink import Unused
from collector.exports.joining import MINUTE_MS, Joined, Key, spread

ENTRIES_MAX = 65_536
"""Connections followed: 100 for each of 600 devices, as for exports; 2.5 KB each while they are busy, 160
MiB in all. Beyond it a connection is counted whole when it ends."""
ENDED_MAX = 65_536
"""Ended connections that wait for the end of their minute; beyond it they are handed out at once."""
_UNSEEN_MAX = 2
"""Complete readings that a connection may be missing from before it counts as ended: one may miss
it while the kernel's table is resized."""
_TCP = 6
_END_OF_TIME = 1 << 62
_NOTHING = (0, 0, 0, 0)


@dataclass(slots=True)
class Held:
    """One connection."""

    entry: int
    flow: Joined
    told: tuple[int, int, int, int]
    at_ms: int
    seen: int
    octets: int = 0
    side: int = 0
    """Side of the end that asked."""


class Table:
    """The bounded table of connections.

    Args:
        inside: tells whether an address (version, whole number) is declared as inside.
        random_id: 63 random bits at each call.
    """

    def __init__(self, inside: Callable[[int, int], bool], random_id: Callable[[], int]) -> None:
        self._inside = inside
        self._random_id = random_id
        self._held: dict[Tuple, Held] = {}
        self._finished: list[Joined] = []
        self._reading = 0
        self._is_reading = self._began = self._overflowed = False
        self._read_ms = 0
        self.flows = 0
        self.octets = 0
        self.ends_lost = 0
        """Connections that were gone without their last counters: their event was lost."""
        self.unused: Counter[Unused] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    # --- events and readings -------------------------------------------------------------------

    def offer(self, tracked: Tracked, at_ms: int) -> None:
        """Take one connection; what is not metered is counted with its reason."""
        held = self._held.get(tracked.original)
        if held is not None and held.entry != tracked.number:
            if tracked.gone:  # an older one of the same addresses
                self._take_unknown(tracked, at_ms)
                return
            self._end(tracked.original, held, lost=True)
            held = None
        if held is None:
            self._take_unknown(tracked, at_ms)
            return
        held.seen = self._reading
        if tracked.counters is not None:
            self._count(held, tracked, at_ms)
        elif self._is_reading or tracked.gone:
            self.unused[Unused.NO_COUNTER] += 1
        if tracked.gone:
            self._end(tracked.original, held)

    def _take_unknown(self, tracked: Tracked, at_ms: int) -> None:
        reason = self._why_not(tracked)
        if reason is not None:
            self.unused[reason] += 1
            return
        held = self._begin(tracked, at_ms)
        if tracked.gone:  # begun and over between two readings, and its first event was lost
            self._count(held, tracked, at_ms)
            self._finish(held.flow)
            return
        self._held[tracked.original] = held
        if tracked.counters is None:
            return  # a new connection: its event brings no counters
        if self._began:
            self._count(held, tracked, at_ms)
        else:
            held.told = tracked.counters  # what passed before the start was not ours to count

    def _why_not(self, tracked: Tracked) -> Unused | None:
        known = tracked.original, tracked.reply
        if not any(self._inside(t.version, a) for t in known for a in (t.source, t.target)):
            return Unused.NO_INSIDE
        if tracked.counters is None and (self._is_reading or tracked.gone):
            return Unused.NO_COUNTER
        if tracked.gone:
            if not self._began:
                return Unused.BEFORE_START
            return Unused.TABLE_FULL if self._overflowed else None
        if len(self._held) >= ENTRIES_MAX:
            self._overflowed |= not self._began
            return Unused.TABLE_FULL
        return None

    def _begin(self, tracked: Tracked, at_ms: int) -> Held:
        self.flows += 1
        key, side = self.key_of(tracked)
        first_ms = min(tracked.start_ms or at_ms, at_ms)
        flow = Joined(
            key=key,
            number=self._random_id(),
            first_ms=first_ms,
            touched=0.0,
            waiting_since=0.0,
            client=side,
            end_known=key[2] == _TCP,
        )
        start = max(first_ms, self._read_ms) if self._began else at_ms
        return Held(tracked.number, flow, _NOTHING, start, self._reading, side=side)

    def key_of(self, tracked: Tracked) -> tuple[Key, int]:
        """Return the flow's key and the side of the end that asked, with the inside addresses.

        The original tuple is what the client sent. Where that is outside, the kernel forwards a
        port: the inside server is the source of the reply.
        """
        original, reply = tracked.original, tracked.reply
        server = original.target, original.target_port
        if not self._inside(original.version, original.source):
            server = reply.source, reply.source_port
        client = original.source, original.source_port
        side = 0 if client <= server else 1
        low, high = (client, server) if side == 0 else (server, client)
        return (0, original.version, original.protocol, *low, *high), side

    def _count(self, held: Held, tracked: Tracked, at_ms: int) -> None:
        told, held.told = held.told, tracked.counters or _NOTHING
        # Somebody else may set the kernel's counters to zero (conntrack -z): they begin anew.
        grown = [new if new < old else new - old for new, old in zip(held.told, told, strict=True)]
        start_ms, held.at_ms = min(held.at_ms, at_ms), at_ms
        flow = held.flow
        for side, octets, packets in (
            (held.side, grown[0], grown[1]),
            (1 - held.side, grown[2], grown[3]),
        ):
            for counter, amount in ((flow.octets, octets), (flow.packets, packets)):
                for minute, share in spread(amount, start_ms, at_ms, MINUTE_MS):
                    counter[minute, side] = counter.get((minute, side), 0) + share
            if octets:
                flow.spans.append((side, octets, start_ms, at_ms))
        if any(grown):
            self.octets += grown[0] + grown[2]
            flow.last_ms = at_ms
            flow.end = "ended" if tracked.ended else None

    def _end(self, key: Tuple, held: Held, *, lost: bool = False) -> None:
        del self._held[key]
        self.ends_lost += lost
        if held.flow.end is None and not lost:
            held.flow.end, held.flow.end_known = "idle", True
        self._finish(held.flow)

    def _finish(self, flow: Joined) -> None:
        if flow.octets or flow.packets:
            self._finished.append(flow)

    # --- readings of the whole table ---------------------------------------------------------

    def begin_reading(self) -> None:
        """A reading of the kernel's whole table begins."""
        self._reading += 1
        self._is_reading = True

    def end_reading(self, at_ms: int, *, complete: bool) -> None:
        """It ended; connections that are in it no more ended without an event that came."""
        self._is_reading = False
        if not complete:
            self._reading -= 1
            return
        self._began = True
        self._read_ms = at_ms
        for key, held in list(self._held.items()):
            if self._reading - held.seen >= _UNSEEN_MAX:
                self._end(key, held, lost=True)

    # --- hand-out --------------------------------------------------------------------------------

    def take(self, until_ms: int) -> Iterator[Joined]:
        """Yield what was counted in the minutes before a time, each flow and minute once."""
        until = until_ms // MINUTE_MS
        yield from self.take_finished(until)
        for held in self._held.values():
            if held.flow.octets or held.flow.packets:
                yield from self._complete(held.flow, until, over=False)

    def take_finished(self, until: int = _END_OF_TIME) -> Iterator[Joined]:
        """Yield the flows that are over; their minutes before a minute's number, or all."""
        finished, self._finished = self._finished, []
        for flow in finished:
            yield from self._complete(flow, until, over=True)

    def crowded(self) -> bool:
        """Tell whether ended connections must be handed out before their minute is over."""
        return len(self._finished) > ENDED_MAX

    def _complete(self, flow: Joined, until: int, *, over: bool) -> Iterator[Joined]:
        late = any(minute >= until for minute in flow.minutes())
        if not late:
            yield flow
            flow.octets.clear()
            flow.packets.clear()
            flow.spans.clear()
            return
        done = replace(
            flow,
            octets={k: v for k, v in flow.octets.items() if k[0] < until},
            packets={k: v for k, v in flow.packets.items() if k[0] < until},
            spans=list(flow.spans),
            end=None,
        )
        if done.octets or done.packets:
            yield done
            flow.spans.clear()
            flow.logged = done.logged
        for counter in (flow.octets, flow.packets):
            for k in [k for k in counter if k[0] < until]:
                del counter[k]
        if over:
            self._finished.append(flow)
