"""What became of everything that one exporter sent: each term counted on its own."""

from collections import Counter
from dataclasses import dataclass, field

from collector.exports.flow import Scale
from collector.exports.outcome import Refused


@dataclass(slots=True)
class Counts:
    """What became of everything that one exporter sent."""

    datagrams: int = 0
    parsed: int = 0
    duplicates: int = 0
    rejected: Counter[Refused] = field(default_factory=Counter)
    """Datagrams."""
    records: int = 0
    """Data records read."""
    metered: int = 0
    options: int = 0
    records_rejected: Counter[Refused] = field(default_factory=Counter)
    templates_refused: Counter[Refused] = field(default_factory=Counter)
    units: int = 0
    """What was parsed, in the numbers that the exporter counts (flows, records or datagrams)."""
    scales: Counter[Scale] = field(default_factory=Counter)
    untimed: int = 0
