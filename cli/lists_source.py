"""Where `jauge lists update` takes its lists from: a folder, an archive, or the network."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from school.lists.settings import ListsSettings


@dataclass(frozen=True, slots=True)
class Given:
    """A folder of lists, and the archive that it came from."""

    folder: Path
    archive: dict[str, Any] | None
    called: str
    """What messages call it."""


@contextmanager
def opened(source: Path | None, settings: "ListsSettings", target: Path) -> Iterator[Given]:
    """Give a folder of lists; what was downloaded or unpacked is removed at the end.

    Args:
        source: a folder, a tar.gz archive, or None for the address of lists.yaml.
        settings: what lists.yaml says.
        target: the lists file; the working directory is made beside it.

    Raises:
        Refusal: nothing can be taken from there.
    """
    if source is not None and not source.is_file():
        yield Given(source, None, str(source))
        return
    with _work_beside(target) as name:
        try:
            given = _unpacked(source, settings, Path(name))
        except OSError as error:
            raise _unwritable(target, error) from None
        yield given


def _work_beside(target: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=".lists-", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from None


def _unwritable(target: Path, error: OSError) -> Refusal:
    return Refusal(f"{target.parent}: cannot be written ({error.strerror})", Exit.DATA)


def _unpacked(source: Path | None, settings: "ListsSettings", directory: Path) -> Given:
    from school.lists.unpack import ArchiveRefused, unpack

    if source is None:
        source, archive = _downloaded(settings, directory)
        called = str(archive["address"])
    else:
        archive, called = _described(source), str(source)
    folder = directory / "lists"
    folder.mkdir()
    try:
        unpack(source, folder)
    except ArchiveRefused as error:
        raise Refusal(f"{called}: {error}; nothing is imported", Exit.DATA) from None
    return Given(folder, archive, called)


def _downloaded(settings: "ListsSettings", directory: Path) -> tuple[Path, dict[str, Any]]:
    from school.lists.download import DownloadRefused, fetch

    wanted = settings.archive
    if wanted is None:
        raise Refusal(
            "lists.yaml has no `archive`: give a folder or an archive with --from", Exit.USAGE
        )
    path = directory / "archive.tar.gz"
    try:
        fetched = fetch(wanted, path)
    except DownloadRefused as error:
        raise Refusal(f"{wanted.address}: {error}", Exit.DATA) from None
    return path, {
        "address": wanted.address,
        "sha256": fetched.sha256,
        "octets": fetched.octets,
        "modified": fetched.modified,
    }


def _described(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        octets = path.stat().st_size
    except OSError as error:
        raise Refusal(f"{path}: cannot be read ({error.strerror})", Exit.DATA) from None
    return {"address": None, "sha256": digest, "octets": octets, "modified": None}
