"""`jauge explain`: what the charter says of a site, as sentences."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.declared import known_language, school_or_refusal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    site: Annotated[str, typer.Argument(help="Name of a site, such as nrj.fr.")],
    school: Annotated[Path, typer.Option(help="Directory of the declared files.")],
    lang: Annotated[str, typer.Option(help="Language of the sentences: fr or en.")] = "fr",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what the charter makes of a site: by place, period and state of the line, with the rule.

    Reads the declared files and the catalogue only, no traffic.

    Example: jauge explain nrj.fr --school /etc/jauge/school --lang fr
    """
    known_language(lang)
    declared = school_or_refusal(school)
    from analyzer.explain import explain_host

    answer = explain_host(site, school=declared, catalogue=declared.catalogue(), lang=lang)
    if as_json:
        typer.echo(json.dumps(answer.as_dict(), ensure_ascii=False))
        return
    typer.echo(answer.summary)
    for statement in answer.statements:
        typer.echo(f"- {statement.sentence}")
