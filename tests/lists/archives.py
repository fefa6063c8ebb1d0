"""Archives of lists for tests: whole, and with what no archive of lists holds."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def member(name: str, **fields) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for info, data in members:
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return octets.getvalue()


def archive_of(lists: Mapping[str, list[str]], top: str = "blacklists/") -> bytes:
    """The lists as upstream packs them: below one directory, with files that are never read."""
    members = [(member(top.rstrip("/"), type=tarfile.DIRTYPE), b"")] if top else []
    for name, lines in lists.items():
        members.append((member(f"{top}{name}", type=tarfile.DIRTYPE), b""))
        data = ("\n".join(lines) + "\n").encode()
        members.append((member(f"{top}{name}/domains", mtime=1_790_000_000), data))
        members.append((member(f"{top}{name}/urls"), b"example.com/page\n"))
        members.append((member(f"{top}{name}/usage"), b"black\n"))
    members.append((member(f"{top}ads", type=tarfile.SYMTYPE, linkname="publicite"), b""))
    members.append((member(f"{top}README"), b"hello"))
    return packed(members)


def written(path: Path, octets: bytes) -> Path:
    path.write_bytes(octets)
    return path
