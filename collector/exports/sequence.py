"""How much an exporter sent that never came: distance in its own numbers, not events.

Pure. What one number counts differs: flows (v5), datagrams (v9, sFlow), data records (IPFIX). A gap
is open for a while, because datagrams overtake each other and data may wait for its template; what
fills it is not lost. Then it is final. A restart of the exporter is no loss.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

GAP_OPEN_S = 40.0
"""A gap is final after that: data waits 30 s for its template, reordering takes milliseconds."""
GAPS_MAX = 1_024
"""Open gaps of one stream; the oldest becomes final beyond. 5 % loss of 500 datagrams a second opens
1,000 in 40 s."""
FORWARD_MAX = 1 << 20
"""A larger step forward is a restart: a million flows are minutes of a large network's export."""
BOOT_SHIFT_MS = 10_000
"""A start of the exporter's uptime that moves by more is another start. Less is its clock drifting."""
FAR_BACK_MS = 3_600_000
"""A header clock that falls back by more was set anew: the exporter restarted without a clock."""
_WRAP = 1 << 32


class Verdict(StrEnum):
    """What a datagram's number says about it."""

    NEXT = "next"
    LATE = "late"  # fills an open gap
    DUPLICATE = "duplicate"  # was seen before, or was counted as lost
    RESTART = "restart"


@dataclass(slots=True)
class _Gap:
    start: int
    end: int
    since: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """The numbers of one datagram."""

    sequence: int
    units: int
    exported_ms: int
    uptime_ms: int | None = None
    now: float = 0.0


def _signed(value: int) -> int:
    return (value + _WRAP // 2) % _WRAP - _WRAP // 2


class Sequence:
    """One stream of numbers: one socket of one domain of one exporter."""

    def __init__(self) -> None:
        self.lost = 0
        """Final."""
        self.restarts = 0
        self.next: int | None = None
        """Next position; positions do not wrap."""
        self._advanced = 0
        self._gaps: deque[_Gap] = deque()
        self._exported_ms = 0
        self._boot_ms: int | None = None

    def offer(self, arrival: Arrival) -> Verdict:
        """Place a datagram."""
        self.expire(arrival.now)
        if self.next is None:
            self._begin(arrival)
            return Verdict.NEXT
        step = _signed(arrival.sequence - self.next)
        if self._restarted(arrival, step):
            self.restarts += 1
            self._finish_gaps()
            self._begin(arrival)
            return Verdict.RESTART
        start = self.next + step
        if step < 0:
            if arrival.units == 0:
                return Verdict.LATE
            filled = self.fill(start, arrival.units)
            return Verdict.LATE if filled else Verdict.DUPLICATE
        if step > 0:
            self._open(self.next, start, arrival.now)
        self.next = start + arrival.units
        self._advanced += step + arrival.units
        self._remember(arrival)
        return Verdict.NEXT

    def fill(self, start: int, units: int) -> bool:
        """Take units at a position out of an open gap; False when they are not in one.

        Units at the very end of what is known move the end (their datagram was counted without
        them, because their template had not come).
        """
        if start == self.next:
            self.next += units
            self._advanced += units
            return True
        end = start + units
        for i, gap in enumerate(self._gaps):
            if gap.start <= start and end <= gap.end:
                del self._gaps[i]
                for rest in (_Gap(end, gap.end, gap.since), _Gap(gap.start, start, gap.since)):
                    if rest.start < rest.end:
                        self._gaps.insert(i, rest)
                return True
        return False

    def rebase(self, units: int) -> None:
        """Move the end: the way in which the exporter counts was misunderstood so far."""
        if self.next is not None:
            self.next += units

    def expire(self, now: float) -> None:
        """Make gaps final that were open long enough."""
        for gap in self._ripe(now):
            self.lost += gap.end - gap.start

    def finish(self) -> None:
        """Make all gaps final."""
        self._finish_gaps()

    @property
    def offered(self) -> int:
        """How far the exporter's numbers advanced, open gaps left out: what it says that it sent."""
        return self._advanced - self.open_units()

    def open_units(self) -> int:
        """Return units of gaps that are still open."""
        return sum(gap.end - gap.start for gap in self._gaps)

    def _ripe(self, now: float) -> Iterator[_Gap]:
        while self._gaps and (len(self._gaps) > GAPS_MAX or now - self._gaps[0].since > GAP_OPEN_S):
            yield self._gaps.popleft()

    def _finish_gaps(self) -> None:
        self.lost += self.open_units()
        self._gaps.clear()

    def _open(self, start: int, end: int, now: float) -> None:
        self._gaps.append(_Gap(start, end, now))

    def _begin(self, arrival: Arrival) -> None:
        self.next = arrival.sequence + arrival.units
        self._advanced += arrival.units
        self._boot_ms = None
        self._exported_ms = arrival.exported_ms
        self._remember(arrival)

    def _remember(self, arrival: Arrival) -> None:
        self._exported_ms = max(self._exported_ms, arrival.exported_ms)
        if arrival.uptime_ms is not None:
            self._boot_ms = arrival.exported_ms - arrival.uptime_ms

    def _restarted(self, arrival: Arrival, step: int) -> bool:
        if self._boot_ms is not None and arrival.uptime_ms is not None:
            # Uptimes wrap after 49.7 days: the start then seems to move by exactly 2^32 ms.
            moved = _signed(arrival.exported_ms - arrival.uptime_ms - self._boot_ms)
            if abs(moved) > BOOT_SHIFT_MS:
                return True
        if step > FORWARD_MAX:
            return True
        behind = self._exported_ms - arrival.exported_ms
        return step < 0 and (behind < 0 or behind > FAR_BACK_MS or step < -FORWARD_MAX)
