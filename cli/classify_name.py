"""`jauge classify-name`: what a host name is to Jauge, why, and what to add if it is unknown."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.declared import known_language

if TYPE_CHECKING:
    from school.catalogue import Catalogue, Entry


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify-name")(classify_name)


def classify_name(
    host: Annotated[str, typer.Argument(help="A host name, such as www.nrj.fr.")],
    lang: Annotated[str, typer.Option(help="Language of the answer: fr or en.")] = "fr",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say to which site a name is reduced, what the catalogue knows of it, and what to add.

    Example: jauge classify-name 0123456a.index-education.net
    """
    known_language(lang)
    from school.catalogue import load_catalogue

    answer = known(host, load_catalogue(), lang)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(answer["sentence"])
    if answer["to_do"]:
        typer.echo(answer["to_do"])


def known(host: str, catalogue: "Catalogue", lang: str) -> dict[str, Any]:
    """Return what is known of a name: the reduced site, the entry, a sentence, what to do."""
    site = catalogue.site_of(host)
    entry = catalogue.entry(site) if site else None
    if site is None:
        sentence, to_do = _no_site(lang)
    elif entry is None:
        sentence, to_do = _unknown(site, lang)
    else:
        sentence, to_do = _entry(entry, lang), ""
    return {
        "site": site,
        "known": entry is not None,
        "service": entry.service if entry else None,
        "category": entry.category if entry else "unknown",
        "publisher": entry.publisher if entry else None,
        "sentence": sentence,
        "to_do": to_do,
    }


def _no_site(lang: str) -> tuple[str, str]:
    if lang == "en":
        return (
            "This name is reduced to nothing: an address, a single label, an internal name, or a "
            "name under no public suffix.",
            "Nothing of it would be stored, and nothing can be added.",
        )
    return (
        "Ce nom n'est réduit à rien : une adresse, un mot seul, un nom interne, ou un nom sous "
        "aucun suffixe public.",
        "Rien n'en serait conservé, et il n'y a rien à ajouter.",
    )


def _unknown(site: str, lang: str) -> tuple[str, str]:
    row = f"{site},{site},<category>,{site},<origin>"
    if lang == "en":
        return (
            f"Reduced to {site}, its registrable domain. The catalogue does not know it: its "
            "traffic is undetermined unless an imported list or its protocol says more.",
            f"If the school uses it, propose this row for school/catalogue/: {row}",
        )
    return (
        f"Réduit à {site}, son domaine enregistrable. Le catalogue ne le connaît pas : son trafic "
        "reste indéterminé, sauf si une liste importée ou son protocole en dit plus.",
        f"Si l'établissement s'en sert, proposer cette ligne pour school/catalogue/ : {row}",
    )


def _entry(entry: "Entry", lang: str) -> str:
    from school.labels import label
    from school.words import Category

    what = label(Category, entry.category, lang)
    if lang == "en":
        return (
            f"Reduced to {entry.suffix}, the longest suffix that the catalogue knows: "
            f"{entry.service} ({entry.publisher}), category {entry.category}: {what}."
        )
    return (
        f"Réduit à {entry.suffix}, le plus long suffixe que le catalogue connaît : "
        f"{entry.service} ({entry.publisher}), catégorie {entry.category} : {what}."
    )
