"""What `jauge check` says of rules that can never decide is true of every set of facts."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from analyzer.classify import classify, matches, passes
from school.charter import SET_KEYS, SIZE_KEYS, When
from tests.analyzer_classify import generated

SEEDS = st.integers(0, 2**32).map(Random)
WHENS = SEEDS.map(generated.when)
FACTS = SEEDS.map(generated.facts)


def narrower(when: When) -> st.SearchStrategy:
    """Conditions that `when` covers: it with further demands."""
    return WHENS.map(
        lambda other: When(
            **{
                key: when.allowed(key) if when.allowed(key) is not None else other.allowed(key)
                for key in SET_KEYS
            },
            **{
                key: max((n for n in (when.least(key), other.least(key)) if n), default=None)
                for key in SIZE_KEYS
            },
        )
    )


@given(WHENS, st.data(), FACTS)
def test_a_condition_with_further_demands_is_covered_and_matches_less(when, data, facts):
    other = data.draw(narrower(when))
    assert when.covers(other)
    assert matches(when, facts) or not matches(other, facts)


@given(WHENS, WHENS, FACTS)
def test_what_is_covered_never_matches_alone(first, second, facts):
    if first.covers(second):
        assert matches(first, facts) or not matches(second, facts)


def test_covering_means_every_word_and_no_further_demand():
    radio, both = frozenset({"web_radio"}), frozenset({"web_radio", "press"})
    table = [
        (When(), When(category=radio), True),
        (When(category=radio), When(), False),
        (When(category=both), When(category=radio), True),
        (When(category=radio), When(category=both), False),
        (When(category=both), When(category=frozenset({"press", "games"})), False),
        (When(category=radio, link=frozenset({"busy"})), When(category=radio), False),
        (When(megabytes_at_least=2), When(megabytes_at_least=3), True),
        (When(megabytes_at_least=3), When(megabytes_at_least=2), False),
        (When(megabytes_at_least=1), When(), False),
    ]
    assert [(a, b, a.covers(b)) for a, b, _ in table] == table


@given(SEEDS.map(generated.charter), FACTS)
def test_the_first_rule_that_matches_decides(charter, facts):
    verdict = classify(facts, charter)
    first = next(rule for rule in charter.rules if matches(rule.when, facts))
    beyond = first.tolerance is not None and passes(first.tolerance, facts)
    use = first.tolerance.beyond if beyond else first.use
    assert (verdict.rule, verdict.use, verdict.clause) == (first.id, use, first.clause)
