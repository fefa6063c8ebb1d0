import re
from dataclasses import asdict

import pytest

from analyzer.explain import ListLine, Lists, explain_host
from school.catalogue import catalogue_digest, load_catalogue
from school.charter import SET_KEYS, SIZE_KEYS, When
from school.conditions import condition, rule_sentences
from school.words import Period
from tests.analyzer_classify.generated import VOCABULARY
from tests.spec.situations import CHARTERS, lycee, school_under

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
        for zone in item.zone_kinds
        for period in item.periods
        for state in item.link_states
    ]
    kinds = {zone.kind for zone in lycee().zones}
    assert len(told) == len(set(told)) == len(kinds) * len(Period) * 3


def test_the_full_name_appears_nowhere():
    answer = explained("prenom-nom.index-education.net")
    assert answer.site == "index-education.net"
    assert "prenom" not in str(answer.as_dict())
    assert "prenom" not in str(asdict(answer))
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


def test_every_key_of_a_condition_has_its_sentence():
    plain = condition(When(category=frozenset({"games"})))
    told = {plain.fr, plain.en}
    for key in (*SET_KEYS, *SIZE_KEYS):
        value = 3 if key in SIZE_KEYS else frozenset([VOCABULARY[key][0]])
        sentence = condition(When(**{"category": frozenset({"games"}), key: value}))
        assert sentence.fr not in told, key
        assert sentence.en not in told, key
        told |= {sentence.fr, sentence.en}


def test_directions_of_the_line_and_the_own_volumes_in_words():
    when = When(
        link_up=frozenset({"busy", "saturated"}),
        link_down=frozenset({"calm"}),
        slot=frozenset({"Midi"}),
        day=frozenset({"exam"}),
        flow_megabytes_at_least=500,
        device_day_megabytes_at_least=2000,
    )
    assert condition(when).fr == (
        "Tout trafic, au créneau Midi, les jours d'examen, quand l'envoi vers Internet est chargé "
        "ou saturé, quand la réception depuis Internet est calme, à partir de 500 Mo par la même "
        "connexion dans la journée, à partir de 2000 Mo de cette catégorie par le même appareil "
        "dans la journée."
    )


def test_a_tolerance_is_shown_with_its_rule():
    rule = school_under("exemple").charter.rule("private-life")
    assert rule_sentences(rule).en.endswith(
        " Tolerated up to 45 minutes or 800 MB a day and device; beyond that: "
        "resource-inappropriate use (beyond that it is no longer brief)."
    )


# What would change it.


def changes(host, *, charter="lycee", rule, lang="fr", **more):
    answer = explain_host(
        host, school=school_under(charter), catalogue=CATALOGUE, lang=lang, **more
    )
    return [change for item in answer.statements if item.rule == rule for change in item.changes]


def test_a_radio_would_be_tolerated_if_the_line_were_calm():
    found = changes("nrj.fr", rule="web-radio-line-busy")
    assert found[0].sentence == (
        "si la ligne était calme : usage privé résiduel (règle private-life, article C2)"
    )
    assert (found[0].fact, found[0].to) == ("link_state", ("calm",))


def test_an_accusation_would_fall_if_the_name_were_not_certain():
    (found, *_) = changes("pornhub.com", rule="adults-only", lang="en")
    assert found.sentence == (
        "if the name were not certain (DNS answer, encrypted hello): undetermined "
        "(rule not-sure-enough, clause C7)"
    )


def test_what_a_named_flow_looks_like_changes_nothing():
    found = [
        change
        for host in ("youtube.com", "nrj.fr", "index-education.net", "unknown-site.fr")
        for item in explained(host).statements
        for change in item.changes
    ]
    assert found
    assert "behaviour" not in {change.fact for change in found}


def test_a_list_alone_accuses_nobody_however_certain_the_name_is():
    line = Lists("ab" * 32, ListLine("adult", "adult", "2026-09-01"))
    (found, *_) = changes("unknown-site.fr", rule="not-sure-enough", lists=line)
    assert found.sentence == (
        "si le catalogue ou services.yaml disait la même chose, et que le nom était certain : "
        "usage abusif (règle adults-only, article C3)"
    )


def test_a_list_that_no_rule_uses_is_no_evidence():
    line = Lists("ab" * 32, ListLine("malware", "malware", "2026-09-01"))
    answer = explain_host(
        "unknown-site.fr", school=lycee(), catalogue=CATALOGUE, lang="en", lists=line
    )
    assert (answer.category, answer.evidence) == ("unknown", "strong")
    assert "malware" not in answer.evidence_sentence


def test_what_depends_on_size_names_the_size_and_the_line():
    found = changes("steamcontent.com", rule="private-life", lang="en")
    assert found[0].sentence == (
        "when the line is busy or saturated, from 20 MB within one minute: resource-inappropriate "
        "use (rule download-line-busy, clause C4)"
    )


def test_volumes_budgets_slots_exams_and_directions_are_told():
    found = [
        *changes("dropbox.com", charter="exemple", rule="private-life"),
        *changes("youtube.com", charter="exemple", rule="private-life"),
        *changes("steamcontent.com", charter="exemple", rule="private-life"),
        *changes("nrj.fr", charter="exemple", rule="otherwise"),
    ]
    assert {change.fact for change in found} >= {
        *("flow_octets", "device_day_octets", "rule_minutes", "rule_octets"),
        *("link_up", "link_down", "day_kind"),
    }


@pytest.mark.parametrize("host", ["nrj.fr", "youtube.com", "dropbox.com", "pornhub.com", "x.fr"])
@pytest.mark.parametrize("charter", CHARTERS)
def test_every_change_is_true_and_gives_another_use(host, charter):
    answer = explain_host(host, school=school_under(charter), catalogue=CATALOGUE, lang="fr")
    rules = {rule.id: rule for rule in school_under(charter).charter.rules}
    for item in answer.statements:
        for change in item.changes:
            rule = rules[change.verdict.rule]
            uses = {rule.use, rule.tolerance.beyond if rule.tolerance else rule.use}
            assert change.verdict.use != item.use
            assert change.verdict.use in uses
            assert set(change.link_states) < set(item.link_states)
            assert answer.clauses[change.verdict.clause]


# What it rests on.


LISTED = Lists("ab" * 32, ListLine("press", "press", "2026-09-01"))


def test_a_list_is_weak_evidence_and_told_with_its_date():
    answer = explain_host(
        "unknown-site.fr", school=lycee(), catalogue=CATALOGUE, lang="fr", lists=LISTED
    )
    assert (answer.category, answer.evidence) == ("press", "weak")
    assert answer.evidence_sentence == (
        "Preuve : faible, elle repose sur la seule liste importée press du 2026-09-01."
    )
    known = explain_host("pix.fr", school=lycee(), catalogue=CATALOGUE, lang="en", lists=LISTED)
    assert (known.category, known.evidence) == ("assessment", "strong")
    assert known.evidence_sentence.endswith(
        "The imported list press of 2026-09-01 also holds it; the catalogue wins."
    )


def test_the_answer_carries_the_digests_of_all_it_rests_on():
    answer = explain_host("pix.fr", school=lycee(), catalogue=CATALOGUE, lang="fr", lists=LISTED)
    assert answer.digests == {
        "charter": lycee().charter_digest,
        "catalogue": catalogue_digest(CATALOGUE),
        "lists": "ab" * 32,
    }
    again = explain_host("pix.fr", school=lycee(), catalogue=CATALOGUE, lang="fr", lists=LISTED)
    assert again.as_dict() == answer.as_dict()


def test_no_two_rules_of_the_shipped_charter_read_the_same():
    texts = [condition(rule.when).fr for rule in lycee().charter.rules]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if re.search(r"[a-z]_[a-z]", text)]
