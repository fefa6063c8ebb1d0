"""Committed stores for tests: written and read the way the product does."""

import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

import pyarrow as pa

from collector.store.tidy import tidy
from privacy.store.commit import Committer, Part
from privacy.store.keys import FileKeyring
from privacy.store.layout import SCHEMAS, keys_beside
from privacy.store.manifest import Manifest, Segment
from privacy.store.reader import Reader


def committer_of(root: Path) -> Committer:
    """Return a committer with the store's own keys."""
    return Committer(root, FileKeyring(keys_beside(root)), lambda: time.time_ns() // 1_000)


def commit(root: Path, record: str, day: date, table: pa.Table, name: str = "part-0") -> Path:
    """Commit rows as one segment; returns its file."""
    committer = committer_of(root)
    committer.open()
    # A segment's id is unique in the whole store.
    part = Part(f"{name}-{record}-{day}", record, day, table.schema, "capture")
    return root / committer.commit(part, [table]).path


def reader_of(root: Path) -> Reader:
    """Return a reader with the store's own keys."""
    return Reader(root, FileKeyring(keys_beside(root)))


def segments_of(root: Path, record: str) -> list[Segment]:
    """Return the committed segments of a record."""
    return Manifest(root).segments(record)


def stored(root: Path, record: str) -> pa.Table:
    """Return all committed rows of a record, each column of the record's own type."""
    reader = reader_of(root)
    tables = [reader.table(record, day) for day in reader.manifest.days(record)]
    empty = SCHEMAS[record].remove_metadata().empty_table()
    return pa.concat_tables([empty, *(t.replace_schema_metadata(None) for t in tables)])


def after_a_power_cut(root: Path, record: str) -> pa.Table:
    """Return the rows that would be there if the power went now: a copy, salvaged by the product."""
    with tempfile.TemporaryDirectory(prefix="jauge-cut-") as scratch:
        copy = Path(scratch) / "store"
        shutil.copytree(root, copy)
        shutil.copytree(keys_beside(root), keys_beside(copy))
        tidy(copy, now_us=lambda: time.time_ns() // 1_000)
        return stored(copy, record)


def footers(root: Path, record: str) -> list[pa.Schema]:
    """Return the schema of each segment of a record, its footer with it."""
    reader = reader_of(root)
    return [reader.schema(segment) for segment in segments_of(root, record)]
