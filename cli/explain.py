"""`jauge explain`: what the charter says of a site, as sentences."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.declared import known_language, school_or_refusal
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from analyzer.explain import Explanation, Lists

WORDS = {
    "fr": ("Ce qui changerait la réponse", "Article", "Charte", "catalogue", "listes"),
    "en": ("What would change the answer", "Clause", "Charter", "catalogue", "lists"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    site: Annotated[str, typer.Argument(help="Name of a site, such as nrj.fr.")],
    school: Annotated[Path, typer.Option(help="Directory of the declared files.")],
    lang: Annotated[str, typer.Option(help="Language of the sentences: fr or en.")] = "fr",
    lists: Annotated[
        Path | None, typer.Option(help="Lists file of `jauge lists update`, to ask it too.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what the charter makes of a site: by place, period and line, with rule, clause, evidence.

    Also says what would change each answer. Reads the declared files, the catalogue and the lists
    only: no traffic, no network. The digests at the end name what the answer depends on.

    Example: jauge explain nrj.fr --school /etc/jauge/school --lang fr
    """
    known_language(lang)
    declared = school_or_refusal(school)
    from analyzer.explain import explain_host

    asked = _asked(lists, site) if lists else None
    answer = explain_host(
        site, school=declared, catalogue=declared.catalogue(), lang=lang, lists=asked
    )
    if as_json:
        typer.echo(json.dumps(answer.as_dict(), ensure_ascii=False))
        return
    for line in _lines(answer, lang):
        typer.echo(line)


def _asked(path: Path, site: str) -> "Lists":
    """Ask a lists file for the line that holds a name.

    Raises:
        Refusal: it cannot be used.
    """
    from analyzer.explain import ListLine, Lists
    from school.catalogue import labels_of
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    try:
        file = ListsFile.open(path)
    except ListsRefused as refused:
        message = f"{path}: {refused}; make one with `jauge lists update`"
        raise Refusal(message, Exit.DATA) from None
    with file:
        labels = labels_of(site)
        found = file.found(".".join(labels)) if labels else None
        if found is None:
            return Lists(file.sections.digest, None)
        record = file.description.get("lists", {}).get(found.row.list, {})
        date = str(record.get("date") or file.description.get("made") or "?")
        line = ListLine(found.row.category, found.row.list, date)
        return Lists(file.sections.digest, line)


def _lines(answer: "Explanation", lang: str) -> list[str]:
    changing, clause, charter, catalogue, lists = WORDS[lang]
    colon = ": " if lang == "en" else " : "
    lines = [answer.summary, answer.evidence_sentence]
    for statement in answer.statements:
        lines.append(f"- {statement.sentence}")
        if statement.changes:
            lines.append(f"  {changing}{colon}".rstrip())
            lines += [f"    · {change.sentence}" for change in statement.changes]
    lines += [f"{clause} {name}{colon}{text}" for name, text in answer.clauses.items()]
    names = {"charter": charter, "catalogue": catalogue, "lists": lists}
    lines.append(", ".join(f"{names[key]} {value[:16]}" for key, value in answer.digests.items()))
    return lines
