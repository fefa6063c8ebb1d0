"""What runs on an executor: a part of one encrypted day file, opened in memory, handed over as Arrow. I/O.

The file is read as it lies (anywhere that fsspec reaches) and decrypted by pyarrow in the memory of
this one process; the rows go to the engine batch by batch. Nothing is written, not even to a memory
file. Executors need Jauge itself, of the same version as the analyzer: schemas are compared.
"""

import sys
import zipimport
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.records import SLICE_SCHEMA
from privacy.store.lent import shared_secret, unwrap
from privacy.store.parquet import decryption_of, same_columns
from privacy.store.wipe import wipe

ROWS: Final = 65_536
"""Rows of a batch: a few megabytes."""
WIRE: Final = pa.schema(
    [
        pa.field(field.name, pa.timestamp("us", "UTC") if field.name == "minute" else field.type)
        for field in SLICE_SCHEMA
    ]
)
"""Columns as engines take them: Spark knows microseconds only."""


class DayUnreadable(Exception):
    """A day file is not what this version writes. Says which file."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of one file."""

    address: str
    """Path that fsspec opens."""
    school: str
    day: str
    part: int
    """Which of `parts`, from 0: row groups are shared evenly."""
    parts: int
    lent: bytes | None
    """The key of the day's Parquet files, wrapped (`privacy.store.lent`); None for a file in clear."""


def read(own: FilePart, secret: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a part, columns of `WIRE`.

    Raises:
        SecretRefused: the day's key does not open here.
        DayUnreadable: the file is another version's.
        OSError, pyarrow.ArrowException: it cannot be read.
    """
    import fsspec

    with (
        fsspec.open(own.address, "rb") as source,
        pq.ParquetFile(source, decryption_properties=_opening(own, secret)) as file,
    ):
        if not same_columns(file.schema_arrow, SLICE_SCHEMA):
            raise DayUnreadable(f"{own.address}: its columns are not those of this version")
        count = file.num_row_groups
        groups = range(own.part * count // own.parts, (own.part + 1) * count // own.parts)
        for batch in file.iter_batches(batch_size=ROWS, row_groups=list(groups), use_threads=False):
            yield _as_wire(batch)


def _opening(own: FilePart, secret: str) -> Any:
    """Return what opens the part's file; our copy of the key is overwritten."""
    if own.lent is None:
        return None
    key = unwrap(own.lent, shared_secret(Path(secret)), school=own.school, day=own.day)
    properties = decryption_of(key)
    wipe(key)
    return properties


def _as_wire(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.record_batch(
        [batch.column(field.name).cast(field.type) for field in WIRE], schema=WIRE
    )


def reading(partitions: tuple[tuple[FilePart, ...], ...], secret: str) -> Any:
    """Return the function of `mapInArrow` over a range of numbers, each of which is one partition's."""

    def run(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                for part in partitions[number]:
                    yield from read(part, secret)
        forget_archives()

    return run


def forget_archives() -> None:
    """Drop what this worker keeps of zip files on its path; the next import finds them anew.

    Spark 4.0 clears the import caches before each task, and Python before 3.12 then reads the directory
    of pyspark.zip again once for each package that was imported of it: half a second a task
    (SPARK-54744, CPython gh-103200).
    """
    for place, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[place]
