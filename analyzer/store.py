"""The store as the analyzer sees it: where things lie, who may read them, and safe writes. I/O.

What the collector wrote is read through `privacy.store`: only files that the manifest names.

`private/` is the analyzer's alone (directories 0700, files 0600); `public/` may be read by the web
process. A file appears whole or not at all: written beside its place, synced, renamed.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from privacy.records import RECORD_VERSION
from privacy.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE, sync_directory
from privacy.store.keys import CellKeyring, FileKeyring, KeyMissing
from privacy.store.layout import ADDED, ENCRYPTED, FLOWS, LINK, SCHEMAS, keys_beside
from privacy.store.manifest import Segment
from privacy.store.parquet import highest_sum, same_columns
from privacy.store.reader import Reader

PUBLIC_DIRECTORY = 0o755
PUBLIC_FILE = 0o644
ORIGIN_KEY = b"jauge.origin"
"""Footer metadata by which the simulator marks what it made."""
MOST_OCTETS = 2**63
"""Octets of a day that are refused: engines count in signed 64-bit integers, and differ beyond."""
SIMULATED = "simulated"
MEASURED = "measured"


class StoreDamaged(Exception):
    """A stored file is not what this version writes. Says which file and what to do."""


class StoreBusy(Exception):
    """Another analysis or release works on this store."""


@dataclass(frozen=True, slots=True)
class Store:
    """The directories of one store. Making one opens nothing."""

    root: Path

    @property
    def private(self) -> Path:
        """Analyzer only."""
        return self.root / "private"

    @property
    def public(self) -> Path:
        """What the web process may read (privacy.published)."""
        return self.root / "public"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.private / "ledger.jsonl"

    def cells(self, table: str) -> Path:
        """Directory of a table's exact cells."""
        return self.private / "cells" / table

    def releases(self, table: str) -> Path:
        """Directory of a table's releases."""
        return self.public / "releases" / table

    @property
    def keys(self) -> FileKeyring:
        """The keys of the days."""
        return FileKeyring(keys_beside(self.root))

    @property
    def cell_keys(self) -> CellKeyring:
        """The keys of exact cells."""
        return CellKeyring(keys_beside(self.root))

    @property
    def reader(self) -> Reader:
        """What the collector committed."""
        return Reader(self.root, self.keys)

    def days(self, record: str) -> list[date]:
        """Return the days of `flows` or `link` that hold something, oldest first."""
        return self.reader.manifest.days(record)

    def origins(self, record: str, day: date) -> list[tuple[str, int, int]]:
        """Return what a day was made of; it changes when rows come, not when they are compacted.

        Nothing for an erased day: its key is destroyed, its files are only not removed yet.
        """
        if record in ENCRYPTED and self.keys.destroyed(day):
            return []
        return self.reader.manifest.origins(record, day)

    def checked(self, record: str, day: date) -> tuple[list[Segment], str]:
        """Return the segments of a day and its origin, after their schemas were compared.

        Raises:
            StoreDamaged: a file is not what the collector committed, its key is not there, or its
                octets are more than any engine counts.
        """
        reader = self.reader
        segments = reader.segments(record, day)
        origins = {_check_schema(reader, segment) for segment in segments}
        if record == FLOWS:
            _check_octets(reader, segments, day)
        return segments, SIMULATED if SIMULATED in origins else MEASURED

    def dataset(self, segments: Sequence[Segment]) -> Any:
        """Return checked segments of one day as an Arrow dataset that streams."""
        return self.reader.dataset(segments)

    def link_rows(self, day: date, columns: Sequence[str]) -> pa.Table:
        """Return some columns of a day's link rows.

        Raises:
            StoreDamaged: a file cannot be read.
        """
        try:
            return self.reader.table(LINK, day, columns)
        except (pa.ArrowException, OSError) as error:
            raise StoreDamaged(f"link rows of {day}: not readable") from error

    def prepare(self) -> None:
        """Make the analyzer's directories with their modes, if they are missing."""
        for path in (self.private, self.private / "cells", self.private / "keys"):
            make_directory(path, PRIVATE_DIRECTORY)
        for path in (self.public, self.public / "releases", self.public / "documents"):
            make_directory(path, PUBLIC_DIRECTORY)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for one analysis or release.

        Raises:
            StoreBusy: somebody else holds it.
        """
        self.prepare()
        handle = os.open(self.private / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = "another analysis or release is at work; try again when it is done"
                raise StoreBusy(f"{self.root}: {message}") from None
            yield
        finally:
            os.close(handle)


def _check_schema(reader: Reader, segment: Segment) -> str:
    """Return the file's origin."""
    try:
        found = reader.schema(segment)
    except KeyMissing as error:
        raise StoreDamaged(f"{segment.path}: {error}") from None
    except (pa.ArrowException, OSError) as error:
        raise StoreDamaged(f"{segment.path}: not a readable Parquet file") from error
    metadata = found.metadata or {}
    if not same_columns(found, SCHEMAS[segment.record]):
        raise StoreDamaged(f"{segment.path}: its columns are not those of this version")
    if metadata.get(b"jauge.version") != str(RECORD_VERSION).encode():
        raise StoreDamaged(f"{segment.path}: written by another version of the record")
    return SIMULATED if metadata.get(ORIGIN_KEY) == SIMULATED.encode() else MEASURED


def _check_octets(reader: Reader, segments: Sequence[Segment], day: date) -> None:
    """Refuse a day whose octets engines would add up differently: below nothing, or past 63 bits.

    Footers bound the sum; only where they do not suffice are the columns read, and added up exactly.
    """
    most = 0
    for segment in segments:
        with reader.file(segment) as file:
            known = highest_sum(file.metadata, ADDED[FLOWS])
        most += known if known is not None else MOST_OCTETS
    if most < MOST_OCTETS:
        return
    total = 0
    for batch in reader.batches(segments, ADDED[FLOWS]):
        for column in batch.columns:
            values = column.to_numpy()
            if len(values) and values.min() < 0:
                raise StoreDamaged(
                    f"flows of {day}: octets below nothing; no collector writes that"
                )
            high, low = values >> 32, values & 0xFFFF_FFFF
            total += (int(high.sum()) << 32) + int(low.sum())
    if total >= MOST_OCTETS:
        raise StoreDamaged(
            f"flows of {day}: their octets add up to 2^63 or more, which no line carries in a day; "
            "restore the day from a backup, or erase it (`jauge purge`)"
        )


def make_directory(path: Path, mode: int) -> None:
    """Make a directory, parents too, with exactly this mode whatever the umask."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)


def write_whole(path: Path, data: bytes, mode: int) -> None:
    """Write a file so that it is there whole, durably, or not at all.

    The unfinished file's name ends in `.tmp`, which no reader looks for.
    """
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)
        file.write(data)
        file.flush()
        os.fsync(handle)
    temporary.replace(path)
    sync_directory(path.parent)
