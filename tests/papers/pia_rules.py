"""What CNIL's PIA tool needs of a file that it imports. The tool itself checks nothing: a wrong file is
imported by half, or its answers are invisible. No code of the tool stands here, only its rules.
"""

from typing import Any

TEXT = (111, 112, 113, 121, 122, 123, *range(211, 216), *range(221, 228))
LISTS = tuple(risk + place for risk in (320, 330, 340) for place in (1, 2, 3, 4))
GAUGES = tuple(risk + place for risk in (320, 330, 340) for place in (5, 6))
MEASURE_LISTS = (324, 334, 344)
FOR_PEOPLE = (
    "dpos_names", "dpo_status", "dpo_opinion", "people_names", "concerned_people_searched_opinion",
    "concerned_people_searched_content", "concerned_people_status", "concerned_people_opinion",
)  # fmt: skip

_AT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"}
_HTML = {"type": "string", "pattern": r"^<(p|ul)>.*</(p|ul)>$"}
_EMPTY = {"type": "array", "maxItems": 0}


def _answer(numbers: tuple[int, ...], text: Any, gauge: Any, items: Any) -> dict[str, Any]:
    return {
        "properties": {
            "reference_to": {"enum": list(numbers)},
            "data": {
                "type": "object",
                "properties": {"text": text, "gauge": gauge, "list": items},
                "required": ["text", "gauge", "list"],
                "additionalProperties": False,
            },
        }
    }


SCHEMA = {
    "type": "object",
    "required": ["pia", "answers", "measures", "evaluations", "comments"],
    "additionalProperties": False,
    "properties": {
        "pia": {
            "type": "object",
            "required": ["name", "category", "status", "created_at", *FOR_PEOPLE],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "status": {"const": 0},
                "created_at": _AT,
                "structure_id": {"type": "null"},
                **{name: {"type": "null"} for name in FOR_PEOPLE},
            },
        },
        "answers": {
            "type": "array",
            "minItems": 36,
            "maxItems": 36,
            "items": {
                "type": "object",
                "required": ["reference_to", "data", "created_at"],
                "properties": {"reference_to": {"type": "integer"}, "created_at": _AT},
                "oneOf": [
                    _answer(TEXT, _HTML, {"const": 0}, _EMPTY),
                    _answer(
                        LISTS,
                        {"type": "null"},
                        {"type": "null"},
                        {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "minLength": 1},
                        },
                    ),
                    _answer(GAUGES, _HTML, {"type": "integer", "minimum": 1, "maximum": 4}, _EMPTY),
                ],
            },
        },
        "measures": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "title", "content", "placeholder", "created_at"],
                "properties": {
                    "id": {"type": "integer"},
                    "title": {"type": "string", "minLength": 1},
                    "content": _HTML,
                    "placeholder": {
                        "pattern": r"^(knowledge_base\.slugs\.PIA_[A-Z_]+|measures\.default_)\.?placeholder$"
                    },
                    "created_at": _AT,
                },
            },
        },
        "evaluations": _EMPTY,
        "comments": _EMPTY,
    },
}


def broken_rules(document: dict[str, Any]) -> list[str]:
    """Return what a schema cannot say: nothing, when the file is right."""
    found = []
    numbers = [answer["reference_to"] for answer in document["answers"]]
    if any(type(number) is not int for number in numbers):
        found.append("reference_to is no whole number: the answer would be invisible")
    if sorted(map(str, numbers)) != sorted(map(str, (*TEXT, *LISTS, *GAUGES))):
        found.append("not the 36 questions, each once")
    titles = [measure["title"] for measure in document["measures"]]
    if len(set(titles)) != len(titles) or len({m["id"] for m in document["measures"]}) != len(
        titles
    ):
        found.append("two measures share a title or an id")
    for answer in document["answers"]:
        if answer["reference_to"] in MEASURE_LISTS:
            found += [f"no such measure: {t}" for t in answer["data"]["list"] if t not in titles]
    named = {
        t
        for a in document["answers"]
        if a["reference_to"] in MEASURE_LISTS
        for t in a["data"]["list"]
    }
    found += [f"measure that no risk names: {title}" for title in titles if title not in named]
    return found
