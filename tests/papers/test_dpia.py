"""The impact assessment: CNIL's tool imports it, and it says what is enforced."""

import copy
import json
from dataclasses import replace

import jsonschema
import pytest

from analyzer.papers.all import paper
from privacy.memory import SEEN
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS
from privacy.settings import PrivacySettings
from tests.papers.conftest import AS_OF
from tests.papers.pia_rules import SCHEMA, broken_rules


@pytest.fixture(scope="module")
def dpia(papers):
    return papers("dpia")["content"]


def answer(document, number):
    return next(a for a in document["answers"] if a["reference_to"] == number)["data"]


def test_the_file_follows_every_rule_of_the_import(dpia):
    jsonschema.Draft202012Validator(SCHEMA).validate(dpia)
    assert broken_rules(dpia) == []


def strings_for_numbers(document):
    document["answers"][0]["reference_to"] = "111"


def one_answer_less(document):
    del document["answers"][7]


def one_answer_twice(document):
    document["answers"][1]["reference_to"] = 111


def a_key_more(document):
    document["dbVersion"] = 1


def the_dpo_has_spoken(document):
    document["pia"]["dpo_status"] = 1


def validated(document):
    document["pia"]["status"] = 3


def an_evaluation(document):
    document["evaluations"] = [{"reference_to": "1.1", "status": 3}]


def another_title(document):
    answer(document, 334)["list"][0] += " "


def text_without_html(document):
    answer(document, 215)["text"] = "8 jours"


def a_gauge_of_five(document):
    answer(document, 325)["gauge"] = 5


BROKEN = (
    strings_for_numbers, one_answer_less, one_answer_twice, a_key_more, the_dpo_has_spoken,
    validated, an_evaluation, another_title, text_without_html, a_gauge_of_five,
)  # fmt: skip


@pytest.mark.parametrize("breaking", BROKEN)
def test_the_rules_catch_each_way_to_break_the_import(dpia, breaking):
    document = copy.deepcopy(dpia)
    breaking(document)
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(document)
    assert not valid or broken_rules(document)


def test_it_tells_every_stored_column_and_everything_seen_in_memory(dpia):
    data = answer(dpia, 121)["text"]
    for column in (*SLICE_COLUMNS, *LINK_COLUMNS):
        assert f"<li>{column.name}\u00a0:" in data
    assert data.count("<li>") == len(SLICE_COLUMNS) + len(LINK_COLUMNS) + len(SEEN)
    assert "traitement distinct, hors produit" in data


def test_it_says_what_is_enforced_not_what_was_once_written(bench):
    stricter = PrivacySettings(retention_days=3, floor_persons=45, total_rho=0.02)
    school = replace(bench.school, privacy=stricter, privacy_digest=stricter.digest())
    document = paper("dpia", replace(bench, school=school), AS_OF)
    content = json.dumps(document, ensure_ascii=False)
    assert document["policy"] != paper("dpia", bench, AS_OF)["policy"]
    assert "gardées 3 jours" in content
    assert "ρ = 0,02 " in content
    assert "moins de 45 personnes" in content
    assert "Vie scolaire (24 personnes, comptée dans les totaux" in content


def test_the_four_epsilons_and_the_price_of_a_month_stand_together(dpia):
    said = answer(dpia, 326)["text"]
    for figure in ("ε = 1)", "ε = 5,83", "ε = 8,6,", "ε = 2,11", "T5-bis", "T7"):
        assert figure in said
    assert "charge de la ligne est hors garantie" in said


def test_what_a_school_declares_cannot_become_html(bench):
    zones = bench.school.zones
    label = zones.zones[0].label.model_copy(update={"fr": "<script>alert(1)</script>"})
    changed = replace(zones, zones=(replace(zones.zones[0], label=label), *zones.zones[1:]))
    school = replace(bench.school, zones=changed, name="<b>École</b>")
    content = paper("dpia", replace(bench, school=school), AS_OF)["content"]
    assert "<script" not in json.dumps(content["answers"])
    assert "<b>" not in json.dumps(content["answers"])
