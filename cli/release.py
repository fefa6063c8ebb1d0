"""`jauge release`."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from cli.analysis import as_of as as_of_day
from cli.exits import Exit, Refusal
from cli.records import guard_of, logged

if TYPE_CHECKING:
    from school.load import School

HELP = """Release every closed period that was not released yet: weeks (T1), days (T6, link load).

Each noisy table is charged to the ledger, then drawn once. A period is never drawn again. Nothing noisy
is drawn (exit code 1) unless the DPO's signature covers the settings in force, or looser ones, nor
while this machine's clock is in doubt.

Example: jauge release --store /var/lib/jauge --school /etc/jauge/school --json
"""

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Release as on this day (not after today)."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("release", help=HELP)(release)


def release(
    store: StoreOption,
    school: SchoolOption,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - typer flag
) -> None:
    """See HELP."""
    declared = open_school(school)
    directory = open_store(store)
    day = as_of_day(as_of, today(declared))
    _believe_clock(directory)
    from analyzer import release as releasing

    with refusals(directory), progress() as bar:
        report = releasing.release(
            directory, declared, as_of=day, catalogue=declared.catalogue(), progress=bar
        )
    services = _followed(directory, declared)
    if as_json:
        result = {
            "as_of": day.isoformat(),
            "released": [{"table": r.table, "period": r.period} for r in report.released],
            "skipped": [
                {"table": s.table, "period": s.period, "reason": s.reason} for s in report.skipped
            ],
            "services": services,
            "refused": report.refused,
            "late": {day.isoformat(): slices for day, slices in report.late.items()},
        }
        typer.echo(json.dumps(result))
        _end(report.refused)
        return
    counts = Counter(item.table for item in report.released)
    typer.echo(f"{len(report.released)} releases written" + _listed(counts))
    for reason, count in Counter(item.reason for item in report.skipped).items():
        typer.echo(f"{count} periods not released: {reason}")
    for standing, names in services.items():
        if names:
            typer.echo(f"followed services, {SERVICES[standing]}: {', '.join(names)}")
    if report.late:
        typer.echo(
            f"{sum(report.late.values()):,} slices came after the first release of their day "
            f"({len(report.late)} days): no release changes"
        )
    _end(report.refused)


def _believe_clock(store: Path) -> None:
    """Refuse while the clock is in doubt: a day that it only thinks is over would be drawn for ever.

    Raises:
        Refusal: the wall clock jumped, or the log cannot be written.
    """
    with logged(store) as log:
        if not guard_of(store, log).believed():
            raise Refusal(
                "the wall clock jumped by more than ten minutes against the machine's own clock: nothing "
                "is released, as a period that is still open could be drawn and never again. Look at "
                "`date`; if the time is right, say so with `jauge purge --confirm-clock`",
                Exit.FINDINGS,
            )


def _end(refused: str | None) -> None:
    """End with the code of findings when what was due may not be drawn."""
    if refused is not None:
        raise typer.Exit(int(Exit.FINDINGS))


SERVICES = {
    "shown": "shown in a released week",
    "never_shown": "never shown (too little use to be shown, or none: the two cannot be told apart)",
    "not_released": "not in any release yet",
}


def _followed(store: Path, declared: "School") -> dict[str, list[str]]:
    """Return the followed services by what the stored releases show of them, and of nothing else."""
    from analyzer.services import TABLE, Adoption, followed
    from analyzer.store import Store
    from privacy.published import Published
    from privacy.sealed import SealBroken

    published = Published(Store(store).public)
    try:
        releases = [published.release(TABLE, period) for period in published.periods(TABLE)]
    except SealBroken as broken:
        raise Refusal(
            f"{store}: a release of {TABLE} cannot be used: {broken}", Exit.DATA
        ) from None
    found = followed(declared.services.follow, releases)
    return {
        standing.value: [one.service for one in found if one.adoption is standing]
        for standing in Adoption
    }


def _listed(counts: Counter[str]) -> str:
    return "".join(f"; {table}: {count}" for table, count in sorted(counts.items()))
