"""Templates: what a data set of a NetFlow v9 or IPFIX exporter looks like, and a bounded book of them.

A template is compiled once: of a fixed-length one the wanted fields are unpacked in one step, one
with variable lengths (RFC 7011 section 7) is walked field by field.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from collector.exports.elements import ELEMENTS, SOURCE_V4, SOURCE_V6, TARGET_V4, TARGET_V6
from collector.exports.outcome import Refused, Rejected

FIELDS_MAX = 128
"""Fields of one template; the longest seen in the wild has about 70."""
TEMPLATES_MAX = 256
"""Templates of one domain; exporters use fewer than 20."""
FIELDS_HELD_MAX = 32_768
"""Fields of all templates of one exporter: 64 domains with 256 templates of 128 fields each would be
200 MiB. 32 domains of 20 templates with 50 fields fit, in 4 MiB."""
TEMPLATES_HELD_MAX = 4_096
"""Templates of one exporter: a small one costs some 800 octets as well. 16,000 of two fields, which the
bound on fields lets through, took 15 MiB in the flood test."""
TEMPLATE_LIFE_S = 5_400
"""Three times the usual half hour between refreshes (RFC 7011 section 8.4 asks for three)."""
VARIABLE = 65_535
"""Width that says: each record carries its own length (RFC 7011 section 3.2)."""
LONG_LENGTH = 255
"""First octet of a length that goes on in the next two."""
RECORD_MAX = 65_535
FIRST_DATA_SET = 256

ADDRESSES = ({SOURCE_V4, TARGET_V4}, {SOURCE_V6, TARGET_V6})
"""A record without one of these pairs is no flow."""

Values = dict[int, Any]
"""Element → number, or bytes for names."""
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a template as announced. `key` None: nothing that is read here."""

    key: int | None
    width: int


def _readable(field: Field) -> bool:
    """Tell whether the field is wanted and has a width that its type allows."""
    element = ELEMENTS.get(field.key) if field.key is not None else None
    if element is None:
        return False
    if field.width == VARIABLE:
        return element.text
    return element.least <= field.width <= element.most


class Template:
    """One compiled template."""

    __slots__ = ("_keys", "_plan", "_steps", "_without_address", "fields", "least", "options")

    def __init__(self, fields: tuple[Field, ...], *, options: bool) -> None:
        self.options = options
        self.fields = len(fields)
        self.least = sum(1 if f.width == VARIABLE else f.width for f in fields)
        seen: set[int] = set()
        steps: list[tuple[int | None, int]] = []
        for field in fields:
            key = field.key if _readable(field) and field.key not in seen else None
            if key is not None:
                seen.add(key)
            steps.append((key, field.width))
        variable = any(width == VARIABLE for _, width in steps)
        self._steps = tuple(steps) if variable else ()
        self._plan = None if variable else _plan(steps)
        self._keys = tuple((k, ELEMENTS[k].text) for k, _ in steps if k is not None)
        # The densest datagram is one of such records: they are counted without being read.
        self._without_address = not options and not any(pair <= seen for pair in ADDRESSES)

    def records(self, body: bytes) -> Iterator[Values | Rejected]:
        """Yield the records of a data set's body; padding at its end is no record.

        A record that runs past the set yields one `Rejected` and ends the set.
        """
        if self._plan is None:
            yield from self._walk(body)
            return
        plan, keys = self._plan, self._keys
        usable = len(body) - len(body) % plan.size
        if self._without_address:
            yield from repeat(Rejected(Refused.NO_ADDRESS), usable // plan.size)
            return
        for values in plan.iter_unpack(body[:usable]):
            yield {
                key: value if text or not isinstance(value, bytes) else int.from_bytes(value, "big")
                for (key, text), value in zip(keys, values, strict=True)
            }

    def _walk(self, body: bytes) -> Iterator[Values | Rejected]:
        at, end = 0, len(body)
        while end - at >= self.least:
            values: Values = {}
            for key, announced in self._steps:
                width = announced
                if announced == VARIABLE:
                    at, width = _pull_length(body, at)
                if width < 0 or at + width > end:
                    yield Rejected(Refused.RECORD)
                    return
                if key is not None:
                    values[key] = _pull_value(key, body[at : at + width])
                at += width
            yield values


def _pull_length(body: bytes, at: int) -> tuple[int, int]:
    """Return where the value starts and its length; -1 when the set ends first."""
    if at >= len(body):
        return at, -1
    if body[at] < LONG_LENGTH:
        return at + 1, body[at]
    if at + 3 > len(body):
        return at, -1
    return at + 3, int.from_bytes(body[at + 1 : at + 3], "big")


def _pull_value(key: int, data: bytes) -> int | bytes:
    return data if ELEMENTS[key].text else int.from_bytes(data, "big")


def _plan(steps: list[tuple[int | None, int]]) -> struct.Struct:
    codes = [
        f"{width}x"
        if key is None
        else _CODES.get(width, f"{width}s")
        if not ELEMENTS[key].text
        else f"{width}s"
        for key, width in steps
    ]
    return struct.Struct(">" + "".join(codes))


def check_template(number: int, fields: tuple[Field, ...]) -> Rejected | None:
    """Return why a template cannot be used, or None.

    A record without an octet would repeat for ever; one of more than a datagram cannot come.
    """
    least = sum(1 if f.width == VARIABLE else f.width for f in fields)
    fits = 0 < len(fields) <= FIELDS_MAX and 0 < least <= RECORD_MAX
    return None if fits and number >= FIRST_DATA_SET else Rejected(Refused.TEMPLATE)


@dataclass(slots=True)
class Budget:
    """What one exporter's templates hold, over all its domains."""

    fields: int = 0
    templates: int = 0


class TemplateBook:
    """The templates of one domain."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held: dict[int, tuple[Template, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def learn(self, number: int, template: Template, now: float) -> Rejected | None:
        """Keep a template, or a new meaning of its number; refuse it when the book is full."""
        old = self._held.get(number)
        grown = template.fields - (old[0].fields if old else 0)
        if old is None and len(self._held) >= TEMPLATES_MAX:
            self.expire(now)
        full = old is None and len(self._held) >= TEMPLATES_MAX
        full |= old is None and self._budget.templates >= TEMPLATES_HELD_MAX
        if full or self._budget.fields + grown > FIELDS_HELD_MAX:
            return Rejected(Refused.TEMPLATE_LIMIT)
        self._budget.fields += grown
        self._budget.templates += old is None
        self._held[number] = (template, now)
        return None

    def find(self, number: int, now: float) -> Template | None:
        """Return a template that was announced within its life."""
        held = self._held.get(number)
        if held is None or now - held[1] > TEMPLATE_LIFE_S:
            return None
        return held[0]

    def expire(self, now: float) -> None:
        """Forget what was not announced again for its whole life."""
        old = [n for n, (_, learned) in self._held.items() if now - learned > TEMPLATE_LIFE_S]
        for number in old:
            self._budget.fields -= self._held.pop(number)[0].fields
            self._budget.templates -= 1

    def clear(self) -> None:
        """Forget all templates."""
        self._budget.fields -= sum(template.fields for template, _ in self._held.values())
        self._budget.templates -= len(self._held)
        self._held.clear()
