"""`jauge object`: devices that object to being measured. Their address is typed, never an argument."""

import getpass
import json
import sys

import typer

from cli.analysis import JsonOption, StoreOption
from cli.exits import Exit, Refusal

HELP = "Devices whose user objects (GDPR article 21): nothing of them is recorded."
ADD_HELP = """Stop recording a device. Its MAC address is typed (or piped in), so that no history keeps it.

Only a keyed hash of it is stored. A running collector follows within half a minute.

Example: jauge object add --store /var/lib/jauge
"""
REMOVE_HELP = """Record a device again. Its MAC address is typed (or piped in).

Example: jauge object remove --store /var/lib/jauge
"""
LIST_HELP = """Say how many devices are not recorded; which ones, nobody can tell.

Example: jauge object list --store /var/lib/jauge --json
"""
TYPED_MAX = 64


def register(app: typer.Typer) -> None:
    """Add the commands."""
    objection = typer.Typer(no_args_is_help=True, help=HELP)
    objection.command("add", help=ADD_HELP)(add)
    objection.command("remove", help=REMOVE_HELP)(remove)
    objection.command("list", help=LIST_HELP)(list_)
    app.add_typer(objection, name="object")


def add(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See ADD_HELP."""
    _change(store, objects=True, as_json=as_json)


def remove(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See REMOVE_HELP."""
    _change(store, objects=False, as_json=as_json)


def list_(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See LIST_HELP."""
    from collector.objections import Book, ObjectionsRefused
    from privacy.store.layout import keys_beside

    try:
        number = len(Book(keys_beside(store)).read()[0])
    except ObjectionsRefused as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    typer.echo(json.dumps({"objections": number}) if as_json else _counted(number))


def _change(store: StoreOption, *, objects: bool, as_json: bool) -> None:
    from cli.records import logged
    from collector.objections import Book, ObjectionsRefused, mac_of
    from privacy.store.layout import keys_beside

    mac = mac_of(_typed())
    if mac is None:
        raise Refusal("not a MAC address; type it as 02:00:00:12:34:56", Exit.USAGE)
    with logged(store) as log:
        try:
            number, changed = Book(keys_beside(store)).change(mac, objects=objects)
        except ObjectionsRefused as refused:
            raise Refusal(str(refused), Exit.DATA) from None
        if changed:
            kind = "objection_added" if objects else "objection_removed"
            log.append(kind, {"objections": number})
    if as_json:
        typer.echo(json.dumps({"objections": number, "changed": changed}))
    else:
        typer.echo(_counted(number) + ("" if changed else " (as before)"))


def _typed() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("MAC address (not shown): ")
    return sys.stdin.readline(TYPED_MAX)


def _counted(number: int) -> str:
    return "1 device is not recorded" if number == 1 else f"{number:,} devices are not recorded"
