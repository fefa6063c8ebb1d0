"""Brings the exact cells of some days up to date. I/O.

A day's cells are computed again when its slices or the school's declarations changed since; where
the slices are gone (retention), the stored cells stand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from analyzer import activity, cells
from analyzer.activity import MINUTES, Question
from analyzer.cells import StoredCells
from analyzer.engines import EMBEDDED, Engine, EngineSettings, StoredSlices, opened
from analyzer.epochs import Window, longest, made_at
from analyzer.facts import midnights, minute_table
from analyzer.link_state import LINE_COLUMNS, minutes_of, read_lines, state_table
from analyzer.store import MEASURED, SIMULATED, Store, StoreDamaged
from privacy.gate.bounded import DayCells
from privacy.gate.tables import Definition, definitions, published_zones
from privacy.log.file import AuditLog, LogRefused
from privacy.settings import PrivacySettings, TableName
from privacy.store.layout import keys_beside
from privacy.store.manifest import Segment
from school.catalogue import Catalogue
from school.enforced import Enforced, enforce
from school.load import School

NO_UAI: Final = "school"
"""Stands for the UAI of a school that declares none, where executors share files."""
Progress = Callable[[str, int, int], None]
"""Called with what is done, how many steps are, and how many there will be."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Bench:
    """What an analysis works with: a store and what the school declares."""

    store: Store
    school: School
    catalogue: Catalogue
    engine: EngineSettings = EMBEDDED
    """Which engine classifies and aggregates."""

    @cached_property
    def enforced(self) -> Enforced:
        """The policy in force; its digest goes into everything that is written."""
        return enforce(self.school, self.catalogue)

    @property
    def settings(self) -> PrivacySettings:
        """The privacy settings in force."""
        return self.enforced.settings

    @cached_property
    def tables(self) -> dict[TableName, Definition]:
        """The noisy tables of this school that are released by themselves."""
        return definitions(
            self.school.zones,
            self.settings,
            slots=self.slots,
            services=self.school.services.follow,
        )

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The slots of the timetable that are large enough to be counted."""
        floor = self.settings.floor_persons
        return tuple(s.name for s in self.school.calendar.slots if s.persons >= floor)

    def question(self, engine: Engine) -> Question:
        """Return the queries for this school."""
        return Question(
            engine,
            school=self.school,
            catalogue=self.catalogue,
            published=self.published,
            services=self.school.services.follow,
        )

    def slices(self, segments: Sequence[Segment]) -> StoredSlices:
        """Return checked segments of one day, as an engine takes them."""
        return StoredSlices(self.store.reader, segments, self.school.uai or NO_UAI)

    @cached_property
    def _keys_made(self) -> dict[date, tuple[datetime, ...]]:
        root = self.store.root
        log = AuditLog(root, keys_beside(root), lambda: 0)
        try:
            return made_at(log.entries() if log.begun() else ())
        except (LogRefused, OSError) as error:
            raise StoreDamaged(
                f"the audit log: {error}: which keys a day had is unknown"
            ) from error

    def counted_minutes(self, day: date) -> Window:
        """Return the minutes of a day that may count: its longest pseudonym epoch.

        Raises:
            StoreDamaged: the audit log cannot be read.
        """
        starts, ends = midnights(self.school.calendar, day)
        return longest(self._keys_made.get(day, ()), starts, ends)

    @cached_property
    def published(self) -> dict[str, str | None]:
        """Under which zone each declared zone is published."""
        return published_zones(self.school.zones, self.settings.floor_persons)


def source_of(bench: Bench, day: date) -> str | None:
    """Return a digest of what a day's cells are computed from; None where the slices are gone."""
    slices = bench.store.origins("flows", day)
    if not slices:
        return None
    return cells.source_digest(
        [slices, bench.store.origins("link", day)],
        [
            *(bench.enforced.parts[part] for part in ("verdicts", "privacy", "catalogue")),
            *map(str, bench.counted_minutes(day)),
        ],
    )


def _stale(bench: Bench, day: date, tables: Iterable[TableName], source: str) -> list[Definition]:
    found = []
    for name in tables:
        definition = bench.tables[name]
        stored = cells.read(bench.store, name, day)
        current = stored is not None and stored.source == source
        if not (current and stored and stored.keys == cells.keys_digest(definition)):
            found.append(definition)
    return found


def refresh(
    bench: Bench, wanted: Mapping[date, tuple[TableName, ...]], progress: Progress = silent
) -> list[date]:
    """Compute the exact cells that are missing or stale; return the days that were read.

    Raises:
        StoreDamaged: a stored file is not what this version writes, or the audit log is damaged.
        EngineRefused: the engine cannot be used.
    """
    work = []
    for day, tables in sorted(wanted.items()):
        source = source_of(bench, day)
        stale = _stale(bench, day, tables, source) if source else []
        if source and stale:
            work.append((day, source, stale))
    if not work:
        return []
    with opened(bench.engine) as engine:
        question = bench.question(engine)
        for done, (day, source, stale) in enumerate(work):
            progress("cells", done, len(work))
            _compute(bench, question, day, source=source, tables=stale)
    progress("cells", len(work), len(work))
    return [day for day, _, _ in work]


def _compute(
    bench: Bench, question: Question, day: date, *, source: str, tables: list[Definition]
) -> None:
    segments, origin = bench.store.checked("flows", day)
    found = question.ask(
        bench.slices(segments), day_minutes(bench, day), [each.name for each in tables]
    )
    for definition in tables:
        keys = cells.keys_digest(definition)
        counts = activity.counted(found, definition, day)
        cells.write(bench.store, StoredCells(counts, keys=keys, source=source, origin=origin))


def day_minutes(bench: Bench, day: date) -> pa.Table:
    """Return every minute of a local day with its timetable and the state of the link.

    A minute that no line saw counts as calm: nobody is told that the line was full without proof.
    Minutes outside of the day's longest pseudonym epoch are left out: what happened there counts
    for nobody.
    """
    known = minute_table(bench.school.calendar, day, day + timedelta(days=1))
    first, after = bench.counted_minutes(day)
    inside = pc.and_(
        pc.greater_equal(known["minute"], pa.scalar(first, known["minute"].type)),
        pc.less(known["minute"], pa.scalar(after, known["minute"].type)),
    )
    known = known.filter(inside)
    joined = known.join(link_states(bench, day), "minute", join_type="left outer")
    return joined.select(MINUTES.names)


def link_states(bench: Bench, day: date) -> pa.Table:
    """Return the state of the link in the seen minutes of a local day."""
    bench.store.checked("link", day)
    rows = read_lines(bench.store.link_rows(day, LINE_COLUMNS))
    lines = [(line, line.capacity_at(day)) for line in bench.school.lines if line.name in rows]
    return state_table(
        (minutes_of(rows[line.name]), capacity) for line, capacity in lines if capacity
    )


def stored_cells(bench: Bench, definition: Definition, days: Iterable[date]) -> list[StoredCells]:
    """Return the stored cells of some days, as far as they are those of the table in force."""
    keys = cells.keys_digest(definition)
    found = (cells.read(bench.store, definition.name, day) for day in days)
    return [stored for stored in found if stored and stored.keys == keys]


def origin_of(stored: Iterable[StoredCells]) -> str:
    """Return `simulated` if any day of a period was."""
    return SIMULATED if any(day.origin == SIMULATED for day in stored) else MEASURED


def day_cells(stored: Iterable[StoredCells]) -> list[DayCells]:
    """Return the counts alone."""
    return [day.cells for day in stored]
