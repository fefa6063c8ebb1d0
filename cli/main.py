"""The `jauge` command: thin, wires the parts together.

Each command lives in a module of its own with `register(app)`; heavy libraries are imported inside
the command, so that `jauge --help` stays quick.
"""

import importlib
import sys

import typer

from cli.exits import Exit, Refusal

COMMAND_MODULES: tuple[str, ...] = (
    "cli.demo",
    "cli.check",
    "cli.collect",
    "cli.listen",
    "cli.lists",
    "cli.analyze",
    "cli.release",
    "cli.purge",
    "cli.explain",
    "cli.classify_name",
    "cli.serve",
)
"""Modules with `register(app)`, in the order of the help page."""

app = typer.Typer(
    name="jauge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure how a school uses its Internet link and services, and never look at a person.",
)

for _module in COMMAND_MODULES:
    importlib.import_module(_module).register(app)


def run() -> None:
    """Entry point of the `jauge` command: a refusal becomes one sentence and its exit code."""
    try:
        app()
    except Refusal as refusal:
        print(f"jauge: {refusal.message}", file=sys.stderr)  # noqa: T201 - the one place that prints errors
        raise SystemExit(int(refusal.code)) from None
    except KeyboardInterrupt:
        raise SystemExit(int(Exit.OK)) from None
