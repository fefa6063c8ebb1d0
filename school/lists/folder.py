"""A folder of UT1 on disk: one directory per list. Does I/O, reads nothing but names of sites.

A list is `domains`, or `domains.0`, `domains.1`… cut by octets (a name can straddle two parts), so
parts are read as one stream. Other files are never read: `urls` and `expressions` need the path of
a page, which encrypted traffic hides; reducing a URL to its host would list shared hosts.
A symbolic link to another list is an alias; one that leaves the folder is refused.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

MOST_LISTS: Final = 500
"""UT1 has 69 directories."""
MOST_LIST_OCTETS: Final = 512 << 20
"""The largest list of UT1 (adult) has 150 MB."""
BLOCK_OCTETS: Final = 8 << 20


class FolderRefused(Exception):
    """The folder, or one list of it, cannot be read; one sentence."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one list is."""

    name: str
    files: tuple[Path, ...]
    date: str
    """Day of the newest part (UTC), as the folder tells it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds."""

    sources: dict[str, Source]
    aliases: dict[str, str]
    """Symbolic link, list that it points at."""
    empty: tuple[str, ...]
    """Directories without `domains`."""
    refused: dict[str, str]
    """List, reason."""


def survey(root: Path) -> Folder:
    """Find the lists of a folder, without reading them.

    Raises:
        FolderRefused: no folder, no list in it, or far too many.
    """
    try:
        inside = root.resolve(strict=True)
        entries = sorted(path for path in inside.iterdir() if path.is_dir())
    except OSError as error:
        raise FolderRefused(f"the folder cannot be read ({error.strerror})") from None
    if len(entries) > MOST_LISTS:
        raise FolderRefused(f"{len(entries)} directories: not a folder of lists")
    folder = Folder({}, {}, (), {})
    empty = []
    for path in entries:
        if path.is_symlink():
            _link(folder, path, inside)
            continue
        try:
            source = _source(path, inside)
        except FolderRefused as error:
            folder.refused[path.name] = str(error)
            continue
        if source is None:
            empty.append(path.name)
        else:
            folder.sources[path.name] = source
    if not folder.sources:
        raise FolderRefused(
            "no list in this folder; give the one that holds adult, games, malware… as directories"
        )
    return Folder(folder.sources, folder.aliases, tuple(empty), folder.refused)


def _link(folder: Folder, path: Path, inside: Path) -> None:
    target = path.resolve()
    if target.parent == inside:
        folder.aliases[path.name] = target.name
    else:
        folder.refused[path.name] = "a link that leaves the folder"


def _source(directory: Path, inside: Path) -> Source | None:
    whole = directory / "domains"
    parts = [whole] if whole.exists() else _parts(directory)
    if not parts:
        return None
    newest, octets = 0.0, 0
    for part in parts:
        try:
            resolved = part.resolve(strict=True)
            facts = resolved.stat()
        except OSError as error:
            raise FolderRefused(f"cannot be read ({error.strerror})") from None
        if not resolved.is_relative_to(inside):
            raise FolderRefused("a link that leaves the folder")
        if not stat.S_ISREG(facts.st_mode):
            raise FolderRefused("not a regular file")
        newest, octets = max(newest, facts.st_mtime), octets + facts.st_size
    if octets > MOST_LIST_OCTETS:
        raise FolderRefused(f"larger than {MOST_LIST_OCTETS >> 20} MiB")
    date = datetime.fromtimestamp(newest, UTC).date().isoformat()
    return Source(directory.name, tuple(parts), date)


def _parts(directory: Path) -> list[Path]:
    """Return `domains.0`, `.1`… in order; other endings (`domains.clean`) are no parts."""
    numbers = sorted(
        int(path.suffix[1:])
        for path in directory.glob("domains.*")
        if path.stem == "domains" and path.suffix[1:].isascii() and path.suffix[1:].isdigit()
    )
    if numbers != list(range(len(numbers))):
        raise FolderRefused("a part is missing (domains.0, domains.1… without a gap)")
    return [directory / f"domains.{number}" for number in numbers]


def blocks(source: Source, digest: Any = None) -> Iterator[bytes]:
    """Yield the octets of a list, parts joined; `digest` (hashlib) sees them too.

    Raises:
        FolderRefused: a file cannot be read, or grew past the limit.
    """
    digest = digest if digest is not None else hashlib.sha256()
    left = MOST_LIST_OCTETS
    for path in source.files:
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123
                while block := stream.read(BLOCK_OCTETS):
                    left -= len(block)
                    if left < 0:
                        raise FolderRefused("grew while it was read")
                    digest.update(block)
                    yield block
        except OSError as error:
            raise FolderRefused(f"cannot be read ({error.strerror})") from None
