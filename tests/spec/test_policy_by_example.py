"""Every case holds, and the page that shows them is the one that is written from them."""

import ibis
import pytest

from analyzer.classify import classify
from tests.analyzer_classify.compared import verdicts_by_engine
from tests.spec.book import CASES, PAGE, page
from tests.spec.situations import CHARTERS, school_under


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_verdict_is_the_one_of_the_table(case):
    charter = school_under(case.charter).charter
    told = [(row, row.use, row.rule) for row, _ in case.facts()]
    found = [(row, classify(facts, charter)) for row, facts in case.facts()]
    assert [(row, verdict.use, verdict.rule) for row, verdict in found] == told
    assert told


@pytest.mark.parametrize("charter", CHARTERS)
def test_the_compiled_charter_says_the_same(charter):
    both = [pair for case in CASES if case.charter == charter for pair in case.facts()]
    engine = ibis.duckdb.connect(threads=1)
    found = verdicts_by_engine(engine, [f for _, f in both], [school_under(charter).charter])
    engine.disconnect()
    assert found == [[(row.rule, row.use) for row, _ in both]]


def test_there_are_over_forty_cases_each_with_a_name_and_two_sentences():
    assert len(CASES) >= 40
    for part in ("id", "fr", "en"):
        assert len({getattr(case, part) for case in CASES}) == len(CASES)


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.spec.book"


@pytest.mark.parametrize("charter", CHARTERS)
def test_every_rule_of_a_charter_that_has_a_place_here_is_met(charter):
    met = {row.rule for case in CASES if case.charter == charter for row in case.rows()}
    rules = {rule.id for rule in school_under(charter).charter.rules}
    assert met <= rules
    if charter in {"lycee", "exemple"}:
        assert rules - met <= {"radio-like", "education", "otherwise"}
