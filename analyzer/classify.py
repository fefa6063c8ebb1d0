"""The readable twin: one set of facts, one charter, one verdict. Pure.

`analyzer.expression` does the same for millions of slices; a property test holds the two together.
First rule that matches wins; the loader has made sure that the last one always matches.
"""

from dataclasses import dataclass
from typing import Final

from analyzer.facts import Facts
from school.charter import Charter, When

MEGABYTE: Final = 1_000_000

FACT_OF_KEY: Final = {
    "zone": "zone_kind",
    "period": "period",
    "category": "category",
    "link": "link_state",
    "evidence": "evidence",
    "behaviour": "behaviour",
    "app": "app",
}
"""Which fact each key of a condition looks at (`school.charter.SET_KEYS`)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the charter says of a slice, and why."""

    use: str
    rule: str
    clause: str
    evidence: str


class NoRule(Exception):
    """No rule matched: the charter was built without its last rule, which the loader refuses."""


def matches(when: When, facts: Facts) -> bool:
    """Say whether a condition holds."""
    least = when.megabytes_at_least
    if least is not None and facts.octets < least * MEGABYTE:
        return False
    for key, fact in FACT_OF_KEY.items():
        allowed = when.allowed(key)
        if allowed is not None and getattr(facts, fact) not in allowed:
            return False
    return True


def classify(facts: Facts, charter: Charter) -> Verdict:
    """Return the verdict of the first rule that matches.

    Raises:
        NoRule: none does; cannot happen with a charter from `school.load`.
    """
    for rule in charter.rules:
        if matches(rule.when, facts):
            return Verdict(rule.use, rule.id, rule.clause, facts.evidence)
    raise NoRule
