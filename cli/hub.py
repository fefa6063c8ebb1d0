"""`jauge hub`: the hub of a collectivité, and the school's way to it (docs/hub.md)."""

import typer

from cli import hub_school, hub_server

HELP = (
    "Compare schools without seeing into them. A school: card, join, push, receipts, withdraw. "
    "The hub: init, enrol, schools, check, serve, remove."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=HELP)
    for module in (hub_school, hub_server):
        for name, command in module.COMMANDS.items():
            group.command(name)(command)
    app.add_typer(group, name="hub")
