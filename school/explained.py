"""Turns pydantic's complaints into sentences that say what to do. Pure.

Pydantic's own wording speaks to programmers ("Input should be…"); a sentence here speaks to the
person who edits the file. A kind of complaint without a sentence falls back on pydantic's words.
"""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from school.problems import did_you_mean

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "`{key}` is missing",
    "extra_forbidden": "`{key}` is not a key that is known here",
    "string_type": "`{key}` needs a text",
    "list_type": "`{key}` needs a list",
    "tuple_type": "`{key}` needs a list",
    "dict_type": "`{key}` needs `key: value` lines",
    "model_type": "`{key}` needs `key: value` lines",
    "model_attributes_type": "`{key}` needs `key: value` lines",
    "int_parsing": "`{key}` needs a whole number, not `{input}`",
    "int_type": "`{key}` needs a whole number",
    "float_parsing": "`{key}` needs a number, not `{input}`",
    "float_type": "`{key}` needs a number",
    "bool_parsing": "`{key}` needs `true` or `false`, not `{input}`",
    "bool_type": "`{key}` needs `true` or `false`",
    "date_from_datetime_parsing": "`{key}` needs a date such as 2026-09-01, not `{input}`",
    "date_parsing": "`{key}` needs a date such as 2026-09-01, not `{input}`",
    "date_type": "`{key}` needs a date such as 2026-09-01",
    "greater_than": "`{key}` must be more than {gt}",
    "greater_than_equal": "`{key}` must be at least {ge}",
    "less_than": "`{key}` must be less than {lt}",
    "less_than_equal": "`{key}` must be at most {le}",
    "too_short": "`{key}` needs at least {min_length} item",
    "string_too_short": "`{key}` must not be empty",
    "string_too_long": "`{key}` is longer than {max_length} characters",
    "too_long": "`{key}` has more than {max_length} items",
    "enum": "`{input}` is unknown for `{key}`",
    "literal_error": "`{input}` is unknown for `{key}`",
    "string_pattern_mismatch": "`{input}` cannot be used for `{key}`",
}
_PATTERN_HINTS: Final[Mapping[str, str]] = {
    "uai": "seven digits and a capital letter, such as 0123456A",
    "public_url": "the address of the pages, such as https://jauge.lycee.example",
    "clause": "a letter, then at most eleven letters, digits, `.` or `-`",
}
_NAME_HINT: Final = "use small letters, digits, `-` and `_`, at most 40, a letter first"
_PERSONAL: Final = frozenset(
    [
        "device",
        "devices",
        "mac",
        "address",
        "ip",
        "host",
        "hosts",
        "site",
        "sites",
        "user",
        "users",
        "person",
        "persons",
        "name",
    ]
)
"""Keys that somebody may try in a condition; the answer is a promise, not a spelling."""
MOST_SHOWN: Final = 60


def sentence(item: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """Return (message, suggestion) for one of `ValidationError.errors()`."""
    loc = tuple(part for part in item["loc"] if part != "[key]")
    kind = item["type"]
    context = {key: value for key, value in item.get("ctx", {}).items() if key != "error"}
    given = item.get("input")
    words = {**context, "key": _key(loc), "input": _short(given)}
    if kind == "value_error":
        return str(item["ctx"]["error"]), ""
    template = _SENTENCES.get(kind)
    message = template.format(**words) if template else f"`{_key(loc)}`: {item['msg']}"
    if kind in {"enum", "literal_error"}:
        return message, did_you_mean(str(given), _expected(str(context.get("expected", ""))))
    if kind == "extra_forbidden" and "when" in loc and loc[-1] in _PERSONAL:
        return message, "a rule cannot name a device, a person, an address or a site"
    if kind == "extra_forbidden":
        return message, did_you_mean(str(loc[-1]), _known_keys(model, loc[:-1]))
    if kind == "string_pattern_mismatch":
        return message, _PATTERN_HINTS.get(str(loc[-1]), _NAME_HINT)
    return message, ""


def is_echo(item: Mapping[str, Any]) -> bool:
    """Say whether pydantic only complains that a list is short because its items were refused."""
    given, least = item.get("input"), item.get("ctx", {}).get("min_length")
    return item["type"] == "too_short" and isinstance(given, list) and len(given) >= least


def _short(given: object) -> str:
    text = str(given)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def _key(loc: tuple[str | int, ...]) -> str:
    """Name a place: the last key, with the position when it is an item of a list."""
    text = ""
    for part in loc[-2:]:
        text = f"{text}[{part + 1}]" if isinstance(part, int) else str(part)
    return text or "the file"


def _expected(text: str) -> list[str]:
    """Read the words out of pydantic's "'a', 'b' or 'c'"."""
    return [word for word in text.split("'")[1::2] if word]


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    here: list[type[BaseModel]] = [model]
    for part in loc:
        if isinstance(part, str):
            here = [inner for outer in here for inner in _field_models(outer, part)]
    return [field.alias or name for known in here for name, field in known.model_fields.items()]


def _field_models(model: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key in {name, field.alias}:
            yield from _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, list, tuple, dict} or get_args(annotation):
        for argument in get_args(annotation):
            yield from _models_in(argument)
