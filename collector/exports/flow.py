"""One exported record in the house's own words, whatever protocol brought it."""

from dataclasses import dataclass
from enum import StrEnum

from collector.exports.outcome import Refused, Rejected

OCTETS_MAX = 1 << 50
"""Octets of one record after scaling: a petabyte. More is a broken counter, and 8,192 of them still
fit the stored 64 bits."""
PACKETS_MAX = 2**31 - 1
"""Packets of one record after scaling: what the stored 32 bits hold."""
RATIO_MAX = 1 << 24
"""Largest sampling ratio believed: one packet in 16 million, IPFIX and sFlow routers stop earlier."""


class Scale(StrEnum):
    """Whether the octets are those of the wire."""

    EXACT = "exact"  # the exporter says that it looks at every packet
    SAMPLED = "sampled"  # multiplied by the interval that the exporter announced
    UNSCALED = "unscaled"  # nobody knows: the numbers are as exported


@dataclass(frozen=True, slots=True)
class Ratio:
    """Packets on the wire for packets seen."""

    wire: int
    seen: int

    @property
    def scale(self) -> Scale:
        """Name of what this ratio does."""
        return Scale.EXACT if self.wire == self.seen else Scale.SAMPLED

    def apply(self, count: int) -> int:
        """Return a count on the wire."""
        return count * self.wire // self.seen


def ratio(wire: int, seen: int) -> Ratio | None:
    """Return a ratio, or None when the numbers make no sense (0 of something, or absurd)."""
    if seen < 1 or wire < seen or wire // seen > RATIO_MAX:
        return None
    return Ratio(wire, seen)


def check_counters(octets: int, packets: int) -> Rejected | None:
    """Return why scaled counters cannot be, or None."""
    if octets < 1:
        return Rejected(Refused.NO_COUNTER)
    if octets > OCTETS_MAX or packets > PACKETS_MAX:
        return Rejected(Refused.COUNTER)
    return None


@dataclass(frozen=True, slots=True)
class ExportedFlow:
    """One record. Lives in memory only; addresses are whole numbers."""

    version: int
    protocol: int
    source: int
    target: int
    source_port: int
    target_port: int
    start_ms: int
    end_ms: int
    octets: int
    packets: int
    reverse_octets: int = 0
    reverse_packets: int = 0
    source_mac: int = 0
    """0: the exporter did not say."""
    target_mac: int = 0
    vlan: int = 0
    end_reason: int | None = None
    """flowEndReason (RFC 5102 section 5.11.3); None: the exporter has no such field."""
    running_total: bool = False
    """The counters run since the flow's start instead of since its last record."""
    name: str | None = None
    """Full host name of the server; reduced and dropped before anything is written."""
    name_source: str = "none"
    scale: Scale = Scale.UNSCALED
    timed: bool = True
    """False: times were missing or absurd, so the record stands at its arrival."""
