"""`jauge purge`: erase the flow slices that privacy.yaml no longer allows to be kept."""

import json
from typing import Annotated

import typer

from cli.analysis import JsonOption, SchoolOption, StoreOption, open_school, open_store, today

HELP = """Erase the flow slices of days older than `retention_days` of privacy.yaml.

Run it every day (a timer does, on a gateway). Releases and link rows stay.

Example: jauge purge --store /var/lib/jauge --school /etc/jauge/school --dry-run
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("purge", help=HELP)(purge)


def purge(
    store: StoreOption,
    school: SchoolOption,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    declared = open_school(school)
    directory = open_store(store)
    from analyzer import retention
    from cli.analysis import refusals

    with refusals(directory):
        report = retention.purge(
            directory,
            as_of=today(declared),
            retention_days=declared.privacy.retention_days,
            dry_run=dry_run,
        )
    if as_json:
        days = [day.isoformat() for day in report.purged]
        typer.echo(json.dumps({"purged": days, "kept": report.kept, "dry_run": dry_run}))
        return
    verb = "would be erased" if dry_run else "erased"
    span = f" ({report.purged[0]} to {report.purged[-1]})" if report.purged else ""
    typer.echo(f"{len(report.purged)} days of slices {verb}{span}; {report.kept} stay.")
