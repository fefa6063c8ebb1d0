"""The volumes that facts may hold, from slices, slowly and by definition. Pure.

The oracle of `analyzer.windows`. A volume is that of the slice's own flow, or of its own device on
its own local day, up to and including its minute: what is done later changes nothing that was said
before, and no other device's slice is ever added.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from analyzer.classify import deciding
from analyzer.facts import Facts
from school.charter import Charter


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose slice it is, and when."""

    flow: int
    device: int | None
    day: date | None
    """Local day."""
    minute: datetime


def with_volumes(facts: Sequence[Facts], owners: Sequence[Owner], charter: Charter) -> list[Facts]:
    """Return the facts of slices with the volumes that the slices before them give.

    Args:
        facts: of each slice alone (`analyzer.facts.facts_of`).
        owners: of the same slices, in the same order.
        charter: the budgets of tolerances are counted per rule that decides.
    """
    octets = [fact.octets for fact in facts]
    measured = []
    for fact, own in zip(facts, owners, strict=True):
        of_flow, of_category = 0, 0
        for other, owner, size in zip(facts, owners, octets, strict=True):
            if not _own_until(owner, own):
                continue
            of_flow += size if owner.flow == own.flow else 0
            of_category += size if other.category == fact.category else 0
        day_octets = None if own.device is None else of_category
        measured.append(replace(fact, flow_octets=of_flow, device_day_octets=day_octets))
    rules = [deciding(fact, charter).id for fact in measured]
    return [_with_budget(measured, owners, rules, i) for i in range(len(measured))]


def _with_budget(
    facts: Sequence[Facts], owners: Sequence[Owner], rules: Sequence[str], i: int
) -> Facts:
    own = owners[i]
    if own.device is None:
        return facts[i]
    same = [n for n, owner in enumerate(owners) if rules[n] == rules[i] and _own_until(owner, own)]
    return replace(
        facts[i],
        rule_minutes=len({owners[n].minute for n in same}),
        rule_octets=sum(facts[n].octets for n in same),
    )


def _own_until(owner: Owner, own: Owner) -> bool:
    """Say whether a slice is of the same device (or of none, as well) and day, and not later."""
    return owner.device == own.device and owner.day == own.day and owner.minute <= own.minute
