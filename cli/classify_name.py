"""`jauge classify-name`: what a host name is to Jauge, why, and what to add if it is unknown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.declared import known_language, school_or_refusal
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from school.identify import Identity
    from school.lists.holdings import Holding
    from school.lists.reader import Found

HELP = """Say what a host name is, who says so, what loses, and what to add if nobody knows it.

The name is not kept: the answer holds the site that Jauge would store and nothing more. Exit code
0 when the name has a category or is reduced to nothing, 1 when nobody knows it.

Example: jauge classify-name www.nrj.fr --school /etc/jauge/school --lists /var/lib/jauge/sites.lists
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify-name", help=HELP)(classify_name)


def classify_name(
    host: Annotated[str, typer.Argument(help="A host name, such as www.nrj.fr.")],
    school: Annotated[
        Path | None, typer.Option(help="Declared files, for the school's own services.")
    ] = None,
    lists: Annotated[
        Path | None, typer.Option(help="The lists file that capture reads (jauge lists update).")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of lists: also tell which of them hold the name."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="lists.yaml of the school, for --from.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the answer: fr or en.")] = "fr",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """See HELP."""
    known_language(lang)
    from cli.naming import sentences, to_add
    from school.catalogue import load_catalogue
    from school.identify import Source, identify

    shipped = load_catalogue()
    found = identify(
        host,
        catalogue=school_or_refusal(school).catalogue() if school else shipped,
        shipped=shipped,
        listed=_listed(lists, host) if lists else None,
        lines=_lines(source, settings, host) if source else (),
    )
    add = to_add(found)
    if as_json:
        typer.echo(json.dumps(_answer(found, lang, add), ensure_ascii=False))
    else:
        for line in sentences(found, lang):
            typer.echo(line)
        for line in add:
            typer.echo(f"    {line}")
    unknown = found.site is not None and found.source is Source.NOBODY
    raise typer.Exit(int(Exit.FINDINGS if unknown else Exit.OK))


def _answer(found: "Identity", lang: str, add: list[str]) -> dict[str, Any]:
    from cli.naming import sentences

    entry = found.entry
    return {
        **found.as_dict(),
        "service": entry.service if entry else None,
        "publisher": entry.publisher if entry else None,
        "sentences": sentences(found, lang),
        "to_add": {"file": "services.yaml", "lines": add} if add else None,
    }


def _name(host: str) -> str | None:
    from school.catalogue import labels_of

    labels = labels_of(host)
    return ".".join(labels) if labels else None


def _listed(path: Path, host: str) -> "Found | None":
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    name = _name(host)
    try:
        with ListsFile.open(path) as file:
            return file.found(name) if name else None
    except ListsRefused as error:
        raise Refusal(f"{path}: {error}; make it with `jauge lists update`", Exit.DATA) from None


def _lines(folder: Path, settings: Path | None, host: str) -> "tuple[Holding, ...]":
    from cli.lists import settings_or_refusal
    from school.lists.folder import FolderRefused
    from school.lists.holdings import holdings

    name = _name(host)
    declared = settings_or_refusal(settings)
    try:
        return holdings(folder, declared, name) if name else ()
    except FolderRefused as error:
        raise Refusal(f"{folder}: {error}", Exit.DATA) from None
