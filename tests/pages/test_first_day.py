"""The pages of the first day: a chart and its table, before any day is published."""

import re

import pytest

from api.library import Library
from dashboards.first_day import read_first_day
from dashboards.first_figures import COLUMNS, first_figures
from dashboards.texts import Texts
from privacy.published import Published
from tests.api.client import HTML, Client
from tests.pages.published_school import Publisher, write_documents

PAYLOAD = {
    "document": "first-day",
    "day": "2026-11-16",
    "step_minutes": 5,
    "lines": [
        {
            "line": "internet",
            "capacity": {"down_mbit_s": 300.0, "up_mbit_s": 100.0},
            "steps": [
                {
                    "slot": "M1", "from": f"{8 + n // 12:02d}:{5 * n % 60:02d}",
                    "to": f"{8 + (n + 1) // 12:02d}:{5 * (n + 1) % 60:02d}", "minutes": 5,
                    "minutes_seen": 0 if n == 20 else 5, "busiest_share": None if n == 20 else 0.1,
                    "down_mbit_s": None if n == 20 else 10.0 + n, "up_mbit_s": None if n == 20 else 1.5,
                }
                for n in range(24)
            ],
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """Documents and no release: a store of this morning."""
    publisher = Publisher(tmp_path_factory.mktemp("first") / "public")
    write_documents(publisher)
    publisher.write("documents", "first-day", PAYLOAD)
    return publisher.public


@pytest.mark.parametrize("page", ["/", "/debit", "/debit?lang=en"])
def test_the_first_day_has_a_chart_and_all_its_numbers(public, page):
    text = Client(public).get(page, accept=HTML).text
    assert text.count('<svg class="chart') == 2
    assert '<data value="33">' in text
    assert '<data value="1.5">' in text
    bars = re.findall(r'<rect class="bar load"', text)
    assert len(bars) == 2 * (COLUMNS - 1)
    assert "non mesuré" in text or "not measured" in text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_table_has_the_whole_day_and_the_title_its_highest(public, lang):
    found = first_figures(Library(Published(public)).snapshot(), "internet", Texts(lang))
    down, up = found
    assert [len(figure.table.lines) for figure in found] == [24, 24]
    assert "33" in down.title
    assert "300" in down.title
    assert "1" in up.title
    assert len(down.chart.bars) == COLUMNS


def test_the_document_is_served_as_it_is_sealed(public):
    answer = Client(public).get("/api/v1/documents/first-day")
    assert answer.status_code == 200
    assert answer.json()["document"]["lines"] == PAYLOAD["lines"]


def test_a_document_of_another_policy_is_not_shown(public, tmp_path):
    publisher = Publisher(tmp_path / "public")
    write_documents(publisher)
    publisher.write("documents", "first-day", PAYLOAD | {"policy": "0" * 64})
    assert '<svg class="chart' not in Client(publisher.public).get("/debit", accept=HTML).text


def test_a_line_without_any_measured_minute_has_no_chart():
    empty = [step | {"minutes_seen": 0} for step in PAYLOAD["lines"][0]["steps"]]
    line = PAYLOAD["lines"][0] | {"steps": empty}
    assert read_first_day(PAYLOAD | {"lines": [line]}).line("internet") is None
