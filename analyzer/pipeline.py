"""`jauge analyze`: exact cells up to date, documents sealed; nothing is drawn or released. I/O."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analyzer import documents, exact, mandate
from analyzer.engines import EMBEDDED, EngineRefused, EngineSettings, shelf
from analyzer.exact import Bench, Progress, silent
from analyzer.keys import seal_key
from analyzer.plan import plan
from analyzer.release import remove_spent_cells
from analyzer.store import Store
from privacy.gate.ledger import Ledger
from privacy.store.layout import FLOWS
from school.catalogue import Catalogue
from school.load import School


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What `jauge analyze` did."""

    days_in_store: int
    analyzed: tuple[date, ...]
    """Days whose slices were read; the others were up to date, released, or hold no school day."""
    documents: tuple[str, ...]
    cleared: tuple[str, ...] = ()
    """Copies lent to a distributed engine that were removed: their days are erased."""


def analyze(
    store: Path,
    school: School,
    *,
    as_of: date,
    catalogue: Catalogue,
    engine: EngineSettings = EMBEDDED,
    progress: Progress = silent,
) -> AnalysisReport:
    """Compute the exact cells of every day whose period is still to be released.

    Args:
        store: the store's directory.
        school: the school's declarations.
        as_of: the school's local day, printed in the status document.
        catalogue: the services catalogue.
        engine: which engine classifies and aggregates.
        progress: told about each day.

    Raises:
        StoreDamaged: a stored file is not what this version writes.
        LedgerDamaged: the ledger was altered.
        StoreBusy: another analysis or release is at work.
        EngineRefused: the engine cannot be used.
    """
    bench = Bench(Store(store), school, catalogue, engine)
    with bench.store.locked():
        cleared = _clear_shelf(bench)
        key = seal_key(bench.store)
        ledger = Ledger(bench.store.ledger)
        wanted = plan(bench, ledger.charges(), as_of=None).wanted()
        remove_spent_cells(bench, ledger)
        analyzed = exact.refresh(bench, wanted, progress)
        mandate.tell_policy(bench, mandate.log_of(bench))
        written = documents.write(bench, key, as_of)
    return AnalysisReport(
        days_in_store=len(bench.store.days(FLOWS)),
        analyzed=tuple(analyzed),
        documents=written,
        cleared=tuple(cleared),
    )


def _clear_shelf(bench: Bench) -> list[str]:
    """Remove what lies where executors read, of days whose keys are destroyed.

    Here and not where days are erased: `jauge purge` runs without a network, and what stays until the
    next analysis opens with no key.
    """
    base = bench.engine.slices
    if base is None:
        return []
    if bench.school.uai is None:
        raise EngineRefused(
            f"{base}: schools share it and are told apart by their UAI: write `uai:` under `school:` in "
            "zones.yaml"
        )
    kept = {day for day in bench.store.days(FLOWS) if bench.store.origins(FLOWS, day)}
    return shelf.cleared(base, bench.school.uai, kept)
