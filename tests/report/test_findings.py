"""Findings and decisions: short, with number, comparison and certainty; and what the cover counts."""

import re
from dataclasses import replace
from datetime import date

import pytest

from dashboards.events import Event
from dashboards.pages import line_days
from dashboards.report import document
from dashboards.report.changes import changes
from dashboards.report.cover import cover, title
from dashboards.report.findings import findings
from dashboards.report.material import Material
from dashboards.report.sections import build
from dashboards.report.told import MOST_WORDS, Told
from dashboards.report.votes import MOST_VOTES, votes
from dashboards.texts import Texts
from privacy.release import Shown, display


def told(material: Material, lang: str = "fr") -> tuple[list[Told], list[Told]]:
    days, texts = line_days(material.snapshot, None), Texts(lang)
    return findings(material, days, texts), votes(material, days, texts)


def words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if any(c.isalnum() for c in word)]


def flat(text: str) -> str:
    return re.sub(r"[\s\u202f\u00a0]+", " ", text)


def of(found: list[Told], start: str) -> Told:
    return next(each for each in found if flat(each.question or each.text).startswith(start))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_findings_of_at_most_25_words_each_with_a_number_and_how_sure_it_is(
    material: Material, lang: str
):
    information, asked = told(material, lang)
    assert len(information) == 5
    assert 4 <= len(asked) <= MOST_VOTES
    for each in (*information, *asked):
        assert len(words(each.text)) <= MOST_WORDS, each.text
        assert re.search(r"\d", each.text), each.text
        assert re.match(r"(Nombre|Reliable number|Exact number|Indicative|Number)", each.sure)
    for each in asked:
        assert each.question.endswith("?")
        assert each.pro
        assert each.con
        assert each.pro != each.con


def test_they_state_what_was_planted(material: Material):
    information, asked = told(material)
    line, slot, work, rare, fills = (flat(each.text) for each in information)
    assert line.startswith("Ligne suffisante : 0 % du temps de cours au-dessus de 80 % de charge "
                           "depuis le 5 octobre, contre")  # fmt: skip
    assert slot.startswith("Chaque mardi en M3, la ligne saturait : 4 fois sur 4 ; depuis")
    assert "pendant 2 semaines à partir du 21 septembre" in work
    assert rare.startswith("Contraire à la charte, établissement entier : sous le seuil")
    assert fills.startswith("Ligne saturée, septembre 2026 : Enseignement et gestion en prend")
    never = of(asked, "Arrêter l’abonnement à ÉcoleDirecte ?")
    assert flat(never.text).endswith("(133 journées-appareils par semaine) en 8 semaines.")
    assert "plus dans les 4 dernières" in flat(of(asked, "Arrêter l’abonnement à Lumni ?").text)
    training = of(asked, "Proposer de nouveau la formation à Éléa ?")
    assert flat(training.text).startswith("Formation du 12 octobre. Éléa : en hausse nette")
    rule = of(asked, "Garder la règle « Inadapté aux ressources » telle quelle ?")
    assert "Bureaux, inadapté aux ressources : moins de 82 par semaine" in flat(rule.text)


def test_a_number_and_its_cause_are_not_equally_sure(material: Material):
    information, asked = told(material)
    assert flat(information[0].sure).startswith("Nombre exact (compteur) ; même date que")
    assert flat(information[2].sure) == "Nombre fiable ; cause inconnue."
    assert flat(information[3].sure).startswith("Nombre masqué, sous le seuil")
    training = of(asked, "Proposer de nouveau la formation")
    assert flat(training.sure) == "Nombre fiable ; cause probable, non prouvée."


def test_a_slot_that_is_full_now_is_put_to_the_vote_with_its_hours_and_its_worst_day(
    material: Material,
):
    """Every Tuesday, M3 is filled since the new line, and once it saturates."""
    link = tuple(_filled(day) if day.day.weekday() == 1 else day for day in material.snapshot.link)
    information, asked = told(replace(material, snapshot=replace(material.snapshot, link=link)))
    assert flat(asked[0].question) == (
        "Déplacer ce qui remplit la ligne chaque mardi, en M3 (10 h 05–11 h) ?"
    )
    assert flat(asked[0].text).startswith("Chaque mardi en M3 (10 h 05–11 h), ligne au-dessus de "
                                          "80 % presque tout le créneau : 4 fois sur 4 ; autres "
                                          "créneaux, 0 sur")  # fmt: skip
    assert "12 minutes à plus de 95 % le 10 novembre" in flat(asked[0].pro)
    assert "tâche programmée" in asked[0].sure
    assert not any("saturait" in each.text for each in information)


def _filled(day):
    if day.day < date(2026, 10, 5):
        return day
    worst = 12 if day.day == date(2026, 11, 10) else 0
    slots = tuple(
        replace(slot, down=replace(slot.down, minutes_80=50, minutes_95=worst))
        if slot.slot == "M3"
        else slot
        for slot in day.slots
    )
    return replace(day, slots=slots)


def test_a_zone_above_its_threshold_is_told_though_the_whole_school_is_below(material: Material):
    weeks = tuple(_with_boarding(release) for release in material.snapshot.weeks)
    _, asked = told(replace(material, snapshot=replace(material.snapshot, weeks=weeks)))
    zone = of(asked, "Rappeler la charte : Internat ?")
    assert "Internat, contraire à la charte : de 90 à 97 (± 40) par semaine" in flat(zone.text)
    assert "l’établissement entier reste sous 199" in flat(zone.text)
    assert zone.sure.startswith("Nombre indicatif")
    _, without = told(material)
    assert not any("Internat" in each.question for each in without)


def _with_boarding(release):
    """Move what the charter forbids to boarding: the sum over the zones stays below."""
    number = 90 + int(release.period[-2:]) % 8
    cells = []
    for cell in release.cells:
        if cell.get("use") == "abusive":
            own = cell.get("zone") == "internat"
            shown = display(number if own else 0, sigma=release.method.sigma, floor=77)
            cell = replace(cell, noisy=number if own else 0, display=shown)  # noqa: PLW2901 - the cell in place of the one read
        cells.append(cell)
    return replace(release, cells=tuple(cells))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("drop", ["weeks", "link", "fills", "services", "all"])
def test_what_is_missing_makes_no_finding_and_no_fault(material: Material, drop: str, lang: str):
    names = ("weeks", "link", "fills", "services") if drop == "all" else (drop,)
    bare = replace(material, snapshot=replace(material.snapshot, **dict.fromkeys(names, ())))
    for found in told(bare, lang):
        for each in found:
            assert len(words(each.text)) <= MOST_WORDS
    assert "<h1>" in document.paper(bare, Texts(lang))


def test_without_a_change_of_line_the_limit_is_what_is_compared_with(material: Material):
    school = material.snapshot.school
    lines = tuple(replace(line, capacities=line.capacities[-1:]) for line in school.lines)
    snapshot = replace(material.snapshot, school=replace(school, lines=lines))
    information, asked = told(replace(material, snapshot=snapshot))
    assert "la limite est 5 %" in flat(information[0].text)
    assert not any("règle" in each.question for each in asked)


def test_the_cover_counts_weeks_and_says_why_one_is_missing(material: Material):
    said = dict(cover(material, Texts("fr")))
    weeks = flat(said["Semaines"])
    assert weeks.startswith("8 publiées sur 14 semaines de classe.")
    assert "Celle du 31 août manque : la mesure a commencé le 7 septembre." in weeks
    assert "5 ne sont pas encore closes" in weeks
    assert "du 19 oct. 2026 au 1er nov. 2026" in flat(said["Période"])
    assert "imprimé le 27 nov. 2026" in flat(said["Dates"])


def test_the_title_says_provisional_until_every_week_of_the_term_is_released(material: Material):
    fr = Texts("fr")
    assert flat(title(material, fr)) == (
        "Rapport provisoire du premier trimestre 2026–2027, 8 semaines sur 14"
    )
    whole = replace(material, term=replace(material.term, weeks=tuple(material.released())))
    assert flat(title(whole, fr)) == "Rapport du premier trimestre 2026–2027"


def test_the_four_epsilons_are_told_together_or_not_at_all(material: Material):
    names = ("device_day", "two_devices", "school_week", "boarding_week")
    given = {
        f"epsilon_{name}": value for name, value in zip(names, (1, 2.11, 5.83, 8.6), strict=True)
    }
    full = replace(
        material,
        snapshot=replace(material.snapshot, privacy={**material.snapshot.privacy, **given}),
    )
    said = flat(dict(build(full, Texts("fr"))["details"])["Garantie"])
    assert all(number in said for number in ("ρ = 0,0243", "2,11", "5,83", "8,6"))
    alone = dict(build(material, Texts("fr"))["details"])["Garantie"]
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


def with_journal(material: Material, **retention: object) -> Material:
    kept = {"days": 8, "kept": [], "overdue": [], "unproven": [], "proofs": [], **retention}
    log = {"entries": 1234, "root": "ab" * 32, "state": "sound"}
    content = {"retention": kept, "log": log, "acknowledged": "in_force", "settings": []}
    return replace(material, documents={"journal": {"content": content}})


def test_the_latest_erasure_and_the_checkpoint_come_from_the_journal(material: Material):
    proofs = [
        {"day": "2026-11-06", "key_destroyed": "2026-11-15T01:00:00Z"},
        {"day": "2026-11-05", "key_destroyed": "2026-11-14T01:00:00Z"},
        {"day": "2026-11-09"},
    ]
    built = build(with_journal(material, proofs=proofs), Texts("fr"))
    erased = dict(built["protection"])["Dernier effacement"]
    assert erased.startswith("clé du 6 nov. 2026 détruite le 15 nov. 2026")
    assert flat(dict(built["details"])["Journal"]) == f"1 234 entrées, racine {'ab' * 16}"
    assert "Dernier effacement" not in dict(build(material, Texts("fr"))["protection"])


def test_what_should_be_erased_and_is_not_is_told_as_on_the_page_of_trust(material: Material):
    late = with_journal(material, overdue=["2026-09-07", "2026-09-08"])
    fr = Texts("fr")
    told_late = flat(dict(build(late, fr)["protection"])["Effacements"])
    assert told_late.startswith(
        "À traiter : 2 jours auraient dû être effacés (du 7 sept. 2026 au 8 sept. 2026)"
    )
    on_time = dict(build(with_journal(material), fr)["protection"])
    assert flat(on_time["Effacements"]).startswith("Bien : 8 jours de conservation")
    assert flat(on_time["Dernier audit"]).startswith("À surveiller : Jamais exécuté")


def test_services_and_dated_events_are_those_of_the_pages(material: Material):
    built = build(material, Texts("fr"))
    line, training = built["changes"]
    assert flat(line.heading) == "Lundi 5 octobre 2026, nouveau débit : 50 Mbit/s au lieu de 20"
    assert not any(said.startswith("Éléa :") for said in map(flat, line.said))
    assert any(said.startswith("Éléa n’est pas comparé ici") for said in map(flat, line.said))
    assert flat(training.said[0]).startswith("Éléa : en hausse nette")
    assert built["services"]["said"]
    assert len(built["services"]["table"].lines) == 5


def test_what_a_training_moved_is_not_told_as_the_work_of_another_event(material: Material):
    other = Event("other", date(2026, 10, 12), date(2026, 10, 12), {"fr": "Salle refaite"})
    events = (*material.snapshot.events, other)
    told_of = changes(
        replace(material, snapshot=replace(material.snapshot, events=events)), Texts("fr")
    )
    room = next(each for each in told_of if "Salle refaite" in each.heading)
    assert not any(said.startswith("Éléa :") for said in map(flat, room.said))
    assert any(said.startswith("Éléa n’est pas comparé ici") for said in map(flat, room.said))


def test_every_week_of_every_service_is_in_the_annex(material: Material):
    built = build(material, Texts("fr"))
    tables = dict(built["annex"])
    [number] = built["services"]["numbers"]
    rows = {line.head: [cell.text for cell in line.cells] for line in tables[number].lines}
    assert len(rows) == 5
    stored = {
        release.period: {cell.get("service"): cell.display for cell in release.cells}
        for release in material.snapshot.services
    }
    weeks = [w for w in stored if material.snapshot.school.week(w).school_days]
    for name, cells in rows.items():
        assert len(cells) == len(weeks)
        for week, text in zip(weeks, cells, strict=True):
            shown = stored[week][name]
            number = shown.value if isinstance(shown, Shown) else shown.below
            assert flat(text).removesuffix(" *").removeprefix("<") == Texts("fr").number(
                number
            ).replace("\u202f", " ")
