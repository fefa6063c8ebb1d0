"""Flows and counts become the two stored records; the footer says what no exporter could know.

`jauge.unknown` in a file's footer is a comma list of columns whose values are fillers (0, null,
`none`): the exporter never said them. `jauge.unscaled` lists the columns that were counted by an
exporter whose sampling nobody announced. Slices that differ in this stand in different files.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any

import pyarrow as pa

from collector.exports.joining import MINUTE_MS, Joined
from collector.exports.places import Identities, Placed, Places, client_of, place
from collector.objections import Objections
from collector.reduced import Reduced
from privacy.pseudonym import device_pseudonym
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA, Reject, SiteSource, Transport

UNKNOWN_FOOTER, UNSCALED_FOOTER = "jauge.unknown", "jauge.unscaled"
NEVER_KNOWN = (
    "ech",
    "list_category",
    "app",
    "active_s",
    "down_peak_bytes_s",
    "down_sumsq_bytes_s",
)
"""What needs packets. The features are stored as 0, which no behaviour rule takes for a stream."""
COUNTED = ("up_bytes", "down_bytes", "up_packets", "down_packets")
LINK_UNKNOWN = ("counter_up_bytes", "counter_down_bytes")
_INT32_MAX, _INT64_MAX = 2**31 - 1, 2**63 - 1
_TRANSPORTS = {
    6: Transport.TCP.value,
    17: Transport.UDP.value,
    1: Transport.ICMP.value,
    58: Transport.ICMP.value,
}
_PORTLESS = (Transport.ICMP.value, Transport.OTHER.value)

Logged = Callable[[int, int, int, int, int, int], Reduced | None]
Footer = tuple[tuple[str, str], ...]
Row = tuple[Any, ...]


@lru_cache(maxsize=4_096)
def local_day(quarter: int, timezone: tzinfo) -> date:
    """Return the local day of a quarter of an hour since 1970 (offsets are whole quarters)."""
    return datetime.fromtimestamp(quarter * 900, UTC).astimezone(timezone).date()


def day_of(ms: int, timezone: tzinfo) -> date:
    """Return the local day of milliseconds since 1970."""
    return local_day(ms // 900_000, timezone)


def unknown_of(flow: Joined) -> Footer:
    """Return the footer entries of a flow's slices."""
    unknown = list(NEVER_KNOWN)
    if flow.name is None and flow.logged is None:
        unknown += ["site", "site_source"]
    if flow.logged is not None and flow.logged.list_category is not None:
        unknown.remove("list_category")
    if not flow.end_known:
        unknown.append("end_reason")
    if flow.untimed:
        unknown += ["minute", "age_s"]
    footer = [(UNKNOWN_FOOTER, ",".join(name for name in SLICE_SCHEMA.names if name in unknown))]
    if flow.unscaled:
        footer.append((UNSCALED_FOOTER, ",".join(COUNTED)))
    return tuple(footer)


@dataclass(frozen=True, slots=True)
class Minimiser:
    """Everything that turns a flow in memory into rows that may be stored."""

    places: Places
    identities: Identities
    site_of: Callable[[str], str | None]
    key_of_day: Callable[[date], bytes | memoryview]
    timezone: tzinfo
    objections: Objections = field(default_factory=Objections)
    logged: "Logged | None" = None
    """What logs say of a flow: version, client, server, server port, first and last millisecond."""

    def place(self, flow: Joined) -> Placed:
        """Place a flow; side 0 is the `source` of the answer."""
        _, version, _, low, _, high, _ = flow.key
        placed = place(
            self.places,
            version=version,
            ends=(low, high),
            client=self.client(flow),
            vlan=flow.vlan,
        )
        inside = 0 if placed.source_is_school else 1
        if placed.has_device:
            self.identities.learn(version, (low, high)[inside], flow.macs[inside])
        if self.logged is not None and flow.name is None and flow.logged is None:
            self._ask_logs(self.logged, flow)
        return placed

    def _ask_logs(self, logged: "Logged", flow: Joined) -> None:
        """Name a flow by what its client asked before it began; a name once found stays."""
        _, version, _, low, low_port, high, high_port = flow.key
        ends = ((low, low_port), (high, high_port))
        client = self.client(flow)
        server, port = ends[1 - client]
        found = logged(version, ends[client][0], server, port, flow.first_ms, flow.last_ms)
        if found is not None and found.site is not None:
            flow.logged = found

    def client(self, flow: Joined) -> int:
        """Return the side that asked."""
        if flow.client is not None:
            return flow.client
        return client_of((flow.key[4], flow.key[6]), (flow.starts[0], flow.starts[1]))

    def _is_refused(self, flow: Joined, placed: Placed) -> bool:
        """Say whether the school does not measure the zone, or the device objects; count it."""
        inside = 0 if placed.source_is_school else 1
        mac = flow.macs[inside] or self.identities.mac_of(
            flow.key[1], flow.key[3 if inside == 0 else 5]
        )
        refused = not self.places.is_measured(placed.zone) or (
            bool(mac) and self.objections.objects(mac.to_bytes(6, "big"))
        )
        if refused:
            self.objections.dropped += len(flow.minutes())
        return refused

    def rows(self, flow: Joined, placed: Placed) -> Iterator[tuple[date, Row]]:
        """Yield the slices of a flow that crossed the line, with their local days."""
        if placed.local or self._is_refused(flow, placed):
            return
        _, version, protocol, low, low_port, high, high_port = flow.key
        up = 0 if placed.source_is_school else 1
        transport = _TRANSPORTS.get(protocol, Transport.OTHER.value)
        server_port = high_port if self.client(flow) == 0 else low_port
        identity = self.identities.of(version, (low, high)[up]) if placed.has_device else None
        site = self.site_of(flow.name) if flow.name else None
        source, category = flow.name_source if site else "none", None
        if site is None and flow.logged is not None:
            site, category = flow.logged.site, flow.logged.list_category
            source = SiteSource.LOG.value
        minutes = flow.minutes()
        for minute in minutes:
            day = day_of(minute * MINUTE_MS, self.timezone)
            device = (
                device_pseudonym(self.key_of_day(day), identity) if identity is not None else None
            )
            yield (
                day,
                (
                    minute * 60,
                    flow.number,
                    self.places.name_of(placed.zone),
                    device,
                    version,
                    transport,
                    0 if transport in _PORTLESS else server_port,
                    site,
                    source,
                    False,
                    category,
                    None,
                    min(flow.octets.get((minute, up), 0), _INT64_MAX),
                    min(flow.octets.get((minute, 1 - up), 0), _INT64_MAX),
                    min(flow.packets.get((minute, up), 0), _INT32_MAX),
                    min(flow.packets.get((minute, 1 - up), 0), _INT32_MAX),
                    0,
                    0,
                    0.0,
                    min(max(0, minute * MINUTE_MS - flow.first_ms) // 1_000, _INT32_MAX),
                    flow.end if minute == minutes[-1] else None,
                ),
            )


class SliceRows:
    """Slices that wait, by local day and by what they could not know."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[date, Footer], list[Row]] = defaultdict(list)
        self.written = 0

    def add(self, rows: Iterable[tuple[date, Row]], footer: Footer) -> None:
        """Take the slices of one flow."""
        for day, row in rows:
            self._waiting[day, footer].append(row)

    def take(self) -> Iterator[tuple[date, pa.Table]]:
        """Yield tables of SLICE_SCHEMA with their footer entries, and forget the rows."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for (day, footer), rows in sorted(waiting.items()):
            self.written += len(rows)
            yield day, _table(SLICE_SCHEMA, rows, footer)


def _table(schema: pa.Schema, rows: list[Row], footer: Footer) -> pa.Table:
    columns = [
        pa.array(values, pa.int64()).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else pa.array(values, field.type)
        for field, values in zip(schema, zip(*rows, strict=True), strict=True)
    ]
    metadata = {**(schema.metadata or {}), **{k.encode(): v.encode() for k, v in footer}}
    return pa.Table.from_arrays(columns, schema=schema.with_metadata(metadata))


@dataclass(slots=True)
class Step:
    """Ten seconds of one exporter."""

    up: int = 0
    down: int = 0
    local: int = 0
    offered: int = 0
    parsed: int = 0
    truncated: int = 0
    bad: int = 0
    unknown: int = 0
    lost: int = 0
    degraded: bool = False


def link_row(
    start_s: int, step: Step, *, interface: str, line: str, flows: int, config_digest: str
) -> Row:
    """Return a row of LINK_SCHEMA. Units of the identity: see `links.py`."""
    rejected = {
        Reject.TRUNCATED: step.truncated,
        Reject.BAD_LINK: step.bad,
        Reject.UNKNOWN_LINK: step.unknown,
    }
    return (
        start_s,
        interface,
        line,
        None,
        None,
        min(step.up, _INT64_MAX),
        min(step.down, _INT64_MAX),
        min(step.local, _INT64_MAX),
        step.offered,
        step.parsed,
        *(rejected.get(reason, 0) for reason in Reject),
        step.lost,
        0,
        flows,
        step.degraded,
        0,
        config_digest,
    )


def link_table(rows: list[Row]) -> pa.Table:
    """Return a table of LINK_SCHEMA."""
    return _table(LINK_SCHEMA, rows, ((UNKNOWN_FOOTER, ",".join(LINK_UNKNOWN)),))
