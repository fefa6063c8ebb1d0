from datetime import date, timedelta
from pathlib import Path

import pytest

from analyzer.exact import Bench
from analyzer.papers.all import paper
from analyzer.store import Store
from school.catalogue import load_catalogue
from school.load import load_school

AS_OF = date(2026, 11, 27)
DEMO = Path(__file__).resolve().parents[2] / "simulator" / "school"


@pytest.fixture(scope="session")
def bench(tmp_path_factory) -> Bench:
    """The demonstration school over an empty store."""
    root = tmp_path_factory.mktemp("papers") / "store"
    root.mkdir()
    return Bench(Store(root), load_school(DEMO), load_catalogue())


@pytest.fixture(scope="session")
def papers(bench):
    return lambda name: paper(name, bench, AS_OF)


@pytest.fixture
def days():
    return [AS_OF - timedelta(days=offset) for offset in range(12)]
