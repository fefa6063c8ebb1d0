"""Names that say too much for a list: public suffixes, shared hosts. Reads shipped files once.

A line is over-broad when it stands for many unrelated sites: a public suffix (both sections of the
public suffix list: `com.np` as well as `blogspot.com`), a shared content network of the catalogue,
or a name of overbroad.csv, found wrong in UT1 by review.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import publicsuffixlist

from school.catalogue import load_catalogue
from school.words import Category

EVERY_LIST: Final = "*"


@dataclass(frozen=True, slots=True)
class PublicSuffixes:
    """The public suffix list, in the two forms that bulk reading needs."""

    names: frozenset[str]
    """Rules without wildcard, and what stands right of one, of two labels or more."""
    endings: tuple[bytes, ...]
    """`.x` for each rule `*.x`."""
    _list: publicsuffixlist.PublicSuffixList
    _icann: publicsuffixlist.PublicSuffixList

    def holds(self, name: str) -> bool:
        """Say whether a name is a public suffix."""
        return bool(self._list.publicsuffix(name) == name)

    def private_above(self, name: str) -> str | None:
        """Return the private suffix that holds a name: people open sites of their own under it.

        None for the suffix itself, and where only the registries' suffixes (ICANN's) hold it.
        """
        suffix: str | None = self._list.publicsuffix(name)
        if suffix is None or suffix in {name, self._icann.publicsuffix(name)}:
            return None
        return suffix


@lru_cache(maxsize=1)
def public_suffixes() -> PublicSuffixes:
    """Return both sections of the list that is in the installed package."""
    text = Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8")
    rules = [line.split()[0] for line in text.splitlines() if line.strip()[:2] not in {"", "//"}]
    plain = {_ascii(rule) for rule in rules if rule[0] not in "*!"}
    wild = {_ascii(rule[2:]) for rule in rules if rule.startswith("*.")}
    return PublicSuffixes(
        names=frozenset(name for name in plain | wild if "." in name),
        endings=tuple(sorted(b"." + name.encode() for name in wild)),
        _list=publicsuffixlist.PublicSuffixList(accept_unknown=False),
        _icann=publicsuffixlist.PublicSuffixList(only_icann=True, accept_unknown=False),
    )


def _ascii(rule: str) -> str:
    return rule if rule.isascii() else rule.encode("idna").decode("ascii")


@lru_cache(maxsize=1)
def reviewed() -> Mapping[str, frozenset[str]]:
    """Return, by name, the lists that must not hold it (`*`: none may)."""
    text = files(__package__).joinpath("overbroad.csv").read_text(encoding="utf-8")
    found: dict[str, frozenset[str]] = {
        entry.suffix: frozenset({EVERY_LIST})
        for entry in load_catalogue()
        if entry.category == Category.CDN_SHARED
    }
    for row in csv.DictReader(text.splitlines()):
        found[row["name"]] = found.get(row["name"], frozenset()) | set(row["lists"].split())
    return found
