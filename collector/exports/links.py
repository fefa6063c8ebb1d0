"""Ten-second link rows of one exporter, or of conntrack.

Pure. Octets stand where their flows were, in proportion to time. The identity stands where the
datagrams arrived, in the exporter's own numbers (v5: flows, IPFIX: data records, v9 and sFlow:
datagrams): `offered` by how far its numbers advanced (and by what was rejected), `parsed` by what was read, `kernel_drops` by the
gaps in its numbers (whatever lost them: the network or our socket), `rejected_*` datagrams whose
number could not be trusted. Octets of a step that was already written make another row of it:
readers add up the rows of a line.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from collector.exports.exporter import Exporter
from collector.exports.joining import Joined, spread
from collector.exports.outcome import Refused
from collector.exports.places import Placed
from collector.exports.tables import Row, Step, link_row
from privacy.records import LINK_STEP_S

STEP_MS = LINK_STEP_S * 1_000
HOLD_S = 300
"""Steps are written after that: most exporters' active time-out is five minutes or less."""
FILL_MAX = 4_320
"""Quiet steps filled with zeros: twelve hours. A longer silence is a jump of the clock: ten years of it
would be 31 million rows."""
_TRUNCATED = (Refused.TRUNCATED,)
_UNKNOWN = (Refused.VERSION,)


class Told(NamedTuple):
    """What a source says of itself since its start, in its own numbers; open gaps left out."""

    offered: int = 0
    parsed: int = 0
    lost: int = 0
    truncated: int = 0
    bad: int = 0
    unknown: int = 0


def told_by(exporter: Exporter) -> Told:
    """Return what an exporter says of itself."""
    rejected = exporter.counts.rejected
    truncated = sum(rejected[reason] for reason in _TRUNCATED)
    unknown = sum(rejected[reason] for reason in _UNKNOWN)
    bad = sum(rejected.values()) - truncated - unknown
    offered = exporter.offered + sum(rejected.values())
    return Told(offered, exporter.counts.units, exporter.lost, truncated, bad, unknown)


class LinkRows:
    """The steps of one source that are not written yet."""

    def __init__(self, told: Callable[[], Told], *, interface: str, line: str, digest: str) -> None:
        self._tell = told
        self._names = {"interface": interface, "line": line, "config_digest": digest}
        self._steps: dict[int, Step] = {}
        self._told = Told()
        self._written_to: int | None = None

    def add_flow(self, flow: Joined, placed: Placed) -> None:
        """Spread a flow's octets over the steps that it covers."""
        up = 0 if placed.source_is_school else 1
        for side, octets, start_ms, end_ms in flow.spans:
            for number, share in spread(octets, start_ms, end_ms, STEP_MS):
                step = self._step(number)
                if placed.local:
                    step.local += share
                elif side == up:
                    step.up += share
                else:
                    step.down += share

    def tick(self, now: float, *, degraded: bool) -> None:
        """Put what was counted since the last tick into the step of now."""
        number = int(now * 1_000) // STEP_MS
        if self._written_to is None:
            self._written_to = number
        step = self._step(number)
        step.degraded |= degraded
        told = self._tell()
        grown = [new - old for new, old in zip(told, self._told, strict=True)]
        self._told = told
        step.offered += grown[0]
        step.parsed += grown[1]
        step.lost += grown[2]
        step.truncated += grown[3]
        step.bad += grown[4]
        step.unknown += grown[5]

    def _step(self, number: int) -> Step:
        step = self._steps.get(number)
        if step is None:
            step = self._steps[number] = Step()
        return step

    def take(self, until_ms: int, flows: int, *, fill: bool) -> Iterator[tuple[int, Row]]:
        """Yield (start in ms, row) of the steps that ended at or before a time.

        With `fill`, quiet steps since the start become rows, too: silence is a measurement.
        """
        end = until_ms // STEP_MS
        if self._written_to is not None and fill:
            if end - self._written_to <= FILL_MAX:
                for number in range(self._written_to, end):
                    self._step(number)
            self._written_to = max(self._written_to, end)
        for number in sorted(n for n in self._steps if n < end):
            step = self._steps.pop(number)
            start_s = number * LINK_STEP_S
            yield start_s * 1_000, link_row(start_s, step, flows=flows, **self._names)
