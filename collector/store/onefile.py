"""The plain slices of one offline analysis, in a file that the user names. Does I/O."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.records import SLICE_SCHEMA
from privacy.store.parquet import ROW_GROUP, writer_options

ROWS_AT_LEAST: Final = 32_768
"""Smaller row groups than this are put together."""


class OneFile:
    """The plain slices of one offline analysis in a file that the user names; no link rows.

    A thread makes records, encodes and writes while the caller goes on metering: at most one piece
    of work is under way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None
        self._worker = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None

    def open(self) -> None:
        """Create a file beside the target (0600); `close` puts it in place.

        Raises:
            OSError: it cannot be written.
        """
        self._unfinished = self._path.with_name(self._path.name + ".unfinished")
        os.close(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        self._writer = pq.ParquetWriter(
            self._unfinished, SLICE_SCHEMA, **writer_options(SLICE_SCHEMA)
        )

    def discard(self) -> None:
        """Forget what was written; an earlier file under the name stays as it was."""
        if self._writer is not None:
            self._worker.shutdown()
            with suppress(OSError):  # a full disk refuses the footer, too
                self._writer.close()
            self._writer = None
            self._unfinished.unlink(missing_ok=True)

    def beside(self, work: Callable[[], None]) -> None:
        """Do it on the thread, once that has done what it had.

        Raises:
            OSError: what it had could not be written.
        """
        self._settle()
        self._under_way = self._worker.submit(work)

    def slices(self, table: pa.Table, day: date) -> None:  # noqa: ARG002 - one file for all days
        """Take slices; they are written in groups sorted by minute.

        Raises:
            OSError: they cannot be written.
        """
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= ROWS_AT_LEAST:
            self._write()

    def links(self, table: pa.Table, day: date) -> None:
        """Link rows have no place in this file."""

    def _write(self) -> None:
        if self._writer is not None and self._waiting:
            table = self._waiting[0]
            if len(self._waiting) > 1:
                table = pa.concat_tables(self._waiting).sort_by(SLICE_SCHEMA.names[0])
            self._writer.write_table(table, ROW_GROUP)
        self._waiting, self._rows = [], 0

    def _settle(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            under_way.result()

    def flush(self) -> None:
        """Do nothing: the file appears whole, at the end."""

    def close(self) -> None:
        """Write what waits and the footer, and put the file in place.

        Raises:
            OSError: something could not be written; the file is not there.
        """
        self._settle()
        self._write()
        if self._writer is not None:
            self._worker.shutdown()
            self._writer.close()
            self._writer = None
            self._unfinished.replace(self._path)

    def trouble(self) -> list[str]:
        """Return nothing: what cannot be written here raises."""
        return []
