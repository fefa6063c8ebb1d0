"""The `jauge` command: thin, wires the parts together."""

import typer

app = typer.Typer(name="jauge", no_args_is_help=True, add_completion=True)


def run() -> None:
    """Entry point of the `jauge` command."""
    app()
