"""The `jauge` command: thin, wires the parts together.

Each command lives in a module of its own with `register(app)`; heavy libraries are imported inside
the command, so that `jauge --help` stays quick.
"""

import importlib
import inspect
import json
import sys
from pathlib import Path

import typer

from cli.exits import Exit, Refusal
from privacy.calling import as_called

COMMAND_MODULES: tuple[str, ...] = (
    "cli.demo",
    "cli.init",
    "cli.check",
    "cli.collect",
    "cli.listen",
    "cli.lists",
    "cli.analyze",
    "cli.release",
    "cli.first_day",
    "cli.rehearse",
    "cli.purge",
    "cli.privacy",
    "cli.objection",
    "cli.log",
    "cli.audit",
    "cli.store",
    "cli.health",
    "cli.doctor",
    "cli.selftest",
    "cli.export",
    "cli.explain",
    "cli.classify_name",
    "cli.serve",
    "cli.report",
    "cli.accounts",
    "cli.hub",
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


def _help_as_called(group: typer.Typer) -> None:
    """Let help pages, too, name commands as one calls them on this machine."""
    for command in group.registered_commands:
        said = command.help or inspect.getdoc(command.callback) or ""
        command.help = as_called(said)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _help_as_called(inner.typer_instance)


_help_as_called(app)


def run() -> None:
    """Entry point of the `jauge` command: a refusal becomes one sentence and its exit code.

    The sentence goes to stderr; where `--json` was asked, a program that reads stdout gets it too.
    """
    try:
        app(prog_name="jauge")
    except Refusal as refusal:
        print(f"jauge: {refusal.message}", file=sys.stderr)  # noqa: T201 - the one place that prints errors
        if "--json" in sys.argv and not refusal.told:
            print(json.dumps({"refused": refusal.message, "exit": int(refusal.code)}))  # noqa: T201 - likewise
        raise SystemExit(int(refusal.code)) from None
    except KeyboardInterrupt:
        raise SystemExit(int(Exit.OK)) from None
    except Exception as error:  # noqa: BLE001 - the last line of defence: a message may hold a value
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = (
            f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else "?"
        )
        print(  # noqa: T201 - the one place that prints errors
            f"jauge: a fault in Jauge itself ({type(error).__name__} at {place}); please report it",
            file=sys.stderr,
        )
        raise SystemExit(int(Exit.INTERNAL)) from None
