"""lines.yaml: the Internet lines and their capacity, which changes at known dates. No I/O."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field

from school.declared import STRICT, Label, Name
from school.reading import Located

_RATE: Final = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([kMG])bit/s")
_FACTOR: Final = {"k": 10**3, "M": 10**6, "G": 10**9}
_BYTES: Final = re.compile(r"\s*[\d.,]+\s*[kKMGmg](o|B|bytes?|octets?)(/s|ps)?\s*", re.IGNORECASE)
LARGEST_BIT_S: Final = 1_000 * 10**9


def parse_rate(text: Any) -> int:
    """Read `50 Mbit/s` (also `2,5 Gbit/s`) into bits per second.

    Raises:
        ValueError: another form; the message says which form to use.
    """
    match = _RATE.fullmatch(str(text).strip())
    if match:
        rate = int(Decimal(match[1].replace(",", ".")) * _FACTOR[match[2]])
        if 0 < rate <= LARGEST_BIT_S:
            return rate
        raise ValueError(f"`{text}` is no capacity of a line; write it as `50 Mbit/s`")
    if _BYTES.fullmatch(str(text)) and not str(text).strip().lower().endswith("bps"):
        raise ValueError(f"`{text}` looks like octets; capacities are in bits: write `50 Mbit/s`")
    raise ValueError(f"`{text}` is not a capacity; write it as `50 Mbit/s`")


Rate = Annotated[int, BeforeValidator(parse_rate)]


class CapacityEntry(BaseModel):
    """What a line can carry from a date on."""

    model_config = STRICT
    since: Annotated[date, Field(alias="from")]
    down: Rate
    up: Rate


class LineEntry(BaseModel):
    """One line as written."""

    model_config = STRICT
    name: Name
    label: Label
    capacity: Annotated[tuple[CapacityEntry, ...], Field(min_length=1, max_length=100)]


class LinesFile(BaseModel):
    """lines.yaml as written."""

    model_config = STRICT
    lines: Annotated[tuple[LineEntry, ...], Field(min_length=1, max_length=20)]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a line can carry, in bits per second, from a day on (local days)."""

    since: date
    down_bit_s: int
    up_bit_s: int


@dataclass(frozen=True, slots=True)
class Line:
    """An Internet line."""

    name: str
    label: Label
    capacity: tuple[Capacity, ...]
    """Oldest first."""

    def capacity_at(self, day: date) -> Capacity | None:
        """Return the capacity in force on a local day; None before the first declared date."""
        in_force = [capacity for capacity in self.capacity if capacity.since <= day]
        return in_force[-1] if in_force else None


def build(file: LinesFile) -> tuple[Line, ...]:
    """Return the lines of a file whose checks passed."""
    return tuple(
        Line(
            name=entry.name,
            label=entry.label,
            capacity=tuple(Capacity(c.since, c.down, c.up) for c in entry.capacity),
        )
        for entry in file.lines
    )


def check(file: LinesFile, located: Located) -> None:
    """Record lines of one name and capacities whose dates do not grow."""
    seen: set[str] = set()
    for i, line in enumerate(file.lines):
        if line.name in seen:
            located.problem(("lines", i, "name"), f"two lines are called `{line.name}`")
        seen.add(line.name)
        for j in range(1, len(line.capacity)):
            before, now = line.capacity[j - 1].since, line.capacity[j].since
            if now <= before:
                message = (
                    f"line `{line.name}`: capacity from {now} stands after the one of {before}"
                )
                loc = ("lines", i, "capacity", j, "from")
                located.problem(loc, message, "put the dates in order, each once")
