"""Reading a store: what the manifest names, decrypted as it streams. Does I/O.

DuckDB cannot read what pyarrow encrypted, so a day is handed over as an Arrow dataset: it reads row
groups as they are asked for, only the columns that are asked for, and never holds a day whole.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.store.commit import parquet_key
from privacy.store.keys import DayKeyring
from privacy.store.layout import SCHEMAS
from privacy.store.manifest import Manifest, Segment
from privacy.store.parquet import decryption_of


class Reader:
    """Reads one store. Making one opens nothing."""

    def __init__(self, root: Path, keys: DayKeyring) -> None:
        self.root = root
        self.keys = keys
        self.manifest = Manifest(root)

    def segments(self, record: str, day: date) -> list[Segment]:
        """Return the committed segments of a day.

        Raises:
            NoStore: the manifest cannot be read.
        """
        return self.manifest.segments(record, day)

    def schema(self, segment: Segment) -> pa.Schema:
        """Return a segment's columns and footer.

        Raises:
            KeyMissing: the day was erased.
            OSError, pyarrow.ArrowException: not a readable file.
        """
        with self.file(segment) as file:
            return file.schema_arrow

    def file(self, segment: Segment) -> pq.ParquetFile:
        """Open one segment; see `schema` for what is raised."""
        key = parquet_key(self.keys, segment.record, segment.day)
        return pq.ParquetFile(self.root / segment.path, decryption_properties=decryption_of(key))

    def dataset(self, segments: Sequence[Segment]) -> Any:
        """Return segments of one record and day as a dataset that streams.

        Raises:
            KeyMissing: the day was erased.
        """
        import pyarrow.dataset as ds  # it loads pandas where that is: a second, and not for a collector

        record, day = segments[0].record, segments[0].day
        key = parquet_key(self.keys, record, day)
        options = ds.ParquetFragmentScanOptions(
            decryption_properties=decryption_of(key), pre_buffer=False
        )
        # Words as dictionaries: whoever asks compares each word once, not once a row.
        words = [field.name for field in SCHEMAS[record] if field.type == pa.string()]
        by_number = pa.dictionary(pa.int32(), pa.string())
        schema = pa.schema(
            [f.with_type(by_number) if f.name in words else f for f in SCHEMAS[record]]
        )
        return ds.dataset(
            [str(self.root / segment.path) for segment in segments],
            schema=schema,
            format=ds.ParquetFileFormat(
                read_options=ds.ParquetReadOptions(dictionary_columns=words),
                default_fragment_scan_options=options,
            ),
        )

    def batches(
        self, segments: Sequence[Segment], columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield record batches of some columns, in order of the segments.

        Raises:
            KeyMissing: the day was erased.
            OSError, pyarrow.ArrowException: a file is not readable.
        """
        for segment in segments:
            with self.file(segment) as file:
                yield from file.iter_batches(columns=list(columns))

    def table(self, record: str, day: date, columns: Sequence[str] | None = None) -> pa.Table:
        """Return some columns of a day's rows, whole: for link rows and tests."""
        expected = SCHEMAS[record]
        names = list(expected.names if columns is None else columns)
        schema = pa.schema([expected.field(name) for name in names])
        found = [
            pa.Table.from_batches([batch]).cast(schema)
            for batch in self.batches(self.segments(record, day), names)
        ]
        return pa.concat_tables([schema.empty_table(), *found])
