"""Writes the two stored records as Parquet, one directory per local day.

Does I/O. Part files are written under `.tmp/`, fsynced, renamed: a reader never sees half a file.
Directories are 0700 and files 0600. Minima and maxima of pseudonymous columns are not written:
they would put values in clear into the footer.
"""

import os
import secrets
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.records import NO_STATISTICS, SLICE_SCHEMA

ROW_GROUP = 122_880
"""DuckDB's own group size, so that its two threads share a file evenly."""
ROWS_PER_PART = ROW_GROUP
"""Slices held before they are written. A million would cost a flood 400 MiB (they are held,
concatenated, sorted and encoded) and make nothing faster: 0.28 against 0.38 million packets a
second through a flood."""
WRITING_BYTES = 48 << 20
"""Memory that the rows on their way out may take: one part, joined, sorted and encoded, at about 130
octets a row."""
ROWS_AT_LEAST = 32_768
"""Smaller row groups than this are put together."""
_ZSTD_LEVEL = 3


def _statistics(schema: pa.Schema) -> list[str]:
    return [name for name in schema.names if name not in NO_STATISTICS]


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table (SLICE_SCHEMA or LINK_SCHEMA) to a new file and sync it.

    Raises:
        OSError: the file could not be written; nothing is left under its name.
    """
    try:
        with path.open("xb") as file:
            pq.write_table(
                table,
                file,
                compression="zstd",
                compression_level=_ZSTD_LEVEL,
                row_group_size=ROW_GROUP,
                write_statistics=_statistics(table.schema),
                store_schema=True,
            )
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o600)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


Footer = tuple[tuple[bytes, bytes], ...]


def _footer(table: pa.Table) -> Footer:
    """Return what the schema says about the whole table; it becomes the file's footer.

    Tables that say different things (columns that an exporter could not know) stay apart.
    """
    return tuple(sorted((table.schema.metadata or {}).items()))


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DirectoryStore:
    """The store of a school: `flows/day=…/part-*.parquet` and `link/day=…/part-*.parquet`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._run = secrets.token_hex(4)
        self._written = 0
        self._waiting: dict[tuple[str, date, Footer], list[pa.Table]] = defaultdict(list)
        self._rows = 0

    def open(self) -> None:
        """Make the directories.

        Raises:
            OSError: the store cannot be written.
        """
        for directory in (self._root, self._root / ".tmp"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def slices(self, table: pa.Table, day: date) -> None:
        """Take slices of one local day; a full buffer is written out."""
        self._add("flows", table, day)

    def links(self, table: pa.Table, day: date) -> None:
        """Take link rows of one local day."""
        self._add("link", table, day)

    def _add(self, record: str, table: pa.Table, day: date) -> None:
        self._waiting[record, day, _footer(table)].append(table)
        self._rows += len(table)
        if self._rows >= ROWS_PER_PART:
            self.flush()

    def flush(self) -> None:
        """Write what waits, sorted by time.

        Raises:
            OSError: a part could not be written; the parts before it are complete.
        """
        for (record, day, _), tables in sorted(self._waiting.items()):
            table = pa.concat_tables(tables)
            self._write(record, day, table.sort_by(table.schema.names[0]))
        self._waiting.clear()
        self._rows = 0

    def _write(self, record: str, day: date, table: pa.Table) -> None:
        directory = self._root / record / f"day={day.isoformat()}"
        for made in (self._root / record, directory):
            made.mkdir(mode=0o700, exist_ok=True)
        name = f"part-{self._run}-{self._written:05d}.parquet"
        self._written += 1
        temporary = self._root / ".tmp" / name
        write_parquet(table, temporary)
        temporary.rename(directory / name)
        _sync_directory(directory)


class OneFile:
    """The plain slices of one offline analysis in a file that the user names; no link rows.

    A thread encodes and writes while the caller goes on metering: at most one table is under way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None
        self._worker = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None

    def open(self) -> None:
        """Create a file beside the target (0600); `flush` puts it in place.

        Raises:
            OSError: it cannot be written.
        """
        self._unfinished = self._path.with_name(self._path.name + ".unfinished")
        os.close(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        self._writer = pq.ParquetWriter(
            self._unfinished,
            SLICE_SCHEMA,
            compression="zstd",
            compression_level=_ZSTD_LEVEL,
            write_statistics=_statistics(SLICE_SCHEMA),
        )

    def discard(self) -> None:
        """Forget what was written; an earlier file under the name stays as it was."""
        if self._writer is not None:
            self._worker.shutdown()
            with suppress(OSError):  # a full disk refuses the footer, too
                self._writer.close()
            self._writer = None
            self._unfinished.unlink(missing_ok=True)

    def slices(self, table: pa.Table, day: date) -> None:  # noqa: ARG002 - one file for all days
        """Take slices; they are written in groups sorted by minute.

        Raises:
            OSError: the slices before these could not be written.
        """
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= ROWS_AT_LEAST:
            self._write()

    def links(self, table: pa.Table, day: date) -> None:
        """Link rows have no place in this file."""

    def _write(self) -> None:
        """Hand what waits to the thread, once it has written what it had."""
        self._settle()
        if self._writer is not None and self._waiting:
            table = self._waiting[0]
            if len(self._waiting) > 1:
                table = pa.concat_tables(self._waiting).sort_by(SLICE_SCHEMA.names[0])
            self._under_way = self._worker.submit(self._writer.write_table, table, ROW_GROUP)
        self._waiting, self._rows = [], 0

    def _settle(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            under_way.result()

    def flush(self) -> None:
        """Write what waits and the footer, and put the file in place.

        Raises:
            OSError: something could not be written; the file is not there.
        """
        self._write()
        self._settle()
        if self._writer is not None:
            self._worker.shutdown()
            self._writer.close()
            self._writer = None
            self._unfinished.replace(self._path)
