"""Texts of the generated documents: YAML files with places, filled from `Processing.values`. I/O."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml

from privacy.calling import as_called

_TEXTS = Path(__file__).parent / "texts"
NARROW = "\u202f"
_BEFORE = {
    " ;": NARROW + ";", " !": NARROW + "!", " ?": NARROW + "?", " %": NARROW + "%", " :": "\u00a0:",
}  # fmt: skip
_QUOTES = {"« ": "«" + NARROW, " »": NARROW + "»", "'": "’"}

NEARLY, ALMOST = 0.99, 0.999
"""From where a share has a decimal, and from where it is only said to be nearly one."""

Blocks = Mapping[str, list[str]]
"""Lists that a text asks for with `@name`."""


@cache
def texts(name: str) -> Mapping[Any, Any]:
    """Return one file of texts."""
    content: Mapping[Any, Any] = yaml.safe_load(
        as_called((_TEXTS / f"{name}.yaml").read_text("utf-8"))
    )
    return content


def french(text: str) -> str:
    """Return the text with French spaces and apostrophes."""
    for plain, typeset in {**_BEFORE, **_QUOTES}.items():
        text = text.replace(plain, typeset)
    return text


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a French text with its places filled.

    Raises:
        KeyError: the text asks for a value that there is not.
    """
    return french(text.format_map(values).replace("  ", " ").strip())


def html(paragraphs: list[str], values: Mapping[str, str], blocks: Blocks) -> str:
    """Return paragraphs and lists as HTML; whatever a school declared is escaped."""
    parts = []
    for paragraph in paragraphs:
        if paragraph.startswith("@"):
            items = "".join(f"<li>{escape(french(item))}</li>" for item in blocks[paragraph[1:]])
            parts.append(f"<ul>{items}</ul>")
        else:
            parts.append(f"<p>{escape(fill(paragraph, values))}</p>")
    return "".join(parts)


def number(value: float, digits: int = 2) -> str:
    """Return a number as French writes it: at most `digits` decimals, a comma."""
    whole, _, decimals = f"{value:,.{digits}f}".partition(".")
    decimals = decimals.rstrip("0")
    return whole.replace(",", NARROW) + ("," + decimals if decimals else "")


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


def day(value: Any) -> str:
    """Return `16 novembre 2026`, `1er septembre 2026`."""
    first = "1er" if value.day == 1 else str(value.day)
    return f"{first} {MONTHS[value.month - 1]} {value.year}"


def span(days: Sequence[date], *, at: bool = False) -> str:
    """Return `7 septembre 2026` (`le 7…` when `at`), `du 7 septembre 2026 au 9 novembre 2026`, or `aucun`."""
    if not days:
        return "aucun"
    first, last = min(days), max(days)
    if first == last:
        return f"le {day(first)}" if at else day(first)
    return f"du {day(first)} au {day(last)}"


def percent(share: float) -> str:
    """Return a share as French writes it; what is nearly certain is said so, never « 100 % »."""
    if share >= ALMOST:
        return "plus de 99,9 %"
    return f"{number(share * 100, 1 if share >= NEARLY else 0)} %"
