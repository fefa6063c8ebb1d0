"""Asks engines the same question of the same slices, in memory or in an encrypted store."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from analyzer.activity import MINUTES, Question
from analyzer.engines import HeldSlices, StoredSlices
from analyzer.facts import minute_table
from privacy.records import SLICE_SCHEMA
from privacy.store.commit import Committer, Part
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, keys_beside
from privacy.store.reader import Reader
from school.load import School
from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import CALM, CATALOGUE, FILLED, worse
from tests.analyzer_classify.generated import MONDAY, lycee

MONDAY_DAY = MONDAY.date()
TABLES = ["T1", "T2", "T3", "T4", "T5-bis", "T6", "T7", "rehearsal"]


@lru_cache(maxsize=1)
def school() -> School:
    """The school of the twins' tests, which follows services."""
    own = lycee()
    known = sorted({entry.service for entry in CATALOGUE})
    follow = tuple(known[:: len(known) // 12])[:10]
    named = [entry.service for entry in CATALOGUE if entry.suffix in generated.SITES]
    return replace(own, services=replace(own.services, follow=tuple({*follow, *named})))


PUBLISHED = {"salles": "salles", "bureaux": "bureaux", "internat": None, "serveurs": "bureaux"}
"""A zone that is not published, and two that are published together."""


def rows_of(draw: Random, count: int) -> list[dict[str, Any]]:
    """Draw slices; flows, devices and minutes are few, so that they meet."""
    return [{**FILLED, **generated.slice_row(draw)} for _ in range(count)]


def minutes_of(day: date, states: Mapping[datetime, tuple[str, str]]) -> pa.Table:
    """Return every minute of a local day, as `exact.day_minutes` does."""
    table = minute_table(school().calendar, day, day + timedelta(days=1))
    known = [states.get(minute.replace(tzinfo=UTC), CALM) for minute in table["minute"].to_pylist()]
    told = {
        "link_state": [worse(*state) for state in known],
        "link_up": [up for up, _ in known],
        "link_down": [down for _, down in known],
    }
    for name, values in told.items():
        table = table.append_column(name, pa.array(values, pa.string()))
    return table.select(MINUTES.names)


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{n: row.get(n) for n in SLICE_SCHEMA.names} for row in rows], schema=SLICE_SCHEMA)  # fmt: skip


def held(rows: Sequence[dict[str, Any]]) -> HeldSlices:
    return HeldSlices(ds.dataset(table_of(rows)))


@contextmanager
def committed(root: Path, parts: Sequence[pa.Table], day: date = MONDAY_DAY):
    """Write an encrypted store of one day, in several files; yield its slices."""
    committer = Committer(root, FileKeyring(keys_beside(root)), lambda: 1)
    committer.open()
    for number, table in enumerate(parts):
        committer.commit(Part(f"part-{number}", FLOWS, day, SLICE_SCHEMA, "test"), [table])
    reader = Reader(root, FileKeyring(keys_beside(root)))
    yield StoredSlices(reader, reader.segments(FLOWS, day), "0750001A")


def question(engine, own: School | None = None) -> Question:
    own = own or school()
    return Question(
        engine,
        school=own,
        catalogue=CATALOGUE,
        published=PUBLISHED,
        services=own.services.follow,
    )
