"""The table of the charter by place and time, in words. Pure; nothing is judged here.

The sealed document holds what `analyzer.practice` found by classifying; this turns each group of
categories of services into one word and one sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.texts import Texts

STATES = ("calm", "busy", "saturated")
KINDS = {
    "pedagogical": "allowed",
    "residual_private": "tolerated",
    "resource_inappropriate": "unsuited",
    "abusive": "forbidden",
    "technical": "machine",
    "undetermined": "unjudged",
}
"""What the use of a calm line means for a reader."""
SIGNS = {
    "allowed": "✓",
    "tolerated": "≈",
    "unsuited": "!",
    "forbidden": "✕",
    "machine": "⚙",
    "unjudged": "?",
}
"""Stands beside the word, never alone."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the charter says of some categories of services."""

    kind: str
    """Key of `practice.kind` and of `SIGNS`."""
    limit: str
    """A restriction, starting with a comma; empty without one."""
    what: str
    """The categories, as a list in words."""
    clauses: str

    @property
    def sign(self) -> str:
        """Return the sign that stands beside the word."""
        return SIGNS[self.kind]


@dataclass(frozen=True, slots=True)
class Cell:
    """Some periods at some place."""

    when: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Some zones that are treated alike."""

    where: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Practice:
    """The whole table."""

    everywhere: tuple[Said, ...]
    rows: tuple[Row, ...]
    sure_only: bool
    also: str
    """What rules look at besides, in words; empty when nothing."""


def read(payload: Mapping[str, Any], texts: Texts) -> Practice:
    """Read the part `practice` of the document `charter`."""
    also = [texts(f"practice.also.{key}") for key in payload["also"]]
    return Practice(
        everywhere=_said(payload["everywhere"], texts),
        rows=tuple(_row(row, texts) for row in payload["rows"]),
        sure_only=bool(payload["sure_only"]),
        also=texts.join(also),
    )


def _row(row: Mapping[str, Any], texts: Texts) -> Row:
    where = texts.join([texts.label(label) for label in row["zones"]])
    cells = [_cell(cell, texts) for cell in row["cells"]]
    if row.get("always"):
        cells.insert(0, Cell(texts("practice.always"), _said(row["always"], texts)))
    return Row(where, tuple(cells))


def _cell(cell: Mapping[str, Any], texts: Texts) -> Cell:
    names = [texts(f"practice.period.{period}") for period in cell["periods"]]
    return Cell(texts.sentence(texts.join(names)), _said(cell["groups"], texts))


def _said(groups: Sequence[Mapping[str, Any]], texts: Texts) -> tuple[Said, ...]:
    found = []
    for group in groups:
        words = [texts.label(label) for label in group["categories"]]
        found.append(
            Said(
                kind=KINDS[group["little"][0]],
                limit=_limit(group, texts),
                what=texts.join(words),
                clauses=", ".join(group["clauses"]),
            )
        )
    return tuple(found)


def _limit(group: Mapping[str, Any], texts: Texts) -> str:
    """Return what restricts a use: the state of the line, large volumes, a daily budget."""
    parts = []
    changed = _changed(group["little"], group["little"][0])
    if changed:
        parts.append(_clause("line", group["little"], changed, texts))
    large = _changed(group["much"], group["little"][0])
    if large and large != changed:
        parts.append(_clause("large", group["much"], large, texts))
    if group["minutes"] or group["megabytes"]:
        parts.append(texts("practice.budget", budget=_budget(group, texts),
                           beyond=texts(f"practice.becomes.{group['beyond']}")))  # fmt: skip
    return "".join(parts)


def _changed(uses: Sequence[str], first: str) -> str:
    """Return the first state of the line in which the use is another; empty if in none."""
    return next((state for state, use in zip(STATES, uses, strict=True) if use != first), "")


def _clause(what: str, uses: Sequence[str], state: str, texts: Texts) -> str:
    use = uses[STATES.index(state)]
    exception = use in {"resource_inappropriate", "abusive"}
    key = "except" if exception else "but"
    return texts(
        f"practice.{what}.{key}",
        state=texts(f"practice.state.{state}"),
        use=texts(f"practice.becomes.{use}"),
    )


def _budget(group: Mapping[str, Any], texts: Texts) -> str:
    parts = []
    if group["minutes"]:
        parts.append(texts("practice.minutes", count=group["minutes"], n=group["minutes"]))
    if group["megabytes"]:
        parts.append(texts("practice.megabytes", n=texts.number(group["megabytes"])))
    return texts("practice.or").join(parts)
