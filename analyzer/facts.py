"""What a verdict may rest on: `Facts`, and how they are read from one slice. Pure.

There is no device, flow, address or site among the facts, so no rule can single out a person, and
nothing here depends on another device's traffic, the state of the line excepted (DESIGN 2): the
volumes are those of the slice's own flow and of its own device on its own day.

Change together: `Facts` here, `school.charter.When`, `analyzer.classify`, `analyzer.volumes`,
`analyzer.expression`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pyarrow as pa

from analyzer.behaviour import CATEGORY_OF_BEHAVIOUR, STRENGTH_OF_BEHAVIOUR
from privacy.records import SiteSource, Transport
from school.calendar import Calendar
from school.lists import CATEGORY_OF_LIST
from school.words import Behaviour, Category, DayKind, Strength

STRONG_SOURCES: Final = frozenset(
    {
        SiteSource.TLS_SNI.value,
        SiteSource.QUIC_SNI.value,
        SiteSource.HTTP_HOST.value,
        SiteSource.PROXY_CONNECT.value,
    }
)
"""The client itself named the site in this flow. A DNS answer only says what shares its address."""

APP_CATEGORY: Final[dict[str, str]] = {
    "bittorrent": Category.P2P.value,
    "bittorrent_dht": Category.P2P.value,
    "bittorrent_utp": Category.P2P.value,
    "bittorrent_lsd": Category.P2P.value,
    "wireguard": Category.VPN_PROXY.value,
    "openvpn": Category.VPN_PROXY.value,
    "icy": Category.WEB_RADIO.value,
    "dns": Category.NTP_PKI_DNS.value,
    "ntp": Category.NTP_PKI_DNS.value,
}
"""Wire hints that say what a flow is. STUN and RTP are left out: a call may be a lesson."""

HOUSEKEEPING_PORTS: Final = (53, 123)
"""DNS and NTP over UDP, when nothing on the wire said so already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a charter rule can look at."""

    zone_kind: str
    period: str
    category: str
    """What the site, the imported list, the wire hint or the behaviour says, in this order."""
    evidence: str
    """Strength of what `category` rests on."""
    link_state: str
    """Worst of up and down in this minute; calm when it is not known."""
    link_up: str | None = None
    """The same of one direction; None when nobody told: no rule about it then matches."""
    link_down: str | None = None
    slot: str | None = None
    """Name of the declared slot that holds the minute."""
    day_kind: str = DayKind.ORDINARY.value
    listed: str | None = None
    """What the imported list said, in our words; decides through `category`, or by name."""
    app: str | None = None
    behaviour: str = Behaviour.NONE.value
    octets: int = 0
    """IP octets of the slice, both directions."""
    flow_octets: int = 0
    """The same of the slices of its own flow on its local day, up to and including its minute."""
    device_day_octets: int | None = None
    """The same of the slices of its own device, local day and category; None without a device."""
    rule_minutes: int | None = None
    """Distinct clock minutes of the slices of its own device and local day that the same rule
    decided, up to and including its minute; None without a device."""
    rule_octets: int | None = None
    """IP octets of those slices; None without a device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The columns of one slice that facts are read from (meaning: privacy.records), and its behaviour."""

    site: str | None = None
    site_source: str = SiteSource.NONE.value
    ech: bool = False
    list_category: str | None = None
    app: str | None = None
    transport: str = Transport.TCP.value
    server_port: int = 443
    up_bytes: int = 0
    down_bytes: int = 0
    behaviour: str = Behaviour.NONE.value
    """What `analyzer.behaviour.behaviours_of` says of the slice among its like; none if named."""


def strength_of(site: str | None, site_source: str, *, ech: bool) -> Strength:
    """Return how much a site bears: strong if the client named it, in clear, in this flow."""
    if site is None or site_source == SiteSource.NONE:
        return Strength.NONE
    return Strength.STRONG if site_source in STRONG_SOURCES and not ech else Strength.WEAK


def category_of(seen: Observed, site_category: str | None) -> tuple[str, Strength]:
    """Return the category of a slice and the strength of what it rests on, first of:

    1. the reviewed catalogue, as strong as the site;
    2. the imported list, always weak: lists hold mistakes, so a list alone never accuses;
    3. the wire hint, strong: it is the protocol itself;
    4. a name that nobody knows: unknown;
    5. without a name: the ports of DNS and NTP, weak, then the behaviour; else unknown.

    Args:
        seen: the slice.
        site_category: what the catalogue says of the site, None if it does not know it.
    """  # noqa: D415 - the first line introduces the list
    if seen.site is not None and site_category is not None:
        return site_category, strength_of(seen.site, seen.site_source, ech=seen.ech)
    listed = CATEGORY_OF_LIST.get(seen.list_category or "")
    if listed is not None:
        return listed, Strength.WEAK
    hinted = APP_CATEGORY.get(seen.app or "")
    if hinted is not None:
        return hinted, Strength.STRONG
    if seen.site is not None:
        return Category.UNKNOWN.value, strength_of(seen.site, seen.site_source, ech=seen.ech)
    return _unnamed(seen)


def _unnamed(seen: Observed) -> tuple[str, Strength]:
    if seen.transport == Transport.UDP and seen.server_port in HOUSEKEEPING_PORTS:
        return Category.NTP_PKI_DNS.value, Strength.WEAK
    if seen.behaviour in CATEGORY_OF_BEHAVIOUR:
        strength = Strength(STRENGTH_OF_BEHAVIOUR[seen.behaviour])
        return CATEGORY_OF_BEHAVIOUR[seen.behaviour], strength
    return Category.UNKNOWN.value, Strength.NONE


def facts_of(
    seen: Observed, *, zone_kind: str, period: str, link_state: str, site_category: str | None
) -> Facts:
    """Return the facts of one slice in its context, as if it were the first of its flow.

    `analyzer.volumes.with_volumes` adds what depends on the slices before it; slot, kind of day and
    the two directions of the line are for callers whose charter looks at them.
    """
    category, strength = category_of(seen, site_category)
    return Facts(
        zone_kind=zone_kind,
        period=period,
        category=category,
        evidence=strength.value,
        link_state=link_state,
        listed=CATEGORY_OF_LIST.get(seen.list_category or ""),
        app=seen.app,
        behaviour=seen.behaviour,
        octets=seen.up_bytes + seen.down_bytes,
        flow_octets=seen.up_bytes + seen.down_bytes,
    )


MINUTE_SCHEMA: Final = pa.schema(
    [
        pa.field("minute", pa.timestamp("s", tz="UTC"), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("slot", pa.string()),
        pa.field("period", pa.string(), nullable=False),
        pa.field("day_kind", pa.string(), nullable=False),
    ]
)


def minute_table(calendar: Calendar, start: date, end: date) -> pa.Table:
    """Return what every minute of the local days [start, end) is: columns of `MINUTE_SCHEMA`.

    A day of clock change has 1,380 or 1,500 minutes; the two hours of autumn that share their
    wall-clock time are two different minutes here and have the same slot and period.
    """
    rows: dict[str, list[object]] = {name: [] for name in MINUTE_SCHEMA.names}
    for day in calendar.days(start, end):
        whole, kind = calendar.of_day(day), calendar.day_kind(day)
        moment = _midnight(calendar, day)
        after = _midnight(calendar, day + timedelta(days=1))
        while moment < after:
            local = moment.astimezone(calendar.timezone)
            period, slot = whole[local.hour * 60 + local.minute]
            rows["minute"].append(moment)
            rows["day"].append(day)
            rows["slot"].append(slot)
            rows["period"].append(period)
            rows["day_kind"].append(kind)
            moment += timedelta(minutes=1)
    return pa.table(rows, schema=MINUTE_SCHEMA)


def midnights(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    """Return when a local day begins and ends, UTC."""
    return _midnight(calendar, day), _midnight(calendar, day + timedelta(days=1))


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=calendar.timezone).astimezone(UTC)
