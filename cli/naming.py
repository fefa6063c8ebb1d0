"""What `jauge classify-name` says, in French and English, and the lines that it proposes. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from school.catalogue import Entry
from school.identify import Identity, Source
from school.labels import label
from school.lists.holdings import Standing
from school.words import Category

if TYPE_CHECKING:
    from school.lists.holdings import Holding

Pair = tuple[str, str]

NOTHING: Final[Pair] = (
    "Ce nom n'est réduit à rien : une adresse, un mot seul, un nom interne, ou un nom sous aucun "
    "suffixe public. Rien n'en serait conservé, et il n'y a rien à ajouter. Un site se tape sans "
    "`https://`, sans page et sans accent : `www.exemple.fr`.",
    "This name is reduced to nothing: an address, a single label, an internal name, or a name "
    "under no public suffix. Nothing of it would be stored, and nothing can be added. A site is "
    "typed without `https://`, page or accent: `www.example.org`.",
)
REDUCED: Final[Pair] = (
    "Réduit à {site} : rien de plus n'est conservé ni affiché.",
    "Reduced to {site}: nothing more is stored or shown.",
)
WHOLE: Final[Pair] = ("Conservé tel quel : {site}.", "Stored as it is: {site}.")
SCHOOL_CODE: Final[Pair] = (
    "Le nom contenait le numéro d'un établissement (UAI) ; il est supprimé partout.",
    "The name held the number of a school (UAI); it is dropped everywhere.",
)
CATALOGUE: Final[Pair] = (
    "Catalogue : {service} ({publisher}), catégorie {category} : {words}. Source : {origin} "
    "({licence}, revu le {date}).",
    "Catalogue: {service} ({publisher}), category {category}: {words}. Source: {origin} "
    "({licence}, reviewed on {date}).",
)
SCHOOL: Final[Pair] = (
    "L'établissement (services.yaml) : {service} ({publisher}), catégorie {category} : {words}. "
    "Motif : {origin}",
    "The school (services.yaml): {service} ({publisher}), category {category}: {words}. "
    "Reason: {origin}",
)
OVERRULED: Final[Pair] = (
    "Le catalogue disait {category} : {words} ; l'établissement l'emporte.",
    "The catalogue said {category}: {words}; the school wins.",
)
LISTED: Final[Pair] = (
    "Fichier des listes : ligne {line} de {list}, catégorie {category}.",
    "Lists file: line {line} of {list}, category {category}.",
)
UNLISTED: Final[Pair] = (
    "Aucune règle ne se sert de cette catégorie : elle n'est pas conservée.",
    "No rule uses this category: it is not stored.",
)
LIST_LOSES: Final[Pair] = (
    "Le catalogue l'emporte toujours sur une liste importée.",
    "The catalogue always wins over an imported list.",
)
LIST_DECIDES: Final[Pair] = (
    "Le catalogue ne connaît pas ce site : la liste décide, comme indice faible (seule, elle "
    "n'accuse personne). Catégorie {category} : {words}.",
    "The catalogue does not know this site: the list decides, as weak evidence (alone, it accuses "
    "nobody). Category {category}: {words}.",
)
UNKNOWN: Final[Pair] = (
    "Personne ne connaît ce site : son trafic reste indéterminé, sauf si son protocole en dit plus.",
    "Nobody knows this site: its traffic is undetermined unless its protocol says more.",
)
PERSONAL: Final[Pair] = (
    "Chacun peut ouvrir un nom sous ce suffixe : un site particulier ne peut y être distingué.",
    "Anybody can open a name under this suffix: a single site there cannot be told apart.",
)
ADD: Final[Pair] = (
    "Si l'établissement s'en sert, ajouter à services.yaml (choisir la catégorie et dire pourquoi) :",
    "If the school uses it, add to services.yaml (choose the category and say why):",
)
STANDINGS: Final[Mapping[Standing, Pair]] = {
    Standing.WINS: ("décide parmi les listes", "decides among the lists"),
    Standing.SHORTER: (
        "perd : {beaten_by} a une ligne plus longue",
        "loses: {beaten_by} has a longer line",
    ),
    Standing.WEAKER: (
        "perd devant {beaten_by} (rang plus fort, ou écrite avant dans lists.yaml)",
        "loses to {beaten_by} (stronger rank, or written before it in lists.yaml)",
    ),
    Standing.OVER_BROAD: (
        "retirée : trop large (overbroad.csv, suffixe public, ou `never` de lists.yaml)",
        "taken out: over-broad (overbroad.csv, public suffix, or `never` of lists.yaml)",
    ),
    Standing.REFUSED: (
        "refusée : à ne pas utiliser hors de l'examen Pix",
        "refused: do not use outside the Pix examination",
    ),
    Standing.LEFT: ("non chargée par lists.yaml", "not loaded by lists.yaml"),
}


def sentences(found: Identity, lang: str) -> list[str]:
    """Return the answer, one sentence or two a line."""
    at = 1 if lang == "en" else 0
    if found.site is None:
        return [NOTHING[at], *([SCHOOL_CODE[at]] if found.names_school else [])]
    lines = [(REDUCED if found.reduced else WHOLE)[at].format(site=found.site)]
    if found.names_school:
        lines.append(SCHOOL_CODE[at])
    lines += _who(found, lang, at)
    lines += _lists(found, lang, at)
    if found.source is Source.NOBODY:
        lines += [UNKNOWN[at], PERSONAL[at] if found.personal_host else ADD[at]]
    return lines


def _who(found: Identity, lang: str, at: int) -> list[str]:
    if found.entry is None:
        return []
    text = SCHOOL if found.entry.own else CATALOGUE
    lines = [text[at].format(**_words(found.entry, lang))]
    if found.overruled is not None:
        lines.append(OVERRULED[at].format(**_words(found.overruled, lang)))
    return lines


def _words(entry: Entry, lang: str) -> dict[str, str]:
    return {
        "service": entry.service,
        "publisher": entry.publisher,
        "category": entry.category,
        "words": label(Category, entry.category, lang),
        "origin": entry.origin,
        "licence": entry.licence,
        "date": entry.date,
    }


def _lists(found: Identity, lang: str, at: int) -> list[str]:
    lines = []
    listed = found.listed
    if listed is not None:
        text = LISTED[at].format(
            line=found.line(listed.suffix), list=listed.row.list, category=listed.row.category
        )
        lines.append(text if found.listed_category else f"{text} {UNLISTED[at]}")
    lines += [_line(found, one, at) for one in found.holdings]
    if found.source is Source.LIST:
        words = label(Category, found.category, lang)
        lines.append(LIST_DECIDES[at].format(category=found.category, words=words))
    elif lines and found.entry is not None:
        lines.append(LIST_LOSES[at])
    return lines


def _line(found: Identity, one: "Holding", at: int) -> str:
    standing = STANDINGS[one.standing][at].format(beaten_by=one.beaten_by)
    colon = ": " if at else " : "
    what = f" ({one.category}, {one.rank})" if one.category else ""
    return f"  {one.list}{what}, {found.line(one.suffix)}{colon}{standing}"


def to_add(found: Identity) -> list[str]:
    """Return the lines for services.yaml, none where nothing is to be added."""
    if found.site is None or found.source is not Source.NOBODY or found.personal_host:
        return []
    words = [category.value for category in Category]
    usual = ", ".join(word for word in words if word not in {"unknown", "cdn_shared"})
    return [
        "own:",
        f"  - service: {found.site}",
        f"    suffixes: [{found.site}]",
        f"    category: …  # {usual}",
        "    because: …",
    ]
