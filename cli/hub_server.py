"""The hub's side of `jauge hub`: init, enrol, schools, check, serve, remove. Exit codes as everywhere."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.accounts import open_login
from cli.exits import Exit, Refusal
from cli.hub_school import JsonOption, refusals, today
from cli.serve import HttpsOption, ProxyOption

if TYPE_CHECKING:
    from api.accounts.accounts import Accounts
    from hub.holdings import Holdings

HubOption = Annotated[Path, typer.Option(help="The hub's directory.")]
UaiOption = Annotated[str, typer.Option(help="The school's national number.")]
TOKEN_DAYS = 365
"""The longest that an account's token lasts; `jauge hub enrol --new-ticket` gives another."""
_PRIVATE = 0o600


def _holdings(hub: Path) -> "Holdings":
    from hub.holdings import Holdings

    return Holdings(hub)


def accounts_of(hub: Path) -> Path:
    """Return where the accounts of a hub lie."""
    return hub / "web" / "accounts.sqlite"


def init(
    hub: HubOption,
    name: Annotated[str, typer.Option(help="What the pages and the tickets call it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a hub: its directory and its key.

    Example: jauge hub init --hub /var/lib/jauge-hub --name "Région Exemple"
    """
    from hub.holdings import Holdings

    with refusals():
        made = Holdings.create(hub, name)
    said = {"hub": str(hub), "name": made.name, "hub_key": made.key_name}
    typer.echo(json.dumps(said) if as_json else f"Hub « {made.name} », clé (key) {made.key_name}.")


def enrol(
    hub: HubOption,
    card: Annotated[Path, typer.Option(help="The card that the school brought.")],
    url: Annotated[str, typer.Option(help="Address at which schools reach this hub.")],
    ticket: Annotated[
        Path, typer.Option(help="File to write for the school: address, key, token. Once.")
    ],
    fingerprint: Annotated[
        str, typer.Option(help="What the school read aloud; the card is refused if it differs.")
    ],
    *,
    new_ticket: Annotated[
        bool, typer.Option("--new-ticket", help="Another token; the earlier ones end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Enrol a school, or take its new card. Writes its ticket, makes its account.

    Example: jauge hub enrol --hub DIR --card card.json --url https://hub.example.org
    --ticket ticket.json --fingerprint "1a2b 3c4d …"
    """
    from hub import card as cards
    from hub.wire import Wire

    with refusals():
        held, data = _holdings(hub), card.read_bytes()
        read = cards.load_card(data)
        if _digits(cards.fingerprint(read)) != _digits(fingerprint):
            raise Refusal(
                f"{card}: its fingerprint is not the one that was read aloud; nothing is enrolled",
                Exit.CONFIGURATION,
            )
        Wire(url, "")  # an address in clear gives no ticket
        known = read.uai in held.schools()
        held.enrol(data)
        said = {"uai": read.uai, "hub_key": held.key_name, "again": known}
        if not known or new_ticket:
            said |= _give_ticket(held, read.uai, url, ticket)
    if as_json:
        typer.echo(json.dumps(said))
        return
    typer.echo(f"{read.uai}: {'nouvelle carte (new card)' if known else 'inscrit (enrolled)'}.")
    if "ticket" in said:
        typer.echo(
            f"Ticket: {ticket}; clé du hub à lire de vive voix (key to read aloud): {held.key_name}\n"
            f"Compte {read.uai.lower()} (account), code d'invitation (invitation code): "
            f"{said['invitation']}"
        )


def _digits(text: str) -> str:
    return "".join(text.split()).casefold()


def _give_ticket(held: "Holdings", uai: str, url: str, path: Path) -> dict[str, str]:
    """Write a school's ticket and return what is said of it; its earlier tokens end."""
    from api.accounts.accounts import INVITATION_S
    from hub.outbox import write_ticket

    login = open_login(accounts_of(held.directory))
    try:
        accounts: Accounts = login.accounts
        account = accounts.named(uai) or accounts.add(uai, "committee")
        for key, *_ in accounts.tokens(account.id):
            accounts.revoke_token(account, key.hex()[:12])
        token = accounts.make_token(account, "envois", TOKEN_DAYS)
        code = accounts.make_code("invitation", account, INVITATION_S)
    finally:
        login.close()
    ticket = {
        "name": held.name, "hub_key": held.key_text, "uai": uai, "url": url, "token": token,
    }  # fmt: skip
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(write_ticket(ticket))
    return {"ticket": str(path), "invitation": code}


def schools(hub: HubOption, *, as_json: JsonOption = False) -> None:
    """List the enrolled schools: how many releases, up to which week.

    Example: jauge hub schools --hub DIR
    """
    with refusals():
        held = _holdings(hub)
        rows = []
        for uai in held.schools():
            card, releases = held.card(uai), held.held(uai)
            latest = max((each.period for each in releases), default=None)
            rows.append(
                {"uai": uai, "name": card.name, "named": card.named, "releases": len(releases),
                 "latest": latest, "workstations": card.workstations[-1].count}
            )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"hub": held.name, "schools": rows}))
        return
    for row in rows:
        typer.echo(f"{row['uai']}  {row['releases']:5d}  {row['latest'] or '–':8}  {row['name']}")
    typer.echo(f"{len(rows)} établissements (schools).")


def check(hub: HubOption, *, as_json: JsonOption = False) -> None:
    """Check every envelope, release and receipt of every school again, with its signature.

    A start does so once for each file and then only looks whether it is still the same. Exit 1: damage.

    Example: jauge hub check --hub DIR
    """
    from hub.check import Refused
    from hub.holdings import HubUnusable

    count, damaged = 0, []
    with refusals():
        held = _holdings(hub)
        uais = held.schools()
        for uai in uais:
            try:
                count += held.check(uai, today())
            except HubUnusable as broken:
                damaged.append(str(broken))
            except Refused:
                continue  # it left meanwhile
    if as_json:
        typer.echo(json.dumps({"schools": len(uais), "releases": count, "damaged": damaged}))
    else:
        for each in damaged:
            typer.echo(each)
        typer.echo(
            f"{len(uais)} établissements (schools), {count} publications intactes (intact releases), "
            f"{len(damaged)} établissements abîmés (damaged schools)."
        )
    if damaged:
        raise typer.Exit(int(Exit.FINDINGS))


def remove(
    hub: HubOption,
    uai: UaiOption,
    *,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase a school: card, releases, receipts, account. Its key never enrols again.

    Example: jauge hub remove --hub DIR --uai 0000000A --yes
    """
    if not sure and not typer.confirm(f"Effacer {uai} ? (Erase it?)"):
        raise typer.Exit(int(Exit.OK))
    with refusals():
        _holdings(hub).remove(uai)
    login = open_login(accounts_of(hub))
    try:
        account = login.accounts.named(uai)
        if account is not None:
            login.accounts.remove(account)
    finally:
        login.close()
    typer.echo(json.dumps({"removed": uai}) if as_json else f"{uai}: effacé (erased).")


def serve(
    hub: HubOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port; the next free one if busy.")
    ] = 8010,
    *,
    https: HttpsOption = False,
    proxy_headers: ProxyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take pushes and serve the comparison until interrupted, on loopback: TLS is the proxy's.

    Example: jauge hub serve --hub DIR --https --proxy-headers
    """
    from cli.serve import Ready, Service, is_loopback, run_server, say_ready

    if not is_loopback(host) and not https:
        raise Refusal(
            f"--host {host} without --https: tokens would travel in clear; serve on 127.0.0.1 behind "
            "a proxy (deploy/caddy), and give --https",
            Exit.USAGE,
        )
    with refusals():
        held = _holdings(hub)
    service = Service(hub, host, port, accounts=accounts_of(hub), https=https, proxy=proxy_headers)

    def make(asked: Service, login: object) -> object:
        from hub.app import create_app

        # `run_server` opened the accounts that the service names: never None here.
        return create_app(held, login, https=asked.https)  # type: ignore[arg-type]

    def said(ready: Ready) -> None:
        say_ready(ready, port, as_json=as_json)

    run_server(service, said, make)


COMMANDS = {
    "init": init, "enrol": enrol, "schools": schools, "check": check, "serve": serve, "remove": remove,
}  # fmt: skip
