"""What everybody reads without login: the charter as enforced, the notices, the poster."""

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import segno
from pypdf import PdfReader

from api.library import Library
from api.report import Printer
from dashboards.public import pages
from dashboards.public.code import code_svg
from dashboards.reading import Snapshot
from dashboards.report.pdf import make_pdf
from dashboards.texts import Texts
from privacy.published import Published
from tests.api.client import HTML, Client
from tests.public.declared import CHARTERS, notice, publish

PATHS = ("/charte", "/notice", "/notice/eleves", "/affiche")


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("public-pages") / "public")


@pytest.fixture(scope="session")
def papers(public: Path) -> Snapshot:
    return Library(Published(public)).papers()


def words(html: str) -> str:
    return re.sub(r"[\s\u202f\u00a0]+", " ", unescape(re.sub(r"<[^>]+>", "", html)))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_there_with_the_policy_of_the_releases(public, papers, path, lang):
    answer = Client(public).get(f"{path}?lang={lang}", accept=HTML)
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert papers.policy[:16] in answer.text
    assert answer.text.count("<h1") == 1


def test_the_charter_says_what_is_allowed_by_place_and_time(public):
    said = words(Client(public).get("/charte", accept=HTML).text)
    for sentence in (
        "✕ Contraire à la charte : jeux d’argent, contenus réservés aux adultes",
        "≈ Toléré, sauf quand la ligne est chargée (inadapté) : musique en ligne et webradios.",
        "≈ Toléré, sauf quand la ligne est saturée (inadapté) : vidéo en ligne, musique en ligne",
        "sauf gros téléchargements quand la ligne est chargée (inadapté) : jeux",
        "Rien n’est jamais compté comme contraire à la charte sur un indice faible",
        "Des règles regardent aussi l’allure des échanges sans nom",
        "Salles de cours et CDI",
    ):
        assert sentence in said, sentence


def test_the_charter_says_every_rule_with_its_clause(public, papers):
    page = Client(public).get("/charte", accept=HTML).text
    assert len(re.findall(r'id="rule-', page)) == len(papers.charter["rules"])
    assert len(re.findall(r"<th scope=\"rowgroup\"", page)) == 4


def test_a_charter_of_an_older_version_has_its_rules_alone(papers):
    old = {key: value for key, value in papers.charter.items() if key != "practice"}
    html = pages.charter_page(replace(papers, charter=old), Texts("fr"), {})
    assert 'id="places"' not in html
    assert 'id="rules"' in html


def test_notices_are_drawn_from_their_documents_and_escape_them(public):
    page = Client(public).get("/notice/eleves", accept=HTML).text
    assert "Pour décider &lt;du&gt; débit." in page
    assert "<li>Deux.</li>" in page
    assert "What is measured" in Client(public).get("/notice?lang=en", accept=HTML).text


def test_without_a_notice_there_is_a_sentence_and_the_poster_still_stands(public, tmp_path):
    bare = publish(tmp_path / "public")
    for name in ("notice-adults", "notice-pupils"):
        (bare / "documents" / f"{name}.json").unlink()
    assert Client(bare).get("/notice", accept=HTML).status_code == 404
    assert Client(bare).get("/affiche", accept=HTML).status_code == 200


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("charter", CHARTERS, ids=lambda path: path.stem)
def test_the_poster_of_each_model_charter_is_one_a4_sheet(tmp_path, charter, lang):
    snapshot = Library(Published(publish(tmp_path / "public", charter))).papers()
    made = make_pdf(*pages.poster_sheets(snapshot, notice("notice-pupils"), Texts(lang)))
    reader = PdfReader(io.BytesIO(made.data))
    assert made.pages == len(reader.pages) == 1
    assert reader.trailer["/Root"]["/Lang"] == lang
    assert pages.policy_of(snapshot) in reader.pages[0].extract_text()


def test_the_code_is_the_matrix_of_the_address():
    address = "https://jauge.lycee.example/charte"
    matrix = segno.make(address, micro=False, error="m").matrix
    drawn = set(re.findall(r"M(\d+) (\d+)h1v1h-1z", code_svg(address, "x")))
    assert drawn == {
        (str(x + 4), str(y + 4)) for y, row in enumerate(matrix) for x, on in enumerate(row) if on
    }


def test_without_a_declared_address_the_poster_says_how_to_find_the_page(papers):
    bare = replace(papers, school=replace(papers.school, public_url=""))
    html = pages.poster_page(bare, None, Texts("fr"), {})
    assert "<svg" not in html.split('class="foot"')[1].split("</div>")[0]
    assert "demander leur adresse" in html


def test_the_pdf_of_the_poster_is_made_once_for_everybody(public):
    made = []

    def counted(*sheets: str):
        made.append(sheets)
        return make_pdf(*sheets)

    printer = Printer(counted)
    sheets = ("<html lang=fr><title>x</title><p>x", "")
    assert printer.print(*sheets).data == printer.print(*sheets).data
    assert len(made) == 1
    assert Client(public).get("/affiche.pdf").headers["content-type"] == "application/pdf"
