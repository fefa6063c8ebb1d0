"""The two records that a collector may write: the flow slice and the link row.

This file is the only list of stored columns. Writers build their tables from `SLICE_SCHEMA` and
`LINK_SCHEMA`, readers refuse a file whose schema differs, the DPO's pages print `meaning`,
`purpose` and `identifying` from here, and a test fails if two columns share a meaning.

No unsigned type and no Arrow dictionary type: Spark and Sail refuse or widen them, and Parquet
encodes dictionaries by itself.
"""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

RECORD_VERSION = 1
"""Written in each file's footer; a reader that knows another version refuses the file."""


class Identifying(StrEnum):
    """How far a column alone points at a person."""

    NO = "no"
    INDIRECT = "indirect"  # only together with other columns or outside knowledge
    PSEUDONYM = "pseudonym"  # personal data while the day's key lives (GDPR article 4(5))


class SiteSource(StrEnum):
    """Where a slice's site came from, strongest evidence first."""

    TLS_SNI = "tls_sni"
    QUIC_SNI = "quic_sni"
    HTTP_HOST = "http_host"
    PROXY_CONNECT = "proxy_connect"
    DNS = "dns"
    LOG = "log"
    NONE = "none"


class Transport(StrEnum):
    """Transport protocol, as the flow key knows it."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"  # ICMP and ICMPv6
    OTHER = "other"


class EndReason(StrEnum):
    """Why a flow ended (IPFIX flowEndReason, RFC 5102 section 5.11.3, without the active timeout)."""

    IDLE = "idle"
    ENDED = "ended"
    FORCED = "forced"
    RESOURCES = "resources"


class Reject(StrEnum):
    """Why a captured frame was not parsed. Traffic is never an error: each reason is counted."""

    TRUNCATED = "truncated"  # captured bytes end before the headers do
    NOT_IP = "not_ip"  # ARP, LLDP, spanning tree…: a frame that carries no IP
    BAD_LINK = "bad_link"  # link header that makes no sense
    BAD_IP = "bad_ip"  # version or header length that makes no sense
    UNKNOWN_LINK = "unknown_link"  # link type that the meter does not know


@dataclass(frozen=True, slots=True)
class Column:
    """One stored column. `meaning` and `purpose` are whole sentences for the DPO's page."""

    name: str
    type: pa.DataType
    nullable: bool
    unit: str
    meaning: str
    purpose: str
    identifying: Identifying = Identifying.NO

    def field(self) -> pa.Field:
        """Return the Arrow field, its documentation in the field's metadata."""
        return pa.field(
            self.name,
            self.type,
            nullable=self.nullable,
            metadata={
                "unit": self.unit,
                "meaning": self.meaning,
                "purpose": self.purpose,
                "identifying": self.identifying.value,
            },
        )


_MINUTE = pa.timestamp("s", tz="UTC")

SLICE_COLUMNS: tuple[Column, ...] = (
    Column(
        "minute",
        _MINUTE,
        False,
        "minute",
        "Start of the clock minute of the slice.",
        "timetable",
        Identifying.INDIRECT,
    ),
    Column(
        "flow",
        pa.int64(),
        False,
        "id",
        "Random number that joins the slices of one flow; derived from nothing.",
        "behaviour over several minutes",
        Identifying.INDIRECT,
    ),
    Column(
        "zone",
        pa.string(),
        False,
        "name",
        "Zone that the school declared, or unmatched.",
        "place",
        Identifying.INDIRECT,
    ),
    Column(
        "device",
        pa.int64(),
        True,
        "pseudonym",
        "Keyed BLAKE2b of the MAC address, of the IP address where more than four lie behind one MAC; the key is destroyed after the day. Null where the zone does not count devices.",
        "count devices within one day",
        Identifying.PSEUDONYM,
    ),
    Column("ip_version", pa.int8(), False, "4 or 6", "Version of IP.", "park"),
    Column("transport", pa.string(), False, "name", "Transport: tcp, udp, icmp or other.", "class"),
    Column(
        "server_port",
        pa.int32(),
        False,
        "port",
        "Port of the side that answers; 0 where there are no ports.",
        "class",
    ),
    Column(
        "site",
        pa.string(),
        True,
        "name",
        "Reduced name: longest suffix that the catalogue knows, else the registrable domain.",
        "category",
        Identifying.INDIRECT,
    ),
    Column("site_source", pa.string(), False, "name", "Evidence for the site.", "strength"),
    Column(
        "ech",
        pa.bool_(),
        False,
        "flag",
        "The client sent an encrypted hello, so the site is an outer name and weak.",
        "evidence",
    ),
    Column(
        "list_category",
        pa.string(),
        True,
        "name",
        "Category of the full name in the imported lists, looked up in memory at capture.",
        "category of unknown sites",
        Identifying.INDIRECT,
    ),
    Column("app", pa.string(), True, "name", "Protocol hint from the wire.", "category unnamed"),
    Column(
        "up_bytes", pa.int64(), False, "octet", "IP octets from the school, headers too.", "load up"
    ),
    Column(
        "down_bytes", pa.int64(), False, "octet", "IP octets to the school, headers too.", "load"
    ),
    Column("up_packets", pa.int32(), False, "packet", "Packets from the school.", "behaviour up"),
    Column("down_packets", pa.int32(), False, "packet", "Packets to the school.", "behaviour down"),
    Column(
        "active_s",
        pa.int8(),
        False,
        "second",
        "Seconds of the slice in which a packet passed.",
        "steady or bursty",
    ),
    Column(
        "down_peak_bytes_s",
        pa.int32(),
        False,
        "octet per second",
        "Largest number of octets to the school within one second of the slice.",
        "burst",
    ),
    Column(
        "down_sumsq_bytes_s",
        pa.float32(),
        False,
        "octet squared",
        "Sum over the seconds of the slice of the squared octets to the school.",
        "steadiness",
    ),
    Column(
        "age_s",
        pa.int32(),
        False,
        "second",
        "Seconds from the flow's first packet to the start of the slice, 0 in its first slice.",
        "long streams",
    ),
    Column(
        "end_reason",
        pa.string(),
        True,
        "name",
        "Why the flow ended in this slice; null while it goes on.",
        "accounting",
    ),
)

LINK_STEP_S = 10
"""Length of a link row in seconds: short enough for a 10-second peak, the finest that we publish."""

LINK_COLUMNS: tuple[Column, ...] = (
    Column(
        "start",
        _MINUTE,
        False,
        "second",
        "Start of the ten seconds.",
        "load per slot",
    ),
    Column("interface", pa.string(), False, "name", "Interface or file that was read.", "source"),
    Column("line", pa.string(), False, "name", "Internet line that it measures.", "capacity"),
    Column(
        "counter_up_bytes",
        pa.int64(),
        True,
        "octet",
        "Octets from the school by the interface's own counters; null for files and mirrors.",
        "load, independent of the capture",
    ),
    Column(
        "counter_down_bytes",
        pa.int64(),
        True,
        "octet",
        "Octets to the school by the interface's own counters; null for files and mirrors.",
        "load, independent of the capture, other direction",
    ),
    Column(
        "up_bytes",
        pa.int64(),
        False,
        "octet",
        "IP octets from the school to outside that the meter counted.",
        "coverage",
    ),
    Column(
        "down_bytes",
        pa.int64(),
        False,
        "octet",
        "IP octets from outside to the school that the meter counted.",
        "coverage, other direction",
    ),
    Column(
        "local_bytes",
        pa.int64(),
        False,
        "octet",
        "IP octets that did not cross the Internet line (inside to inside, multicast).",
        "closes the totals",
    ),
    Column("offered", pa.int64(), False, "packet", "Packets offered to the capture.", "identity"),
    Column(
        "parsed", pa.int64(), False, "packet", "Packets that were metered.", "identity, metered"
    ),
    *(
        Column(
            f"rejected_{reason.value}",
            pa.int64(),
            False,
            "packet",
            f"Packets not metered: {reason.value}.",
            "identity, refused",
        )
        for reason in Reject
    ),
    Column(
        "kernel_drops",
        pa.int64(),
        False,
        "packet",
        "Packets that the kernel dropped because the ring was full.",
        "identity, lost",
    ),
    Column("shed", pa.int64(), False, "packet", "Packets shed on purpose.", "identity, shed"),
    Column("flows_in_table", pa.int32(), False, "flow", "Flows in the table.", "health"),
    Column(
        "degraded",
        pa.bool_(),
        False,
        "flag",
        "The flow table was full and unanswered flows were closed early.",
        "doubt",
    ),
    Column(
        "outage_ms",
        pa.int32(),
        False,
        "millisecond",
        "Time of the ten seconds in which the interface was away and nothing was measured.",
        "gaps are missing, never zero",
    ),
    Column(
        "config_digest",
        pa.string(),
        False,
        "hex",
        "First 16 hex digits of the SHA-256 of the configuration in force.",
        "displayed = enforced",
    ),
)


def _schema(columns: tuple[Column, ...], record: str) -> pa.Schema:
    metadata = {"jauge.record": record, "jauge.version": str(RECORD_VERSION)}
    return pa.schema([column.field() for column in columns], metadata=metadata)


SLICE_SCHEMA = _schema(SLICE_COLUMNS, "slice")
LINK_SCHEMA = _schema(LINK_COLUMNS, "link")

NO_STATISTICS = ("flow", "device")
"""Columns whose minima, maxima and bloom filters would put pseudonyms in clear into the footer."""
