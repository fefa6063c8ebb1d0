"""What is known of an installation when it is judged. Frozen, no I/O; counts, never values of a record."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What is declared."""

    directory: str
    problems: int = 0
    """Errors of the files; with any, the rest is not known."""
    unproven_rules: int = 0
    uai: bool = True
    zones: int = 1
    vlans: int = 0
    """VLANs that zones name."""
    line: str = "internet"
    line_declared: bool = True
    rate_today: bool = True
    """A capacity of the line is in force today."""
    timezone_known: bool = True
    holidays_until: date | None = None
    """Last day of known school holidays."""
    retention_days: int = 8
    interface: str | None = None
    side: str = "mirror"


@dataclass(frozen=True, slots=True)
class InterfaceFacts:
    """The interface that is configured."""

    there: bool = True
    up: bool = True
    uplink: bool = False
    """The machine's own way to the Internet leaves through it."""
    others: tuple[str, ...] = ()
    """Names of interfaces that could be meant."""


@dataclass(frozen=True, slots=True)
class TrafficFacts:
    """What passed while a few seconds were looked at; nothing of it is kept but these counts."""

    frames: int = 0
    up: int = 0
    """Packets from inside to outside."""
    down: int = 0
    senders: int = 0
    """Different MAC addresses that sent."""
    inside: int = 0
    """Different inside addresses that talked with outside."""
    tagged: int = 0
    """Frames with a VLAN tag."""


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """The link rows of the last day that has any."""

    offered: int = 0
    dropped: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    written_s_ago: int | None = None
    """Since something was last written, spool included."""


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store."""

    directory: str
    refused: str = ""
    """Why it cannot be read; empty when it can."""
    missing: bool = False
    """There is no such directory: a path that was mistyped, or no collector ever ran."""
    acknowledged: bool = True
    days: int = 0
    bytes_a_day: int = 0
    """What a day takes on the disk."""
    bytes_free: int = 1 << 40
    named_share: float | None = None
    """Part of the newest slices' octets that bear a site; None where there are too few."""
    open_paths: tuple[str, ...] = ()
    """Private paths that other users may open."""
    old_keys: int = 0
    """Day keys that live longer than the retention allows."""
    addresses_kept: int = 0
    """Lines with an address in footers of stored files and in what is published."""


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """One systemd unit."""

    name: str
    wanted: bool = True
    """It should be running now: timers' services are not."""
    active: bool | None = True
    score: float | None = 1.0
    """Of `systemd-analyze security`."""
    sent_packets: int | None = 0
    """By the unit's own accounting, loopback left out; None where it is not counted."""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """The machine."""

    today: date
    may_capture: bool = True
    clock_synchronised: bool | None = True
    swap_in_clear: bool = False
    units: tuple[UnitFacts, ...] | None = ()
    """None: no systemd here."""
    lines_with_addresses: int | None = 0
    """In the journal of Jauge's units, last 24 hours; None: it cannot be read."""


@dataclass(frozen=True, slots=True)
class ListsFacts:
    """The imported lists."""

    file: str
    refused: str = ""
    age_days: int | None = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything, each part None where nobody could look."""

    school: SchoolFacts
    machine: MachineFacts
    interface: InterfaceFacts | None = None
    traffic: TrafficFacts | None = None
    link: LinkFacts | None = None
    store: StoreFacts | None = None
    lists: ListsFacts | None = None
