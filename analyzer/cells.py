"""Exact cells on disk: already bounded counts of one table and one day, without any pseudonym. I/O.

    private/cells/<table>/<day>.json   0600, removed when the period is released

A file remembers what it was computed from, so that later slices of an open day, or a changed
declaration, make it stale; where the slices are gone by then, it stands as it is.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analyzer.store import (
    PRIVATE_DIRECTORY,
    PRIVATE_FILE,
    Store,
    StoreDamaged,
    make_directory,
    sync_directory,
    write_whole,
)
from privacy import canonical
from privacy.gate.bounded import DayCells
from privacy.gate.tables import Definition

FORMAT = 1


@dataclass(frozen=True, slots=True)
class StoredCells:
    """What one file holds."""

    cells: DayCells
    keys: str
    """Digest of the table's keys and cap at the time."""
    source: str
    """Digest of the segments and declarations."""
    origin: str


def keys_digest(definition: Definition) -> str:
    """Return a digest of what the positions of the counts mean."""
    return canonical.digest([definition.name, definition.cap, definition.keys()])


def source_digest(origins: list[list[tuple[str, int, int]]], declarations: list[str]) -> str:
    """Return a digest that changes when slices were added or a declaration changed."""
    return canonical.digest([declarations, origins])


def _path(store: Store, table: str, day: date) -> Path:
    return store.cells(table) / f"{day.isoformat()}.json"


def write(store: Store, stored: StoredCells) -> None:
    """Store the exact cells of one day."""
    cells = stored.cells
    make_directory(store.cells(cells.table), PRIVATE_DIRECTORY)
    document = {
        "format": FORMAT,
        "table": cells.table,
        "day": cells.day.isoformat(),
        "devices": cells.devices,
        "counts": list(cells.counts),
        "keys": stored.keys,
        "source": stored.source,
        "origin": stored.origin,
    }
    write_whole(_path(store, cells.table, cells.day), canonical.dump(document), PRIVATE_FILE)


def read(store: Store, table: str, day: date) -> StoredCells | None:
    """Return the stored cells of one day, None if there are none.

    Raises:
        StoreDamaged: the file is not one that this version wrote.
    """
    path = _path(store, table, day)
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        if document["format"] != FORMAT or document["table"] != table:
            raise ValueError("format")
        return StoredCells(
            cells=DayCells(table, day, document["devices"], tuple(document["counts"])),
            keys=document["keys"],
            source=document["source"],
            origin=document["origin"],
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise StoreDamaged(
            f"private/cells/{table}/{path.name}: damaged; remove it and run `jauge analyze` again"
        ) from error


def days(store: Store, table: str) -> list[date]:
    """Return the days of which exact cells are stored."""
    found = []
    for path in store.cells(table).glob("*.json"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found)


def remove(store: Store, table: str, removed: Iterable[date]) -> None:
    """Remove exact cells whose period is released or lost."""
    paths = [path for day in removed if (path := _path(store, table, day)).exists()]
    for path in paths:
        path.unlink()
    if paths:
        sync_directory(store.cells(table))
