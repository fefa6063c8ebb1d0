"""`jauge audit verify`: the audit log against what somebody outside kept."""

import typer

from cli.analysis import JsonOption, StoreOption
from cli.log import verify as verify_log

VERIFY_HELP = """Check the whole audit log: form, order, tree and every signature.

Example: jauge audit verify --store /var/lib/jauge --json
"""


def add_to(audit: typer.Typer) -> None:
    """Add the commands."""
    audit.command("verify", help=VERIFY_HELP)(verify)


def verify(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See VERIFY_HELP."""
    verify_log(store, as_json=as_json)
