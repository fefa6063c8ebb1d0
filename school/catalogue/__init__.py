"""What a name on the network is: the reviewed list of services, and the reduction of host names.

Does I/O once (`load_catalogue` reads the CSV files beside this module). `Catalogue.site_of` is the
only place where a full host name is reduced; it keeps nothing of what it is given, not even in a
cache, and never returns more than the longest suffix of the reviewed list or the registrable
domain. Reading a label more would let `0123456a.index-education.net` name a school, or
`first-name.blog.example` a person.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Final

from publicsuffixlist import PublicSuffixList

from privacy import canonical
from school.words import Category

FILES: Final = ("education.csv", "private.csv", "technical.csv")
COLUMNS: Final = ("service", "suffix", "category", "publisher", "origin", "licence", "date")
"""What each means: README.md beside the files."""

SCHOOL_CATEGORIES: Final = frozenset(
    {
        Category.ENT.value,
        Category.SCHOOL_LIFE.value,
        Category.ASSESSMENT.value,
        Category.RESOURCE.value,
        Category.TEXTBOOK.value,
        Category.TOOL.value,
        Category.COLLABORATIVE.value,
        Category.ORIENTATION.value,
        Category.COMMUNICATION.value,
        Category.CONFERENCING.value,
        Category.ADMINISTRATION.value,
    }
)
"""What school work is made of. A host that many unrelated people share must not be one of them."""

LONGEST_NAME: Final = 253
"""RFC 1035 section 2.3.4, written without the final dot."""
LONGEST_LABEL: Final = 63
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
"""Letters, digits, hyphen (RFC 952); underscore occurs in service names and cloud hosts."""
_NO_SITE: Final = frozenset({"arpa"})
"""Reverse names spell addresses (RFC 3172); every other unknown suffix is refused by the list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One service under one suffix."""

    service: str
    suffix: str
    category: str
    publisher: str
    origin: str = ""
    """Where the name was seen; for the school's own entries, why the school says so."""
    licence: str = ""
    """Licence of the sources that bear the name out (SPDX), or `fact`."""
    date: str = ""
    """ISO day on which the row was last reviewed."""
    own: bool = False
    """Said by the school (services.yaml), not by the shipped files."""


class CatalogueDamaged(Exception):
    """A shipped catalogue file cannot be used. Says which file and line."""


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    """Only ICANN's section: of `somebody.github.io` the private section would keep `somebody`."""
    return PublicSuffixList(only_icann=True, accept_unknown=False)


def labels_of(host: str) -> list[str] | None:
    """Return the labels of a host name in small letters, or None if it is not one.

    None for: an address, a single label, empty or over-long parts, other characters (an
    internationalised name travels in its `xn--` form).
    """
    name = host.strip().lower().removesuffix(".")
    if not name or len(name) > LONGEST_NAME:
        return None
    labels = name.split(".")
    if len(labels) < 2 or labels[-1].isdigit():  # noqa: PLR2004 - a name and its top-level domain
        return None
    for label in labels:
        if not 0 < len(label) <= LONGEST_LABEL or not _LETTERS.issuperset(label):
            return None
    return labels


class Catalogue:
    """Look-ups by suffix. Immutable after construction; no entry is longer than was reviewed."""

    __slots__ = ("_by_suffix", "_deepest")

    def __init__(self, entries: Iterable[Entry]) -> None:
        by_suffix = {entry.suffix: entry for entry in entries}
        self._by_suffix: Mapping[str, Entry] = by_suffix
        self._deepest = max((suffix.count(".") + 1 for suffix in by_suffix), default=0)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._by_suffix.values())

    def __len__(self) -> int:
        return len(self._by_suffix)

    def site_of(self, host: str) -> str | None:
        """Reduce a host name: longest known suffix, else the registrable domain, else None."""
        labels = labels_of(host)
        if labels is None or labels[-1] in _NO_SITE:
            return None
        by_suffix = self._by_suffix
        suffix = ".".join(labels[-self._deepest :]) if self._deepest else ""
        while suffix:
            if suffix in by_suffix:
                return suffix
            _, _, suffix = suffix.partition(".")
        registrable: str | None = _public_suffixes().privatesuffix(".".join(labels))
        return registrable

    def entry(self, site: str) -> Entry | None:
        """Return what is known of a reduced name."""
        return self._by_suffix.get(site)

    def category_of(self, site: str | None) -> str | None:
        """Return the category of a reduced name; None when the catalogue does not know it."""
        entry = self._by_suffix.get(site) if site else None
        return entry.category if entry else None

    def services(self) -> frozenset[str]:
        """Return the names of the services."""
        return frozenset(entry.service for entry in self)

    def with_own(self, own: Iterable[Entry]) -> "Catalogue":
        """Return this catalogue under what a school says: its own entries win.

        An entry of the school holds for its suffix and for every known name below it, except where
        a longer one of its own says otherwise. Names below stay known under their own suffix (a
        site that was stored under one keeps its meaning); only what is said of them changes.
        """
        said = {entry.suffix: entry for entry in own}
        known = {entry.suffix: _under(entry, said) for entry in self}
        return Catalogue({**known, **said}.values())

    def suffixes(self) -> tuple[str, ...]:
        """Return every known suffix, for `did you mean`."""
        return tuple(self._by_suffix)


def _under(entry: Entry, said: Mapping[str, Entry]) -> Entry:
    """Return an entry with what the longest of the school's suffixes above it says."""
    suffix = entry.suffix
    while suffix:
        if suffix in said:
            return replace(said[suffix], suffix=entry.suffix)
        _, _, suffix = suffix.partition(".")
    return entry


def _entries(name: str) -> list[Entry]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise CatalogueDamaged(f"{name}: the columns must be {', '.join(COLUMNS)}")
    known = {category.value for category in Category}
    found = []
    for row in rows:
        if row["category"] not in known:
            raise CatalogueDamaged(f"{name}:{rows.line_num}: unknown category")
        if labels_of(row["suffix"]) is None or row["suffix"] != row["suffix"].lower():
            raise CatalogueDamaged(f"{name}:{rows.line_num}: not a domain suffix")
        service, suffix, category, publisher, origin, licence, day = (row[key] for key in COLUMNS)
        found.append(Entry(service, suffix, category, publisher, origin, licence, day))
    return found


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Return the shipped catalogue.

    Raises:
        CatalogueDamaged: a file has other columns, an unknown category, or a suffix twice.
    """
    entries = [entry for name in FILES for entry in _entries(name)]
    catalogue = Catalogue(entries)
    if len(catalogue) != len(entries):
        raise CatalogueDamaged("a suffix is listed twice")
    return catalogue


def catalogue_digest(catalogue: Catalogue) -> str:
    """Return the SHA-256 of what names are: suffix, category and service of every entry, in hex."""
    return canonical.digest(
        sorted((entry.suffix, entry.category, entry.service) for entry in catalogue)
    )
