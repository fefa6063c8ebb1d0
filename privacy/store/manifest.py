"""The manifest: the only list of what a store holds. One SQLite file, one transaction a change. I/O.

WAL with `synchronous=FULL`: a transaction that returned survives a power cut. Each operation opens
the file and closes it again: after an error nothing of a broken connection is kept.

A segment's id is the primary key, so that committing the same spool again (a salvage after a crash
between commit and unlink) changes nothing. A segment that compaction replaced keeps its row as long
as its day lives: its id must stay known.
"""

import errno
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from privacy.store.files import PRIVATE_FILE, sync_directory
from privacy.store.layout import FLOWS, LINK, MANIFEST

FORMAT: Final = 1
BUSY_S: Final = 10.0
"""How long a writer waits for another one: a transaction takes milliseconds."""
_WAL_PAGES: Final = 64
"""Pages after which SQLite folds the log in: the log stays under 300 KiB, also on a small disk."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS segments (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, day TEXT NOT NULL, path TEXT NOT NULL,
    rows INTEGER NOT NULL, octets INTEGER NOT NULL, bytes INTEGER NOT NULL,
    first_s INTEGER, last_s INTEGER, source TEXT NOT NULL, committed_us INTEGER NOT NULL,
    replaced_by TEXT, replaced_us INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_day ON segments (record, day);
CREATE TABLE IF NOT EXISTS gaps (
    number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, record TEXT NOT NULL, day TEXT,
    segment TEXT, reason TEXT NOT NULL, rows INTEGER
);
CREATE TABLE IF NOT EXISTS poisoned (segment TEXT PRIMARY KEY, frames INTEGER NOT NULL);
"""


class NoStore(Exception):
    """There is no store of this version. Says where and what to do."""


class ManifestFailed(OSError):
    """The manifest could not be changed: the transaction did not happen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One committed file."""

    id: str
    record: str
    """`flows` or `link`."""
    day: date
    """Local day of all its rows."""
    path: str
    """Relative to the store."""
    rows: int
    octets: int
    """Sum of the columns `layout.ADDED`."""
    bytes: int
    """Size of the file."""
    first_s: int | None
    """Earliest row, seconds since 1970, UTC; None without rows."""
    last_s: int | None
    source: str
    """`capture`, `compaction` or `simulator`."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the store could not keep, or a file that it gave up."""

    at_us: int
    record: str
    day: date | None
    segment: str | None
    reason: str
    rows: int | None
    """Rows that are lost; 0 where everything was kept elsewhere, None where nobody knows."""


_COLUMNS: Final = "id, record, day, path, rows, octets, bytes, first_s, last_s, source"


def _segment(row: tuple[Any, ...]) -> Segment:
    return Segment(row[0], row[1], date.fromisoformat(row[2]), *row[3:])


class Manifest:
    """A store's manifest. Making one opens nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / MANIFEST

    # --- reading

    def check(self) -> None:
        """Look whether there is a store of this version.

        Raises:
            NoStore: there is not.
        """
        if self.path.is_file():
            version = self._version()
            if version == FORMAT:
                return
            raise NoStore(
                f"{self.path}: a manifest of another version ({version}, not {FORMAT}); use the "
                "Jauge that wrote it, or move the store away and let a new one be made"
            )
        old = any((self.root / record).is_dir() for record in (FLOWS, LINK))
        if old:
            raise NoStore(
                f"{self.root}: slices of an older Jauge, without a manifest; move {FLOWS}/ and "
                f"{LINK}/ away and meter again (or wait: a new store starts with an empty directory)"
            )
        raise NoStore(
            f"{self.root}: no store; give the directory that `jauge capture`, `jauge listen` or "
            "`jauge replay --store` wrote"
        )

    def exists(self) -> bool:
        """Say whether the file is there."""
        return self.path.is_file()

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """Open for reading; a store without a manifest reads as an empty one."""
        db = None
        try:
            if self.path.is_file():
                uri = f"{self.path.resolve().as_uri()}?mode=rw"
                db = sqlite3.connect(uri, uri=True, timeout=BUSY_S)
                db.execute("PRAGMA query_only=1")
            else:
                db = sqlite3.connect(":memory:")
                db.executescript(_TABLES)
            yield db
        except sqlite3.Error as error:
            raise NoStore(f"{self.path}: not a readable manifest ({_name(error)})") from None
        finally:
            if db is not None:
                _close(db)

    def days(self, record: str) -> list[date]:
        """Return the days that have segments, oldest first."""
        with self._read() as db:
            rows = db.execute(
                "SELECT DISTINCT day FROM segments WHERE record=? AND replaced_by IS NULL ORDER BY day",
                (record,),
            ).fetchall()
        return [date.fromisoformat(row[0]) for row in rows]

    def segments(self, record: str, day: date | None = None) -> list[Segment]:
        """Return the segments that a reader may open, in order of time."""
        where, values = "record=?", [record]
        if day is not None:
            where, values = "record=? AND day=?", [record, day.isoformat()]
        with self._read() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM segments WHERE {where} AND replaced_by IS NULL "  # noqa: S608 - constants
                "ORDER BY day, first_s, id",
                values,
            ).fetchall()
        return [_segment(row) for row in rows]

    def origins(self, record: str, day: date) -> list[tuple[str, int, int]]:
        """Return id, rows and time of commit of everything that a day was made of.

        It stays the same when segments are compacted, and changes when rows come.
        """
        with self._read() as db:
            return db.execute(
                "SELECT id, rows, committed_us FROM segments WHERE record=? AND day=? "
                "AND source != 'compaction' ORDER BY id",
                (record, day.isoformat()),
            ).fetchall()

    def knows(self, segment: str) -> bool:
        """Say whether a segment was ever committed."""
        with self._read() as db:
            return bool(db.execute("SELECT 1 FROM segments WHERE id=?", (segment,)).fetchall())

    def replaced(self) -> list[tuple[str, str, int]]:
        """Return id, path and time of replacement (µs) of the segments that others replaced."""
        with self._read() as db:
            return db.execute(
                "SELECT id, path, replaced_us FROM segments "
                "WHERE replaced_by IS NOT NULL AND path != ''"
            ).fetchall()

    def paths(self) -> set[str]:
        """Return every path that the manifest knows, replaced ones too."""
        with self._read() as db:
            return {row[0] for row in db.execute("SELECT path FROM segments")}

    def gaps(self) -> list[Gap]:
        """Return what could not be kept, oldest first."""
        with self._read() as db:
            rows = db.execute(
                "SELECT at_us, record, day, segment, reason, rows FROM gaps ORDER BY number"
            ).fetchall()
        return [
            Gap(row[0], row[1], date.fromisoformat(row[2]) if row[2] else None, *row[3:])
            for row in rows
        ]

    def frames_to_trust(self, segment: str) -> int | None:
        """Return how many frames of a poisoned spool were acknowledged; None if it is sound."""
        with self._read() as db:
            row = db.execute("SELECT frames FROM poisoned WHERE segment=?", (segment,)).fetchone()
        return row[0] if row else None

    # --- changing

    def make(self) -> None:
        """Make the manifest if there is none, or check the one that is there.

        Raises:
            NoStore: something else stands there.
            ManifestFailed: it cannot be made.
        """
        if not self.path.is_file() or self._version() == 0:
            if any((self.root / record).is_dir() for record in (FLOWS, LINK)):
                self.check()
            with self._change(make=True) as db:
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={FORMAT}")
            self.path.chmod(PRIVATE_FILE)
            sync_directory(self.root)
        self.check()

    def _version(self) -> int:
        """Return the version of the format; 0 of a file whose making was interrupted."""
        with self._read() as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _change(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """Open, begin, commit, close: everything or nothing.

        Raises:
            ManifestFailed: nothing was changed (or, after a failed sync, nothing is known to be).
        """
        db = None
        try:
            uri = f"{self.path.resolve().as_uri()}?mode={'rwc' if make else 'rw'}"
            db = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise ManifestFailed(errno.EIO, f"manifest: {_name(error)}") from None
        finally:
            if db is not None:
                _close(db)

    def commit(
        self, segments: Iterable[Segment], *, now_us: int, replaces: Iterable[str] = ()
    ) -> None:
        """Make segments visible, and those that they replace invisible, at once.

        Args:
            segments: files that are durable under their names.
            now_us: wall clock, µs since 1970.
            replaces: ids of segments whose rows the (one) new segment holds.

        Raises:
            ManifestFailed: nothing was committed.
        """
        others = list(replaces)
        with self._change() as db:
            for segment in segments:
                _insert(db, segment, now_us)
                hidden = db.executemany(
                    "UPDATE segments SET replaced_by=?, replaced_us=? WHERE id=? AND replaced_by IS NULL",
                    [(segment.id, now_us, other) for other in others],
                ).rowcount
                if others and hidden != len(others):
                    raise sqlite3.IntegrityError("another process replaced them")

    def forget_files(self, ids: Iterable[str]) -> None:
        """Note that the files of replaced segments are gone; their ids stay known.

        Raises:
            ManifestFailed: nothing was changed.
        """
        with self._change() as db:
            db.executemany(
                "UPDATE segments SET path='' WHERE id=? AND replaced_by IS NOT NULL",
                [(each,) for each in ids],
            )

    def forget_day(self, record: str, day: date) -> list[str]:
        """Let a day of one record be no part of the store; returns the paths of its files.

        Raises:
            ManifestFailed: nothing was changed.
        """
        with self._change() as db:
            values = (record, day.isoformat())
            rows = db.execute("SELECT path FROM segments WHERE record=? AND day=?", values)
            paths = [row[0] for row in rows if row[0]]
            db.execute("DELETE FROM segments WHERE record=? AND day=?", values)
        return paths

    def poison(self, segment: str, frames: int, gap: Gap) -> None:
        """Say that only the first frames of a spool may be trusted, and that there was a fault.

        Raises:
            ManifestFailed: nothing was changed.
        """
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO poisoned VALUES (?,?)", (segment, frames))
            _add_gap(db, gap)

    def add_gaps(self, gaps: Iterable[Gap]) -> None:
        """Record what could not be kept.

        Raises:
            ManifestFailed: nothing was changed.
        """
        with self._change() as db:
            for gap in gaps:
                _add_gap(db, gap)


def _insert(db: sqlite3.Connection, segment: Segment, now_us: int) -> None:
    s = segment
    if db.execute(
        "SELECT 1 FROM segments WHERE id=? AND replaced_by IS NOT NULL", (s.id,)
    ).fetchall():
        raise sqlite3.IntegrityError("its rows are in another segment already")
    db.execute(
        "INSERT OR REPLACE INTO segments VALUES (?,?,?,?,?,?,?,?,?,?,?,NULL,NULL)",
        (
            *(s.id, s.record, s.day.isoformat(), s.path, s.rows, s.octets, s.bytes),
            *(s.first_s, s.last_s, s.source, now_us),
        ),
    )
    db.execute("DELETE FROM poisoned WHERE segment=?", (s.id,))


def _add_gap(db: sqlite3.Connection, gap: Gap) -> None:
    day = gap.day.isoformat() if gap.day else None
    db.execute(
        "INSERT INTO gaps (at_us, record, day, segment, reason, rows) VALUES (?,?,?,?,?,?)",
        (gap.at_us, gap.record, day, gap.segment, gap.reason, gap.rows),
    )


_WORDS: Final = {
    "SQLITE_FULL": "no space left on the disk",
    "SQLITE_IOERR_SHMSIZE": "no space left on the disk",
    "SQLITE_BUSY": "another process holds it",
    "SQLITE_READONLY": "it may not be written",
    "SQLITE_CANTOPEN": "it cannot be opened",
}
"""What a person can do something about."""


def _name(error: sqlite3.Error) -> str:
    """Return SQLite's name of an error, with words if there are any: its text could hold a value."""
    name = str(getattr(error, "sqlite_errorname", type(error).__name__))
    return f"{_WORDS[name]} ({name})" if name in _WORDS else name


def _close(db: sqlite3.Connection) -> None:
    try:
        db.close()
    except sqlite3.Error:  # the transaction's outcome is known by now
        return
