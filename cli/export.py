"""`jauge export`: register entry, DPIA, notices and breach kit as files, from what is enforced."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.analysis import JsonOption, SchoolOption, StoreOption, open_school, open_store, refusals
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from analyzer.exact import Bench

FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "register": ("json", "ods", "html"),
    "dpia": ("json", "html"),
    "notices": ("json", "html"),
    "breach": ("json", "html"),
}
"""What can be exported, and as what; the first form is the default."""
DOCUMENTS: Final = {"notices": ("notice-adults", "notice-pupils")}
FILE_MODE: Final = 0o600
"""The breach kit says where things lie; who may read a file is for its owner to widen."""

HELP = """Write a document for the DPO into a file: register, dpia, notices or breach, in French.

    register   the entry of the register (article 30): json, ods (LibreOffice), html
    dpia       the impact assessment: json that CNIL's PIA tool imports, html
    notices    for adults and for pupils, French and English: json, html (to print)
    breach     what an attacker would get of this store today, and the 72 hours: json, html

All of it is made from the declared files, the settings and the store's state; what the school has to
fill in says so. The audit log notes the export.

Example: jauge export dpia --store /var/lib/jauge --school /etc/jauge/school --out dpia.json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", help=HELP)(export)


def export(
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(FORMATS)}.")],
    store: StoreOption,
    school: SchoolOption,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    form: Annotated[str | None, typer.Option("--format", help="json, ods or html.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    chosen = _form(what, form)
    payloads = _payloads(what, open_store(store), school)
    _write(out, _content(what, chosen, payloads))
    policy = payloads[0]["policy"]
    _log(store, what, form=chosen, policy=policy)
    said = {"document": what, "format": chosen, "file": str(out), "policy": policy}
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        typer.echo(f"{out}: {what} ({chosen}), made from policy {policy[:16]}")


def _form(what: str, form: str | None) -> str:
    if what not in FORMATS:
        raise Refusal(f"{what}: no such document; one of {', '.join(FORMATS)}", Exit.USAGE)
    chosen = form or FORMATS[what][0]
    if chosen not in FORMATS[what]:
        raise Refusal(
            f"--format {chosen}: {what} is written as {', '.join(FORMATS[what])}", Exit.USAGE
        )
    return chosen


def _payloads(what: str, store: Path, directory: Path) -> list[dict[str, Any]]:
    from analyzer.papers.all import paper
    from cli.analysis import today

    school = open_school(directory)
    with refusals(store):
        bench = _bench(store, school)
        return [paper(name, bench, today(school)) for name in DOCUMENTS.get(what, (what,))]


def _bench(store: Path, school: Any) -> "Bench":
    from analyzer.exact import Bench
    from analyzer.store import Store
    from school.catalogue import load_catalogue

    return Bench(Store(store), school, load_catalogue())


def _content(what: str, form: str, payloads: list[dict[str, Any]]) -> bytes:
    if form == "ods":
        from dashboards.sheet import register_ods

        return register_ods(payloads[0])
    if form == "html":
        from dashboards.papers import standalone

        return standalone(payloads).encode()
    if what == "dpia":
        content = payloads[0]["content"]  # the tool knows these five keys and no other
    elif len(payloads) == 1:
        content = payloads[0]
    else:
        content = {payload["document"]: payload for payload in payloads}
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _write(out: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(out, flags, FILE_MODE), "wb") as file:
            file.write(data)
    except OSError as error:
        code = Exit.PERMISSION if isinstance(error, PermissionError) else Exit.DATA
        raise Refusal(f"{out}: {error.strerror}; choose another --out", code) from None


def _log(store: Path, what: str, *, form: str, policy: str) -> None:
    from cli.records import logged

    with logged(store) as log:
        log.append("export_made", {"document": what, "format": form, "policy": policy})
