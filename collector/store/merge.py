"""Several segments of one day as one sequence of tables in order of time. Does I/O.

Every segment is ordered by its first column. Of each open one a batch is held; what is not later than
the end of the batch that ends first can go out, because whatever is still to be read is not earlier.
Each file is opened once and each row decoded once, however dense the day is.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.store.manifest import Segment
from privacy.store.reader import Reader

BATCH_ROWS: Final = 16_384
"""Rows of one segment that are held: 2 MiB of slices."""
OPEN_MAX: Final = 24
"""Segments that may be open at once, 5 MiB each with what Arrow holds of a file. A collector makes two
or three that overlap; a day on which more do is joined in several steps."""


class _Source:
    """One segment, a batch at a time. Making one opens it."""

    def __init__(self, reader: Reader, segment: Segment, schema: pa.Schema) -> None:
        self._schema = schema
        self._file = reader.file(segment)
        self._batches = self._file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
        self._held = schema.empty_table()
        self._times = np.empty(0, np.int64)

    def fill(self) -> bool:
        """Hold rows; False at the end of the segment, which is then closed."""
        while not self._held.num_rows:
            batch = next(self._batches, None)
            if batch is None:
                self._file.close()
                return False
            table = pa.Table.from_batches([batch]).cast(self._schema)
            times = _times(table)
            if np.any(times[1:] < times[:-1]):  # nobody writes that; the rows are not lost by it
                table = table.sort_by(self._schema.names[0])
                times = _times(table)
            self._held, self._times = table, times
        return True

    @property
    def last(self) -> int:
        """Time of the last row that is held."""
        return int(self._times[-1])

    def pull(self, until: int) -> pa.Table:
        """Return the held rows that are not later."""
        count = int(np.searchsorted(self._times, until, side="right"))
        pulled = self._held.slice(0, count)
        self._held, self._times = self._held.slice(count), self._times[count:]
        return pulled


def _times(table: pa.Table) -> "np.ndarray[Any, np.dtype[np.int64]]":
    return table.column(0).cast(pa.int64()).to_numpy()


def take(segments: list[Segment]) -> list[Segment]:
    """Return the segments that one merge takes: all, or the first ones where too many overlap."""
    ordered = sorted(segments, key=_first)
    for end in range(OPEN_MAX, len(ordered)):
        begins = _first(ordered[end])
        if sum((s.last_s or 0) >= begins for s in ordered[:end]) >= OPEN_MAX:
            return ordered[:end]
    return ordered


def _first(segment: Segment) -> int:
    return segment.first_s or 0


def merged(reader: Reader, segments: list[Segment], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield all rows of segments of one record and day, in order of time, in tables of some size.

    Args:
        reader: of their store.
        segments: as `take` gives them.
        schema: theirs, with the footer that the tables shall bear.

    Raises:
        KeyMissing: the day was erased.
        OSError, pyarrow.ArrowException: a file is not readable.
    """
    waiting = sorted(segments, key=_first, reverse=True)
    sources: list[_Source] = []
    while waiting or sources:
        sources = [source for source in sources if source.fill()]
        until = min((source.last for source in sources), default=None)
        while waiting and (until is None or _first(waiting[-1]) <= until):
            source = _Source(reader, waiting.pop(), schema)
            if source.fill():
                sources.append(source)
                until = source.last if until is None else min(until, source.last)
        if until is not None:
            parts = [source.pull(until) for source in sources]
            table = pa.concat_tables(parts)
            several = sum(part.num_rows > 0 for part in parts) > 1
            yield table.sort_by(schema.names[0]) if several else table
