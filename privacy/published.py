"""The only directory that the web process may open: stored releases and sealed documents.

Does I/O (reads). Layout, all of it written by the analyzer:

    public/seal.pub                       base64 of the Ed25519 public key
    public/releases/<table>/<period>.json sealed; tables T1… (privacy.release), link (a document)
    public/documents/<name>.json          sealed; school, charter, privacy, status
    public/health.json                    sealed; how the capture fares, for /metrics alone
"""

import base64
import os
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from privacy.release import Release, load_release
from privacy.sealed import SealBroken, open_sealed
from privacy.settings import TableName

NOISY_TABLES: tuple[TableName, ...] = ("T1", "T2", "T3", "T4", "T5-bis", "T6", "T7", "rehearsal")
TABLES = (*NOISY_TABLES, "link")
HEALTH = "health"
"""Beside the documents: it changes every hour, and nothing that a page shows changes with it."""
_NAME = re.compile(r"[A-Za-z0-9-]{1,32}")
"""Names and periods become file names: nothing that could leave the directory."""

Stamp = tuple[int | str, ...]


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return (found.st_mtime_ns, found.st_size, found.st_ino)


class Published:
    """Reads the public directory; every file's seal is checked before anything of it is used."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def directory(self) -> Path:
        """Where it reads."""
        return self._directory

    def ready(self) -> bool:
        """Say whether the analyzer has published anything here."""
        return (self._directory / "seal.pub").is_file()

    def _open(self, path: Path) -> dict[str, Any]:
        try:
            raw = base64.b64decode((self._directory / "seal.pub").read_bytes(), validate=True)
            public = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError as error:
            raise SealBroken("the public key is damaged") from error
        return open_sealed(path.read_bytes(), public)

    def _path(self, *names: str) -> Path:
        for name in names:
            if not _NAME.fullmatch(name):
                raise FileNotFoundError(name)
        return self._directory.joinpath(*names[:-1], names[-1] + ".json")

    def stamp(self, *names: str) -> Stamp:
        """Return what changes whenever a file or the key is replaced; nothing is opened.

        Args:
            names: `"documents", name` or `"releases", table, period`.

        Raises:
            FileNotFoundError: no such file.
        """
        return _stamp(self._directory / "seal.pub") + _stamp(self._path(*names))

    def stamp_of_all(self) -> Stamp:
        """Return what changes whenever anything that is published does; nothing is opened."""
        found: list[int | str] = list(_stamp(self._directory / "seal.pub"))
        waiting = [self._directory / "documents", self._directory / "releases"]
        while waiting:
            directory = waiting.pop()
            if not directory.is_dir():
                continue
            with os.scandir(directory) as entries:
                for entry in sorted(entries, key=lambda each: each.name):
                    if entry.is_dir():
                        waiting.append(Path(entry.path))
                    elif entry.name.endswith(".json"):
                        seen = entry.stat()
                        found += (entry.name, seen.st_mtime_ns, seen.st_size, seen.st_ino)
        return tuple(found)

    def periods(self, table: str) -> list[str]:
        """Return the released periods of a table, oldest first."""
        directory = self._path("releases", table).with_suffix("")
        return sorted(path.stem for path in directory.glob("*.json"))

    def documents(self) -> list[str]:
        """Return the names of the sealed documents."""
        return sorted(path.stem for path in (self._directory / "documents").glob("*.json"))

    def release(self, table: str, period: str) -> Release:
        """Return one noisy release.

        Raises:
            FileNotFoundError: no such release.
            SealBroken: damaged or altered.
        """
        return load_release(self.payload(table, period))

    def payload(self, table: str, period: str) -> dict[str, Any]:
        """Return the sealed payload of a release, `link` included, as JSON values.

        Raises:
            FileNotFoundError: no such release.
            SealBroken: damaged or altered, or filed under another name.
        """
        payload = self._open(self._path("releases", table, period))
        if payload.get("table") != table or payload.get("period") != period:
            raise SealBroken("filed under another name")
        return payload

    def document(self, name: str) -> dict[str, Any]:
        """Return a sealed document.

        Raises:
            FileNotFoundError: no such document.
            SealBroken: damaged or altered.
        """
        payload = self._open(self._path("documents", name))
        if payload.get("document") != name:
            raise SealBroken("filed under another name")
        return payload

    def health(self) -> dict[str, Any]:
        """Return how the capture fares (analyzer.health).

        Raises:
            FileNotFoundError: it was not told yet.
            SealBroken: damaged or altered.
        """
        payload = self._open(self._path(HEALTH))
        if payload.get("document") != HEALTH:
            raise SealBroken("filed under another name")
        return payload
