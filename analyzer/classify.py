"""The readable twin: one set of facts, one charter, one verdict. Pure.

`analyzer.expression` does the same for millions of slices; a property test holds the two together.
First rule that matches wins; the loader has made sure that the last one always matches. A rule
with a tolerance says its other use of the slice that passes the budget, and of the ones after it.
"""

from dataclasses import dataclass
from typing import Final

from analyzer.facts import Facts
from school.charter import Charter, Rule, Tolerance, When

MEGABYTE: Final = 1_000_000

FACT_OF_KEY: Final = {
    "zone": "zone_kind",
    "period": "period",
    "slot": "slot",
    "day": "day_kind",
    "category": "category",
    "list_category": "listed",
    "link": "link_state",
    "link_up": "link_up",
    "link_down": "link_down",
    "evidence": "evidence",
    "behaviour": "behaviour",
    "app": "app",
}
"""Which fact each list of words looks at (`school.charter.SET_KEYS`)."""
VOLUME_OF_KEY: Final = {
    "megabytes_at_least": "octets",
    "flow_megabytes_at_least": "flow_octets",
    "device_day_megabytes_at_least": "device_day_octets",
}
"""Which volume each least number of megabytes looks at (`school.charter.SIZE_KEYS`)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the charter says of a slice, and why."""

    use: str
    rule: str
    clause: str
    evidence: str
    beyond: bool = False
    """The rule tolerates, and this slice passed its budget."""


class NoRule(Exception):
    """No rule matched: the charter was built without its last rule, which the loader refuses."""


def matches(when: When, facts: Facts) -> bool:
    """Say whether a condition holds. What is not known (None) satisfies no demand."""
    for key, fact in VOLUME_OF_KEY.items():
        least, octets = when.least(key), getattr(facts, fact)
        if least is not None and (octets is None or octets < least * MEGABYTE):
            return False
    for key, fact in FACT_OF_KEY.items():
        allowed = when.allowed(key)
        if allowed is not None and getattr(facts, fact) not in allowed:
            return False
    return True


def deciding(facts: Facts, charter: Charter) -> Rule:
    """Return the first rule that matches.

    Raises:
        NoRule: none does; cannot happen with a charter from `school.load`.
    """
    for rule in charter.rules:
        if matches(rule.when, facts):
            return rule
    raise NoRule


def passes(tolerance: Tolerance, facts: Facts) -> bool:
    """Say whether a device-day has used up its budget; never without a device."""
    minutes, octets = facts.rule_minutes, facts.rule_octets
    if tolerance.minutes is not None and minutes is not None and minutes > tolerance.minutes:
        return True
    most = tolerance.megabytes
    return most is not None and octets is not None and octets > most * MEGABYTE


def classify(facts: Facts, charter: Charter) -> Verdict:
    """Return the verdict of the first rule that matches.

    Raises:
        NoRule: none does; cannot happen with a charter from `school.load`.
    """
    rule = deciding(facts, charter)
    if rule.tolerance is not None and passes(rule.tolerance, facts):
        return Verdict(rule.tolerance.beyond, rule.id, rule.clause, facts.evidence, beyond=True)
    return Verdict(rule.use, rule.id, rule.clause, facts.evidence)
