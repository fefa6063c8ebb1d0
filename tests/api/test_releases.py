"""What leaves: stored releases, whole, with withheld cells never as a number."""

import csv
import io
import json
from pathlib import Path

import pytest

from api.formats import accepted, write_csv
from api.routes import PREFIX
from privacy.published import TABLES, Published
from tests.api.client import Client


def withheld(public: Path, table: str, period: str) -> list[dict]:
    cells = Published(public).payload(table, period)["cells"]
    return [cell for cell in cells if cell["display"].get("withheld")]


def test_the_list_names_every_table_and_period(client: Client, public: Path):
    tables = client.get(f"{PREFIX}/releases").json()["tables"]
    assert tuple(table["table"] for table in tables) == TABLES
    assert tables[0]["periods"] == Published(public).periods("T1")
    assert len(tables[0]["periods"]) == 10


def test_a_withheld_cell_has_no_number_in_json(client: Client, public: Path):
    hidden = withheld(public, "T1", "2026-W41")
    assert hidden
    text = client.get(f"{PREFIX}/releases/T1/2026-W41").text
    assert "noisy" not in text
    body = json.loads(text)
    served = [cell for cell in body["cells"] if cell["status"] == "withheld"]
    assert len(served) == len(hidden) == body["meta"]["withheld_cells"]
    for cell in served:
        assert set(cell) == {"key", "status", "below"}


def test_shown_cells_are_the_stored_values(client: Client, public: Path):
    stored = Published(public).release("T1", "2026-W41")
    body = client.get(f"{PREFIX}/releases/T1/2026-W41").json()
    served = {
        tuple(sorted(c["key"].items())): c["value"] for c in body["cells"] if c["status"] == "shown"
    }
    assert served == {c.key: c.noisy for c in stored.cells if hasattr(c.display, "value")}


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("csv-fr", ";")])
def test_a_withheld_cell_has_no_number_in_csv(client, public, form, delimiter):
    response = client.get(f"{PREFIX}/releases/T1/2026-W41?format={form}")
    assert response.headers["content-type"].startswith("text/csv")
    text = response.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    hidden = [row for row in rows if row["status"] == "withheld"]
    assert len(hidden) == len(withheld(public, "T1", "2026-W41"))
    assert {(row["value"], row["margin"]) for row in hidden} == {("", "")}
    assert all(row["below"] for row in hidden)
    shown = [row for row in rows if row["status"] == "shown"]
    assert all(row["value"] for row in shown)
    assert response.content.startswith(b"\xef\xbb\xbf") == (form == "csv-fr")


def test_the_csv_of_a_table_holds_all_its_periods(client: Client):
    text = client.get(f"{PREFIX}/releases/link?format=csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len({row["period"] for row in rows}) == 40
    assert len(rows) == 40 * 11


def test_texts_that_a_spreadsheet_would_run_are_defused():
    for text in ("=1+1", "+33", "-cmd", "@SUM(A1)", "\t=1", "\r=1"):
        written = write_csv([{"zone": text}], "csv")
        fields = list(csv.reader(io.StringIO(written, newline="")))
        assert fields[1] == [f"'{text}"]
    assert "'-3" not in write_csv([{"value": -3}], "csv")


def test_numbers_are_written_for_each_spreadsheet():
    assert write_csv([{"rate": 1.5}], "csv").splitlines()[1] == "1.5"
    assert write_csv([{"rate": 1.5}], "csv-fr").splitlines()[1] == "1,5"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("application/json;q=0.2, text/csv", "csv"),
        ("text/csv;q=0, application/json", "json"),
        ("text/html", "json"),
        ("application/xml", None),
        ("text/csv;q=none", None),
    ],
)
def test_accept_chooses_the_form(header, form):
    assert accepted(header) == form


def test_the_meta_block_says_where_the_numbers_come_from(client: Client, public: Path):
    meta = client.get(f"{PREFIX}/releases/T1").json()["meta"]
    assert meta["range"] == {
        "first_period": "2026-W37",
        "last_period": "2026-W46",
        "from": "2026-09-07",
        "to": "2026-11-15",
    }
    assert meta["timezone"] == "Europe/Paris"
    assert meta["last_updated"] == "2026-11-17"
    assert meta["origin"] == ["simulated"]
    charter = Published(public).document("charter")["digest"]
    assert meta["charter_digest"] == [charter]


@pytest.mark.parametrize(
    "path", [f"{PREFIX}/releases/T1/2026-W41", f"{PREFIX}/documents/school", "/"]
)
def test_an_unchanged_answer_is_not_sent_again(client: Client, path: str):
    first = client.get(path)
    again = client.get(path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, if_none_match='"other"').status_code == 200


def test_each_form_has_an_etag_of_its_own(client: Client):
    path = f"{PREFIX}/releases/T1/2026-W41"
    tags = {
        client.get(f"{path}?format={form}").headers["etag"] for form in ("json", "csv", "csv-fr")
    }
    assert len(tags) == 3


FREE = {"pattern": r"^\d{4}-(W\d{2}|\d{2}(-\d{2})?)$", "maxLength": 10, "type": "string"}
"""The name of a stored period: the one parameter that is no list, and it chooses a whole release."""


def test_no_parameter_slices_a_release(client: Client):
    contract = client.get(f"{PREFIX}/openapi.json").json()
    seen = set()
    for operations in contract["paths"].values():
        assert set(operations) == {"get"}
        assert "requestBody" not in operations["get"]
        for parameter in operations["get"].get("parameters", ()):
            seen.add((parameter["in"], parameter["name"]))
            schema = parameter["schema"]
            listed = "enum" in schema or all(
                "enum" in each or each == {"type": "null"} for each in schema.get("anyOf", [{}])
            )
            if parameter["name"] == "period":
                assert FREE.items() <= schema.items()
            else:
                assert listed, parameter
    path = {("path", "table"), ("path", "period"), ("path", "name")}
    assert seen == path | {("query", "format"), ("query", "lang")}


@pytest.mark.parametrize("query", ["zone=cdi&limit=1", "lang=fr&x=", "lang=fr&lang=en", "from=2"])
def test_a_parameter_that_the_route_does_not_have_is_refused_and_not_dropped(client, query):
    answer = client.get(f"{PREFIX}/releases/T1/2026-W41?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "each at most once: lang, format"
    assert "cdi" not in answer.text


def test_a_page_refuses_a_parameter_that_it_does_not_have(client: Client):
    assert client.get("/debit?zone=cdi", accept="text/html").status_code == 422
    assert client.get("/debit?lang=en", accept="text/html").status_code == 200


@pytest.mark.parametrize("path", ["/", "/debit", "/confiance"])
def test_a_day_that_is_no_day_is_on_no_page(client: Client, path):
    assert client.get(f"{path}?jour=24h", accept="text/html").status_code == 404
