"""lists.yaml: every error at once, with its place."""

import pytest

from school.lists.meaning import CATEGORY_OF_LIST
from school.lists.settings import UNUSED_WORDS, load_settings
from school.problems import DeclarationErrors
from tests.lists.examples import folder_of, imported

HEAD = "origin: {name: a, address: b, licence: c, attribution: d}\n"


def problems(tmp_path, text):
    path = tmp_path / "lists.yaml"
    path.write_text(HEAD + text)
    with pytest.raises(DeclarationErrors) as caught:
        load_settings(path)
    return [(p.line, p.message) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("examen_pix: {category: press, rank: private}", "must not be used outside the Pix"),
        ("games: {category: gamez, rank: resource}", "category `gamez` is unknown"),
        ("games: {category: games, rank: strong}", "rank `strong` is unknown"),
        ("games: {category: games, rank: own}", "rank `own` is unknown"),
        ("games: {category: games}", "needs `category` and `rank`, or `leave`"),
        ("games: {category: games, rank: resource, leave: no}", "both taken and left"),
        ("games: {categry: games, rank: resource}", "not a key that is known here"),
    ],
)
def test_a_wrong_list_is_told_with_its_line(tmp_path, line, message):
    found = problems(tmp_path, f"lists:\n  press: {{category: press, rank: private}}\n  {line}\n")
    assert [place for place, _ in found] == [4]
    assert message in found[0][1]


def test_all_errors_are_told_at_once(tmp_path):
    found = problems(
        tmp_path,
        "lists:\n  games: {category: x, rank: y}\naliases: {a: b}\n"
        "own:\n  - {name: localhost, category: games, because: c}\n"
        "never:\n  - {name: '192.0.2.1', because: d}\n",
    )
    assert [line for line, _ in found] == [3, 3, 4, 6, 8]


def test_the_shipped_settings_are_right_and_store_only_words_that_rules_know():
    settings = load_settings()
    words = {one.category for one in settings.taken}
    assert words - set(CATEGORY_OF_LIST.values()) == set(UNUSED_WORDS)
    assert {"examen_pix", "tricheur_pix", "associations_religieuses"} <= set(settings.left)
    assert "Toulouse Capitole" in settings.origin["attribution"]


def test_the_own_names_of_a_school_win_from_technical_on_and_its_never_wins_over_all(tmp_path):
    path = tmp_path / "lists.yaml"
    path.write_text(
        HEAD + "lists:\n  dating: {category: dating, rank: abusive}\n"
        "  games: {category: games, rank: resource}\n"
        "own:\n  - {name: Club.example.com, category: tool, because: club}\n"
        "  - {name: flirt.example.com, category: tool, because: error}\n"
        "never:\n  - {name: echecs.example.com, lists: [games], because: chess club}\n"
        "  - {name: rando.example.com, because: walks}\n"
    )
    names = ["club.example.com", "flirt.example.com", "echecs.example.com", "rando.example.com"]
    root = folder_of(tmp_path / "lists", {"dating": names[1:], "games": names})
    lists, _ = imported(root, settings=load_settings(path))
    assert [lists.category_of(name) for name in names] == ["tool", "dating", "dating", None]
