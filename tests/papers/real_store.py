"""A small real store that was measured, purged, released: what the DPO's console is looked at with."""

from datetime import timedelta
from pathlib import Path

from analyzer import release as releasing
from analyzer import retention
from privacy.log.file import AuditLog
from privacy.store.layout import keys_beside
from school.catalogue import load_catalogue
from school.load import load_school
from tests.analyzer_release.examples import MONDAY, declare, link_minutes, slice_row, write_part
from tests.support.acknowledged import acknowledge

AS_OF = MONDAY + timedelta(days=9)
CONTACTS = """
legal_basis: public_interest
legal_text: "Texte d'exemple"
council_decision: "Conseil d'administration du 1er septembre 2026"
controller: {name: "Collège d'exemple"}
dpo: {name: "DPD de l'académie", email: dpd@academie.example}
"""


def measured(directory: Path) -> Path:
    """Make a store: five days, two of them erased, one week released; returns its directory."""
    declared = declare(directory / "school")
    (declared / "contacts.yaml").write_text(CONTACTS, "utf-8")
    school = load_school(declared)
    root = directory / "store"
    root.mkdir()
    log = AuditLog(root, keys_beside(root), lambda: 1_789_000_000_000_000)
    acknowledge(root, declared)
    for offset in range(5):
        _day(root, log, offset)
    retention.purge(root, log=log, as_of=AS_OF, retention_days=8, dry_run=False)
    releasing.release(root, school, as_of=AS_OF, catalogue=load_catalogue())
    return root


def _day(root: Path, log: AuditLog, offset: int) -> None:
    day = MONDAY + timedelta(days=offset)
    facts = {"day": day.isoformat(), "epoch": f"{offset:016x}"}
    log.append("pseudonym_key_made", {**facts, "number": 1, "kept_in": "kernel keyring"})
    rows = [slice_row(day, "09:05", device, "atrium-sud.fr") for device in range(40)]
    write_part(root, "flows", day, rows, origin="simulated")
    write_part(root, "link", day, link_minutes(day, "08:00", 2, 4.0), origin="simulated")
    log.append("pseudonym_key_destroyed", facts)
