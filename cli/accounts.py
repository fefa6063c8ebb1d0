"""`jauge accounts`: who may read the pages. No password is typed or shown here, only one-time codes."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from api.accounts.accounts import Account, Accounts
    from api.accounts.login import Login

HELP = "Accounts of the people who read the pages: administrator, committee, DPO."
FileOption = Annotated[
    Path,
    typer.Option(
        "--accounts", help="File of accounts; `jauge serve` keeps it as STORE/web/accounts.sqlite."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Name = Annotated[str, typer.Argument(help="The account's user name.")]
ERRORS = {
    "name": "not a user name: 2 to 32 small letters, digits, dots or hyphens",
    "taken": "there is an account of that name; `jauge accounts list` names them",
    "last_admin": "the last administrator; add another first",
    "label": "a token's name has 1 to 40 letters, digits or spaces",
    "days": "a token lasts 1 to 365 days",
    "tokens": "twenty tokens already; revoke one first",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=HELP)
    for name, command in (
        ("add", add), ("list", show), ("remove", remove), ("reset", reset), ("link", link),
        ("token", token), ("revoke", revoke), ("journal", journal),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="accounts")


def accounts_beside(public: Path) -> Path:
    """Return where the accounts of a public directory lie: outside it, in a directory of the web process."""
    return public.resolve().parent / "web" / "accounts.sqlite"


def open_login(path: Path) -> "Login":
    """Open the accounts for the server.

    Raises:
        Refusal: the file cannot be opened or made.
    """
    from api.accounts.login import Login

    return Login(_open(path), time.monotonic)


def _open(path: Path) -> "Accounts":
    from api.accounts.accounts import Accounts
    from api.accounts.file import AccountsFile, AccountsFileUnusable

    try:
        return Accounts(AccountsFile(path), time.time)
    except AccountsFileUnusable as error:
        code = (
            Exit.DATA if "version" in str(error) or "not a file" in str(error) else Exit.PERMISSION
        )
        raise Refusal(
            f"{path}: {error}; give the user of the web process a directory of its own with "
            "--accounts DIRECTORY/accounts.sqlite",
            code,
        ) from error


@contextmanager
def _accounts(path: Path, *, new: bool = False) -> Iterator["Accounts"]:
    """Yield the accounts; what cannot be becomes a refusal. Root acts as the directory's owner.

    A mistyped path never makes a file: only `new` does, in a directory that is there.
    """
    from api.accounts.accounts import NotPossible

    _there_or_new(path, new=new)
    with _as_owner(path):
        accounts = _open(path)
        try:
            yield accounts
        except NotPossible as error:
            raise Refusal(ERRORS.get(str(error), str(error)), Exit.USAGE) from error
        finally:
            accounts.close()


def _there_or_new(path: Path, *, new: bool) -> None:
    try:
        there = path.exists()
    except PermissionError:
        message = f"{path}: no permission; run as root, or as the user of the web process"
        raise Refusal(message, Exit.PERMISSION) from None
    if new and there:
        raise Refusal(f"{path}: there already; leave out --new", Exit.USAGE)
    if new and not path.parent.is_dir():
        raise Refusal(f"{path.parent}: no such directory; make it first", Exit.DATA)
    if not new and not there:
        raise Refusal(f"{path}: no such file; `jauge serve` makes it on its first start", Exit.DATA)


@contextmanager
def _as_owner(path: Path) -> Iterator[None]:
    """Let files that root makes belong to the web process."""
    owner = path.parent.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _named(accounts: "Accounts", name: str) -> "Account":
    account = accounts.named(name)
    if account is None:
        raise Refusal(f"{name}: no such account; `jauge accounts list` names them", Exit.USAGE)
    return account


def _tell(said: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(said) if as_json else sentence)


def _invite(accounts: "Accounts", account: "Account", *, as_json: bool) -> None:
    from api.accounts.accounts import INVITATION_S

    code = accounts.make_code("invitation", account, INVITATION_S)
    said = {"name": account.name, "role": account.role, "code": code, "page": "/invitation"}
    _tell(
        said,
        f"{account.name} ({account.role}): give this code to the person; it works once, for seven "
        f"days, on the page /invitation.\n  {code}",
        as_json=as_json,
    )


def add(
    name: Name,
    role: Annotated[Literal["admin", "committee", "dpo"], typer.Option(help="What it may read.")],
    accounts: FileOption,
    *,
    new: Annotated[
        bool, typer.Option("--new", help="Make the file, with its first administrator.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an account and print the one-time code with which its owner chooses a password.

    Example: jauge accounts add intendance --role committee --accounts store/web/accounts.sqlite
    """
    if new and role != "admin":
        raise Refusal(
            "--new: the first account is an administrator's (--role admin); once there is another, "
            "`jauge serve` offers no code for one",
            Exit.USAGE,
        )
    with _accounts(accounts, new=new) as book:
        _invite(book, book.add(name, role), as_json=as_json)
    if new:
        typer.echo(f"{accounts}: fichier créé (a new file).", err=True)


def show(accounts: FileOption, *, as_json: JsonOption = False) -> None:
    """List the accounts, their roles, open sessions and tokens.

    Example: jauge accounts list --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        found = [
            {
                "name": each.name,
                "role": each.role,
                "password": each.password is not None,
                "sessions": len(book.sessions(each.id)),
                "tokens": [
                    {"id": key.hex()[:12], "label": label, "expires": _day(expires)}
                    for key, label, _made, expires in book.tokens(each.id)
                ],
            }
            for each in book.everybody()
        ]
    if as_json:
        typer.echo(json.dumps({"accounts": found}))
        return
    for each in found:
        tokens = "".join(
            f"\n    token {t['id']} {t['label']} until {t['expires']}" for t in each["tokens"]
        )
        waiting = "" if each["password"] else ", no password yet"
        typer.echo(f"{each['name']}: {each['role']}, {each['sessions']} sessions{waiting}{tokens}")
    if not found:
        typer.echo("No account yet: `jauge serve` prints a code with which the first one is made.")


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def remove(name: Name, accounts: FileOption, *, as_json: JsonOption = False) -> None:
    """Remove an account; its sessions and tokens end at once.

    Example: jauge accounts remove intendance --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        book.remove(_named(book, name))
    _tell({"removed": name}, f"{name}: removed, with its sessions and tokens.", as_json=as_json)


def reset(name: Name, accounts: FileOption, *, as_json: JsonOption = False) -> None:
    """Take the password back, end the sessions, print a new one-time code.

    Example: jauge accounts reset intendance --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        account = _named(book, name)
        book.set_password(account, None)
        _invite(book, account, as_json=as_json)


def link(
    name: Name,
    accounts: FileOption,
    address: Annotated[str, typer.Option(help="Where the pages are.")] = "http://127.0.0.1:8000/",
    *,
    as_json: JsonOption = False,
) -> None:
    """Print a link that logs in once, within a quarter of an hour.

    Example: jauge accounts link comite --accounts store/web/accounts.sqlite
    """
    from api.accounts.accounts import LINK_S

    with _accounts(accounts) as book:
        code = book.make_code("link", _named(book, name), LINK_S)
    found = f"{address.rstrip('/')}/entree?code={code}"
    _tell({"link": found}, found, as_json=as_json)


def token(
    name: Name,
    accounts: FileOption,
    label: Annotated[str, typer.Option(help="What it is for.")] = "programme",
    days: Annotated[int, typer.Option(min=1, max=365, help="Days it lasts.")] = 90,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a token for a program; it reads what the account's role may. Shown this once.

    Example: jauge accounts token intendance --label tableur --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        value = book.make_token(_named(book, name), label, days)
    _tell({"token": value}, f"{value}\nShown this once; kept as a digest only.", as_json=as_json)


def revoke(
    name: Name,
    beginning: Annotated[str, typer.Argument(help="Its id, as `jauge accounts list` shows it.")],
    accounts: FileOption,
    *,
    as_json: JsonOption = False,
) -> None:
    """Revoke a token at once.

    Example: jauge accounts revoke intendance 0a1b2c3d4e5f --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        if not book.revoke_token(_named(book, name), beginning):
            raise Refusal(
                f"{beginning}: {name} has no such token; `jauge accounts list` names them",
                Exit.USAGE,
            )
    _tell({"revoked": beginning}, f"{beginning}: revoked.", as_json=as_json)


def journal(accounts: FileOption, *, as_json: JsonOption = False) -> None:
    """Print what happened: counts by day and role, never by person, of the last twelve months.

    Example: jauge accounts journal --json --accounts store/web/accounts.sqlite
    """
    with _accounts(accounts) as book:
        found = book.journal.read()
    if as_json:
        names = ("day", "role", "event", "times")
        typer.echo(json.dumps({"events": [dict(zip(names, each, strict=True)) for each in found]}))
        return
    for day, role, event, times in found:
        typer.echo(f"{day} {role} {event} {times}")
