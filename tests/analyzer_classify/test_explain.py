import re

import pytest

from analyzer.explain import explain_host
from school.catalogue import load_catalogue
from school.charter import When
from school.conditions import condition
from school.words import Period
from tests.spec.situations import lycee

CATALOGUE = load_catalogue()


def explained(host, lang="fr"):
    return explain_host(host, school=lycee(), catalogue=CATALOGUE, lang=lang)


def test_web_radio_is_explained_by_the_state_of_the_line_with_rule_and_clause():
    sentences = [item.sentence for item in explained("www.nrj.fr").statements]
    assert sentences[0] == (
        "Salles de cours, bureaux, serveurs, à tout moment, quand la ligne est calme : usage privé "
        "résiduel, parce que c'est un usage privé, et il ne gêne pas les cours (règle "
        "private-life, article C2)."
    )
    assert sentences[1] == (
        "Salles de cours, bureaux, serveurs, à tout moment, quand la ligne est chargée ou saturée "
        ": usage inadapté à la ressource, parce qu'une radio ou de la musique en continu occupe "
        "la ligne alors qu'elle est chargée (règle web-radio-line-busy, article C4)."
    )


def test_the_english_says_the_same():
    french, english = explained("www.nrj.fr", "fr"), explained("www.nrj.fr", "en")
    assert [(s.rule, s.link_states) for s in french.statements] == [
        (s.rule, s.link_states) for s in english.statements
    ]
    assert english.statements[0].sentence.endswith("(rule private-life, clause C2).")


@pytest.mark.parametrize("host", ["nrj.fr", "youtube.com", "pix.fr", "nordvpn.com", "x.fr", "-"])
def test_every_context_is_told_exactly_once(host):
    told = [
        (zone, period, state)
        for item in explained(host).statements
        if not item.heavy
        for zone in item.zone_kinds
        for period in item.periods
        for state in item.link_states
    ]
    kinds = {zone.kind for zone in lycee().zones}
    assert len(told) == len(set(told)) == len(kinds) * len(Period) * 3


def test_what_depends_on_size_is_told_apart():
    heavy = [item for item in explained("steamcontent.com").statements if item.heavy]
    assert {item.rule for item in heavy} == {"download-line-busy"}
    assert "pour de gros volumes" in heavy[0].sentence
    assert not [item for item in explained("pix.fr").statements if item.heavy]


def test_the_full_name_appears_nowhere():
    answer = explained("prenom-nom.index-education.net")
    assert answer.site == "index-education.net"
    assert "prenom" not in str(answer.as_dict())
    assert explained("poste-de-prenom.local").summary == "Ce n'est pas le nom d'un site."


def test_conditions_are_sentences_in_both_languages():
    when = When(
        category=frozenset({"video_streaming", "web_radio"}),
        zone=frozenset({"office"}),
        period=frozenset({"lesson"}),
        link=frozenset({"saturated", "busy"}),
        megabytes_at_least=20,
    )
    assert condition(when).as_dict() == {
        "fr": (
            "Vidéo en ligne ou webradios (lieux : bureaux), pendant les cours, quand la ligne est "
            "chargée ou saturée, à partir de 20 Mo en une minute."
        ),
        "en": (
            "Video streaming or web radio (places: offices), during lessons, when the line is busy "
            "or saturated, from 20 MB within one minute."
        ),
    }
    assert condition(When()).fr == "Dans tous les autres cas."
    assert condition(When(zone=frozenset({"wifi"}))).en == "Any traffic (places: Wi-Fi)."


def test_no_two_rules_of_the_shipped_charter_read_the_same():
    texts = [condition(rule.when).fr for rule in lycee().charter.rules]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if re.search(r"[a-z]_[a-z]", text)]
