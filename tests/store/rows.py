"""Small slices and link rows with numbers that can be recognised."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from collector.store import DirectoryStore
from privacy.store.layout import SCHEMAS

DAY = date(2026, 11, 16)
NEXT = DAY + timedelta(days=1)
_DEFAULTS = {pa.string(): "x", pa.bool_(): False, pa.float32(): 0.0}


def slices(numbers, day: date = DAY) -> pa.Table:
    """Slices whose `flow` is the number; one a second, so that they have an order."""
    return _table("flows", [{"flow": n, "up_bytes": n, "device": n} for n in numbers], day)


def links(numbers, day: date = DAY) -> pa.Table:
    """Link rows whose `offered` is the number."""
    return _table("link", [{"offered": n} for n in numbers], day)


def _table(record, rows, day):
    schema = SCHEMAS[record]
    noon = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    blank = {f.name: None if f.nullable else _DEFAULTS.get(f.type, 0) for f in schema}
    filled = [
        {**blank, schema.names[0]: noon + timedelta(seconds=i), **row} for i, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(filled, schema=schema)


def opened(root: Path, **options) -> DirectoryStore:
    store = DirectoryStore(root, **options)
    store.open()
    return store


def flows_of(table: pa.Table) -> list[int]:
    return sorted(table["flow"].to_pylist())
