"""`jauge audit`: what proves that the promises are kept. A thin group: its commands live in PARTS.

Each part has `add_to(audit)`, which adds its sub-commands (`audit.command(…)`), or the callback of
the group itself (`audit.callback(invoke_without_command=True)`: what bare `jauge audit` does).
"""

import importlib

import typer

HELP = "Prove that the promises are kept: checkpoints of the audit log, and attacks on what is published."

PARTS: tuple[str, ...] = ("cli.audit_dpo", "cli.audit_checkpoint")
"""Modules with `add_to(audit)`, in the order of the help page."""


def register(app: typer.Typer) -> None:
    """Add the group."""
    audit = typer.Typer(help=HELP)
    for part in PARTS:
        importlib.import_module(part).add_to(audit)
    app.add_typer(audit, name="audit")
