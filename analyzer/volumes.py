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
    pairs = list(zip(facts, owners, strict=True))
    measured = [
        replace(
            fact,
            flow_octets=_octets(pairs, owner, lambda _, o, own=owner: o.flow == own.flow),
            device_day_octets=None
            if owner.device is None
            else _octets(
                pairs,
                owner,
                lambda f, o, own=owner, category=fact.category: (
                    o.device == own.device and f.category == category
                ),
            ),
        )
        for fact, owner in pairs
    ]
    rules = [deciding(fact, charter).id for fact in measured]
    return [_with_budget(measured, owners, rules, i) for i in range(len(measured))]


def _with_budget(
    facts: Sequence[Facts], owners: Sequence[Owner], rules: Sequence[str], i: int
) -> Facts:
    own = owners[i]
    if own.device is None:
        return facts[i]
    same = [
        n
        for n, owner in enumerate(owners)
        if owner.device == own.device and rules[n] == rules[i] and _until(owner, own)
    ]
    return replace(
        facts[i],
        rule_minutes=len({owners[n].minute for n in same}),
        rule_octets=sum(facts[n].octets for n in same),
    )


def _until(owner: Owner, own: Owner) -> bool:
    return owner.day == own.day and owner.minute <= own.minute


def _octets(pairs, own: Owner, belongs) -> int:  # noqa: ANN001 - two lambdas above
    return sum(fact.octets for fact, owner in pairs if _until(owner, own) and belongs(fact, owner))
