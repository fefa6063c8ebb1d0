"""What the hub's pages are made of. Values only: `hub` fills them in, the pages read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.hub.indicators import Figure
from dashboards.hub.spread import Spread

Figures = Mapping[str, Figure]
"""Indicator → figure per 100 workstations."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week of one indicator."""

    week: str
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One week of one kind of school."""

    hub: str
    kind: str
    kinds: tuple[str, ...]
    """Of which there are schools."""
    weeks: tuple[str, ...]
    """Oldest first; empty: there is nothing to compare."""
    week: str
    schools: int
    """Compared in this week."""
    simulated: int
    """How many of them are simulated."""
    spreads: Mapping[str, Spread | None]
    own: Figures = field(default_factory=dict)
    """The reader's school; empty for whoever runs the hub."""
    named: tuple[tuple[str, Figures], ...] = ()
    """Schools whose figures bear their name, by name."""
    silent: bool = False
    """Whether schools that agreed stay without a name, as it would tell the others'."""
    indicator: str = ""
    series: tuple[Point, ...] = ()
    """That indicator, week by week."""
    damaged: int = 0
    """Schools left out because their files are damaged."""


@dataclass(frozen=True, slots=True)
class SentRelease:
    """One release as a school sent it."""

    table: str
    period: str
    received: str
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the hub holds of the reader's school."""

    hub: str
    name: str
    uai: str
    named: bool
    workstations: int
    fingerprint: str
    hub_key: str
    releases: tuple[SentRelease, ...]
    refused: tuple[tuple[str, int], ...]
    """(reason, how often) since the hub started."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One school, for whoever runs the hub: what comes in, no figure."""

    uai: str
    name: str
    kind: str
    workstations: int
    named: bool
    releases: int
    latest: str
    refused: int


@dataclass(frozen=True, slots=True)
class Roll:
    """The enrolled schools."""

    hub: str
    schools: tuple[Enrolled, ...]
    damaged: tuple[str, ...]
