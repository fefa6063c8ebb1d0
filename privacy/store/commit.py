"""The one way in which rows become part of a store. Does I/O.

    .tmp/<segment>-<n>.parquet → close → open again, verify → rename into flows/day=… →
    fsync the directory → one transaction in the manifest

After an error nothing is retried on the same file: the next attempt is a new file. Whoever calls
keeps what the rows came from (a spool, a simulation) until `commit` returned.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import pyarrow as pa

from privacy.store.files import make_private, sync_directory
from privacy.store.keys import DayKeyring, derive
from privacy.store.layout import ENCRYPTED, TEMPORARY, day_directory
from privacy.store.manifest import Manifest, Segment
from privacy.store.parquet import NotVerified, verify, write
from privacy.store.wipe import wipe

_PURPOSE = "parquet"
_ATTEMPT = count()


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one record and local day that become one segment."""

    id: str
    """Letters, digits, dashes. The same id again replaces the segment: it is never there twice."""
    record: str
    day: date
    schema: pa.Schema
    source: str
    """`capture`, `compaction` or `simulator`."""


class NotCommitted(Exception):
    """The rows are no part of the store. Carries which step failed and why, never a value."""


def parquet_key(keys: DayKeyring, record: str, day: date, *, make: bool = False) -> bytes | None:
    """Return the key of a day's Parquet files, to be overwritten (`wipe`) by who has used it.

    None for a record that is kept in clear.

    Raises:
        KeyMissing: the day's key is not there or was destroyed.
    """
    return derive(keys.key_of(day, make=make), _PURPOSE) if record in ENCRYPTED else None


class Committer:
    """Commits parts to one store. Making one opens nothing."""

    def __init__(self, root: Path, keys: DayKeyring, now_us: Callable[[], int]) -> None:
        self.root = root
        self.keys = keys
        self.manifest = Manifest(root)
        self._now_us = now_us

    def open(self) -> None:
        """Make the store's directories and manifest if they are missing.

        Raises:
            NoStore: something else stands there.
            OSError: it cannot be written, or others can reach its keys.
        """
        self.keys.check()
        make_private(self.root)
        self.manifest.make()
        make_private(self.root / TEMPORARY)

    def commit(
        self, part: Part, tables: Iterable[pa.Table], *, replaces: Iterable[Segment] = ()
    ) -> Segment:
        """Write, verify, sync, rename, commit.

        Args:
            part: what the rows are.
            tables: in order of time, all of the part's schema.
            replaces: segments whose rows these are, all of them: the accounting must close.

        Raises:
            NotCommitted: nothing changed for a reader; the file is abandoned.
            KeyMissing: the day's key was destroyed.
        """
        attempt = f"{part.id}-{os.getpid()}-{next(_ATTEMPT)}.parquet"
        temporary = self.root / TEMPORARY / attempt
        key = parquet_key(self.keys, part.record, part.day, make=True)
        old = tuple(replaces)
        try:
            written = write(tables, part.schema, temporary, record=part.record, key=key)
            verify(temporary, part.schema, written, record=part.record, key=key)
            if old and (sum(s.rows for s in old), sum(s.octets for s in old)) != (
                written.rows,
                written.octets,
            ):
                raise NotVerified("accounting of what it replaces")
            place = self._place(part, temporary)
        except (OSError, pa.ArrowException, NotVerified) as error:
            temporary.unlink(missing_ok=True)
            raise NotCommitted(_reason(error)) from None
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            if key is not None:
                wipe(key)
        segment = Segment(
            id=part.id,
            record=part.record,
            day=part.day,
            path=str(place.relative_to(self.root)),
            rows=written.rows,
            octets=written.octets,
            bytes=written.bytes,
            first_s=written.first_s,
            last_s=written.last_s,
            source=part.source,
        )
        try:
            self.manifest.commit(
                [segment], now_us=self._now_us(), replaces=[each.id for each in old]
            )
        except OSError as error:
            # After a failed sync nobody knows whether the row is there: the file stays, either
            # named by the manifest or an orphan that `sweep` removes.
            raise NotCommitted(_reason(error)) from None
        return segment

    def forget(self, record: str, day: date) -> None:
        """Let a day of one record be no part of the store; its files go.

        Raises:
            OSError: the manifest could not be changed, or a file not be removed.
        """
        for path in self.manifest.forget_day(record, day):
            (self.root / path).unlink(missing_ok=True)

    def _place(self, part: Part, temporary: Path) -> Path:
        """Rename a finished file to where it is read; a failed attempt's name is not used again."""
        directory = day_directory(self.root, part.record, part.day)
        make_private(directory)
        place = directory / f"{part.id}.parquet"
        if place.exists():
            place = directory / temporary.name
        temporary.rename(place)
        try:
            sync_directory(directory)
        except OSError:
            place.unlink(missing_ok=True)
            raise
        return place


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error) if isinstance(error, NotVerified) else type(error).__name__
