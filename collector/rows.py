"""From the loop's rows to Arrow: the two stored records.

References become values here (site, pseudonym, zone name); nothing else of a flow leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa

from collector.meter import layout as lay
from collector.meter.hints import APP_DOH, APP_NONE, APP_WORDS
from collector.resolve import Devices, Reduced
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA, EndReason, Reject, SiteSource, Transport

_SOURCES = pa.array(
    [
        SiteSource.NONE.value,
        SiteSource.DNS.value,
        SiteSource.PROXY_CONNECT.value,
        SiteSource.HTTP_HOST.value,
        SiteSource.QUIC_SNI.value,
        SiteSource.TLS_SNI.value,
    ]
)
"""In the order of layout.SOURCE_*."""
_ENDS = pa.array([None, *(end.value for end in EndReason)], pa.string())
_TRANSPORTS = pa.array([transport.value for transport in Transport])
_APPS = pa.array(APP_WORDS, pa.string())
UNMATCHED = "unmatched"
HTTPS_PORT = 443
_INT32_MAX = 2**31 - 1


def _take(values: pa.Array, numbers: Any) -> pa.Array:
    return values.take(pa.array(numbers))


def local_days(minutes_us: Any, timezone: tzinfo) -> tuple[list[date], Any]:
    """Return the distinct local days of UTC microseconds and each value's index into them."""

    def day_of(quarter: int) -> date:
        return datetime.fromtimestamp(quarter * 900, UTC).astimezone(timezone).date()

    quarters = minutes_us // 900_000_000
    first = day_of(int(quarters.min()))
    if first == day_of(int(quarters.max())):  # nearly always
        return [first], np.zeros(len(quarters), np.int32)
    distinct_quarters, inverse = np.unique(quarters, return_inverse=True)
    days = [day_of(quarter) for quarter in distinct_quarters.tolist()]
    distinct = sorted(set(days))
    positions = {day: i for i, day in enumerate(distinct)}
    return distinct, np.array([positions[day] for day in days], np.int32)[inverse]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Rows whose references need nothing of the loop's memory any more."""

    rows: Any
    """ROW records in any order."""
    site_numbers: Any
    """Each row's number in `sites`."""
    sites: Sequence[Reduced]
    zones: Sequence[str]
    """Names of the zones by number."""
    pseudonyms: Any
    """int64 of the rows' devices; ignored where a row has no device."""


def site_numbers(rows: Any, names: Any) -> Any:
    """Return each row's site number (0: none) from the NAME records, which are reduced by now."""
    named = rows["name"] >= 0
    return np.maximum(np.where(named, names["site"][np.where(named, rows["name"], 0)], 0), 0)


def slice_table(resolved: Resolved) -> pa.Table:
    """Build the slices of some rows: a table of SLICE_SCHEMA, sorted by minute."""
    order = np.argsort(resolved.rows["minute_us"], kind="stable")
    site_numbers, pseudonyms = resolved.site_numbers[order], resolved.pseudonyms[order]
    zones, sites = resolved.zones, resolved.sites

    def column(
        name: str,
    ) -> Any:  # one after the other: a second copy of all rows would be megabytes
        return resolved.rows[name][order]

    site_values = pa.array([entry.site for entry in sites], pa.string())
    lists = pa.array([entry.list_category for entry in sites], pa.string())
    outer = np.array([entry.ech_public for entry in sites], bool)
    resolver = np.array([entry.resolver for entry in sites], bool)
    site = _take(site_values, site_numbers)
    without_site = site.is_null().to_numpy(zero_copy_only=False)
    source = np.where(without_site, lay.SOURCE_NONE, column("source"))
    over_https = resolver[site_numbers] & (column("server_port") == HTTPS_PORT)
    apps = np.where((column("app") == APP_NONE) & over_https, APP_DOH, column("app"))
    zone_values = pa.array([*zones, UNMATCHED])
    columns = [
        pa.array(column("minute_us") // 1_000_000).cast(SLICE_SCHEMA.field("minute").type),
        pa.array(column("flow")),
        _take(zone_values, np.where(column("zone") < 0, len(zones), column("zone"))),
        pa.array(pseudonyms, mask=column("device") < 0),
        pa.array(column("version").astype(np.int8)),
        _take(_TRANSPORTS, column("transport")),
        pa.array(column("server_port")),
        site,
        _take(_SOURCES, source),
        pa.array((column("ech") == 1) & outer[site_numbers]),
        _take(lists, site_numbers),
        _take(_APPS, apps),
        pa.array(column("up_bytes")),
        pa.array(column("down_bytes")),
        pa.array(column("up_packets")),
        pa.array(column("down_packets")),
        pa.array(column("active").astype(np.int8)),
        pa.array(column("peak")),
        pa.array(column("sumsq").astype(np.float32)),
        pa.array(np.minimum(column("age_s"), _INT32_MAX).astype(np.int32)),
        _take(_ENDS, column("end")),
    ]
    return pa.Table.from_arrays(columns, schema=SLICE_SCHEMA)


def row_pseudonyms(rows: Any, tables: Any, devices: Devices, timezone: tzinfo) -> Any:
    """Return each row's pseudonym under the key of its local day (int64; 0 without a device)."""
    out = np.zeros(len(rows), np.int64)
    days, which = local_days(rows["minute_us"], timezone)
    for i, day in enumerate(days):
        chosen = (which == i) & (rows["device"] >= 0)
        if chosen.any():
            out[chosen] = devices.pseudonyms(tables, rows["device"][chosen], day)
    return out


def link_table(
    links: Any,
    *,
    interface: str,
    line: str,
    config_digest: str,
    facts: Mapping[str, int | None] | None,
    outage_ms: Any = None,
) -> pa.Table:
    """Build the link rows.

    Args:
        links: LINK records.
        interface: what was read.
        line: the Internet line it measures.
        config_digest: digest of the configuration in force.
        facts: what the kernel and the interface counted since the last rows (`offered`,
            `kernel_drops`, `counter_up_bytes`, `counter_down_bytes`); None for files. Packets that
            the kernel counted and the loop has not seen yet, and drops, stand in the last row.
            `offered` is None when the kernel could not be asked: the loop's own count stands.
        outage_ms: for gap rows, int32 milliseconds in which nothing was measured.
    """
    count = links["count"]
    n = len(links)
    offered = count[:, lay.C_OFFERED].copy()
    drops = np.zeros(n, np.int64)
    up: list[int | None] = [None] * n
    down: list[int | None] = [None] * n
    if facts is not None:
        drops[-1] = facts.get("kernel_drops") or 0
        if (by_kernel := facts.get("offered")) is not None:
            offered[-1] += by_kernel - int(offered.sum())
        up[-1], down[-1] = facts.get("counter_up_bytes"), facts.get("counter_down_bytes")
    by_name: dict[str, Any] = {
        "start": pa.array(links["start_us"] // 1_000_000).cast(LINK_SCHEMA.field("start").type),
        "interface": pa.array([interface] * n, pa.string()),
        "line": pa.array([line] * n, pa.string()),
        "counter_up_bytes": pa.array(up, pa.int64()),
        "counter_down_bytes": pa.array(down, pa.int64()),
        "up_bytes": pa.array(count[:, lay.C_UP_BYTES]),
        "down_bytes": pa.array(count[:, lay.C_DOWN_BYTES]),
        "local_bytes": pa.array(count[:, lay.C_LOCAL_BYTES]),
        "offered": pa.array(offered),
        "parsed": pa.array(count[:, lay.C_PARSED]),
        "kernel_drops": pa.array(drops),
        "shed": pa.array(np.zeros(n, np.int64)),
        "flows_in_table": pa.array(links["flows"]),
        "degraded": pa.array(links["degraded"] == 1),
        "outage_ms": pa.array(np.zeros(n, np.int32) if outage_ms is None else outage_ms),
        "config_digest": pa.array([config_digest] * n, pa.string()),
    }
    for i, reason in enumerate(Reject):
        by_name[f"rejected_{reason.value}"] = pa.array(count[:, lay.C_REJECT0 + i])
    return pa.Table.from_arrays([by_name[name] for name in LINK_SCHEMA.names], schema=LINK_SCHEMA)
