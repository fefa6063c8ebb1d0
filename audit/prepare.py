"""Makes the simulated school's store: slices, analysis, the truth aside, release. I/O.

The slices are those of the simulator, one flow in `keep` of them: the analysis then takes seconds.
The link rows stay whole, so that the line is as busy as it was.
"""

import json
import pickle
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer import activity, cells, pipeline, release
from analyzer.store import Store
from audit.alter import replaced
from audit.ground import FIRST, TRUTH, Ground, Truth
from privacy.acknowledgement import Decision, sign, state_of
from privacy.gate.bounded import DayCells, cells_of
from privacy.gate.tables import Definition
from privacy.keys import public_text
from privacy.log.file import AuditLog
from privacy.store.commit import Committer, Part
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, LINK, keys_beside
from school.enforced import terms_of
from school.load import School
from simulator.day import Day, draw_day
from simulator.people import make_roster
from simulator.weeks import link_table, slice_table


def thinned(table: pa.Table, keep: int) -> pa.Table:
    """Return the slices of one flow in `keep`."""
    flow = table["flow"].to_numpy()
    return table.filter(pa.array(flow % keep == 0))


def _days(ground: Ground) -> list[date]:
    last = ground.as_of - timedelta(days=1)
    whole = (last - FIRST).days + 1
    return [FIRST + timedelta(days=n) for n in range(min(ground.sizes.days or whole, whole))]


def write(ground: Ground) -> dict[date, dict[int, int]]:
    """Write the slices; return pseudonym → number of the device, day by day."""
    roster = make_roster(ground.seed)
    keys = FileKeyring(keys_beside(ground.store))
    committer = Committer(ground.store, keys, lambda: time.time_ns() // 1_000)
    committer.open()
    known = {}
    acknowledge_store(ground.store, ground.school)
    for day in _days(ground):
        drawn = draw_day(roster, ground.seed, day)
        whole = slice_table(drawn, roster, ground.seed)
        known[day] = pseudonyms(drawn, whole)
        for record, table in (
            (FLOWS, thinned(whole, ground.sizes.keep)),
            (LINK, link_table(drawn, ground.seed)),
        ):
            part = Part(f"audit-{record}-{day}", record, day, table.schema, "simulator")
            committer.commit(part, [table])
    return known


def pseudonyms(drawn: Day, table: pa.Table) -> dict[int, int]:
    """Return pseudonym → number of the device, for one simulated day.

    Args:
        drawn: the day.
        table: `slice_table` of it, whole: rows in the order of their minutes.
    """
    order = np.argsort(drawn.slices.minute, kind="stable")
    number = drawn.flows.device[drawn.slices.flow[order]]
    known = table["device"].to_pylist()
    return {p: int(n) for p, n in zip(known, number, strict=True) if p is not None}


def _exact(ground: Ground) -> dict[tuple[str, date], DayCells]:
    store = Store(ground.store)
    found = {}
    for directory in sorted((store.private / "cells").iterdir()):
        for day in cells.days(store, directory.name):
            stored = cells.read(store, directory.name, day)
            if stored is not None:
                found[directory.name, day] = stored.cells
    return found


class _Listener:
    """Notes which device filled which cell of T1, while the product counts."""

    def __init__(self, known: dict[date, dict[int, int]]) -> None:
        self._known = known
        self._real = activity.counted
        self.filled: list[tuple[int, int, int]] = []
        """(day's ordinal, device, cell)."""

    def __call__(self, answers: Any, definition: Definition, day: date) -> DayCells:
        if definition.name == "T1":
            own: dict[int, list[Any]] = {}
            for row in answers["uses"]:
                own.setdefault(row.device, []).append(row)
            for device, rows in own.items():
                number = self._known[day][device]
                self.filled += [(day.toordinal(), number, c) for c in cells_of(rows, definition)]
        return self._real(answers, definition, day)


def acknowledge_store(store: Path, school: School) -> None:
    """Let an invented DPO sign the terms in force: without it nothing is released."""
    log = AuditLog(store, keys_beside(store), lambda: time.time_ns() // 1_000)
    key = Ed25519PrivateKey.generate()
    log.append("dpo_key_declared", {"public_key": public_text(key.public_key())})
    after = state_of(log.entries()).last
    signed = sign(Decision.ACKNOWLEDGED, terms_of(school), key, after=after)
    log.append("dpo_decided", {"sealed": json.loads(signed)})


def prepare(ground: Ground) -> None:
    """Make the store, once."""
    if (ground.scratch / TRUTH).exists():
        return
    listener = _Listener(write(ground))
    known = {"as_of": ground.as_of, "catalogue": ground.catalogue}
    with replaced((activity, "counted", listener)):
        pipeline.analyze(ground.store, ground.school, **known)
    exact = _exact(ground)
    release.release(ground.store, ground.school, **known)
    truth = Truth(exact, np.array(listener.filled, np.int64))
    (ground.scratch / TRUTH).write_bytes(pickle.dumps(truth))
