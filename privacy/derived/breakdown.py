"""A total, its parts, and the rest that is withheld: displayed so that they add up. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from privacy.derived.linear import Derived, summed
from privacy.release import Shown, Withheld
from privacy.settings import DisplaySettings


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What may be displayed of a total and its parts.

    Where total and rest are shown, or no part is withheld: shown parts + rest = total, to the last
    digit. Where the rest is withheld, the shown parts miss the total by less than its threshold
    (or pass it: the noisy value of the rest may be negative).
    """

    parts: Mapping[str, Shown | Withheld]
    rest: Shown | Withheld | None
    """The withheld parts together; None where every part is shown."""
    total: Shown | Withheld


def breakdown(parts: Mapping[str, Derived], rule: DisplaySettings) -> Breakdown:
    """Return parts, rest and total by the rule of display.

    Args:
        parts: additive parts (zones of one use, uses of T4, groups of T7) by name: sums of cells,
            without weights, so that each is a whole number.
        rule: the sealed rule of display.

    Raises:
        ValueError: there are no parts, or one is no whole number.
    """
    if any(not number.value.is_integer() for number in parts.values()):
        raise ValueError("a part is no sum of cells")
    shown = {name: number.shown(rule) for name, number in parts.items()}
    hidden = [parts[name] for name, value in shown.items() if isinstance(value, Withheld)]
    rest = summed(hidden).shown(rule) if hidden else None
    return Breakdown(shown, rest, summed(parts.values()).shown(rule))
