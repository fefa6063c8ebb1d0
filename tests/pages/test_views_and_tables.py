"""docs/utility.md tells from which tables each view is drawn; the code of the views agrees."""

import re
from pathlib import Path

import pytest

from benchmarks.utility.page import VIEWS

ROOT = Path(__file__).resolve().parents[2]
TABLE_OF = {
    "weeks": "T1",
    "slots": "T2",
    "services": "T3",
    "volumes": "T4",
    "months": "T5-bis",
    "days": "T6",
    "fills": "T7",
    "link": "link",
    "rehearsals": "rehearsal",
}
"""The parts of a snapshot and the tables that they are."""
MODULES = {
    "/": "overview.py tiles.py",
    "/saturation": "views/saturation.py",
    "/services": "views/services.py",
    "/usages": "views/usages.py",
    "/avant-apres": "views/before_after.py",
    "/parc": "views/park.py",
}


def tables_of(view: str) -> set[str]:
    return set(next(tables for name, tables in VIEWS.items() if f"`{view}`" in name))


@pytest.mark.parametrize("view", MODULES)
def test_a_view_is_drawn_from_the_tables_that_the_page_names(view):
    files = [ROOT / "dashboards" / name for name in MODULES[view].split()]
    code = "".join(file.read_text("utf-8") for file in files)
    used = {TABLE_OF[part] for part in re.findall(r"snapshot\.(\w+)", code) if part in TABLE_OF}
    # The load of the line reaches some views through `dashboards.load`.
    assert used - {"link"} == tables_of(view) - {"link"}


def test_no_view_is_without_a_table_and_every_table_feeds_one():
    assert all(VIEWS.values())
    fed = {table for tables in VIEWS.values() for table in tables} | {"rehearsal"}
    assert fed >= set(TABLE_OF.values())


def test_the_measured_page_has_every_view():
    page = (ROOT / "docs" / "utility.md").read_text("utf-8")
    for view, tables in VIEWS.items():
        assert f"| {view} | {', '.join(tables)} |" in page, view
