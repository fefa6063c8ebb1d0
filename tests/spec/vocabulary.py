"""Every word of a charter, as a page for people: docs/charter-words.md (`python -m tests.spec.book`)."""

from enum import StrEnum
from pathlib import Path

from analyzer.facts import APP_CATEGORY
from school.labels import label
from school.words import (
    PROTOCOLS,
    Behaviour,
    Category,
    DayKind,
    LinkState,
    Period,
    Strength,
    Use,
    ZoneKind,
)

PAGE = Path(__file__).parents[2] / "docs" / "charter-words.md"
HEAD = """# Les mots de la charte · *The words of a charter*

Écrit par `python -m tests.spec.book`, à partir de `school/words.py` et `school/labels.py`. Ce que les
clés regardent : [charter.md](charter.md). *Written from the program's own tables.*
"""
TABLES: list[tuple[str, str, type[StrEnum]]] = [
    ("`use`, `beyond` : les verdicts", "the verdicts", Use),
    ("`zone`, `kind` : les sortes de lieux", "kinds of places", ZoneKind),
    ("`period` : les moments", "the periods", Period),
    ("`day` : les jours", "the days", DayKind),
    ("`link`, `link_up`, `link_down` : l'état de la ligne", "state of the line", LinkState),
    ("`evidence` : la force de la preuve", "strength of the evidence", Strength),
    ("`behaviour` : les comportements", "behaviours", Behaviour),
    ("`category`, `list_category` : les catégories", "categories", Category),
]


def page() -> str:
    parts = [HEAD]
    for fr, en, kind in TABLES:
        parts.append(
            f"\n## {fr} · *{en}*\n\n| mot · *word* | français | *English* |\n|---|---|---|\n"
        )
        parts += [
            f"| `{word.value}` | {label(kind, word.value, 'fr')} | *{label(kind, word.value, 'en')}* |\n"
            for word in kind
        ]
    parts.append(
        "\n## `app` : les protocoles · *protocols*\n\nCeux que le collecteur reconnaît ; certains donnent une catégorie. "
        "*Those that the collector recognises; some give a category.*\n\n| mot · *word* | catégorie · *category* |\n|---|---|\n"
    )
    for app in PROTOCOLS:
        category = f"`{APP_CATEGORY[app]}`" if app in APP_CATEGORY else "–"
        parts.append(f"| `{app}` | {category} |\n")
    return "".join(parts)
