"""`jauge purge`: erase the flow slices that privacy.yaml no longer allows to be kept."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.analysis import (
    JsonOption,
    SchoolOption,
    StoreOption,
    open_measured,
    open_school,
    open_store,
    today,
)
from cli.analysis import as_of as as_of_day
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from analyzer.retention import PurgeReport
    from privacy.clock import ClockGuard

HELP = """Erase the flow slices whose first row is older than `retention_days` of privacy.yaml.

A day is erased by destroying its key; then its files are deleted, and each step leaves a signed proof in
the audit log. Run it every hour (a timer does, on a gateway). Releases and link rows stay. How capture
and store fare is told to `/metrics` on the way, as by `jauge health`.

A wall clock that jumped by more than ten minutes stops all deletion, until it comes back or you say
that the new time is right.

Example: jauge purge --store /var/lib/jauge --school /etc/jauge/school --dry-run
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("purge", help=HELP)(purge)


def purge(
    store: StoreOption,
    school: SchoolOption,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    confirm_clock: Annotated[
        bool, typer.Option("--confirm-clock", help="Say that this machine's time is right now.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Erase as on this day (not after today): erases less."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    if dry_run and confirm_clock:
        raise Refusal("--confirm-clock changes what is believed: leave out --dry-run", Exit.USAGE)
    declared = open_school(school)
    day = as_of_day(as_of, today(declared))
    directory = open_store(store)
    if not _may_hold_slices(directory):
        open_measured(
            directory
        )  # says what is wrong; keys without a manifest are erased all the same
    from analyzer import retention
    from cli.analysis import refusals
    from cli.health import tell
    from cli.records import guard_of, log_of

    with refusals(directory):
        log = log_of(directory)
        if not dry_run:
            _believe_clock(guard_of(directory, log), confirm=confirm_clock)
        report = retention.purge(
            directory,
            log=log,
            as_of=day,
            retention_days=declared.privacy.retention_days,
            dry_run=dry_run,
        )
        if not dry_run:
            tell(directory, declared, school)
    _print(report, dry_run=dry_run, as_json=as_json)


def _may_hold_slices(store: Path) -> bool:
    """Say whether anything is there that has to be erased some day: slices, or the key of a day."""
    from privacy.store.keys import FileKeyring
    from privacy.store.layout import FLOWS, TRASH, keys_beside

    try:
        there = any((store / name).exists() for name in (FLOWS, TRASH))
        return there or bool(FileKeyring(keys_beside(store)).days())
    except PermissionError:
        return True  # whoever may not look is told so by the purge itself


def _believe_clock(guard: "ClockGuard", *, confirm: bool) -> None:
    if confirm:
        off = guard.confirm()
        typer.echo(f"the clock is believed from now on (it was off by {_span(off)})", err=True)
    elif not guard.believed():
        raise Refusal(
            "the wall clock jumped by more than ten minutes against the machine's own clock: nothing "
            "is deleted. Look at `date`; if the time is right, run again with --confirm-clock",
            Exit.FINDINGS,
        )


def _span(seconds: float) -> str:
    return f"{'-' if seconds < 0 else ''}{timedelta(seconds=round(abs(seconds)))}"


def _print(report: "PurgeReport", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        days = [day.isoformat() for day in report.purged]
        result = {
            "purged": days,
            "kept": report.kept,
            "leftovers": report.leftovers,
            "unknown": report.unknown,
            "dry_run": dry_run,
        }
        typer.echo(json.dumps(result))
        return
    verb = "would be erased" if dry_run else "erased"
    span = f" ({report.purged[0]} to {report.purged[-1]})" if report.purged else ""
    typer.echo(f"{len(report.purged)} days of slices {verb}{span}; {report.kept} stay.")
    if report.unknown:
        typer.echo(f"{report.unknown} files that the manifest does not know {verb}.")
