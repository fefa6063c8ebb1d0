"""`jauge analyze`."""

import json

import typer

from cli.analysis import (
    JsonOption,
    SchoolOption,
    StoreOption,
    open_school,
    open_store,
    progress,
    refusals,
    today,
)
from cli.declared import engine_of

HELP = """Classify the stored slices and count exact cells; seal the documents of the pages.

Nothing leaves the analyzer's private directory but declarations and coverage. Imported lists were
looked up at capture: a day keeps the category of the lists of its time. The catalogue and
services.yaml apply to every day that is read, on its sites as they were reduced.

Example: jauge analyze --store /var/lib/jauge --school /etc/jauge/school
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("analyze", help=HELP)(analyze)


def analyze(store: StoreOption, school: SchoolOption, as_json: JsonOption = False) -> None:  # noqa: FBT002 - typer flag
    """See HELP."""
    declared = open_school(school)
    engine = engine_of(school)
    directory = open_store(store)
    from analyzer import pipeline

    with refusals(directory), progress() as bar:
        report = pipeline.analyze(
            directory,
            declared,
            as_of=today(declared),
            catalogue=declared.catalogue(),
            engine=engine,
            progress=bar,
        )
    if as_json:
        result = {
            "days_in_store": report.days_in_store,
            "analyzed": [day.isoformat() for day in report.analyzed],
            "documents": list(report.documents),
            "cleared": list(report.cleared),
        }
        typer.echo(json.dumps(result))
        return
    typer.echo(
        f"{len(report.analyzed)} of {report.days_in_store} stored days analysed "
        f"(the others were up to date, released or without school); "
        f"{len(report.documents)} documents sealed"
    )
