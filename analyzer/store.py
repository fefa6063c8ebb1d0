"""The store as the analyzer sees it: where things lie, who may read them, and safe writes. I/O.

`private/` is the analyzer's alone (directories 0700, files 0600); `public/` may be read by the web
process. A file appears whole or not at all: written beside its place, synced, renamed.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.records import LINK_SCHEMA, RECORD_VERSION, SLICE_SCHEMA

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600
PUBLIC_DIRECTORY = 0o755
PUBLIC_FILE = 0o644
ORIGIN_KEY = b"jauge.origin"
"""Footer metadata by which the simulator marks what it made."""
SIMULATED = "simulated"
MEASURED = "measured"
SECONDS = pa.timestamp("s", tz="UTC")
_PARTITION = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


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

    def days(self, record: str) -> list[date]:
        """Return the days that have a partition of `flows` or `link`, oldest first."""
        found = []
        for path in (self.root / record).glob("day=*"):
            match = _PARTITION.fullmatch(path.name)
            if match and any(path.glob("part-*.parquet")):
                found.append(date.fromisoformat(match[1]))
        return sorted(found)

    def files(self, record: str, day: date) -> list[Path]:
        """Return the Parquet files of a day, in name order."""
        return sorted((self.root / record / f"day={day.isoformat()}").glob("part-*.parquet"))

    def checked_files(self, record: str, day: date) -> tuple[list[Path], str]:
        """Return the files of a day and its origin, after their schemas were compared.

        Raises:
            StoreDamaged: a file's columns or version are not those of privacy.records.
        """
        expected = SLICE_SCHEMA if record == "flows" else LINK_SCHEMA
        files = self.files(record, day)
        origins = {_check_schema(path, expected, self.root) for path in files}
        return files, SIMULATED if SIMULATED in origins else MEASURED

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


def _check_schema(path: Path, expected: pa.Schema, root: Path) -> str:
    """Return the file's origin."""
    try:
        found = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreDamaged(f"{path.relative_to(root)}: not a readable Parquet file") from error
    metadata = found.metadata or {}
    if _columns(found) != _columns(expected):
        raise StoreDamaged(f"{path.relative_to(root)}: its columns are not those of this version")
    if metadata.get(b"jauge.version") != str(RECORD_VERSION).encode():
        raise StoreDamaged(f"{path.relative_to(root)}: written by another version of the record")
    return SIMULATED if metadata.get(ORIGIN_KEY) == SIMULATED.encode() else MEASURED


def _columns(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    """Return names and types; Parquet knows no seconds, so its times come back in a finer unit."""
    return [
        (field.name, SECONDS if pa.types.is_timestamp(field.type) and field.type.tz else field.type)
        for field in schema
    ]


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


def sync_directory(directory: Path) -> None:
    """Make renames and removals in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
