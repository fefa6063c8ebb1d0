"""`jauge log`: the audit log, read and checked."""

import json

import typer

from cli.analysis import JsonOption, StoreOption, open_store
from cli.exits import Exit, Refusal

VERIFY_HELP = """Check the whole audit log: form, order, tree and every signature; print its size and root.

Note the line somewhere else: it is how you can tell later that nothing was cut off or written anew.

Example: jauge log verify --store /var/lib/jauge --json
"""
SHOW_HELP = """Print the entries of the audit log, oldest first, one a line.

Example: jauge log show --store /var/lib/jauge
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    log = typer.Typer(no_args_is_help=True, help="What was done to data, keys and settings.")
    log.command("verify", help=VERIFY_HELP)(verify)
    log.command("show", help=SHOW_HELP)(show)
    app.add_typer(log, name="log")


def verify(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See VERIFY_HELP."""
    from cli.records import logged

    with logged(open_store(store)) as log:
        if not log.begun():
            raise Refusal(f"{log.path}: no audit log yet; the collector begins it", Exit.DATA)
        found = log.verify()
        size = log.path.stat().st_size
    facts = {"entries": found.size, "root": found.root.hex(), "torn": size > found.complete_octets}
    if as_json:
        typer.echo(json.dumps(facts))
        return
    typer.echo(f"{found.size} entries, each signed; root {found.root.hex()}")
    if facts["torn"]:
        typer.echo("the last append was cut short; the next one takes it off and says so")


def show(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See SHOW_HELP."""
    from cli.records import logged

    with logged(open_store(store)) as log:
        entries = log.entries()
    if as_json:
        typer.echo(json.dumps([entry.as_dict() for entry in entries]))
        return
    for entry in entries:
        facts = ", ".join(f"{name} {_short(value)}" for name, value in entry.facts.items())
        typer.echo(f"{entry.number:>6}  {entry.at}  {entry.kind.replace('_', ' ')}: {facts}")


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "(a signed document)"
    text = str(value)
    return text[:16] if len(text) > 40 else text  # noqa: PLR2004 - a digest, not a reason
