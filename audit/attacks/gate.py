"""What several attacks need of the gate: one whole release from chosen counts, in a scratch ledger. I/O."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from audit.ground import Ground
from privacy import gate
from privacy.gate.bounded import DayCells
from privacy.gate.ledger import Ledger
from privacy.gate.periods import period_of
from privacy.gate.tables import Definition
from privacy.release import dump_release
from school.enforced import enforce
from school.load import School

DAY: Final = date(2026, 9, 7)


def occasion(school: School, as_of: date) -> gate.Occasion:
    """Return an occasion of a simulated school."""
    policy = enforce(school).digest
    return gate.Occasion(as_of, "simulated", school.charter_digest, policy)


def released(
    ground: Ground, school: School, definition: Definition, counts: Sequence[int], devices: int = 0
) -> dict[str, Any]:
    """Return the payload of one release through the whole gate."""
    period = period_of(definition.period, DAY)
    cells = DayCells(definition.name, DAY, devices, tuple(counts))
    with tempfile.TemporaryDirectory(dir=ground.own) as place:
        found = gate.release(
            [cells],
            definition,
            period,
            settings=school.privacy,
            ledger=Ledger(Path(place) / "ledger.jsonl"),
            occasion=occasion(school, period.ends + timedelta(days=1)),
        )
    return dump_release(found)
