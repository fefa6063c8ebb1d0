"""`jauge first-day`: the load of the line within minutes, before any day is published."""

import json
from datetime import UTC, datetime

import typer

from cli.analysis import JsonOption, SchoolOption, StoreOption, open_measured, open_school, refusals
from cli.declared import LangOption, known_language

HELP = """Publish the load of the line of the running day, by closed five minutes, until a day is published.

Whole line, slots of the timetable with enough declared persons, no slice read: it needs no
acknowledgement. A timer runs it every five minutes on a gateway; once `jauge release` has published
a day it changes nothing.

Example: jauge first-day --store /var/lib/jauge/store --school /etc/jauge/school --json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("first-day", help=HELP)(first_day)


def first_day(
    store: StoreOption,
    school: SchoolOption,
    lang: LangOption = "fr",
    *,
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    known_language(lang)
    declared = open_school(school)
    directory = open_measured(store)
    from analyzer import first_day as publishing

    with refusals(directory):
        done = publishing.publish(
            directory, declared, now=datetime.now(UTC), catalogue=declared.catalogue()
        )
    if as_json:
        result = {"day": done.day.isoformat(), "steps": done.steps, "why_none": done.why_none}
        typer.echo(json.dumps(result))
        return
    from cli.said import first_day as sentence

    typer.echo(sentence(done, lang))
