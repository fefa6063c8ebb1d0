"""Catalogues: complete, in step, used, and typeset as French is."""

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from dashboards.texts import LANGUAGES, NARROW, Texts, catalogue, french

ROOT = Path(__file__).parents[2]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_french_and_english_say_the_same_things():
    texts = {lang: catalogue(lang) for lang in LANGUAGES}
    assert set(texts["fr"]) == set(texts["en"])
    plural = {key for key in texts["fr"] if key.endswith((".one", ".other"))}
    for key in set(texts["fr"]) - plural:
        assert places(texts["fr"][key]) == places(texts["en"][key]), key


def test_no_text_is_empty():
    for lang in LANGUAGES:
        assert [key for key, text in catalogue(lang).items() if not text.strip()] == []


def source() -> str:
    files = [*ROOT.glob("dashboards/**/*.py"), *ROOT.glob("dashboards/templates/**/*.html")]
    return "\n".join(
        path.read_text(encoding="utf-8") for path in [*files, *ROOT.glob("api/**/*.py")]
    )


def test_every_text_is_used():
    code = source()
    unused = []
    for key in catalogue("fr"):
        base = re.sub(r"\.(one|other)$", "", key)
        parts = base.split(".")
        # A key is written whole, or its beginning (or its end) is, around a computed part.
        starts = [".".join(parts[:n]) + "." for n in range(1, len(parts))]
        if base not in code and not any(
            f"{start}{{" in code or f"{start}'" in code for start in starts
        ):
            unused.append(key)
    assert unused == []


def test_every_text_that_templates_name_exists():
    keys = set(catalogue("fr")) | {re.sub(r"\.(one|other)$", "", key) for key in catalogue("fr")}
    for name in re.findall(r"\bt\('([a-z_.-]+[a-z])'[,)]", source()):
        assert name in keys, name
    for name in re.findall(r"\btexts\(\s*\"([a-z_.0-9-]+)\"", source()):
        assert name in keys, name


def test_no_jargon_outside_explanations():
    for lang in LANGUAGES:
        for key, text in catalogue(lang).items():
            if not key.startswith(("charter.privacy", "report.privacy", "how.", "trust.")):
                assert not re.search(r"\b(flow|flux|SNI|rho|ρ|ε|epsilon|ASN|DNS)\b", text), key


@pytest.mark.parametrize(
    ("typed", "set_as"),
    [
        ("Débit : 20 Mbit/s", f"Débit\u00a0: 20{NARROW}Mbit/s"),
        ("l'usage « ENT » !", f"l’usage «{NARROW}ENT{NARROW}»{NARROW}!"),
        ("80 %", f"80{NARROW}%"),
    ],
)
def test_french_spacing(typed: str, set_as: str):
    assert french(typed) == set_as


def test_numbers_and_dates_are_written_as_each_language_does():
    fr, en = Texts("fr"), Texts("en")
    assert fr.number(1234567.5, 1) == f"1{NARROW}234{NARROW}567,5"
    assert en.number(1234567.5, 1) == "1,234,567.5"
    assert fr.percent(0.114) == "11\u00a0%" or fr.percent(0.114) == f"11{NARROW}%"
    assert fr.day(date(2026, 10, 5)) == "lundi 5 octobre 2026"
    assert en.day(date(2026, 10, 5)) == "Monday, October 5, 2026"
    assert fr.clock("10:05") == f"10{NARROW}h{NARROW}05"
    assert fr.clock("08:00") == f"8{NARROW}h"
    assert en.clock("08:00") == "08:00"
    assert fr.mbit(23.94) == f"23,9{NARROW}Mbit/s"


def test_plurals():
    fr = Texts("fr")
    assert "semaine d’avant" in fr("line.earlier", count=1, share="1 %")
    assert "3 semaines" in fr("line.earlier", count=3, share="1 %")


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="de"):
        Texts("de")
