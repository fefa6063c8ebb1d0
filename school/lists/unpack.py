"""Takes the lists out of an archive (tar, gzip). Does I/O; trusts no member.

Only `LIST/domains` and `LIST/domains.N` are written, under names made here from checked parts; links
between two lists (`ads` to `publicite`) are made last, so nothing is ever written through one. Any
name that leaves the folder, any other link, device or second copy refuses the whole archive. The
decompressed stream is counted: neither a long list, nor a header, nor what is skipped passes its
limit.
"""

import gzip
import os
import re
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, Final

from school.lists.folder import BLOCK_OCTETS, MOST_LIST_OCTETS, MOST_LISTS

MOST_MEMBERS: Final = 10_000
"""UT1 has about 400."""
MOST_UNPACKED: Final = 1 << 30
"""UT1 whole, `adult` included, unpacks to less than 300 MB."""
MOST_HEADER: Final = 1 << 16
"""Headers of one member, extended ones included."""
_TAR_BLOCK: Final = 512
_READ_AHEAD: Final = 64 * _TAR_BLOCK
_LIST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FILE: Final = re.compile(r"domains(\.\d{1,3})?")
_LATEST: Final = 4_102_444_800
"""2100-01-01: a stranger's time stamp must not overflow a date."""
_DEPTHS: Final = (2, 3)
"""`LIST/domains`, or below one directory, as upstream packs it."""


class ArchiveRefused(Exception):
    """The archive is not taken; one sentence without its path."""


class _Bounded:
    """A stream that gives no more than it is allowed to."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = MOST_UNPACKED
        self._allowed = 0

    def allow(self, octets: int) -> None:
        """Let so many octets pass until the next call."""
        self._allowed = octets + _READ_AHEAD

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        self._allowed -= len(data)
        if self._left < 0:
            raise ArchiveRefused(f"unpacks to more than {MOST_UNPACKED >> 20} MiB")
        if self._allowed < 0:
            raise ArchiveRefused("holds a header that is far too long")
        return data


def unpack(archive: Path, into: Path) -> None:
    """Write the lists of an archive into an empty directory.

    Raises:
        ArchiveRefused: no archive, damaged, or with something that no archive of lists holds.
        OSError: the directory cannot be written.
    """
    try:
        with gzip.open(archive, "rb") as stream:
            bounded = _Bounded(stream)
            bounded.allow(MOST_HEADER)
            with tarfile.open(fileobj=bounded, mode="r|", bufsize=_READ_AHEAD) as tar:  # type: ignore[call-overload]  # typeshed knows only file objects with every method
                _members(tar, bounded, into)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise ArchiveRefused(f"not a whole tar.gz archive ({type(error).__name__})") from None


def _members(tar: Any, bounded: _Bounded, into: Path) -> None:
    links: dict[str, str] = {}
    for _ in range(MOST_MEMBERS):
        bounded.allow(MOST_HEADER)
        member = tar.next()
        if member is None:
            _link(links, into)
            return
        parts = _parts(member.name)
        if member.issym():
            links[_alias(parts)] = _alias(_parts(member.linkname))
        elif member.isreg() and not member.issparse():
            bounded.allow(member.size + MOST_HEADER)
            _file(tar, member, parts, into)
        elif not member.isdir():
            raise ArchiveRefused("holds a hard link, a device or another thing that is no list")
    raise ArchiveRefused(f"more than {MOST_MEMBERS} members")


def _link(links: dict[str, str], into: Path) -> None:
    """Make the other names of lists, when nothing is written any more."""
    for name, target in sorted(links.items()):
        if (into / name).exists():
            raise ArchiveRefused("holds a list and a link of the same name")
        if (into / target).is_dir():
            (into / name).symlink_to(target)


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a member's name.

    Raises:
        ArchiveRefused: it is absolute, climbs, or holds what no name of a list holds.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ArchiveRefused("holds a name that leaves the folder")
    return path.parts


def _alias(parts: tuple[str, ...]) -> str:
    """Return the list that one end of a link names."""
    if not 1 <= len(parts) <= _DEPTHS[0] or not _LIST.fullmatch(parts[-1]):
        raise ArchiveRefused("holds a link that is no other name of a list")
    return parts[-1]


def _file(tar: Any, member: Any, parts: tuple[str, ...], into: Path) -> None:
    """Write one list, or read past another file."""
    source = tar.extractfile(member)
    taken = len(parts) in _DEPTHS and _LIST.fullmatch(parts[-2]) and _FILE.fullmatch(parts[-1])
    if not taken:
        while source.read(BLOCK_OCTETS):
            pass
        return
    if member.size > MOST_LIST_OCTETS:
        raise ArchiveRefused(f"holds a list larger than {MOST_LIST_OCTETS >> 20} MiB")
    directory = into / parts[-2]
    directory.mkdir(exist_ok=True)
    if sum(1 for _ in into.iterdir()) > MOST_LISTS:
        raise ArchiveRefused(f"more than {MOST_LISTS} lists")
    path = directory / parts[-1]
    try:
        with path.open("xb") as stream:
            while block := source.read(BLOCK_OCTETS):
                stream.write(block)
    except FileExistsError:
        raise ArchiveRefused("holds a list twice") from None
    when = min(max(int(member.mtime), 0), _LATEST)
    os.utime(path, (when, when))
