from school import labels
from school.lists import CATEGORY_OF_LIST
from school.words import (
    Behaviour,
    Category,
    DayKind,
    LinkState,
    Period,
    Strength,
    Use,
    ZoneKind,
)


def test_every_word_has_a_text_in_both_languages():
    for kind in (Use, ZoneKind, Period, DayKind, LinkState, Strength, Behaviour, Category):
        for lang in ("fr", "en"):
            texts = [labels.label(kind, word.value, lang) for word in kind]
            assert all(texts)
            assert len(set(texts)) == len(texts), (kind, lang)


def test_lists_that_hold_whole_providers_or_are_polluted_are_not_read():
    for name in ("liste_bu", "liste_blanche", "child", "cleaning", "jobsearch", "examen_pix"):
        assert name not in CATEGORY_OF_LIST
    assert CATEGORY_OF_LIST["radio"] == "web_radio"
    assert CATEGORY_OF_LIST["web_radio"] == "web_radio"
    assert "unknown" not in CATEGORY_OF_LIST
