"""lists.yaml: what each list means, who wins, the school's own names. Reads one file.

Change together: `RANKS` here and the comment at the top of default.yaml.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, StringConstraints

from school.catalogue import labels_of
from school.declared import STRICT, Text
from school.lists.meaning import CATEGORY_OF_LIST
from school.problems import DeclarationErrors, did_you_mean
from school.reading import Located, parse, read, validated

RANKS: Final = (
    "malware",
    "bypass",
    "abusive",
    "own",
    "technical",
    "resource",
    "private",
    "pedagogical",
)
"""Who wins when a name is in several lists, strongest first."""
OWN: Final = "own"

UNUSED_WORDS: Final = ("malware", "harmful", "personal")
"""Categories of lists that no rule can use yet. They hide weaker lists; nothing of them is stored."""

DO_NOT_USE: Final = frozenset({"examen_pix", "tricheur_pix"})
"""UT1: not outside the Pix examination (examen_pix forbids even a shop). No setting loads them."""

ListName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class OriginEntry(BaseModel):
    """Whose lists these are."""

    model_config = STRICT
    name: Text
    address: Text
    licence: Text
    attribution: Text


class ArchiveEntry(BaseModel):
    """Where `jauge lists update` downloads from when no folder is given."""

    model_config = STRICT
    address: Text
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    most_mib: Annotated[int, Field(ge=1, le=1024)] = 200


class ListEntry(BaseModel):
    """One list as written: taken, or left with a reason."""

    model_config = STRICT
    category: Text | None = None
    rank: Text | None = None
    leave: Text | None = None


class OwnEntry(BaseModel):
    """A name of the school's own."""

    model_config = STRICT
    name: Text
    category: Text
    because: Text


class NeverEntry(BaseModel):
    """A line that is taken out."""

    model_config = STRICT
    name: Text
    lists: tuple[ListName, ...] = ()
    because: Text


class ListsYaml(BaseModel):
    """lists.yaml as written."""

    model_config = STRICT
    origin: OriginEntry
    archive: ArchiveEntry | None = None
    lists: Annotated[dict[ListName, ListEntry], Field(min_length=1, max_length=200)]
    aliases: dict[ListName, ListName] = {}
    own: Annotated[tuple[OwnEntry, ...], Field(max_length=10_000)] = ()
    never: Annotated[tuple[NeverEntry, ...], Field(max_length=10_000)] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that is loaded."""

    name: str
    category: str
    rank: str


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive on the network and its limits."""

    address: str
    """HTTPS."""
    sha256: str | None
    """The only archive that is taken, if the school wants one and no other."""
    most_octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsSettings:
    """What an import does."""

    origin: Mapping[str, str]
    archive: Archive | None
    taken: tuple[Taken, ...]
    """Strongest first."""
    left: Mapping[str, str]
    """List, reason."""
    aliases: Mapping[str, str]
    own: Mapping[str, tuple[str, ...]]
    """Category, names."""
    never: Mapping[str, frozenset[str]]
    """Name, the lists that must not hold it (`*`: none may)."""
    digest: str


def load_settings(path: Path | None = None) -> ListsSettings:
    """Read lists.yaml, or the shipped default.

    Raises:
        DeclarationErrors: every problem of the file, with line and column.
    """
    if path is None:
        data = files(__package__).joinpath("default.yaml").read_bytes()
        located = parse("default.yaml", data)
    else:
        located = read(path)
    model = validated(located, ListsYaml)
    if model is not None:
        _check(located, model)
    if model is None or located.problems:
        raise DeclarationErrors(located.problems)
    return _settings(model)


def _check(located: Located, model: ListsYaml) -> None:
    if model.archive is not None:
        _check_address(located, model.archive.address)
    for name, entry in model.lists.items():
        _check_list(located, name, entry)
    for alias, name in model.aliases.items():
        if name not in model.lists:
            message = f"`{alias}` stands for `{name}`, which is not under `lists`"
            located.problem(("aliases", alias), message, did_you_mean(name, model.lists))
    for i, own in enumerate(model.own):
        _check_name(located, ("own", i, "name"), own.name)
        _check_category(located, ("own", i, "category"), own.category)
    for i, never in enumerate(model.never):
        _check_name(located, ("never", i, "name"), never.name)


def _check_address(located: Located, address: str) -> None:
    loc = ("archive", "address")
    try:
        parts = urlsplit(address)
        host, credentials = parts.hostname, parts.username or parts.password
    except ValueError:
        located.problem(loc, "not an address", "write it as `https://example.org/lists.tar.gz`")
        return
    if parts.scheme != "https" or not host:
        located.problem(loc, "only an HTTPS address is taken", "write it with `https://`")
    elif credentials:
        located.problem(loc, "the address holds a user or a password", "lists are public: drop it")


def _check_list(located: Located, name: str, entry: ListEntry) -> None:
    loc = ("lists", name)
    if entry.leave is not None:
        if entry.category or entry.rank:
            located.problem(loc, f"`{name}` is both taken and left", "keep `leave` or the rest")
        return
    if name in DO_NOT_USE:
        located.problem(
            loc, f"`{name}` must not be used outside the Pix examination", "write `leave: …`"
        )
        return
    if entry.category is None or entry.rank is None:
        located.problem(loc, f"`{name}` needs `category` and `rank`, or `leave`")
        return
    _check_category(located, (*loc, "category"), entry.category)
    if entry.rank not in RANKS or entry.rank == OWN:
        ranks = [rank for rank in RANKS if rank != OWN]
        located.problem(
            (*loc, "rank"), f"the rank `{entry.rank}` is unknown", did_you_mean(entry.rank, ranks)
        )


def _check_category(located: Located, loc: tuple[str | int, ...], category: str) -> None:
    known = (*CATEGORY_OF_LIST.values(), *UNUSED_WORDS)
    if category not in known:
        message = f"the category `{category}` is unknown"
        located.problem(loc, message, did_you_mean(category, set(known)))


def _check_name(located: Located, loc: tuple[str | int, ...], name: str) -> None:
    if labels_of(name) is None:
        located.problem(loc, f"`{name}` is not a host name", "write it as `example.org`")


def _settings(model: ListsYaml) -> ListsSettings:
    taken = [
        Taken(name, entry.category, entry.rank)
        for name, entry in model.lists.items()
        if entry.category is not None and entry.rank is not None
    ]
    own: dict[str, tuple[str, ...]] = {}
    for item in model.own:
        own[item.category] = (*own.get(item.category, ()), _plain(item.name))
    never: dict[str, frozenset[str]] = {}
    for line in model.never:
        name = _plain(line.name)
        never[name] = never.get(name, frozenset()) | frozenset(line.lists or ("*",))
    return ListsSettings(
        origin=model.origin.model_dump(),
        archive=_archive(model.archive),
        taken=tuple(sorted(taken, key=lambda one: RANKS.index(one.rank))),
        left={name: entry.leave for name, entry in model.lists.items() if entry.leave is not None},
        aliases=model.aliases,
        own=own,
        never=never,
        digest=hashlib.sha256(model.model_dump_json().encode()).hexdigest(),
    )


def _archive(entry: ArchiveEntry | None) -> Archive | None:
    if entry is None:
        return None
    return Archive(entry.address, entry.sha256, entry.most_mib << 20)


def _plain(name: str) -> str:
    return ".".join(labels_of(name) or ())
