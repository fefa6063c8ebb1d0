"""The school's side of `jauge hub`: card, join, push, receipts, withdraw.

These commands read the public directory and their own outbox; they never open a store. Exit codes: 0 ok,
1 something was refused or differs, 2 usage, 3 the card's or ticket's fault, 4 permission, 5 no answer or
damaged data.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exits import Exit, Refusal
from cli.progress import counter_line

if TYPE_CHECKING:
    from hub.outbox import Outbox
    from hub.sending import Report, Sender
    from privacy.published import Published

PublicOption = Annotated[
    Path, typer.Option(help="The store's public directory (releases and documents).")
]
OutboxOption = Annotated[
    Path | None,
    typer.Option(help="Key, card, ticket and receipts; beside PUBLIC, as hub/, if not given."),
]
AuthoritiesOption = Annotated[
    Path | None,
    typer.Option("--ca", help="Certificates to trust instead of the system's (PEM)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a person can cause into a sentence and its exit code."""
    from hub.card import CardRefused
    from hub.check import Refused
    from hub.holdings import HubUnusable
    from hub.outbox import OutboxUnusable
    from hub.sending import HubRefuses
    from hub.wire import WireBroken, WireRefused
    from privacy.sealed import SealBroken

    codes = {
        **dict.fromkeys((CardRefused, OutboxUnusable), Exit.CONFIGURATION),
        WireRefused: Exit.USAGE,
        **dict.fromkeys((HubUnusable, HubRefuses, WireBroken, SealBroken, Refused), Exit.DATA),
    }
    advice = {
        WireBroken: "; run the same command again, it goes on",
        SealBroken: ": of the public directory; `jauge release` writes it",
        Refused: ": docs/hub.md says what it asks for",
    }
    try:
        yield
    except tuple(codes) as error:
        kind = next(each for each in codes if isinstance(error, each))
        raise Refusal(f"{error}{advice.get(kind, '')}", codes[kind]) from None
    except PermissionError as error:
        raise Refusal(
            f"{error.filename}: no permission; run as the user that owns it", Exit.PERMISSION
        ) from None
    except OSError as error:
        raise Refusal(f"{error.filename}: {error.strerror}", Exit.DATA) from None


def _outbox(public: Path, outbox: Path | None) -> "Outbox":
    from hub.outbox import Outbox

    return Outbox(outbox or public.resolve().parent / "hub")


def _published(public: Path) -> "Published":
    from privacy.published import Published

    published = Published(public)
    if not published.ready():
        raise Refusal(
            f"{public}: nothing is published here; `jauge release` writes it, as STORE/public",
            Exit.DATA,
        )
    return published


def today() -> date:
    """Return the day in UTC: a week that is over there is over in every school but the eastern ones."""
    return datetime.now(UTC).date()


def card(
    public: PublicOption,
    kind: Annotated[str, typer.Option(help="ecole, college or lycee.")],
    workstations: Annotated[int, typer.Option(help="Declared workstations.")],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day from which the count holds; always without."),
    ] = None,
    outbox: OutboxOption = None,
    *,
    named: Annotated[
        bool, typer.Option("--named/--unnamed", help="Let other schools see your name and figures.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the school's card: its UAI, its public keys, its workstations. Bring it to the hub.

    A second card replaces the first; a count with another --since is added to the earlier ones.

    Example: jauge hub card --public store/public --kind lycee --workstations 600
    """
    from hub.card import fingerprint, seal_card

    with refusals():
        box = _outbox(public, outbox)
        made = _card(_published(public), box, kind, (since, workstations), named=named)
        box.keep_card(seal_card(made, box.key()))
        path = box.directory / "card.json"
    said = {"uai": made.uai, "card": str(path), "fingerprint": fingerprint(made)}
    if as_json:
        typer.echo(json.dumps(said))
        return
    typer.echo(
        f"Carte (card): {path}\n"
        f"Empreinte (fingerprint): {said['fingerprint']}\n"
        "Donnez le fichier au hub et lisez-lui l'empreinte de vive voix "
        "(give it the file, read it the fingerprint aloud)."
    )


def _card(
    published: "Published",
    box: "Outbox",
    kind: str,
    count: tuple[datetime | None, int],
    *,
    named: bool,
) -> Any:
    from hub.card import Card, Count, check_card
    from privacy.keys import public_key

    school = published.document("school")
    if not school.get("uai"):
        raise Refusal(
            "the school has no UAI; write it in zones.yaml (school: {uai: …}), then `jauge release`",
            Exit.CONFIGURATION,
        )
    before = box.card()
    counts = {each.since: each.count for each in before.workstations} if before else {}
    since, workstations = count
    first = min(counts, default=date(2000, 1, 1))
    counts[since.date() if since else first] = workstations
    made = Card(
        uai=school["uai"],
        name=school["name"],
        school_kind=kind,
        seal_key=public_key((published.directory / "seal.pub").read_bytes()),
        push_key=box.key().public_key(),
        named=named,
        workstations=tuple(Count(day, counts[day]) for day in sorted(counts)),
    )
    check_card(made)
    return made


def join(
    public: PublicOption,
    ticket: Annotated[Path, typer.Option(help="File that the hub gave.")],
    outbox: OutboxOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Keep the ticket of the hub: its key, its address, the school's token.

    Example: jauge hub join --public store/public --ticket ticket.json
    """
    from hub.outbox import read_ticket
    from hub.wire import Wire

    with refusals():
        box, data = _outbox(public, outbox), ticket.read_bytes()
        read = read_ticket(data)
        Wire(read.url, read.token)  # an address in clear is refused before anything is kept
        if (own := box.card()) is None or own.uai != read.uai:
            raise Refusal(
                "the ticket is for another school than the card; `jauge hub card` makes one",
                Exit.CONFIGURATION,
            )
        box.keep_ticket(data)
    said = {"hub": read.name, "hub_key": read.key_name, "uai": read.uai}
    typer.echo(
        json.dumps(said)
        if as_json
        else f"Hub : {read.name}, clé (key) {read.key_name}. À comparer de vive voix (compare it)."
    )


@contextmanager
def _sender(public: Path, outbox: Path | None, authorities: Path | None) -> "Iterator[Sender]":
    from hub.sending import Sender
    from hub.wire import Wire

    box = _outbox(public, outbox)
    ticket = box.ticket()
    wire = Wire(ticket.url, ticket.token, authorities)
    with closing(wire):
        yield Sender(_published(public), box, wire, today=today())


def push(
    public: PublicOption,
    outbox: OutboxOption = None,
    ca: AuthoritiesOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Send the stored releases (T1, T4) that the hub does not have, byte for byte; keep its receipts.

    Can be run again at any time: what is there is not sent again, what was cut goes on.

    Example: jauge hub push --public store/public
    """
    line = counter_line("Envois (pushes)")
    with refusals(), line as say, _sender(public, outbox, ca) as sender:
        report = sender.push(
            (lambda done, of: say(f"{done}/{of}")) if say else lambda _done, _of: None
        )
    _say_push(report, as_json=as_json)
    if report.refused or report.differing:
        raise typer.Exit(int(Exit.FINDINGS))


def _say_push(report: "Report", *, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "sent": report.sent,
                    "there": report.there,
                    "kept_back": [dict(zip(("table", "period", "reason"), each, strict=True))
                                  for each in report.kept_back],
                    "refused": [dict(zip(("table", "period", "reason", "detail"), each, strict=True))
                                for each in report.refused],
                    "differing": [{"table": t, "period": p} for t, p in report.differing],
                }
            )
        )  # fmt: skip
        return
    typer.echo(f"{report.sent} envoyées (sent), {report.there} déjà là (already there).")
    for table, period, reason in report.kept_back:
        typer.echo(f"{table} {period}: gardée ici (kept back), {reason}")
    for table, period, reason, sentence in report.refused:
        typer.echo(f"{table} {period}: refusée (refused), {reason}: {sentence}")
    for table, period in report.differing:
        typer.echo(f"{table} {period}: le hub en a une autre (the hub has another)")


def receipts(
    public: PublicOption,
    outbox: OutboxOption = None,
    ca: AuthoritiesOption = None,
    *,
    ask: Annotated[
        bool, typer.Option("--ask", help="Also ask the hub what it has, and fetch lost receipts.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what the hub signed for, each signature checked, each file compared with the school's own.

    Example: jauge hub receipts --public store/public --ask
    """
    from hub.sending import compare_receipts

    with refusals():
        box, held = _outbox(public, outbox), None
        ticket = box.ticket()
        if ask:
            with _sender(public, outbox, ca) as sender:
                held = sender.state().held
                sender.fetch_receipts()
        found = box.receipts(ticket)
        wrong = compare_receipts(found, _published(public), held)
    if as_json:
        listed = [
            {"position": each.position, "table": each.table, "period": each.period,
             "sha256": each.sha256, "received": each.received}
            for each in found
        ]  # fmt: skip
        findings = [{"table": t, "period": p, "what": what} for t, p, what in wrong]
        typer.echo(json.dumps({"receipts": listed, "findings": findings}))
    else:
        for each in found:
            typer.echo(f"{each.received}  {each.table} {each.period}  {each.sha256}")
        for table, period, what in wrong:
            typer.echo(f"{table} {period}: {what}")
        typer.echo(f"{len(found)} reçus (receipts), {len(wrong)} écarts (findings).")
    if wrong:
        raise typer.Exit(int(Exit.FINDINGS))


def withdraw(
    public: PublicOption,
    outbox: OutboxOption = None,
    ca: AuthoritiesOption = None,
    *,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Have the hub erase everything of the school, and keep its signed word for it.

    Example: jauge hub withdraw --public store/public --yes
    """
    if not sure and not typer.confirm("Tout effacer au hub ? (Erase everything at the hub?)"):
        raise typer.Exit(int(Exit.OK))
    with refusals():
        with _sender(public, outbox, ca) as sender:
            sender.withdraw()
        path = _outbox(public, outbox).directory / "withdrawn.json"
    typer.echo(
        json.dumps({"withdrawn": True, "word": str(path)})
        if as_json
        else f"Effacé (erased). La parole signée du hub (the hub's signed word): {path}"
    )


COMMANDS = {
    "card": card, "join": join, "push": push, "receipts": receipts, "withdraw": withdraw,
}  # fmt: skip
