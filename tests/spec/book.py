"""The specification as a page for people: docs/policy-by-example.md.

`python -m tests.spec.book` writes it and docs/charter-words.md; a test fails when one is stale.
"""

from pathlib import Path

from school.conditions import rule_sentences
from school.labels import label
from school.words import LinkState, Use, ZoneKind
from tests.spec import cases_lycee, cases_others, vocabulary
from tests.spec.case import DIRECTIONS, MOMENTS, VOLUMES, Case, Row
from tests.spec.situations import school_under

PAGE = Path(__file__).parents[2] / "docs" / "policy-by-example.md"
CHAPTERS: list[tuple[str, str, list[Case]]] = [
    ("Six cas pour commencer", "Six cases to begin with", cases_lycee.SEED),
    ("Ce à quoi sert le réseau", "What the network is for", cases_lycee.LEARNING),
    ("La ligne est partagée", "The line is shared", cases_lycee.LINE),
    ("L'internat", "Boarding", cases_lycee.BOARDING),
    ("S'abstenir plutôt qu'accuser", "Abstain rather than accuse", cases_lycee.ABSTAIN),
    ("Ce que font les machines", "What machines do", cases_lycee.MACHINES),
    ("Au collège", "In a collège", cases_others.COLLEGE),
    ("À l'école primaire", "In a primary school", cases_others.ECOLE),
    ("Toutes les autres conditions", "All other conditions", cases_others.EXEMPLE),
]
CASES = [case for _, _, cases in CHAPTERS for case in cases]
PLACES = {"outside": "unmatched"}
HEAD = """# La charte par l'exemple · Policy by example

Cette page est écrite par les tests (`python -m tests.spec.book`) : chaque ligne d'un tableau est
vérifiée à chaque version contre le moteur qui rend les verdicts. Les chartes sont celles que Jauge
livre : lycée avec internat (`school/charters/lycee.yaml`), collège (`college.yaml`), école
(`ecole.yaml`) ; la dernière partie a une charte d'exemple (`tests/spec/exemple.yaml`). Le guide pour
écrire la sienne : [charter.md](charter.md).

*This page is written by the tests (`python -m tests.spec.book`): each line of a table is held, at
each version, against the engine that gives verdicts. The charters are those that Jauge ships; the
last part has an example charter. The guide to writing one's own: [charter.md](charter.md).*
"""
COLUMNS = "| lieu · place | moment | ligne · line | verdict | règle, article · rule, clause |\n|---|---|---|---|---|\n"


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    number = 0
    for fr, en, cases in CHAPTERS:
        parts.append(f"\n## {fr} · *{en}*\n")
        if cases[0].charter == "exemple":
            parts.append(_charter("exemple"))
        for case in cases:
            number += 1
            parts.append(_case(number, case))
    return "".join(parts)


def _case(number: int, case: Case) -> str:
    rows = "".join(_row(case, row) for row in case.rows())
    return (
        f"\n### {number}. {case.fr}\n*{case.en}*\n\n"
        f"Ce qui est vu : {case.seen.fr}. *Seen: {case.seen.en}.*\n\n{COLUMNS}{rows}"
    )


def _row(case: Case, row: Row) -> str:
    clause = school_under(case.charter).charter.rule(row.rule).clause
    place = PLACES.get(row.place, row.place)
    moment = MOMENTS[row.moment]
    line = [both(label(LinkState, row.link, "fr"), label(LinkState, row.link, "en"))]
    for key, value in row.more.items():
        if key in DIRECTIONS:
            words = [label(LinkState, value, lang) for lang in ("fr", "en")]
            line.append(
                both(DIRECTIONS[key][1].format(words[0]), DIRECTIONS[key][2].format(words[1]))
            )
        elif key in VOLUMES:
            line.append(both(VOLUMES[key][2].format(value), VOLUMES[key][3].format(value)))
    cells = [
        both(label(ZoneKind, place, "fr"), label(ZoneKind, place, "en")),
        both(moment[1], moment[2]),
        "; ".join(line),
        f"**{label(Use, row.use, 'fr')}** · *{label(Use, row.use, 'en')}*",
        f"`{row.rule}`, {clause}",
    ]
    return f"| {' | '.join(cells)} |\n"


def _charter(name: str) -> str:
    lines = ["\nLes règles, dans l'ordre. *The rules, in order.*\n\n"]
    for rule in school_under(name).charter.rules:
        told = rule_sentences(rule)
        use = both(label(Use, rule.use, "fr"), label(Use, rule.use, "en"))
        lines.append(f"1. `{rule.id}` → {use}. {told.fr} *{told.en}*\n")
    return "".join(lines)


def both(fr: str, en: str) -> str:
    """Write a word once where both languages agree."""
    return fr if fr == en else f"{fr} · *{en}*"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    vocabulary.PAGE.write_text(vocabulary.page(), encoding="utf-8")
