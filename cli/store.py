"""`jauge store`: how a store is, and what an ended collector left to do."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.declared import LangOption, known_language
from cli.exits import Exit, Refusal
from privacy.calling import as_called

StoreOption = Annotated[Path, typer.Option("--store", help="Directory of the store.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

STATUS_HELP = """Say what a store holds, what could not be kept, and how much room is left.

Ends with 1 when somebody has to look at something.

Example: jauge store status --store /var/lib/jauge --json
"""
TIDY_HELP = """Seal what an ended collector left, compact the days that are over, remove what no reader needs.

A running collector does all of this by itself; it may run at the same time.

Example: jauge store tidy --store /var/lib/jauge
"""


def bytes_a_day(records: Mapping[str, Mapping[str, int]]) -> int:
    """Return what a day takes on the disk: each record over the days that it is kept, which differ."""
    return sum(each["bytes"] // each["days"] for each in records.values() if each["days"])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    store = typer.Typer(
        no_args_is_help=True, help="How a store is, and what an ended collector left to do."
    )
    store.command("status", help=STATUS_HELP)(status)
    store.command("tidy", help=TIDY_HELP)(tidy)
    app.add_typer(store, name="store")


def status(store: StoreOption, lang: LangOption = "fr", *, as_json: JsonOption = False) -> None:
    """See STATUS_HELP."""
    known_language(lang)
    from collector.store.status import findings, report

    found = _refused(store, lambda: report(store, now_us=time.time_ns() // 1_000))
    said = [as_called(sentence) for sentence in findings(found)]
    if as_json:
        typer.echo(json.dumps({**found, "findings": said}))
    else:
        from cli.said import store_status

        for line in store_status(found, lang):
            typer.echo(line)
        for sentence in findings(found, lang):
            typer.echo(f"look: {sentence}" if lang == "en" else f"à voir : {sentence}")
    if said:
        raise typer.Exit(int(Exit.FINDINGS))


def tidy(store: StoreOption, *, as_json: JsonOption = False) -> None:
    """See TIDY_HELP."""
    from collector.store.tidy import tidy as do_it

    done = _refused(store, lambda: do_it(store, now_us=lambda: time.time_ns() // 1_000))
    if as_json:
        typer.echo(json.dumps(done))
    else:
        typer.echo(
            f"{done['sealed']} spools sealed, {done['left']} left; {done['compacted']} segments "
            f"compacted; {done['removed']} files removed"
        )
    if done["left"]:
        raise Refusal(
            f"{store}: {done['left']} spools could not be sealed; make room, check the keys beside "
            "the store, and look at `jauge store status`",
            Exit.DATA,
        )


def _refused(store: Path, work: Any) -> Any:
    """Do something with a store; what a person can cause becomes a refusal."""
    from privacy.store.manifest import Manifest, NoStore

    try:
        Manifest(store).check()
        return work()
    except NoStore as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    except PermissionError as error:
        raise Refusal(
            f"{error.filename or store}: no permission; run as the user that owns the store",
            Exit.PERMISSION,
        ) from None
    except OSError as error:
        raise Refusal(f"{error.filename or store}: {error.strerror}", Exit.DATA) from None
