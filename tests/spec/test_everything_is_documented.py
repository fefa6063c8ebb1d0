"""Exhaustive or red: every fact, key, word and setting is found in docs/, and examples load."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from analyzer.engines.settings import EngineSettings
from analyzer.facts import Facts
from collector.settings import CollectorSettings
from privacy.settings import PrivacySettings
from school.annotations import AnnotationsFile
from school.calendar_file import CalendarFile
from school.charter import SET_KEYS, SIZE_KEYS, CharterFile
from school.days_off import TERRITORIES
from school.explained import _models_in
from school.lines import LinesFile
from school.lists.settings import ListsYaml
from school.load import load_school
from school.services import ServicesFile
from school.zones import ZonesFile
from tests.school.declared import LYCEE, directory
from tests.spec import vocabulary

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "charter.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
FILES = {
    "zones.yaml": ZonesFile,
    "lines.yaml": LinesFile,
    "calendar.yaml": CalendarFile,
    "charter.yaml": CharterFile,
    "privacy.yaml": PrivacySettings,
    "collector.yaml": CollectorSettings,
    "lists.yaml": ListsYaml,
    "services.yaml": ServicesFile,
    "annotations.yaml": AnnotationsFile,
    "engine.yaml": EngineSettings,
}


def settings_of(model: type[BaseModel]) -> set[str]:
    """Names of all fields of a model and of the models inside, as a file spells them."""
    names = set()
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for inner in _models_in(field.annotation):
            names |= settings_of(inner)
    return names


def missing(words, text: str) -> list[str]:
    return sorted(word for word in words if f"`{word}`" not in text)


def test_every_key_of_a_condition_and_every_fact_stands_in_the_guide():
    table = GUIDE[GUIDE.index("## Ce qu'une règle peut regarder") :]
    assert missing([*SET_KEYS, *SIZE_KEYS], table) == []
    assert missing([field.name for field in fields(Facts)], GUIDE) == []


@pytest.mark.parametrize("file", FILES)
def test_every_setting_of_every_file_is_documented(file):
    start = SETTINGS.index(f"\n## {file}")
    end = SETTINGS.find("\n## ", start + 1)
    section = SETTINGS[start : None if end < 0 else end]
    found = section + GUIDE if file == "charter.yaml" else section
    assert missing(settings_of(FILES[file]), found) == []


def test_every_word_is_documented_and_the_page_is_fresh():
    page = vocabulary.PAGE.read_text(encoding="utf-8")
    for _, _, kind in vocabulary.TABLES:
        assert missing([word.value for word in kind], page) == []
    assert page == vocabulary.page(), "run: python -m tests.spec.book"
    assert missing(TERRITORIES, SETTINGS) == []


def test_the_rules_of_the_guide_load(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)
    rules = [rule for block in blocks for rule in yaml.safe_load(block)]
    assert len(rules) >= 6
    written = directory(tmp_path / "school")
    content = yaml.safe_load(LYCEE.read_text(encoding="utf-8"))
    content["rules"] = [*rules, content["rules"][-1]]
    (written / "charter.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    assert len(load_school(written).charter.rules) == len(rules) + 1
