"""The store's speed and size: write path, octets a slice, encrypted reads beside plain ones.

    python -m benchmarks.store_bench [--slices 20000000]

The slices are the simulator's (its traffic of one busy school day, with new flow numbers, pseudonyms and
jittered counters for each copy, so that no copy compresses against another), in order of time and in
batches as a meter gives them. Nothing is read from memory that was just written: the page cache is
warm for both kinds of read.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from collector.store import DirectoryStore
from collector.store.compact import compact
from privacy.records import SLICE_SCHEMA
from privacy.store.commit import Committer
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, keys_beside
from privacy.store.parquet import write
from privacy.store.reader import Reader
from simulator.day import draw_day
from simulator.people import make_roster
from simulator.weeks import slice_table

DAY = date(2026, 10, 6)
BATCH = 20_000
HALF_HOUR_S = 1_800
TIMES = 3
QUERY = (
    "SELECT zone, site, count(DISTINCT device), sum(down_bytes) FROM slices "
    "WHERE down_bytes > 0 GROUP BY zone, site"
)
"""Four columns, a group-by: what the analyzer's question costs in reading."""


def batches(total: int) -> Iterator[pa.Table]:
    """Yield slices in order of time, BATCH at a time."""
    roster = make_roster(1)
    base = slice_table(draw_day(roster, 1, DAY), roster, 1)
    copies = -(-total // base.num_rows)
    rng = np.random.default_rng(1)
    # Copies are dealt out by the half hour and sorted, so that time never goes back.
    half_hour = base["minute"].cast(pa.int64()).to_numpy() // HALF_HOUR_S
    edges = [*np.flatnonzero(np.diff(half_hour, prepend=-1)).tolist(), base.num_rows]
    keys = [rng.integers(1, 1 << 62, 2) for _ in range(copies)]
    given = 0
    for begin, end in pairwise(edges):
        part = base.slice(begin, end - begin)
        block = pa.concat_tables(_another(part, *pair, rng) for pair in keys).sort_by("minute")
        for start in range(0, block.num_rows, BATCH):
            piece = block.slice(start, min(BATCH, total - given))
            yield piece
            given += piece.num_rows
            if given >= total:
                return


def _another(table: pa.Table, flow_key: int, device_key: int, rng: np.random.Generator) -> pa.Table:
    """Return the same minute of another school: other flows, devices and counts."""
    count = table.num_rows
    flow = table["flow"].to_numpy() ^ flow_key
    device = table["device"]
    changed = {
        "flow": pa.array(flow),
        "device": pa.array(
            device.fill_null(0).to_numpy() ^ device_key, mask=device.is_null().to_numpy()
        ),
    }
    for name in ("up_bytes", "down_bytes", "down_peak_bytes_s"):
        values = table[name].to_numpy() * rng.uniform(0.8, 1.2, count)
        changed[name] = pa.array(values.astype(np.int64)).cast(SLICE_SCHEMA.field(name).type)
    squares = table["down_sumsq_bytes_s"].to_numpy() * rng.uniform(0.8, 1.2, count)
    changed["down_sumsq_bytes_s"] = pa.array(squares.astype(np.float32))
    columns = [changed.get(name, table[name]) for name in table.column_names]
    return pa.table(dict(zip(table.column_names, columns, strict=True)), schema=SLICE_SCHEMA)


def write_path(store: Path, total: int) -> dict[str, Any]:
    """Write everything; making the rows is not counted, sealing to the last slice is."""
    sink = DirectoryStore(store)
    sink.open()
    seconds, rows = 0.0, 0
    for table in batches(total):
        began = time.perf_counter()
        sink.slices(table, DAY)
        seconds += time.perf_counter() - began
        rows += table.num_rows
    began = time.perf_counter()
    sink.close()
    seconds += time.perf_counter() - began
    return {"slices": rows, "seconds": round(seconds, 1), "slices_s": round(rows / seconds)}


def sizes(store: Path) -> dict[str, Any]:
    """Compact the day; returns octets a slice before and after."""
    reader = Reader(store, FileKeyring(keys_beside(store)))
    segments = reader.segments(FLOWS, DAY)
    rows = sum(s.rows for s in segments)
    before = sum(s.bytes for s in segments) / rows
    began = time.perf_counter()
    compact(Committer(store, reader.keys, lambda: time.time_ns() // 1_000), FLOWS, DAY)
    seconds = time.perf_counter() - began
    (whole,) = reader.segments(FLOWS, DAY)
    return {
        "segments": len(segments),
        "octets_a_slice_sealed": round(before, 2),
        "octets_a_slice_compacted": round(whole.bytes / rows, 2),
        "compaction_s": round(seconds, 1),
    }


def reads(store: Path, scratch: Path, most: int) -> dict[str, Any]:
    """Ask the same of encrypted and plain files of the same rows; the best of three."""
    reader = Reader(store, FileKeyring(keys_beside(store)))
    (segment,) = reader.segments(FLOWS, DAY)
    groups = []
    rows = 0
    with reader.file(segment) as file:
        for batch in file.iter_batches(batch_size=122_880):
            groups.append(pa.Table.from_batches([batch]).cast(SLICE_SCHEMA))
            rows += batch.num_rows
            if rows >= most:
                break
    plain, secret = scratch / "plain.parquet", scratch / "secret.parquet"
    write(groups, SLICE_SCHEMA, plain, record=FLOWS, key=None)
    write(groups, SLICE_SCHEMA, secret, record=FLOWS, key=bytes(32))
    del groups
    return {"rows": rows, **_compared(plain, secret)}


def _compared(plain: Path, secret: Path) -> dict[str, float]:
    import pyarrow.dataset as ds

    from privacy.store.parquet import decryption_of

    def arrow(path: Path, key: bytes | None) -> Any:
        options = ds.ParquetFragmentScanOptions(
            decryption_properties=decryption_of(key), pre_buffer=False
        )
        return ds.dataset(
            str(path), schema=SLICE_SCHEMA,
            format=ds.ParquetFileFormat(default_fragment_scan_options=options),
        )  # fmt: skip

    found = {
        "encrypted_arrow_s": _asked(arrow(secret, bytes(32))),
        "plain_arrow_s": _asked(arrow(plain, None)),
        "plain_duckdb_s": _asked(plain),
    }
    found["ratio_to_plain_arrow"] = found["encrypted_arrow_s"] / found["plain_arrow_s"]
    found["ratio_to_duckdb_itself"] = found["encrypted_arrow_s"] / found["plain_duckdb_s"]
    return {name: round(value, 3) for name, value in found.items()}


def _asked(slices: Any) -> float:
    best = float("inf")
    for _ in range(TIMES):
        with duckdb.connect(config={"threads": 2}) as connection:
            if isinstance(slices, Path):
                connection.read_parquet(str(slices)).create_view("slices")
            else:
                connection.register("slices", slices)
            began = time.perf_counter()
            connection.execute(QUERY).fetchall()
            best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=20_000_000)
    parser.add_argument("--read", type=int, default=10_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        store = Path(scratch) / "store"
        found = {
            "write_path": write_path(store, options.slices),
            "size": sizes(store),
            "read": reads(store, Path(scratch), options.read),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
