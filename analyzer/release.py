"""`jauge release`: every closed period that was not released yet goes through the gate. I/O.

Order for a noisy table, so that a crash at any point can only lose a period, never redraw it:
exact cells up to date → the gate charges the ledger (fsync) and draws → the sealed release is
written whole (temporary file, fsync, rename) → the exact cells of the period are removed.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer import cells, documents, exact, first_day, late, link_release, mandate
from analyzer.exact import Bench, Progress, silent
from analyzer.keys import seal_key
from analyzer.plan import Due, Plan, Skipped, check_published, plan
from analyzer.store import PUBLIC_DIRECTORY, PUBLIC_FILE, Store, make_directory, write_whole
from privacy import gate
from privacy.gate.ledger import Ledger
from privacy.gate.periods import period_of
from privacy.release import dump_release
from privacy.sealed import seal
from school.catalogue import Catalogue
from school.load import School


@dataclass(frozen=True, slots=True)
class Released:
    """One release that was written."""

    table: str
    period: str


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What `jauge release` did."""

    released: tuple[Released, ...]
    skipped: tuple[Skipped, ...]
    refused: str | None = None
    """Why nothing noisy was drawn though it was due: the DPO's signature does not cover it."""
    late: dict[date, int] = field(default_factory=dict)
    """Slices that came after the first release of their day, by day: they changed nothing."""


def release(
    store: Path, school: School, *, as_of: date, catalogue: Catalogue, progress: Progress = silent
) -> ReleaseReport:
    """Release every closed period not released yet: T1 weeks, T6 days, link load days.

    Args:
        store: the store's directory.
        school: the school's declarations.
        as_of: the school's local day; a period is closed when all its days are before it.
        catalogue: the services catalogue.
        progress: told about each step.

    Raises:
        ReleaseRefused: the gate refused, or the ledger cannot be trusted. What was released
            before stays.
        StoreDamaged: a stored file is not what this version writes.
        StoreBusy: another analysis or release is at work.
        LogRefused: the audit log is damaged, or takes no entry.
    """
    bench = Bench(Store(store), school, catalogue)
    with bench.store.locked():
        key = seal_key(bench.store)
        ledger = Ledger(bench.store.ledger)
        charges = ledger.charges()
        check_published(bench, charges)
        planned = plan(bench, charges, as_of)
        remove_spent_cells(bench, ledger)
        exact.refresh(bench, planned.wanted(), progress)
        log = mandate.log_of(bench)
        mandate.tell_policy(bench, log)
        refused = mandate.missing(bench, log) if planned.due else None
        done = []
        for step, due in enumerate(planned.due if refused is None else ()):
            progress("releases", step, len(planned.due))
            _release_one(bench, due, key=key, ledger=ledger, as_of=as_of)
            done.append(Released(due.table, due.period.name))
        mandate.tell_releases(bench, log, key.public_key())
        came = late.arrived(bench)
        mandate.tell_late(log, came)
        links, skipped = link_release.release_days(bench, key, as_of)
        if first_day.days_are_published(bench.store):
            first_day.end(bench.store)
        documents.write(bench, key, as_of)
        progress("releases", len(planned.due), len(planned.due))
    return ReleaseReport(
        released=(*done, *(Released("link", period) for period in links)),
        skipped=(*planned.skipped, *_unsigned(planned, refused), *skipped),
        refused=refused,
        late=came,
    )


def _unsigned(planned: Plan, refused: str | None) -> list[Skipped]:
    """Return what was due and may not be drawn."""
    return [Skipped(due.table, due.period.name, refused) for due in planned.due if refused]


def _release_one(
    bench: Bench, due: Due, *, key: Ed25519PrivateKey, ledger: Ledger, as_of: date
) -> None:
    definition, days = bench.tables[due.table], due.period.days()
    stored = exact.stored_cells(bench, definition, days)
    released = gate.release(
        exact.day_cells(stored),
        definition,
        due.period,
        settings=bench.settings,
        ledger=ledger,
        occasion=gate.Occasion(
            as_of=as_of,
            origin=exact.origin_of(stored),
            charter_digest=bench.school.charter_digest,
            policy_digest=bench.enforced.digest,
        ),
    )
    late.note(bench, days)
    write_release(bench.store, dump_release(released), key)
    cells.remove(bench.store, due.table, days)


def write_release(store: Store, payload: dict[str, Any], key: Ed25519PrivateKey) -> None:
    """Seal a release payload and publish it under its table and period."""
    directory = store.releases(payload["table"])
    make_directory(directory, PUBLIC_DIRECTORY)
    write_whole(directory / f"{payload['period']}.json", seal(payload, key), PUBLIC_FILE)


def remove_spent_cells(bench: Bench, ledger: Ledger) -> None:
    """Remove exact cells whose period the ledger holds: released, or lost in a crash."""
    charged = {(charge.table, charge.period) for charge in ledger.charges()}
    for table, definition in bench.tables.items():
        spent = [
            day
            for day in cells.days(bench.store, table)
            if (table, period_of(definition.period, day).name) in charged
        ]
        cells.remove(bench.store, table, spent)
