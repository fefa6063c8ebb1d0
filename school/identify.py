"""What one host name is and why: the school's own file, the catalogue, the lists. Pure.

The answer holds no more of the name than Jauge would store: the reduced site. A line of a list that
is longer than the site is told as `….site`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from school.catalogue import Catalogue, Entry, labels_of
from school.lists.holdings import Holding, Standing
from school.lists.meaning import CATEGORY_OF_LIST
from school.lists.reader import Found
from school.lists.suffixes import public_suffixes
from school.services import names_a_school
from school.words import Category


class Source(StrEnum):
    """Who decides the category."""

    SCHOOL = "school"  # services.yaml
    CATALOGUE = "catalogue"
    LIST = "list"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a name is."""

    site: str | None
    """What would be stored; None: nothing."""
    reduced: bool
    """The name says more than what would be stored."""
    names_school: bool
    """It held the number of a school, which is dropped."""
    personal_host: bool
    """Names beside it under the same suffix are strangers': they cannot be told apart."""
    source: Source
    category: str
    entry: Entry | None
    overruled: Entry | None = None
    """What the shipped catalogue says where the school says otherwise."""
    listed: Found | None = None
    """What the imported file answers."""
    holdings: tuple[Holding, ...] = ()

    @property
    def listed_category(self) -> str | None:
        """Return the category that a list gives, None if no rule can use it."""
        return None if self.listed is None else CATEGORY_OF_LIST.get(self.listed.row.category)

    def line(self, suffix: str) -> str:
        """Return a line of a list without more of the name than would be stored."""
        if self.site is None or len(suffix) <= len(self.site):
            return suffix if self.site is not None else "…"
        return f"….{self.site}"

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "site": self.site,
            "reduced": self.reduced,
            "names_a_school": self.names_school,
            "source": self.source.value,
            "known": self.entry is not None,
            "category": self.category,
            "entry": _entry(self.entry),
            "overruled": _entry(self.overruled),
            "listed": None
            if self.listed is None
            else {
                "line": self.line(self.listed.suffix),
                "list": self.listed.row.list,
                "category": self.listed.row.category,
                "usable": self.listed_category is not None,
            },
            "lines": [
                {
                    "list": one.list,
                    "line": self.line(one.suffix),
                    "category": one.category or None,
                    "rank": one.rank or None,
                    "standing": one.standing.value,
                    "beaten_by": one.beaten_by or None,
                }
                for one in self.holdings
            ],
        }


def _entry(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "service": entry.service,
        "suffix": entry.suffix,
        "category": entry.category,
        "publisher": entry.publisher,
        "origin": entry.origin,
        "licence": entry.licence or None,
        "date": entry.date or None,
    }


def identify(
    host: str,
    *,
    catalogue: Catalogue,
    shipped: Catalogue,
    listed: Found | None = None,
    lines: Sequence[Holding] = (),
) -> Identity:
    """Say what a host name is.

    Args:
        host: as typed; nothing of it is kept.
        catalogue: the school's view (its own services included).
        shipped: the catalogue without them, to tell what they overrule.
        listed: what the lists file answers for the name.
        lines: what the folder of lists says of it (`holdings`).
    """
    site = catalogue.site_of(host)
    entry = catalogue.entry(site) if site else None
    before = shipped.entry(site) if site else None
    name = ".".join(labels_of(host) or ())
    decides = lines[0] if lines and lines[0].standing is Standing.WINS else None
    by_list = listed.row.category if listed else decides.category if decides else None
    usable = CATEGORY_OF_LIST.get(by_list or "")
    if entry is not None:
        source = Source.SCHOOL if entry.own else Source.CATALOGUE
        category = entry.category
    elif usable is not None and site is not None:
        source, category = Source.LIST, usable
    else:
        source, category = Source.NOBODY, Category.UNKNOWN.value
    return Identity(
        site=site,
        reduced=site is not None and site != name,
        names_school=names_a_school(name) and not names_a_school(site or ""),
        personal_host=bool(name) and public_suffixes().private_above(name) is not None,
        source=source,
        category=category,
        entry=entry,
        overruled=before if entry is not None and entry.own else None,
        listed=listed,
        holdings=tuple(lines),
    )
