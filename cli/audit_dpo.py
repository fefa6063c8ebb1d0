"""`jauge audit --profile dpo`: the attack suite, its report, its verdict."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.analysis import open_school, open_store, refusals
from cli.exits import Exit, Refusal
from cli.records import logged

if TYPE_CHECKING:
    from audit.attack import Report
    from audit.suite import Order

HELP = """Prove that the promises are kept: attacks on what is published, checkpoints of the audit log.

With --profile dpo every attack of the suite runs against the store, against a simulated school, and
against mutants: the same code with one protection taken out, which an attack must notice. A mutant
that survives makes the report red. Exit code 0: green, 1: red.

Example: jauge audit --profile dpo --store /var/lib/jauge --school /etc/jauge/school --out report
"""
PROFILE = "dpo"
SEED = 20_260_907
REPORT, PAGE = "audit.json", "audit.html"


def add_to(audit: typer.Typer) -> None:
    """Add the callback of the group, and `audit report`."""
    audit.callback(invoke_without_command=True, help=HELP)(attack)
    audit.command("report", help=CHECK_HELP)(check_report)


def attack(  # one keyword per option
    context: typer.Context,
    *,
    profile: Annotated[str | None, typer.Option(help="`dpo`: the attack suite.")] = None,
    store: Annotated[
        Path | None, typer.Option(help="A live store: read, and its report sealed.", readable=False)
    ] = None,
    school: Annotated[Path | None, typer.Option(help="Directory of its declared files.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for the report: JSON and HTML.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Some attacks, such as A5,A6: no verdict is recorded.")
    ] = None,
    short: Annotated[
        bool, typer.Option("--short", help="Smaller sizes; says what they leave open.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Of the simulated parts; the product's noise has none.")
    ] = SEED,
    write: Annotated[Path | None, typer.Option(help="Write docs/privacy-proof.md anew.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """See HELP."""
    if context.invoked_subcommand is not None:
        return
    if profile is None:
        typer.echo(context.get_help())
        return
    if profile != PROFILE:
        raise Refusal(f"--profile {profile}: there is `{PROFILE}`", Exit.USAGE)
    if (store is None) != (school is None):
        raise Refusal("--store and --school go together: give both, or neither", Exit.USAGE)
    order, policy = _order(store, school, only=only, short=short, seed=seed)
    report = _run(order, policy)
    if write is not None:
        from audit.page import write_page

        write_page(write, report)
    _record(order, report, out)
    _tell(report, as_json=as_json)
    raise typer.Exit(int(Exit.OK if report.green else Exit.FINDINGS))


def _order(
    store: Path | None, school: Path | None, *, only: str | None, short: bool, seed: int
) -> "tuple[Order, str]":
    from audit.catalogue import load
    from audit.ground import SIMULATED
    from audit.sizes import LONG, SHORT
    from audit.suite import Order
    from school.enforced import enforce

    declared = open_school(school or SIMULATED)
    if store is not None:
        open_store(store)
    chosen = tuple(part.strip().upper() for part in only.split(",")) if only else ()
    unknown = set(chosen) - {one.number for one in load()}
    if unknown:
        raise Refusal(f"--only {', '.join(sorted(unknown))}: no such attack; A1 to A20", Exit.USAGE)
    sizes = SHORT if short else LONG
    return Order(sizes, seed, Path(), store, school, chosen), enforce(declared).digest


def _run(order: "Order", policy: str) -> "Report":
    from dataclasses import replace

    from audit import suite

    with tempfile.TemporaryDirectory(prefix="jauge-audit-") as place, _bar() as bar:
        whole = replace(order, scratch=Path(place))
        return suite.run(whole, policy=policy, machine=_machine(), progress=bar)


def _machine() -> str:
    """Return the class of the machine, no name of it."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cœurs, {os.uname().machine}, Python {sys.version_info.major}.{sys.version_info.minor}"


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr when it is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )


def _record(order: "Order", report: "Report", out: Path | None) -> None:
    """Write the report; of a whole run on a store also the document for the pages and the log's entry."""
    from audit import report as reporting
    from privacy import canonical

    if order.store is None:
        if out is not None:
            _write(out, canonical.dump(reporting.as_dict(report)) + b"\n", reporting.html(report))
        return
    from analyzer import documents
    from analyzer.exact import Bench
    from analyzer.keys import seal_key
    from analyzer.store import Store

    declared = open_school(order.school or Path())
    with refusals(order.store):
        bench = Bench(Store(order.store), declared, declared.catalogue())
        with bench.store.locked():
            key = seal_key(bench.store)
            if out is not None:
                _write(out, *reporting.sealed(report, key))
            if not order.only:
                documents.write_document(bench, dict(reporting.document(report)), key)
    if not order.only:
        with logged(order.store) as log:
            log.append("audit_verdict", _facts(report))


def _facts(report: "Report") -> dict[str, Any]:
    from audit import report as reporting

    return {
        "profile": PROFILE,
        "passed": report.green,
        "attacks": len({one.attack for one in report.outcomes}),
        "mutants": len(report.mutants),
        "caught": report.caught,
        "report": reporting.digest(report),
    }


def _write(out: Path, data: bytes, page: bytes) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / REPORT).write_bytes(data)
        (out / PAGE).write_bytes(page)
    except OSError as error:
        raise Refusal(
            f"{out}: the report cannot be written: {error.strerror}", Exit.PERMISSION
        ) from None


def _tell(report: "Report", *, as_json: bool) -> None:
    from audit import report as reporting

    if as_json:
        typer.echo(json.dumps({**reporting.as_dict(report), "digest": reporting.digest(report)}))
        return
    for one in report.outcomes:
        missed = [f"{f.name} : {f.value} ({f.criterion})" for f in one.figures if f.holds is False]
        tail = "" if one.mutant or not missed else "  " + "; ".join(missed)
        name = f"mutant : {one.subject}" if one.mutant else one.subject
        typer.echo(
            f"{one.attack:>4}  {one.verdict.value:<12} {name}{tail}{one.note and '  ' + one.note}"
        )
    word = "VERT" if report.green else "ROUGE"
    typer.echo(f"{word}: mutants {report.caught}/{len(report.mutants)}, {report.seconds:.0f} s")


CHECK_HELP = """Check a report against the store that sealed it: its seal, and the page beside it.

Example: jauge audit report report/audit.json --public /var/lib/jauge/public
"""


def check_report(
    report: Annotated[Path, typer.Argument(help="The report's JSON file.")],
    public: Annotated[Path, typer.Option(help="The store's public directory, for its key.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """See CHECK_HELP."""
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from audit import report as reporting
    from privacy.sealed import SealBroken

    page = report.with_name(PAGE)
    try:
        raw = base64.b64decode((public / "seal.pub").read_bytes(), validate=True)
        key = Ed25519PublicKey.from_public_bytes(raw)
        drawn = page.read_bytes() if page.exists() else None
        found = reporting.check(report.read_bytes(), drawn, key)
    except (OSError, ValueError) as error:
        raise Refusal(f"{report}: cannot be checked ({type(error).__name__})", Exit.DATA) from None
    except SealBroken as broken:
        raise Refusal(f"{report}: {broken}; ask for it again", Exit.DATA) from None
    if as_json:
        typer.echo(json.dumps(found))
        return
    score = f"{found['mutants_caught']}/{found['mutants']}"
    typer.echo(f"{found['verdict']}, {found['begun']}, mutants {score}; the seal holds")
