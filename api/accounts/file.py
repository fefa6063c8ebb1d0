"""The accounts' file: SQLite, mode 0600, created with its directory. Does I/O.

Committed means on the disk (`synchronous=FULL`): a revoked token must not come back after a power
cut. `secure_delete` overwrites what is deleted.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FORMAT: Final = 1
_SCHEMA: Final = """
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('admin', 'committee', 'dpo')),
  password TEXT, made INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
  hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  opened INTEGER NOT NULL, seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
  hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  label TEXT NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE codes (
  hash BLOB PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('setup', 'invitation', 'link')),
  account INTEGER REFERENCES accounts ON DELETE CASCADE, expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  day TEXT NOT NULL, role TEXT NOT NULL, event TEXT NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (day, role, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
_DEVICE_KEY: Final = "device"


class AccountsFileUnusable(Exception):
    """The file cannot be opened or made, or another version wrote it. Carries the reason."""


class AccountsFile:
    """One connection, shared by the threads of a process."""

    def __init__(self, path: Path) -> None:
        """Open the file; make it, and its directory, when absent.

        Raises:
            AccountsFileUnusable: not permitted, not ours, or of another version.
        """
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=5
            )
            self._prepare()
        except OSError as error:
            raise AccountsFileUnusable(error.strerror or "cannot be opened") from error
        except sqlite3.Error as error:
            raise AccountsFileUnusable("not a file of accounts") from error

    def _prepare(self) -> None:
        execute = self._connection.execute
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
            "trusted_schema=OFF", "temp_store=MEMORY",
        ):  # fmt: skip
            execute(f"PRAGMA {pragma}")
        found = execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            with self.change() as connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";\n"):
                        connection.execute(statement)
                    connection.execute(
                        "INSERT INTO secrets VALUES (?, ?)", (_DEVICE_KEY, os.urandom(32))
                    )
                    connection.execute(f"PRAGMA user_version={FORMAT}")
        elif found != FORMAT:
            raise AccountsFileUnusable(f"written by another version (format {found})")

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside one transaction."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of one reading."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def device_key(self) -> bytes:
        """Return the key of the cookies that remember a browser."""
        [(key,)] = self.rows("SELECT value FROM secrets WHERE name = ?", _DEVICE_KEY)
        return bytes(key)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
