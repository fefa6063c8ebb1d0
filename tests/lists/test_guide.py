"""docs/listes.md says what the code does: its example works, and no setting is missing from it."""

import re
from pathlib import Path

import pytest

from school.lists.findings import KINDS
from school.lists.settings import DO_NOT_USE, RANKS, ListEntry, ListsYaml
from school.load import load_school
from school.services import MOST_FOLLOWED, MOST_OWN, OwnEntry, ServicesFile
from tests.school.declared import directory

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "listes.md").read_text(encoding="utf-8")
FRENCH, _, ENGLISH = GUIDE.partition("\n---\n")
WORDS = [
    *ServicesFile.model_fields,
    *OwnEntry.model_fields,
    *(name for name in ListsYaml.model_fields if name != "origin"),
    *ListEntry.model_fields,
    *(kind for kind, what in KINDS.items() if what.serious),
    *DO_NOT_USE,
]


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_every_key_and_every_guard_is_in_the_guide(word):
    assert f"`{word}`" in FRENCH


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_ranks_and_bounds_are_those_of_the_code(text):
    ranks = " > ".join(f"`{rank}`" for rank in RANKS)
    assert ranks in " ".join(text.split())
    assert f"{MOST_OWN} a" in text
    assert re.search(rf"\b{MOST_FOLLOWED}\b", text)


def test_the_example_of_services_yaml_is_right(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", FRENCH, re.S)[1]
    written = directory(tmp_path / "school")
    (written / "services.yaml").write_text(example, encoding="utf-8")
    services = load_school(written).services
    assert (services.follow[0], services.notices) == ("Moodle du lycée", ())
    assert services.own[0].publisher == "Le lycée"
