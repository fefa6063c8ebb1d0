"""What an import found, as values, JSON and sentences. Pure.

A finding names lists, counts, and names of sites that the reviewed files of Jauge or of the school
hold already; never a line of a list that only the list knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MOST_NAMES_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding."""

    fr: str
    en: str
    serious: bool = False
    """Somebody must look: the command ends with exit code 1."""


KINDS: Final[Mapping[str, Kind]] = {
    "size_jump": Kind(
        "{list} : {before} noms auparavant, {after} maintenant ; {held}. Si c'est voulu : --accept {list}",
        "{list}: {before} names before, {after} now; {held}. If this is right: --accept {list}",
        serious=True,
    ),
    "malware_overlap": Kind(
        "{list} : {shared} noms sur {after} sont aussi dans malware ; {held}. Si c'est voulu : --accept {list}",
        "{list}: {shared} names of {after} are in malware too; {held}. If this is right: --accept {list}",
        serious=True,
    ),
    "vanished": Kind(
        "{list} : {before} noms auparavant, absente du dossier maintenant ; {held}. Si c'est voulu : --accept {list}",
        "{list}: {before} names before, not in the folder now; {held}. If this is right: --accept {list}",
        serious=True,
    ),
    "unreadable": Kind("{list} : {reason} ; {held}", "{list}: {reason}; {held}", serious=True),
    "accepted": Kind(
        "{list} : alerte acceptée par --accept ({reason})",
        "{list}: guard overruled by --accept ({reason})",
    ),
    "absent": Kind("{list} : absente du dossier", "{list}: not in the folder"),
    "not_declared": Kind(
        "{list} : inconnue de lists.yaml, non chargée",
        "{list}: not in lists.yaml, not loaded",
    ),
    "left": Kind("{list} : laissée de côté ({reason})", "{list}: left out ({reason})"),
    "refused": Kind(
        "{list} : refusée (ne pas utiliser hors de l'examen Pix)",
        "{list}: refused (do not use outside the Pix examination)",
    ),
    "alias": Kind(
        "{list} : autre nom de {other}, non lue", "{list}: another name of {other}, not read"
    ),
    "over_broad": Kind(
        "{list} : {count} noms trop larges retirés ({names})",
        "{list}: {count} over-broad names taken out ({names})",
    ),
    "catalogue": Kind(
        "{list} : {count} services du catalogue y figurent sous une autre catégorie ; le catalogue l'emporte ({names})",
        "{list}: {count} services of the catalogue stand in it with another category; the catalogue wins ({names})",
    ),
    "conflict": Kind(
        "{count} noms à la fois dans {list} et {other} : {list} l'emporte ({reason})",
        "{count} names in both {list} and {other}: {list} wins ({reason})",
    ),
}
HELD: Final[Mapping[str, tuple[str, str]]] = {
    "kept": ("les lignes précédentes sont gardées", "the lines of before are kept"),
    "out": ("liste non chargée", "the list is not loaded"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found."""

    kind: str
    list: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def serious(self) -> bool:
        """Say whether somebody must look."""
        return KINDS[self.kind].serious

    def sentence(self, lang: str) -> str:
        """Return the finding in `fr` or `en`."""
        english = lang == "en"
        words = dict(self.facts)
        if "held" in words:
            words["held"] = HELD[words["held"]][english]
        if "names" in words:
            names = words["names"]
            shown = list(names[:MOST_NAMES_SHOWN])
            words["names"] = ", ".join(shown + ["…"] * (words["count"] > len(shown)))
        kind = KINDS[self.kind]
        return (kind.en if english else kind.fr).format(list=self.list, **words)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"kind": self.kind, "list": self.list, "serious": self.serious, **self.facts}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResult:
    """What became of one list."""

    name: str
    category: str
    rank: str
    lines: int
    names: int
    """Distinct names that the file takes from it, before precedence."""
    kept: int
    """Names that the file answers with this list."""
    addresses: int
    invalid: int
    over_broad: int
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an import."""

    lists: tuple[ListResult, ...]
    findings: tuple[Finding, ...]
    names: int
    octets: int

    @property
    def serious(self) -> bool:
        """Say whether somebody must look."""
        return any(finding.serious for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "names": self.names,
            "octets": self.octets,
            "lists": [
                {name: getattr(one, name) for name in ListResult.__slots__} for one in self.lists
            ],
            "findings": [finding.as_dict() for finding in self.findings],
        }
