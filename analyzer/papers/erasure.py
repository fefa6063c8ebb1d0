"""What is kept, what is erased with proof, and what should be gone and is not: the store's real state. I/O.

One reading for the journal, the breach kit, the notices, the register and the DPIA, so that none of
them promises what another one shows to be late. Days and entries of the log only, never a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from analyzer.store import Store
from privacy.log.entries import Entry
from privacy.store.layout import FLOWS

DAYS_SHOWN: Final = 35
PROOFS: Final = {"day_key_destroyed": "key_destroyed", "day_files_deleted": "files_deleted"}


@dataclass(frozen=True, slots=True)
class Erasure:
    """The state of the slices on a day."""

    retention_days: int
    kept: tuple[date, ...]
    """Days of which slices, or their key, are there."""
    late: tuple[date, ...]
    """Of these: due before today. What is due today goes at the next run of the hourly purge."""
    proofs: tuple[dict[str, Any], ...]
    """Per erased day what the log says of key and files, newest first."""
    unproven: tuple[date, ...]
    """Erased days of which the log says nothing."""

    def due(self, day: date) -> date:
        """Return the day on which a day's slices are to go."""
        return day + timedelta(days=self.retention_days)

    def as_payload(self) -> dict[str, Any]:
        """Return the journal's part."""
        return {
            "days": self.retention_days,
            "kept": [
                {"day": day.isoformat(), "erased_on": self.due(day).isoformat()}
                for day in self.kept
            ],
            "overdue": [day.isoformat() for day in self.late],
            "proofs": list(self.proofs[:DAYS_SHOWN]),
            "proven": sum("key_destroyed" in proof for proof in self.proofs),
            "unproven": [day.isoformat() for day in self.unproven],
        }


def erasure(store: Store, entries: Iterable[Entry], *, retention_days: int, as_of: date) -> Erasure:
    """Read the state of a store.

    Args:
        store: whose days and keys are looked at.
        entries: of its audit log.
        retention_days: in force.
        as_of: the school's local day.
    """
    proofs: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind in PROOFS:
            name = PROOFS[entry.kind]
            proof = proofs.setdefault(entry.facts["day"], {"day": entry.facts["day"]})
            proof |= {name: entry.at, f"{name}_number": entry.number}
    kept = sorted({*store.days(FLOWS), *store.keys.days()})
    return Erasure(
        retention_days=retention_days,
        kept=tuple(kept),
        late=tuple(day for day in kept if day + timedelta(days=retention_days) < as_of),
        proofs=tuple(sorted(proofs.values(), key=lambda proof: proof["day"], reverse=True)),
        unproven=tuple(
            day
            for day in store.keys.erased()
            if "key_destroyed" not in proofs.get(day.isoformat(), {})
        ),
    )
