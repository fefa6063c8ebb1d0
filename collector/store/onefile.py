"""The plain slices of one offline analysis, in a file that the user names. Does I/O."""

import os
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.records import SLICE_SCHEMA
from privacy.store.parquet import ROW_GROUP, writer_options

ROWS_PER_PART: Final = 1_000_000
"""Slices held before they are written: about 100 MiB of Arrow, a quarter of a school's day."""


class OneFile:
    """The plain slices of one offline analysis in a file that the user names; no link rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

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
            with suppress(OSError):  # a full disk refuses the footer, too
                self._writer.close()
            self._writer = None
            self._unfinished.unlink(missing_ok=True)

    def slices(self, table: pa.Table, day: date) -> None:  # noqa: ARG002 - one file for all days
        """Take slices; they are written in groups sorted by minute."""
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= ROWS_PER_PART:
            self._write()

    def links(self, table: pa.Table, day: date) -> None:
        """Link rows have no place in this file."""

    def _write(self) -> None:
        if self._writer is not None and self._waiting:
            table = pa.concat_tables(self._waiting).sort_by(SLICE_SCHEMA.names[0])
            self._writer.write_table(table, row_group_size=ROW_GROUP)
        self._waiting, self._rows = [], 0

    def flush(self) -> None:
        """Do nothing: the file appears whole, at the end."""

    def close(self) -> None:
        """Write what waits and the footer, and put the file in place.

        Raises:
            OSError: it could not be written; nothing stands under its name.
        """
        self._write()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._unfinished.replace(self._path)

    def trouble(self) -> list[str]:
        """Return nothing: what cannot be written here raises."""
        return []
