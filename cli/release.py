"""`jauge release`."""

import json
from collections import Counter
from datetime import date
from typing import Annotated

import typer

from cli.analysis import (
    JsonOption,
    SchoolOption,
    StoreOption,
    open_school,
    open_store,
    progress,
    refusals,
    today,
)
from cli.exits import Exit, Refusal

HELP = """Release every closed period that was not released yet: weeks (T1), days (T6, link load).

Each noisy table is charged to the ledger, then drawn once. A period is never drawn again.

Example: jauge release --store /var/lib/jauge --school /etc/jauge/school --json
"""

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Release as on this day (not after today)."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("release", help=HELP)(release)


def _as_of(text: str | None, now: date) -> date:
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refusal(f"--as-of {text}: not a date; write 2026-11-16", Exit.USAGE) from None
    if day > now:
        message = f"--as-of {day}: in the future; a period that is still open cannot be released"
        raise Refusal(message, Exit.USAGE)
    return day


def release(
    store: StoreOption,
    school: SchoolOption,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - typer flag
) -> None:
    """See HELP."""
    declared = open_school(school)
    directory = open_store(store)
    day = _as_of(as_of, today(declared))
    from analyzer import release as releasing

    with refusals(directory), progress() as bar:
        report = releasing.release(
            directory, declared, as_of=day, catalogue=declared.catalogue(), progress=bar
        )
    if as_json:
        result = {
            "as_of": day.isoformat(),
            "released": [{"table": r.table, "period": r.period} for r in report.released],
            "skipped": [
                {"table": s.table, "period": s.period, "reason": s.reason} for s in report.skipped
            ],
        }
        typer.echo(json.dumps(result))
        return
    counts = Counter(item.table for item in report.released)
    typer.echo(f"{len(report.released)} releases written" + _listed(counts))
    for reason, count in Counter(item.reason for item in report.skipped).items():
        typer.echo(f"{count} periods not released: {reason}")


def _listed(counts: Counter[str]) -> str:
    return "".join(f"; {table}: {count}" for table, count in sorted(counts.items()))
