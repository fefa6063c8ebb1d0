"""`jauge doctor`: looks at the whole installation, says what is wrong and the command that mends it.

Thin: `cli/diagnosis/` gathers and judges.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.declared import known_language
from cli.exits import Exit
from privacy.calling import as_called

if TYPE_CHECKING:
    from cli.diagnosis.facts import Facts
    from cli.diagnosis.verdict import Check, Verdict

HELP = """Check the installation: files, interface, mirror, NAT, drops, disk, keys, clock, services.

Every failure comes with the command that mends it. Ends with 1 when something failed. With the right
to capture it looks at the interface for some seconds and keeps counts only.

Example: jauge doctor --school /etc/jauge/school --store /var/lib/jauge/store --json
"""
MARKS: Final = {"ok": ("✓", "green"), "failed": ("✗", "bold red"), "skipped": ("·", "dim")}
SUMMARY: Final = {
    "fr": "{ok} contrôles réussis, {failed} en échec, {skipped} non vérifiables ici",
    "en": "{ok} checks passed, {failed} failed, {skipped} could not be looked at here",
}
MEND: Final = {"fr": "à faire", "en": "to do"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help=HELP)(doctor)


def doctor(
    school: Annotated[Path, typer.Option(help="Directory of the declared files.")] = Path(
        "/etc/jauge/school"
    ),
    store: Annotated[Path, typer.Option(help="Directory of the store.", readable=False)] = Path(
        "/var/lib/jauge/store"
    ),
    lists: Annotated[Path | None, typer.Option(help="Lists file that capture reads.")] = None,
    seconds: Annotated[
        float, typer.Option(min=0, max=60, help="How long to look at the interface.")
    ] = 5,
    lang: Annotated[str, typer.Option(help="Language of the answer: fr or en.")] = "fr",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """See HELP."""
    known_language(lang)
    from cli.diagnosis.checks import is_well, judge

    verdicts = judge(gather(school, store, lists, seconds))
    if as_json:
        typer.echo(json.dumps(_as_dict(verdicts), ensure_ascii=False))
    else:
        _draw(verdicts, lang)
    if not is_well(verdicts):
        raise typer.Exit(int(Exit.FINDINGS))


def gather(school: Path, store: Path, lists: Path | None, seconds: float) -> "Facts":
    """Ask files, store and machine."""
    from cli.diagnosis.facts import Facts
    from cli.diagnosis.gather_machine import machine_of
    from cli.diagnosis.gather_school import interface_of, lists_of, school_of
    from cli.diagnosis.gather_store import store_of
    from cli.diagnosis.sample import sample
    from cli.hardening import leave_no_core

    leave_no_core()
    now = datetime.now(UTC)
    declared, whole = school_of(school)
    interface = interface_of(declared.interface) if not declared.problems else None
    traffic = None
    if interface is not None and interface.there and declared.interface and whole and seconds:
        traffic = sample(declared.interface, whole.zones.inside, seconds)
    stored, link = store_of(store, whole, now.date())
    return Facts(
        school=declared,
        machine=machine_of(now.date()),
        interface=interface,
        traffic=traffic,
        link=link,
        store=stored,
        lists=lists_of(lists, now),
    )


def _counts(verdicts: "tuple[tuple[Check, Verdict], ...]") -> dict[str, int]:
    return {mark: sum(v.status == mark for _, v in verdicts) for mark in MARKS}


def _as_dict(verdicts: "tuple[tuple[Check, Verdict], ...]") -> dict[str, Any]:
    checks = [
        {
            "check": check.name,
            "status": verdict.status,
            "title": {"fr": check.fr, "en": check.en},
            "says": {"fr": verdict.fr, "en": verdict.en},
            "mend": as_called(verdict.mend) or None,
        }
        for check, verdict in verdicts
    ]
    counts = _counts(verdicts)
    return {"ok": not counts["failed"], "counts": counts, "checks": checks}


def _draw(verdicts: "tuple[tuple[Check, Verdict], ...]", lang: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for check, verdict in verdicts:
        mark, style = MARKS[verdict.status]
        title, says = (check.en, verdict.en) if lang == "en" else (check.fr, verdict.fr)
        colon = ": " if lang == "en" else " : "
        console.print(Text.assemble((f"{mark} {title}", style), colon + says if says else ""))
        if verdict.mend:
            console.print(Text(f"    {MEND[lang]} $ {as_called(verdict.mend)}", style="cyan"))
    console.print(SUMMARY[lang].format(**_counts(verdicts)))
