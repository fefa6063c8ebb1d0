"""Five findings, each short, with number, comparison and confidence; and what the cover counts."""

import re
from dataclasses import replace
from datetime import date

import pytest

from dashboards.pages import line_days
from dashboards.report import document
from dashboards.report.findings import MOST_WORDS, five
from dashboards.report.material import Material
from dashboards.report.sections import build, cover
from dashboards.texts import Texts


def told(material: Material, lang: str = "fr") -> list[str]:
    texts = Texts(lang)
    found = five(material, line_days(material.snapshot, None), texts)
    return [
        f"{each.text} {texts('report.confidence.word')} "
        f"{texts(f'report.confidence.{each.confidence}')}."
        for each in found
    ]


def words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if any(c.isalnum() for c in word)]


def flat(text: str) -> str:
    return re.sub(r"[\s\u202f\u00a0]+", " ", text)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_five_findings_of_at_most_25_words_each_with_a_number(material: Material, lang: str):
    found = told(material, lang)
    assert len(found) == 5
    for sentence in found:
        assert len(words(sentence)) <= MOST_WORDS, sentence
        assert re.search(r"\d", sentence), sentence
        assert re.search(
            r"Confiance (forte|moyenne|faible)|Confidence (strong|fair|weak)", sentence
        )


def test_they_state_what_was_planted(material: Material):
    line, slot, work, restricted, fills = map(flat, told(material))
    assert line.startswith("Ligne suffisante : 0 % du temps de cours au-dessus de 80 % de charge "
                           "depuis le 5 octobre, contre")  # fmt: skip
    assert slot.startswith("Chaque mardi en M3, la ligne saturait : 4 fois sur 4 ; depuis")
    assert "pendant 2 semaines à partir du 21 septembre" in work
    assert restricted.startswith("Bureaux : inadapté aux ressources : moins de 82 par semaine")
    assert fills.startswith("Ligne saturée, septembre 2026 : Enseignement et gestion en prend")


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("drop", ["weeks", "link", "fills", "all"])
def test_what_is_missing_makes_no_finding_and_no_fault(material: Material, drop: str, lang: str):
    names = ("weeks", "link", "fills") if drop == "all" else (drop,)
    bare = replace(material, snapshot=replace(material.snapshot, **dict.fromkeys(names, ())))
    for sentence in told(bare, lang):
        assert len(words(sentence)) <= MOST_WORDS
    assert "<h1>" in document.paper(bare, Texts(lang))


def test_without_a_change_of_line_the_limit_is_what_is_compared_with(material: Material):
    school = material.snapshot.school
    lines = tuple(replace(line, capacities=line.capacities[-1:]) for line in school.lines)
    snapshot = replace(material.snapshot, school=replace(school, lines=lines))
    line, slot, *_ = map(flat, told(replace(material, snapshot=snapshot)))
    assert "la limite est 5 %" in line
    assert "sur" in slot


def test_the_cover_counts_weeks_and_names_what_is_missing(material: Material):
    said = dict(cover(material, Texts("fr")))
    weeks = flat(said["Semaines de classe comptées"])
    assert weeks.startswith("8 sur 14 dans le trimestre.")
    assert "celle du 31 août" in weeks
    assert "5 semaines ne sont pas encore closes" in weeks
    assert said["Vacances, hors des comparaisons"] == "du 19 oct. 2026 au 1 nov. 2026"
    assert said["Imprimé le"] == "vendredi 27 novembre 2026"


def test_the_four_epsilons_are_told_together_or_not_at_all(material: Material):
    names = ("device_day", "two_devices", "school_week", "boarding_week")
    given = {
        f"epsilon_{name}": value for name, value in zip(names, (1, 2.11, 5.83, 8.6), strict=True)
    }
    full = replace(
        material,
        snapshot=replace(material.snapshot, privacy={**material.snapshot.privacy, **given}),
    )
    said = flat(dict(build(full, Texts("fr"))["protection"])["Garantie"])
    assert all(number in said for number in ("ρ = 0,0243", "2,11", "5,83", "8,6"))
    alone = dict(build(material, Texts("fr"))["protection"])["Garantie"]
    assert "ε" not in alone


@pytest.mark.parametrize(
    ("uai", "name", "expected"),
    [
        ("0000000A", "Lycée", "rapport-0000000A-2026-T1.pdf"),
        ("", "Lycée Éric-Tabarly / 2", "rapport-lycee-eric-tabarly-2-2026-T1.pdf"),
        ("", "學校", "rapport-ecole-2026-T1.pdf"),
    ],
)
def test_the_file_is_named_after_the_school_and_the_term(material, uai, name, expected):
    school = replace(material.snapshot.school, uai=uai, name=name)
    named = replace(material, snapshot=replace(material.snapshot, school=school))
    assert document.file_name(named, "pdf") == expected


def test_a_school_is_called_what_it_likes_without_breaking_the_page(material: Material):
    school = replace(material.snapshot.school, name='Lycée "</style><script>"; } \\')
    named = replace(material, snapshot=replace(material.snapshot, school=school))
    html, _, footer = document.sheets(named, Texts("fr"))
    assert "<script>" not in html + footer
    assert re.sub(r"\"[^\"]*\"", "", footer).count("}") == 3
    assert date(2026, 11, 27).isoformat() in html


def test_the_latest_erasure_and_the_checkpoint_come_from_the_journal(material: Material):
    proofs = [
        {"day": "2026-11-06", "key_destroyed": "2026-11-15T01:00:00Z"},
        {"day": "2026-11-05", "key_destroyed": "2026-11-14T01:00:00Z"},
        {"day": "2026-11-09"},
    ]
    content = {"retention": {"proofs": proofs}, "log": {"entries": 1234, "root": "ab" * 32}}
    told = dict(build(replace(material, documents={"journal": {"content": content}}), Texts("fr"))[
        "protection"
    ])  # fmt: skip
    assert told["Dernier effacement"].startswith("clé du 6 nov. 2026 détruite le 15 nov. 2026")
    assert flat(told["Point de contrôle du journal"]) == f"1 234 entrées, racine {'ab' * 16}"
    assert "Dernier effacement" not in dict(build(material, Texts("fr"))["protection"])


def test_services_and_dated_events_are_those_of_the_pages(material: Material):
    built = build(material, Texts("fr"))
    assert built["changes"][0].startswith("Autour du lundi 5 octobre 2026")
    assert built["services"]["said"] or built["services"]["empty"]
