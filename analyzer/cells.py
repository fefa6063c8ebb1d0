"""Exact cells on disk: already bounded counts of one table and one day, without any pseudonym. I/O.

    private/cells/<table>/<day>.cells   0600, encrypted under the key of its table and period
    STORE.keys/cells/<table>-<period>   that key, wrapped (privacy.store.keys)

The key is destroyed when the period is released: then no copy of a file, in a backup or in a block
that an SSD kept, tells what the noise hides. The file is removed after that.

A file remembers what it was computed from, so that later slices of an open day, or a changed
declaration, make it stale; where the slices are gone by then, it stands as it is.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

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
from privacy.gate.periods import period_of
from privacy.gate.tables import PERIODS, Definition
from privacy.store.keys import KeyMissing, derive

FORMAT = 1
SUFFIX: Final = ".cells"
_PURPOSE: Final = "cells"
_NONCE_OCTETS: Final = 12


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
    return store.cells(table) / f"{day.isoformat()}{SUFFIX}"


def _cipher(store: Store, table: str, day: date, *, make: bool) -> AESGCM:
    """Return the cipher of a table's period (AES-256-GCM, a random nonce for each file)."""
    period = period_of(PERIODS[table], day).name
    return AESGCM(derive(store.cell_keys.key_of(table, period, make=make), _PURPOSE))


def _bound(table: str, day: date) -> bytes:
    """Return what a file is bound to: none can be passed off as another day's or table's."""
    return f"{table} {day.isoformat()}".encode()


def write(store: Store, stored: StoredCells) -> None:
    """Store the exact cells of one day.

    Raises:
        StoreDamaged: their key cannot be made or opened here.
        OSError: they could not be made durable.
    """
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
    try:
        cipher = _cipher(store, cells.table, cells.day, make=True)
    except KeyMissing as error:
        raise StoreDamaged(f"private/cells/{cells.table}: {error}") from None
    nonce = os.urandom(_NONCE_OCTETS)
    sealed = cipher.encrypt(nonce, canonical.dump(document), _bound(cells.table, cells.day))
    write_whole(_path(store, cells.table, cells.day), nonce + sealed, PRIVATE_FILE)


def read(store: Store, table: str, day: date) -> StoredCells | None:
    """Return the stored cells of one day, None if there are none.

    Raises:
        StoreDamaged: the file is not one that this version wrote, or its key is not there.
    """
    path = _path(store, table, day)
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        nonce, rest = sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:]
        plain = _cipher(store, table, day, make=False).decrypt(nonce, rest, _bound(table, day))
        document: dict[str, Any] = json.loads(plain)
        if document["format"] != FORMAT or document["table"] != table:
            raise ValueError("format")
        return StoredCells(
            cells=DayCells(table, day, document["devices"], tuple(document["counts"])),
            keys=document["keys"],
            source=document["source"],
            origin=document["origin"],
        )
    except KeyMissing as error:
        raise StoreDamaged(f"private/cells/{table}/{path.name}: {error}") from None
    except (InvalidTag, ValueError, TypeError, KeyError) as error:
        raise StoreDamaged(
            f"private/cells/{table}/{path.name}: damaged; remove it and run `jauge analyze` again"
        ) from error


def days(store: Store, table: str) -> list[date]:
    """Return the days of which exact cells are stored."""
    found = []
    for path in store.cells(table).glob(f"*{SUFFIX}"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found)


def remove(store: Store, table: str, removed: Iterable[date]) -> None:
    """Erase exact cells whose period is released or lost: the keys of their periods, then the files.

    Raises:
        OSError: something could not be erased; it is tried again at the next analysis.
    """
    paths = {day: path for day in removed if (path := _path(store, table, day)).exists()}
    for period in sorted({period_of(PERIODS[table], day).name for day in paths}):
        store.cell_keys.destroy(table, period)
    for path in paths.values():
        path.unlink()
    if paths:
        sync_directory(store.cells(table))
