"""What `jauge check` says of rules without effect is true, and it says it of every such rule.

By enumeration: over facts of a small vocabulary, the rules that are called unreachable are exactly
those that decide nothing.
"""

from itertools import product
from random import Random

import pytest

from analyzer.classify import MEGABYTE, deciding
from analyzer.facts import Facts
from school import reach
from school.charter import Charter, Rule, When
from school.words import DayKind, LinkState, Period
from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import worse
from tests.analyzer_classify.generated import TEXT, lycee

SLOTS = [(slot.name, slot.period) for slot in lycee().calendar.slots]
STATES = [state.value for state in LinkState]
TIMES = [(period.value, None) for period in Period] + [(period, name) for name, period in SLOTS]
VOLUMES = [(size, flow) for size in range(4) for flow in range(size, 4)]
FEW = ["day", "link", "link_down", "link_up", "period", "slot"]


def all_facts():
    for (period, slot), up, down, (size, flow), kind in product(
        TIMES, STATES, STATES, VOLUMES, DayKind
    ):
        yield Facts(
            zone_kind="office",
            period=period,
            slot=slot,
            category="ent",
            evidence="strong",
            link_state=worse(up, down),
            link_up=up,
            link_down=down,
            day_kind=kind.value,
            octets=size * MEGABYTE,
            flow_octets=flow * MEGABYTE,
        )


EVERY = list(all_facts())


def condition(draw: Random) -> When:
    """A wide condition over few keys, so that several together often cover another."""
    keys = {}
    for key in draw.sample(FEW, draw.randint(1, 2)):
        words = generated.VOCABULARY[key]
        keys[key] = frozenset(draw.sample(words, draw.randint(1, len(words))))
    if draw.random() < 0.3:
        keys[draw.choice(["megabytes_at_least", "flow_megabytes_at_least"])] = draw.randint(1, 3)
    return When(**keys)


def drawn(seed: int) -> Charter:
    draw = Random(seed)  # noqa: S311 - examples, not secrets
    rules = [Rule(f"r{n}", condition(draw), "technical", "C1", TEXT) for n in range(9)]
    return Charter(TEXT, "1", (), (*rules, Rule("last", When(), "undetermined", "C1", TEXT)))


def test_the_drawn_charters_have_rules_of_every_sort():
    found = [
        before
        for seed in range(12)
        for before in reach.deciding_before(drawn(seed), SLOTS).values()
    ]
    assert {min(len(before), 2) for before in found} == {0, 1, 2}


@pytest.mark.parametrize("seed", range(12))
def test_exactly_the_rules_that_decide_nothing_are_found(seed):
    charter = drawn(seed)
    decided = {deciding(facts, charter).id for facts in EVERY}
    found = reach.deciding_before(charter, SLOTS)
    assert {charter.rules[i].id for i in found} == {rule.id for rule in charter.rules} - decided
    for i, before in found.items():
        named = [rule for rule in charter.rules if rule.id in before]
        alone = Charter(TEXT, "1", (), (*named, charter.rules[i], charter.rules[-1]))
        assert charter.rules[i].id not in {deciding(facts, alone).id for facts in EVERY}


def test_the_bound_is_told_and_accuses_no_rule(monkeypatch):
    monkeypatch.setattr(reach, "MOST_BOXES", 1)
    radio, press = frozenset({"web_radio"}), frozenset({"press"})
    rules = [
        Rule("a", When(category=radio, period=frozenset({"meal"})), "technical", "C1", TEXT),
        Rule("b", When(category=press, period=frozenset({"night"})), "technical", "C1", TEXT),
        Rule("c", When(), "undetermined", "C1", TEXT),
    ]
    charter = Charter(TEXT, "1", (), tuple(rules))
    assert reach.unproven(charter) == ("c",)
    assert reach.deciding_before(charter) == {}


def test_no_shipped_rule_is_beyond_the_bound():
    assert reach.unproven(lycee().charter, SLOTS) == ()
