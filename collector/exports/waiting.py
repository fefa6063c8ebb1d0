"""Data that came before its template: held for a while, in a bounded room."""

from collections import deque
from dataclasses import dataclass

from collector.exports.datagram import DataSet, Header
from collector.exports.domain import Domain, Record
from collector.exports.outcome import NeedTemplate, Rejected
from collector.exports.times import Clock

HELD_OCTETS_MAX = 65_536
"""Data of one exporter that waits for templates: some 45 full datagrams."""
HELD_MAX = 256
"""Data sets that wait: empty ones cost memory, too."""
HELD_S = 30.0
"""How long data waits: exporters that start send their templates first or every few seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """A data set that waits for its template."""

    domain: Domain
    port: int
    header: Header
    clock: Clock
    data: DataSet
    position: int | None
    since: float


class Waiting:
    """The held data sets of one exporter, oldest first."""

    def __init__(self) -> None:
        self._held: deque[Held] = deque()
        self._octets = 0
        self.given_up = 0
        """Data sets that were never read."""

    def hold(self, held: Held) -> None:
        """Keep a data set, or give it up when the room is full."""
        grown = self._octets + len(held.data.body)
        if grown > HELD_OCTETS_MAX or len(self._held) >= HELD_MAX:
            self.given_up += 1
            return
        self._octets = grown
        self._held.append(held)

    def expire(self, now: float) -> None:
        """Give up data that waited too long."""
        while self._held and now - self._held[0].since > HELD_S:
            self._octets -= len(self._held.popleft().data.body)
            self.given_up += 1

    def finish(self) -> None:
        """Give up all that waits."""
        self.given_up += len(self._held)
        self._held.clear()
        self._octets = 0

    def take(self, domain: Domain, now: float) -> list[tuple[Held, list[Record | Rejected]]]:
        """Return the data sets of a domain that can be read now."""
        readable: list[tuple[Held, list[Record | Rejected]]] = []
        still: deque[Held] = deque()
        for held in self._held:
            records = domain.read(held.data, now) if held.domain is domain else None
            if records is None or isinstance(records, NeedTemplate):
                still.append(held)
            else:
                self._octets -= len(held.data.body)
                readable.append((held, records))
        self._held = still
        return readable
