"""The impact assessment as CNIL's PIA tool imports it (reference: LINCnil/pia, version 4.1). Pure.

The tool checks nothing at import, so the rules are kept here and in tests/papers: five keys at the
top, whole numbers in `reference_to` of answers, measures named in 324, 334 and 344 by their exact
titles. Everything that a person decides (validation, DPO's opinion, evaluations) is left empty.
"""

from typing import Any, Final

from analyzer.papers.processing import Processing
from analyzer.papers.wording import fill, html, texts

TEXT_ANSWERS: Final = (
    111, 112, 113, 121, 122, 123, 211, 212, 213, 214, 215, 221, 222, 223, 224, 225, 226, 227,
)  # fmt: skip
RISKS: Final = (32, 33, 34)
"""Illegitimate access, unwanted change, disappearance."""
LEFT_TO_PEOPLE: Final = (
    "dpos_names", "dpo_status", "dpo_opinion", "people_names", "concerned_people_searched_opinion",
    "concerned_people_searched_content", "concerned_people_status", "concerned_people_opinion",
    "structure_id", "structure_name", "structure_sector_name", "structure_data",
)  # fmt: skip
DOING: Final = 0


def dpia(processing: Processing) -> dict[str, Any]:
    """Return the file that the tool imports."""
    words = texts("dpia")
    at = f"{processing.as_of.isoformat()}T00:00:00.000Z"
    answers = [_text(processing, number, words["answers"][number]) for number in TEXT_ANSWERS]
    for risk in RISKS:
        answers += _risk(processing, risk)
    return {
        "pia": _head(processing, at),
        "answers": [{**answer, "created_at": at, "updated_at": at} for answer in answers],
        "measures": [_measure(processing, key, at) for key in words["measures"]],
        "evaluations": [],
        "comments": [],
    }


def _head(processing: Processing, at: str) -> dict[str, Any]:
    words = texts("dpia")
    return {
        "name": fill(words["name"], processing.values),
        "category": words["category"],
        "author_name": "",
        "evaluator_name": "",
        "validator_name": "",
        "status": DOING,
        "is_example": 0,
        "is_archive": 0,
        "created_at": at,
        "updated_at": at,
        "rejection_reason": "",
        "applied_adjustments": "",
        **dict.fromkeys(LEFT_TO_PEOPLE),
    }


def _answer(
    number: int, *, text: str | None = None, gauge: int | None = None, items: Any = ()
) -> dict[str, Any]:
    return {"reference_to": number, "data": {"text": text, "gauge": gauge, "list": list(items)}}


def _text(processing: Processing, number: int, paragraphs: list[str]) -> dict[str, Any]:
    text = html(paragraphs, processing.values, processing.blocks)
    return _answer(number, text=text, gauge=0)


def _risk(processing: Processing, risk: int) -> list[dict[str, Any]]:
    words, values, blocks = texts("dpia"), processing.values, processing.blocks
    content = words["risks"][risk]
    first = risk * 10 + 1
    listed = [
        _answer(first + place, items=[fill(item, values) for item in content[kind]])
        for place, kind in enumerate(("impacts", "threats", "sources"))
    ]
    titles = [fill(words["measures"][key]["title"], values) for key in content["measures"]]
    return [
        *listed,
        _answer(first + 3, items=titles),
        *(
            _answer(
                first + place,
                text=html(content[f"{gauge}_text"], values, blocks),
                gauge=content[gauge],
            )
            for place, gauge in ((4, "severity"), (5, "likelihood"))
        ),
    ]


def _measure(processing: Processing, key: str, at: str) -> dict[str, Any]:
    measures = texts("dpia")["measures"]
    content = measures[key]
    return {
        "id": list(measures).index(key) + 1,
        "title": fill(content["title"], processing.values),
        "content": html(content["content"], processing.values, processing.blocks),
        "placeholder": content["placeholder"],
        "created_at": at,
        "updated_at": at,
    }
