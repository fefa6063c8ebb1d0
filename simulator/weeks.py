"""Writes simulated days as the collector would, through the same commit. Does I/O.

The slices are thinned to about 300 a device-day (a real device has thousands) but carry the whole
volume: the link rows are their sums, minute by minute, so both records agree to the octet.
Labels (what the person was doing) go to a separate file, and only when asked for.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from privacy.records import LINK_SCHEMA, LINK_STEP_S, SLICE_SCHEMA, Reject
from privacy.store.commit import Committer, Part
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, LINK, keys_beside
from school.catalogue import load_catalogue
from simulator.day import Day, Ints, draw_day
from simulator.declared import digest, midnight_utc, minutes_of, school_days
from simulator.people import ZONES, Roster, make_roster
from simulator.services import ACTIVITIES, APP, PORT, SOURCE, Wire, all_hosts

ORIGIN: Final = {b"jauge.origin": b"simulated"}
SEED: Final = 20260907
INTERFACE: Final = "simulation"
LINE: Final = "internet"
STEPS: Final = 60 // LINK_STEP_S
WORKERS: Final = 2
SOURCE_NAME: Final = "simulator"

_HOSTS: Final = all_hosts()
_UDP = (Wire.QUIC, Wire.NTP, Wire.PEER)
_WAVE: Final = np.array([-1.0, -0.55, -0.15, 0.15, 0.55, 1.0])
"""Shape of a minute's load around its mean, shuffled for each minute; sums to zero."""
_SLACK: Final = 0.98
"""Share of the room under the capacity that the wave may use: rounding stays below the line."""


def origin_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema with the mark that its rows are simulated."""
    return schema.with_metadata({**(schema.metadata or {}), **ORIGIN})


def _choose(indices: NDArray[np.integer], values: list[str | None]) -> pa.Array:
    """Return a plain string column that takes `values[i]` for each index."""
    dictionary = pa.array(values, pa.string())
    return dictionary.take(pa.array(indices))


def _behaviour(
    rng: np.random.Generator, day: Day
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float32]]:
    """Return seconds with traffic, peak second and sum of squares, consistent with the volume."""
    slices, flows = day.slices, day.flows
    usual = np.array([activity.active_s for activity in ACTIVITIES])[flows.activity[slices.flow]]
    packets = slices.down_packets + slices.up_packets
    drawn = usual * rng.uniform(0.7, 1.1, len(packets))
    active = np.clip(np.minimum(drawn, packets), 1, 60).astype(np.int64)
    mean = slices.down_bytes / active
    peak = np.minimum(mean * rng.uniform(1.05, 2.6, len(mean)), slices.down_bytes)
    peak = np.maximum(np.ceil(peak), np.ceil(mean))
    squares = np.minimum(
        mean * mean * active * rng.uniform(1.0, 1.6, len(mean)), peak * slices.down_bytes
    )
    return active.astype(np.int8), peak.astype(np.int32), squares.astype(np.float32)


def _sites() -> list[str | None]:
    catalogue = load_catalogue()
    return [None if host.name is None else catalogue.site_of(host.name) for host in _HOSTS]


def slice_table(day: Day, roster: Roster, seed: int) -> pa.Table:
    """Return the day's slices, sorted by minute, in exactly `SLICE_SCHEMA`'s columns.

    Flow numbers and device pseudonyms are random and new for each day.
    """
    rng = np.random.default_rng([seed, 3, day.day.toordinal()])
    flows, slices = day.flows, day.slices
    flow_id = rng.integers(-(2**63), 2**63, len(flows.device), dtype=np.int64)
    pseudonym = rng.integers(-(2**63), 2**63, len(roster), dtype=np.int64)
    active_s, peak, squares = _behaviour(rng, day)
    flow, device = slices.flow, flows.device[slices.flow]
    host = flows.host[flow]
    wires = [item.wire for item in _HOSTS]
    transports = ["udp" if wire in _UDP else "tcp" for wire in wires]
    udp = np.array([wire in _UDP for wire in wires])
    uncounted = roster.zone[device] == ZONES.index("serveurs")
    start_s = flows.start_s[flow]
    columns = {
        "minute": pa.array(midnight_utc(day.day) + slices.minute * 60).cast(
            pa.timestamp("s", "UTC")
        ),
        "flow": flow_id[flow],
        "zone": _choose(roster.zone[device], list(ZONES)),
        "device": pa.array(pseudonym[device], mask=uncounted),
        "ip_version": np.where(flows.ipv6[flow], 6, 4).astype(np.int8),
        "transport": _choose(host, list(transports)),
        "server_port": np.array([PORT[wire] for wire in wires], np.int32)[host],
        "site": _choose(host, _sites()),
        "site_source": _choose(host, [SOURCE[wire] for wire in wires]),
        "ech": np.zeros(len(flow), bool),
        "list_category": pa.nulls(len(flow), pa.string()),
        "app": _choose(host, [APP.get(wire) for wire in wires]),
        "up_bytes": slices.up_bytes,
        "down_bytes": slices.down_bytes,
        "up_packets": slices.up_packets.astype(np.int32),
        "down_packets": slices.down_packets.astype(np.int32),
        "active_s": active_s,
        "down_peak_bytes_s": peak,
        "down_sumsq_bytes_s": squares,
        "age_s": np.where(slices.first, 0, slices.minute * 60 - start_s).astype(np.int32),
        "end_reason": _choose(np.where(slices.last, 1 + udp[host], 0), [None, "ended", "idle"]),
    }
    order = np.argsort(slices.minute, kind="stable")
    table = pa.table(columns, schema=origin_schema(SLICE_SCHEMA))
    return table.take(pa.array(order))


def _ten_seconds(rng: np.random.Generator, total: Ints, limit: int | None) -> Ints:
    """Spread minute totals over ten-second rows, never above `limit` octets a row."""
    mean = total / STEPS
    room = 0.5 if limit is None else np.clip((limit - mean) / np.maximum(mean, 1), 0, 0.5) * _SLACK
    wave = rng.permuted(np.tile(_WAVE, (len(total), 1)), axis=1)
    rows = (mean[:, None] * (1 + np.broadcast_to(room, total.shape)[:, None] * wave)).astype(
        np.int64
    )
    rest = total - rows.sum(axis=1)
    rows += (rest // STEPS)[:, None]
    rows[np.arange(STEPS) < (rest % STEPS)[:, None]] += 1
    return rows.ravel()


def link_table(day: Day, seed: int) -> pa.Table:
    """Return the day's link rows: one for every ten seconds of the local day."""
    rng = np.random.default_rng([seed, 4, day.day.toordinal()])
    length = minutes_of(day.day)
    slices = day.slices

    def minutes(values: Ints) -> Ints:
        return np.bincount(slices.minute, values, minlength=length).astype(np.int64)

    down_limit, up_limit = (rate * LINK_STEP_S for rate in day.capacity())
    packets = _ten_seconds(rng, minutes(slices.down_packets + slices.up_packets), None)
    zero = np.zeros(length * STEPS, np.int64)
    columns = {
        "start": pa.array(midnight_utc(day.day) + np.arange(length * STEPS) * LINK_STEP_S).cast(
            pa.timestamp("s", "UTC")
        ),
        "interface": _choose(zero, [INTERFACE]),
        "line": _choose(zero, [LINE]),
        "counter_up_bytes": pa.nulls(len(zero), pa.int64()),
        "counter_down_bytes": pa.nulls(len(zero), pa.int64()),
        "up_bytes": _ten_seconds(rng, minutes(slices.up_bytes), up_limit),
        "down_bytes": _ten_seconds(rng, minutes(slices.down_bytes), down_limit),
        "local_bytes": zero,
        "offered": packets,
        "parsed": packets,
        **{f"rejected_{reason.value}": zero for reason in Reject},
        "kernel_drops": zero,
        "shed": zero,
        "flows_in_table": np.repeat(minutes(np.ones_like(slices.flow)), STEPS).astype(np.int32),
        "degraded": zero.astype(bool),
        "outage_ms": zero.astype(np.int32),
        "config_digest": _choose(zero, [digest()]),
    }
    return pa.table(columns, schema=origin_schema(LINK_SCHEMA))


def _commit(committer: Committer, table: pa.Table, record: str, day: date) -> None:
    """Commit a record of a day; writing the same day again replaces it."""
    part = Part(f"simulated-{record}-{day.isoformat()}", record, day, table.schema, SOURCE_NAME)
    committer.commit(part, [table])


def label_table(day: Day, table: pa.Table) -> pa.Table:
    """Return the activity of each slice of `slice_table`, row by row: minute, flow, activity."""
    order = np.argsort(day.slices.minute, kind="stable")
    activity = day.flows.activity[day.slices.flow[order]]
    names = [item.name for item in ACTIVITIES]
    return pa.table(
        {
            "minute": table["minute"],
            "flow": table["flow"],
            "activity": _choose(activity, list(names)),
        }
    )


def write_days(
    store: Path,
    *,
    days: Iterable[date] | None = None,
    seed: int = SEED,
    scale: float = 1.0,
    labels: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write simulated days into `store` (`flows/`, `link/`) and return the number of slices.

    Args:
        store: the store directory; made when missing, simulated days are replaced.
        days: local days; the eight school weeks when left out.
        seed: the same seed gives the same rows.
        scale: size of the school beside the declared one (`simulator.people.make_roster`).
        labels: a Parquet file for the truth (minute, flow, activity); nothing is written without.
        progress: called with (days done, days in all) from worker threads.

    Raises:
        OSError, NotCommitted: the store cannot be written.
        NoStore: something else stands there.
    """
    chosen = list(school_days() if days is None else days)
    roster = make_roster(seed, scale)
    committer = Committer(store, FileKeyring(keys_beside(store)), lambda: time.time_ns() // 1_000)
    committer.open()

    def write_one(day: date) -> tuple[int, pa.Table | None]:
        drawn = draw_day(roster, seed, day)
        table = slice_table(drawn, roster, seed)
        _commit(committer, table, FLOWS, day)
        _commit(committer, link_table(drawn, seed), LINK, day)
        return table.num_rows, None if labels is None else label_table(drawn, table)

    total = 0
    truths = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, (rows, truth) in enumerate(pool.map(write_one, chosen), start=1):
            total += rows
            truths.append(truth)
            if progress is not None:
                progress(done, len(chosen))
    if labels is not None:
        pq.write_table(pa.concat_tables(truths), labels, compression="zstd")
    return total
