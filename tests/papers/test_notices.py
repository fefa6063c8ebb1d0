"""The two notices, and what any document says when nothing is filled in."""

import io
from dataclasses import replace

import pytest

from analyzer.papers.all import PAPERS, paper
from dashboards.papers import sheets, standalone
from school.contacts import NO_CONTACTS
from tests.papers.conftest import AS_OF

ARTICLE_13 = (
    "Responsable", "délégué à la protection des données", "intérêt public", "8 jours", "CNIL",
    "opposer", "Accès, rectification, effacement, limitation", "Union européenne",
)  # fmt: skip
HARD_WORDS = (
    "pseudonym", "agrég", "confidentialité différentielle", "epsilon", "ε", "RGPD", "finalité",
    "destinataire", "chiffrement", "octet", "paquet", "protocole", "anonymis",
)  # fmt: skip


def words_of(sheet):
    parts = [sheet["title"], sheet["lead"]]
    for section in sheet["sections"]:
        parts += [section["heading"], *section["text"], *section["items"]]
    return "\n".join(parts)


def test_the_adults_notice_says_what_article_13_asks_for(papers):
    french = words_of(sheets(papers("notice-adults"))[0]).lower()
    assert [w for w in ARTICLE_13 if w.lower() not in french] == []


def test_the_pupils_notice_keeps_to_words_that_a_child_knows(papers):
    french = sheets(papers("notice-pupils"))[0]
    said = words_of(french)
    assert [word for word in HARD_WORDS if word in said] == []
    sentences = [s for s in said.replace("\n", ". ").split(". ") if s.strip()]
    assert max(len(s.split()) for s in sentences) <= 32
    assert sum(len(s.split()) for s in sentences) / len(sentences) < 15


@pytest.mark.parametrize("place", [0, 1], ids=["french", "english"])
def test_the_pupils_notice_is_one_printed_page(papers, place):
    weasyprint, pypdf = pytest.importorskip("weasyprint"), pytest.importorskip("pypdf")
    printed = standalone([papers("notice-pupils")])
    pdf = pypdf.PdfReader(io.BytesIO(weasyprint.HTML(string=printed).write_pdf()))
    assert len(pdf.pages) == 2, "one page in each language"
    lead = sheets(papers("notice-pupils"))[place]["title"].split()[1]
    assert lead in pdf.pages[place].extract_text()


def test_both_languages_have_the_same_parts(papers):
    for name in ("notice-adults", "notice-pupils"):
        french, english = sheets(papers(name))
        shape = [(len(s["text"]), len(s["items"])) for s in french["sections"]]
        assert shape == [(len(s["text"]), len(s["items"])) for s in english["sections"]]


@pytest.mark.parametrize("name", [name for name in PAPERS if name not in {"journal"}])
def test_what_the_school_did_not_declare_is_said_to_be_missing(bench, name):
    school = replace(bench.school, contacts=NO_CONTACTS)
    page = standalone([paper(name, replace(bench, school=school), AS_OF)])
    assert "contacts.yaml" in page
    assert "None" not in page
