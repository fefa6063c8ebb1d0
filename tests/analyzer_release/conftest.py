from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer import pipeline
from analyzer import release as releasing
from privacy.published import Published
from school.catalogue import load_catalogue
from school.load import School, load_school
from tests.analyzer_release.examples import (
    MONDAY,
    NEXT_MONDAY,
    declare,
    link_minutes,
    slice_row,
    write_part,
)
from tests.support.acknowledged import acknowledge

IBIS_ON_DUCKDB_2 = "ignore:fetch_arrow_table:DeprecationWarning"
"""Ibis 12 calls DuckDB's old name; remove when Ibis uses `to_arrow_table`."""


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2))


@dataclass
class Place:
    """A store with a school."""

    root: Path
    declared: Path
    school: School
    dpo: Ed25519PrivateKey

    def analyze(self, as_of: date = NEXT_MONDAY):
        catalogue = load_catalogue()
        return pipeline.analyze(self.root, self.school, as_of=as_of, catalogue=catalogue)

    def release(self, as_of: date = NEXT_MONDAY):
        catalogue = load_catalogue()
        return releasing.release(self.root, self.school, as_of=as_of, catalogue=catalogue)

    @property
    def published(self) -> Published:
        return Published(self.root / "public")

    def redeclare(self, **changed: str) -> None:
        self.school = load_school(declare(self.declared, **changed))
        acknowledge(self.root, self.declared, key=self.dpo)


@pytest.fixture
def empty(tmp_path):
    declared = declare(tmp_path / "school")
    root = tmp_path / "store"
    root.mkdir()
    return Place(root, declared, load_school(declared), acknowledge(root, declared))


@pytest.fixture
def place(empty):
    """One simulated school week: 200 devices at work in the rooms, every day."""
    for offset in range(5):
        day = MONDAY + timedelta(days=offset)
        rows = [slice_row(day, "09:05", device, "atrium-sud.fr") for device in range(200)]
        write_part(empty.root, "flows", day, rows, origin="simulated")
        load = link_minutes(day, "08:00", 10, 4.0)
        write_part(empty.root, "link", day, load, origin="simulated")
    return empty
