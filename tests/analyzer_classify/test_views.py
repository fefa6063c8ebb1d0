"""The charter's SQL is made once for what the school declares, and anew for anything else."""

from dataclasses import replace

import ibis
import pyarrow as pa
import pytest

from analyzer import activity, views
from analyzer.activity import MINUTES
from analyzer.engines import embedded
from school.catalogue import load_catalogue
from school.load import load_school
from tests.support.processes import ROOT

SCHOOL = load_school(ROOT / "simulator" / "school")
CATALOGUE = load_catalogue()
ASKED = {
    "published": {"salles": "salles"},
    "services": ("pix",),
    "minutes": MINUTES,
    "dialect": "duckdb",
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(views, "_KNOWN", [])


class Maker:
    """Makes one small view, and counts how often."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, read):
        self.asked += 1
        slices = read[views.Read.SLICES]
        words = ibis.memtable(pa.table({"age_s": pa.array([1, 2], pa.int32())}))
        return {"known": slices.inner_join(words, "age_s")}


def said(school=SCHOOL, catalogue=CATALOGUE, **changed):
    return views.Said.of(school, catalogue, **{**ASKED, **changed})


def test_the_same_declarations_are_compiled_once():
    make = Maker()
    again = load_school(ROOT / "simulator" / "school")
    assert views.views(said(), make) is views.views(said(school=again), make)
    assert make.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        said(school=replace(SCHOOL, charter=replace(SCHOOL.charter, rules=SCHOOL.charter.rules[1:]))),
        said(school=replace(SCHOOL, zones=replace(SCHOOL.zones, zones=SCHOOL.zones.zones[1:]))),
        said(catalogue=type(CATALOGUE)(list(CATALOGUE)[1:])),
        said(published={"salles": None}),
        said(services=()),
        said(minutes=MINUTES.remove(len(MINUTES) - 1)),
        said(dialect="datafusion"),
    ],
    ids=["charter", "zones", "catalogue", "published", "services", "minutes", "dialect"],
)  # fmt: skip
def test_anything_else_is_compiled_anew(other):
    make = Maker()
    views.views(said(), make)
    views.views(other, make)
    assert make.asked == 2


def test_few_schools_are_remembered():
    make = Maker()
    for number in range(views.MOST + 1):
        views.views(said(services=(str(number),)), make)
    assert len(views._KNOWN) == views.MOST
    views.views(said(services=("0",)), make)
    assert make.asked == views.MOST + 2


def test_an_engine_that_gets_known_views_has_their_words_and_no_rows_of_another():
    questions = []
    for _ in range(2):
        with embedded.opened() as engine:
            connection = engine.connection
            activity.Question(
                engine,
                school=SCHOOL,
                catalogue=CATALOGUE,
                published={"salles": "salles"},
            )
            rows = connection.table("by_slot").count().to_pyarrow().as_py()
            names = connection.con.execute("SELECT view_name FROM duckdb_views()").fetchall()
            questions.append((sorted(names), rows))
            assert MINUTES.names == list(connection.table("minutes").columns)
    assert questions[0] == questions[1]
    assert questions[0][1] == 0
    assert len(views._KNOWN) == 1
