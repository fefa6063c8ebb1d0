"""Exact bounded cells of a simulated school, by the path that real slices take. Does I/O."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from analyzer import activity
from analyzer.activity import QUERY_OF_TABLE
from analyzer.engines import opened
from analyzer.exact import Bench, day_minutes
from analyzer.store import Store
from benchmarks.utility import schools
from privacy.gate.bounded import DayCells
from privacy.gate.periods import Period, period_of
from privacy.gate.tables import Definition, rehearsal
from privacy.settings import PrivacySettings
from school.catalogue import load_catalogue
from school.load import load_school
from simulator.declared import is_open
from simulator.weeks import write_days

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 30)
"""Three whole weeks, and the month that ends with them: its days before are holidays."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What the gate is asked to draw for one school. Simulated: nobody is in it."""

    devices: int
    zones: tuple[str, ...]
    settings: PrivacySettings
    asked: tuple[tuple[Definition, Period, tuple[DayCells, ...]], ...]


def open_days() -> list[date]:
    """Return the school days; on other days only servers are on, which are not counted."""
    every = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    return [day for day in every if is_open(day)]


def of_school(devices: int) -> Cells:
    """Simulate, classify and count a school."""
    with tempfile.TemporaryDirectory(prefix="jauge-utility-") as scratch:
        directory = schools.declare(Path(scratch) / "school", devices)
        store = Path(scratch) / "store"
        store.mkdir()
        write_days(store, days=open_days(), scale=schools.scale_of(devices))
        school, catalogue = load_school(directory), load_catalogue()
        bench = Bench(Store(store), school, catalogue)
        tables = {**bench.tables, "rehearsal": rehearsal(bench.settings)}
        counted = list(_count(bench, tables))
    asked = []
    for definition in tables.values():
        periods = {period_of(definition.period, day): None for day in open_days()}
        for period in periods:
            if period.ends <= LAST + timedelta(days=1):
                own = (c for c in counted if c.table == definition.name)
                days = tuple(c for c in own if period.starts <= c.day < period.ends)
                asked.append((definition, period, days))
    zones = bench.tables["T1"].zones if "T1" in bench.tables else ()
    return Cells(devices, zones, bench.settings, tuple(asked))


def _count(bench: Bench, tables: dict[str, Definition]) -> Iterator[DayCells]:
    with opened() as engine:
        question = bench.question(engine)
        for day in open_days():
            segments, _ = bench.store.checked("flows", day)
            found = question.ask(
                bench.slices(segments),
                day_minutes(bench, day),
                [name for name in tables if name in QUERY_OF_TABLE],
            )
            for definition in tables.values():
                yield activity.counted(found, definition, day)
