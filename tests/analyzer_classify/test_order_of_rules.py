"""What `jauge check` says of rules that can never decide is true of every set of facts."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.classify import classify, matches
from analyzer.facts import APP_CATEGORY, Facts
from school.charter import When
from school.words import Behaviour, Category, LinkState, Period, Strength, ZoneKind
from tests.analyzer_classify.test_engine_equals_twin import WHENS, charters


def one(words) -> st.SearchStrategy:
    return st.sampled_from([str(word) for word in words])


FACTS = st.builds(
    Facts,
    zone_kind=one(ZoneKind),
    period=one(Period),
    category=one(Category),
    evidence=one(Strength),
    link_state=one(LinkState),
    app=st.none() | one(APP_CATEGORY),
    behaviour=one(Behaviour),
    octets=st.sampled_from([0, 999_999, 1_000_000, 2_000_000, 3_000_000]),
)


def narrower(when: When) -> st.SearchStrategy:
    """Conditions that `when` covers: it with further demands."""
    return st.builds(
        lambda other: When(
            **{
                key: when.allowed(key) if when.allowed(key) is not None else other.allowed(key)
                for key in ("zone", "period", "category", "link", "evidence", "behaviour", "app")
            },
            megabytes_at_least=max(
                (n for n in (when.megabytes_at_least, other.megabytes_at_least) if n), default=None
            ),
        ),
        WHENS,
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


@given(charters(), FACTS)
def test_the_first_rule_that_matches_decides(charter, facts):
    verdict = classify(facts, charter)
    first = next(rule for rule in charter.rules if matches(rule.when, facts))
    assert (verdict.rule, verdict.use, verdict.clause) == (first.id, first.use, first.clause)
