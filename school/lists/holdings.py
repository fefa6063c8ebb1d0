"""Which lists of a folder hold a name, and which of them decides. Reads the folder.

The file made for capture keeps one list a name; this answers the question that follows when two
say different things. The order is the one of the import: an over-broad line counts for nothing,
then the longest line, then the strongest rank, then the order of lists.yaml.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from school.lists.folder import Source, blocks, survey
from school.lists.lines import NotAList, chunks_of
from school.lists.settings import DO_NOT_USE, OWN, RANKS, ListsSettings
from school.lists.suffixes import EVERY_LIST, public_suffixes, reviewed

UNRANKED: Final = len(RANKS)


class Standing(StrEnum):
    """What becomes of one line."""

    WINS = "wins"
    SHORTER = "shorter"  # a longer line is in another list
    WEAKER = "weaker"  # the same name is in a list of stronger rank, or written earlier
    OVER_BROAD = "over_broad"  # taken out by review
    REFUSED = "refused"  # DO NOT USE
    LEFT = "left"  # lists.yaml leaves the list out, or does not know it


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of one list that holds a name."""

    list: str
    suffix: str
    """The line."""
    category: str
    """Empty for a list that is not taken."""
    rank: str
    standing: Standing
    beaten_by: str = ""
    """List that decides instead."""


def holdings(folder: Path, settings: ListsSettings, name: str) -> tuple[Holding, ...]:
    """Return every line that holds a name, the one that decides first.

    Args:
        folder: one directory per list.
        settings: what lists.yaml says.
        name: a host name in small letters.

    Raises:
        FolderRefused: the folder is none of lists, or cannot be read.
    """
    suffixes = _suffixes(name)
    found = [
        _standing(source.name, suffix, settings)
        for source in survey(folder).sources.values()
        for suffix in _lines_among(source, suffixes)
    ]
    found += [
        Holding(OWN, suffix, category, OWN, Standing.WINS)
        for category, names in settings.own.items()
        for suffix in suffixes
        if suffix in names
    ]
    return _decided(found, settings)


def _suffixes(name: str) -> list[str]:
    """Return the name and its suffixes of two labels or more, longest first."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]


def _lines_among(source: Source, suffixes: list[str]) -> Iterator[str]:
    wanted = {suffix: f"\n{suffix}\n".encode() for suffix in suffixes}
    try:
        for chunk in chunks_of(blocks(source)):
            framed = b"\n" + chunk.replace(b"\r", b"")
            for suffix in [suffix for suffix, line in wanted.items() if line in framed]:
                del wanted[suffix]
                yield suffix
    except NotAList:
        return


def _standing(name: str, suffix: str, settings: ListsSettings) -> Holding:
    taken = next((one for one in settings.taken if one.name == name), None)
    if name in DO_NOT_USE:
        return Holding(name, suffix, "", "", Standing.REFUSED)
    if taken is None:
        return Holding(name, suffix, "", "", Standing.LEFT)
    barred = reviewed().get(suffix, frozenset()) | settings.never.get(suffix, frozenset())
    broad = EVERY_LIST in barred or name in barred or public_suffixes().holds(suffix)
    standing = Standing.OVER_BROAD if broad else Standing.WINS
    return Holding(name, suffix, taken.category, taken.rank, standing)


def _decided(found: list[Holding], settings: ListsSettings) -> tuple[Holding, ...]:
    written: Mapping[str, int] = {one.name: i for i, one in enumerate(settings.taken)}

    def order(one: Holding) -> tuple[bool, int, int, int, str]:
        rank = RANKS.index(one.rank) if one.rank else UNRANKED
        running = one.standing is not Standing.WINS
        return running, -len(one.suffix), rank, written.get(one.list, -1), one.list

    found.sort(key=order)
    if not found or found[0].standing is not Standing.WINS:
        return tuple(found)
    first, *others = found
    return (first, *(_against(first, one) for one in others))


def _against(first: Holding, other: Holding) -> Holding:
    if other.standing is not Standing.WINS:
        return other
    lost = Standing.SHORTER if len(other.suffix) < len(first.suffix) else Standing.WEAKER
    return replace(other, standing=lost, beaten_by=first.list)
