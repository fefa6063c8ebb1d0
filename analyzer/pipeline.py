"""`jauge analyze`: exact cells up to date, documents sealed; nothing is drawn or released. I/O."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analyzer import documents, exact, mandate
from analyzer.engines import EMBEDDED, EngineSettings
from analyzer.exact import Bench, Progress, silent
from analyzer.keys import seal_key
from analyzer.plan import plan
from analyzer.release import remove_spent_cells
from analyzer.store import Store
from privacy.gate.ledger import Ledger
from school.catalogue import Catalogue
from school.load import School


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What `jauge analyze` did."""

    days_in_store: int
    analyzed: tuple[date, ...]
    """Days whose slices were read; the others were up to date, released, or hold no school day."""
    documents: tuple[str, ...]


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
        key = seal_key(bench.store)
        ledger = Ledger(bench.store.ledger)
        wanted = plan(bench, ledger.charges(), as_of=None).wanted()
        remove_spent_cells(bench, ledger)
        analyzed = exact.refresh(bench, wanted, progress)
        mandate.tell_policy(bench, mandate.log_of(bench))
        written = documents.write(bench, key, as_of)
    return AnalysisReport(
        days_in_store=len(bench.store.days("flows")),
        analyzed=tuple(analyzed),
        documents=written,
    )
