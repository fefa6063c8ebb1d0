"""A day's rows as one Parquet file: written, closed, opened again and verified. Does I/O.

Slices are encrypted (Parquet modular encryption, AES-256-GCM, one key per day for footer and columns).
Minima and maxima of pseudonymous columns are not written: they would stand in the footer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from privacy.records import NO_STATISTICS, SLICE_SCHEMA
from privacy.store.files import NewFile
from privacy.store.layout import ADDED

ROW_GROUP: Final = 122_880
"""DuckDB's own group size, so that its two threads share a file evenly."""
_ZSTD_LEVEL: Final = 3
_KEY_PURPOSE: Final = "parquet"
_PLAIN: Final = ("flow",)
"""Columns of random numbers: a dictionary would only be larger."""


class NotVerified(Exception):
    """The file that was written does not hold what was given. Carries the reason only."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds."""

    rows: int
    octets: int
    """Sum of the record's columns in `layout.ADDED`."""
    bytes: int
    first_s: int | None
    last_s: int | None


def statistics_columns(schema: pa.Schema) -> list[str]:
    """Return the columns whose minima and maxima may stand in a footer."""
    return [name for name in schema.names if name not in NO_STATISTICS]


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """Return how every Parquet file of a store is written."""
    return {
        "compression": "zstd",
        "compression_level": _ZSTD_LEVEL,
        "write_statistics": statistics_columns(schema),
        "use_dictionary": [name for name in schema.names if name not in _PLAIN],
        "store_schema": True,
    }


def encryption_of(key: bytes | None) -> Any:
    """Return what a writer needs to encrypt under a derived key; None for a file in clear."""
    return None if key is None else pe.create_encryption_properties(key)


def decryption_of(key: bytes | None) -> Any:
    """Return what a reader needs; None for a file in clear."""
    return None if key is None else pe.create_decryption_properties(key)


class _Sums:
    """Rows, octets and times of what passes."""

    def __init__(self, record: str) -> None:
        self._record = record
        self.rows = self.octets = 0
        self.first_s: int | None = None
        self.last_s: int | None = None

    def add(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        for name in ADDED[self._record]:
            self.octets += pc.sum(table[name], min_count=0).as_py()
        if table.num_rows:
            times = pc.min_max(table.column(0).cast(pa.timestamp("s", "UTC")).cast(pa.int64()))
            first, last = times["min"].as_py(), times["max"].as_py()
            self.first_s = first if self.first_s is None else min(self.first_s, first)
            self.last_s = last if self.last_s is None else max(self.last_s, last)

    def written(self, size: int) -> Written:
        return Written(self.rows, self.octets, size, self.first_s, self.last_s)


def write(
    tables: Iterable[pa.Table], schema: pa.Schema, path: Path, *, record: str, key: bytes | None
) -> Written:
    """Write tables of one schema into a new file and sync it.

    Args:
        tables: in the order of their first column; each becomes whole row groups.
        schema: with the metadata that become the footer.
        path: must not exist.
        record: `flows` or `link`.
        key: derived key, or None for a file in clear.

    Raises:
        OSError: a write or the sync failed; the file is not to be trusted.
    """
    sums = _Sums(record)
    file = NewFile(path)
    try:
        with pq.ParquetWriter(
            file, schema, encryption_properties=encryption_of(key), **writer_options(schema)
        ) as writer:
            for table in tables:
                sums.add(table)
                writer.write_table(table, row_group_size=ROW_GROUP)
        return sums.written(file.finish())
    finally:
        file.abandon()


def verify(
    path: Path, schema: pa.Schema, written: Written, *, record: str, key: bytes | None
) -> None:
    """Open a file again and compare rows, footer, schema and accounting.

    Raises:
        NotVerified: they differ, or the file cannot be read.
    """
    try:
        with pq.ParquetFile(path, decryption_properties=decryption_of(key)) as file:
            found = _Sums(record)
            if file.metadata.num_rows != written.rows:
                raise NotVerified("number of rows")
            if not same_columns(file.schema_arrow, schema):
                raise NotVerified("columns")
            if _metadata(file.schema_arrow) != _metadata(schema):
                raise NotVerified("footer")
            columns = [schema.names[0], *ADDED[record]]
            for batch in file.iter_batches(columns=columns, use_threads=False):
                found.add(pa.Table.from_batches([batch]))
    except (pa.ArrowException, OSError) as error:
        raise NotVerified(f"unreadable ({type(error).__name__})") from None
    if found.written(written.bytes) != written or path.stat().st_size != written.bytes:
        raise NotVerified("accounting")


def highest_sum(metadata: pq.FileMetaData, columns: Sequence[str]) -> int | None:
    """Return what columns of a file add up to at most, from its footer; None if that does not say.

    A footer does not say where a minimum or maximum is missing, or where a value is below zero.
    """
    places = [metadata.schema.names.index(name) for name in columns]
    total = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in places:
            known = group.column(place).statistics
            if known is None or not known.has_min_max or known.min < 0:
                return None
            total += known.max * group.num_rows
    return total


def _metadata(schema: pa.Schema) -> dict[bytes, bytes]:
    return {name: v for name, v in (schema.metadata or {}).items() if name != b"ARROW:schema"}


def same_columns(found: pa.Schema, expected: pa.Schema) -> bool:
    """Compare names and types; Parquet knows no seconds, its times come back in a finer unit."""
    return list(_columns(found)) == list(_columns(expected))


def _columns(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    for field in schema:
        timed = pa.types.is_timestamp(field.type) and field.type.tz
        yield field.name, SLICE_SCHEMA.field("minute").type if timed else field.type
