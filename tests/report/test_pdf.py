"""The PDF opens, is tagged, says its language and title, and holds the numbers of the API."""

import contextlib
import io
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from api.library import Library
from dashboards.report import document, pdf
from dashboards.report.pdf import CannotPrint, Fetcher, Paper, make_pdf
from dashboards.texts import NARROW, Texts
from privacy.published import Published
from tests.api.client import Client
from tests.pages import more_releases, published_school
from tests.report import school_with_volumes
from tests.report.conftest import PRINTED

A4 = (595.3, 841.9)


@pytest.fixture(scope="module")
def reader(printed: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(printed.data))


@pytest.fixture(scope="module")
def text(reader: PdfReader) -> str:
    whole = "\n".join(page.extract_text() for page in reader.pages)
    return re.sub(r"[\s\u202f\u00a0]+", " ", whole)


def elements(node: object) -> list[tuple[str, object]]:
    """Every structure element below a node, as (tag, element)."""
    found, queue = [], [node]
    while queue:
        each = queue.pop()
        each = each.get_object() if hasattr(each, "get_object") else each
        if isinstance(each, list):
            queue.extend(each)
        elif hasattr(each, "get"):
            if "/S" in each:
                found.append((each["/S"], each))
            kids = each.get("/K")
            queue.extend(kids if isinstance(kids, list) else [kids] if kids is not None else [])
    return found


def test_it_is_four_to_six_a4_sheets(reader: PdfReader, printed: Paper):
    assert 4 <= len(reader.pages) <= 6
    assert printed.pages == len(reader.pages)
    for page in reader.pages:
        size = (round(float(page.mediabox.width), 1), round(float(page.mediabox.height), 1))
        assert size == A4


def test_it_is_marked_and_says_language_title_and_dates(reader: PdfReader):
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "fr"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == (
        "Rapport provisoire du premier trimestre 2026–2027, 8 semaines sur 14 – Lycée de démonstration"
    )
    assert reader.metadata.creation_date.date() == PRINTED
    assert "pdfuaid" in catalog["/Metadata"].get_data().decode()


def test_it_has_a_structure_tree_with_headings_tables_headers_and_figures(reader: PdfReader):
    tags = elements(reader.trailer["/Root"]["/StructTreeRoot"])
    count = {name: sum(tag == name for tag, _ in tags) for name in ("/H1", "/H2", "/Table", "/TH")}
    assert count["/H1"] == 1
    assert count["/H2"] >= 6
    assert count["/Table"] >= 5
    assert count["/TH"] > 60
    figures = [element for tag, element in tags if tag == "/Figure"]
    assert len(figures) == 4
    assert all("annexe" in element["/Alt"] for element in figures)


def test_every_data_cell_of_a_table_names_its_headers(reader: PdfReader):
    tags = elements(reader.trailer["/Root"]["/StructTreeRoot"])
    cells = [element for tag, element in tags if tag == "/TD" and "/A" in element]
    assert len(cells) > 100
    assert all("/Headers" in cell["/A"].get_object() for cell in cells)


def test_each_page_carries_policy_and_page_number(reader: PdfReader, material):
    for number, page in enumerate(reader.pages, start=1):
        said = page.extract_text().replace(NARROW, " ")
        assert f"politique {material.policy} · page {number}/{len(reader.pages)}" in said


def test_no_text_is_smaller_than_eleven_points(reader: PdfReader):
    sizes = set()
    for page in reader.pages:

        def visit(text, matrix, text_matrix, _font, size):
            if text.strip():
                sizes.add(round(size * abs(text_matrix[3] or text_matrix[0]) * abs(matrix[3]), 1))

        page.extract_text(visitor_text=visit)
    # CSS pixels are three quarters of a point; WeasyPrint scales the page by it.
    assert min(sizes) >= 11 - 0.1


def test_nothing_is_drawn_in_colour(printed: Paper, material):
    html, style, footer = document.sheets(material, Texts("fr"))
    named = set(re.findall(r"#[0-9a-fA-F]{3,6}\b", html + style + footer))
    for colour in named - {"#A1", "#A2", "#A3"}:
        digits = colour[1:]
        parts = [digits[i : i + len(digits) // 3] for i in range(0, len(digits), len(digits) // 3)]
        assert len(set(parts)) == 1, f"{colour} is no grey"


def test_its_numbers_are_those_of_the_api_to_the_last_digit(public: Path, text: str):
    client = Client(public)
    fr = Texts("fr")
    flat = lambda value: re.sub(r"[\s\u202f\u00a0]+", " ", value)  # noqa: E731
    latest = client.get("/api/v1/releases/T1/2026-W46").json()
    shown = [cell for cell in latest["cells"] if cell["status"] == "shown"
             and cell["key"]["use"] != "any"]  # fmt: skip
    assert len(shown) > 6
    for cell in shown:
        assert flat(f"{fr.number(cell['value'])} (± {fr.number(cell['margin'])}") in text
    weeks = client.get("/api/v1/releases/T4").json()["releases"]
    term = {}
    for release in weeks:
        for cell in release["cells"]:
            term.setdefault(cell["key"]["use"], []).append(cell)
    full = {use: cells for use, cells in term.items() if all(c["status"] == "shown" for c in cells)}
    assert set(full) >= {"pedagogical", "residual_private", "technical", "undetermined"}
    for cells in full.values():
        total = sum(cell["value"] for cell in cells)
        assert flat(f"{fr.number(total / 1000)} Go ± ") in text
    days = client.get("/api/v1/releases/link").json()["releases"]
    lessons = [slot for day in days for line in day["lines"] for slot in line["slots"]
               if slot["period"] == "lesson" and day["period"] < "2026-10-05"]  # fmt: skip
    tuesdays = [
        slot for slot in lessons if slot["slot"] == "M3" and slot["down"]["minutes_95"] > 20
    ]
    assert len(tuesdays) == 4
    minutes = sum(slot["down"]["minutes_95"] for slot in tuesdays) / len(tuesdays)
    assert flat(f"/ {fr.number(minutes)}") in text


def test_withheld_cells_are_in_words_never_zero(text: str):
    assert "moins de 199" in text
    assert "Masqué, trop petit pour être publié : Contraire à la charte." in text


def test_the_same_input_gives_the_same_bytes(material, printed: Paper):
    assert make_pdf(*document.sheets(material, Texts("fr"))).data == printed.data


def test_nothing_is_wider_than_its_sheet_and_decisions_are_on_the_first(reader: PdfReader):
    first = re.sub(r"[\s\u202f\u00a0]+", " ", reader.pages[0].extract_text())
    assert "Décisions à voter" in first
    assert "Écrit par des règles, des seuls nombres publiés ; le conseil choisit." in first
    right = A4[0] - 16 * 72 / 25.4
    for page in reader.pages:
        places = []

        def visit(text, matrix, text_matrix, _font, _size, places=places):
            if text.strip():
                places.append(text_matrix[4] * matrix[0] + matrix[4])

        page.extract_text(visitor_text=visit)
        assert max(places) < right


@pytest.mark.slow
def test_a_whole_term_fits_six_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Fourteen school weeks and twelve services: every table at its longest."""
    last = date(2026, 12, 18)
    for module in (published_school, school_with_volumes):
        monkeypatch.setattr(module, "LAST", last + timedelta(days=2))
    monkeypatch.setattr(published_school, "LAST_DAY", last)
    monkeypatch.setattr(published_school, "FIRST", date(2026, 8, 31))
    known = more_releases.SERVICES
    added = tuple(f"Service au nom plutôt long, {n}" for n in range(12 - len(known)))
    per_day = more_releases.per_day
    dipped = (date(2026, 9, 21), date(2026, 9, 28))
    monkeypatch.setattr(more_releases, "SERVICES", (*known, *added))
    monkeypatch.setattr(
        more_releases,
        "per_day",
        lambda name, monday: (
            per_day(name, monday)
            if name in known
            else 60.0 + 120 * (monday not in dipped and name == added[0])
        ),
    )
    public = school_with_volumes.publish_all(tmp_path / "public")
    material = Library(Published(public)).material("2026-T1", lambda _: last)
    assert len(material.released()) == 14
    paper = make_pdf(*document.sheets(material, Texts("fr")))
    assert 4 <= paper.pages <= 6


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_another_process(
    public: Path, printed: Paper, tmp_path: Path
):
    out = tmp_path / "report.pdf"
    command = [sys.executable, "-m", "cli", "report", "--public", str(public), "--pdf",
               "--printed", PRINTED.isoformat(), "--out", str(out)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert out.read_bytes() == printed.data


@pytest.mark.parametrize(
    "body",
    [
        '<img src="http://192.0.2.1/x.png" alt="x">',
        '<img src="file:///etc/passwd" alt="x">',
        '<link rel="stylesheet" href="https://school.example/a.css">',
        "<style>@font-face{font-family:x;src:url(https://school.example/f.woff)}p{font-family:x}</style>",
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>'
        '<image href="http://192.0.2.1/x.png" width="9" height="9"/></svg>',
    ],
)
def test_nothing_is_fetched(body: str, monkeypatch: pytest.MonkeyPatch):
    asked, call = [], Fetcher.__call__

    def counted(self, url, *more, **named):
        asked.append(url)
        call(self, url, *more, **named)

    monkeypatch.setattr(Fetcher, "__call__", counted)
    with contextlib.suppress(FatalURLFetchingError):  # fonts are given up without a word
        make_pdf(f'<html lang="fr"><title>x</title><body><p>x</p>{body}')
    assert len(asked) == 1


def test_without_pango_the_refusal_names_the_packages(monkeypatch: pytest.MonkeyPatch):
    pdf._weasyprint.cache_clear()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    try:
        with pytest.raises(CannotPrint, match="apt-get install libpango"):
            make_pdf("<html lang=fr><title>x</title>")
    finally:
        pdf._weasyprint.cache_clear()


@pytest.mark.slow
def test_without_a_font_the_command_ends_in_a_sentence_not_in_a_fault(public: Path, tmp_path: Path):
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    command = [sys.executable, "-m", "cli", "report", "--public", str(public), "--pdf",
               "--out", str(tmp_path / "r.pdf")]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60,
                          env={"FONTCONFIG_FILE": str(empty), "PATH": ""})  # fmt: skip
    assert done.returncode == 3
    assert "apt-get install fonts-dejavu-core" in done.stderr
