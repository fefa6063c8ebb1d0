"""Conditions as bits: bit `n` of a number says whether rule `n` allows a value of one fact. Pure.

The charter asks the same few facts again in every rule. Here each fact is asked once, where its
table is small (1,440 minutes, a dozen zones, some forty categories), and gives a number; the `&` of
all of them holds the rules that match, and its lowest bit is the first. Twenty million slices then
cost a few integer operations each instead of every string comparison of every rule.

A number holds 62 rules (a signed 64-bit integer, standard SQL); a longer charter takes several,
`words` of them. Change together: `analyzer.classify.matches`, which says the same in prose.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, StringValue

from analyzer.classify import MEGABYTE
from school.charter import WORDS, Charter, Rule

BITS: Final = 62
Numbers = tuple[int, ...]
"""One number for each word of the charter's rules."""


def words(charter: Charter) -> list[tuple[Rule, ...]]:
    """Return the rules, cut into groups of `BITS`."""
    rules = charter.rules
    return [tuple(rules[n : n + BITS]) for n in range(0, len(rules), BITS)]


def _numbers(charter: Charter, allows: Any) -> Numbers:
    return tuple(
        sum(1 << n for n, rule in enumerate(word) if allows(rule)) for word in words(charter)
    )


def allowing(charter: Charter, key: str, value: str | None) -> Numbers:
    """Return which rules allow a value (None: not known) of what a list of words looks at."""

    def allows(rule: Rule) -> bool:
        wanted = rule.when.allowed(key)
        return wanted is None or value in wanted

    return _numbers(charter, allows)


def both(one: Numbers, other: Numbers) -> Numbers:
    """Return the rules that are in both."""
    return tuple(a & b for a, b in zip(one, other, strict=True))


def everything(charter: Charter) -> Numbers:
    """Return all rules."""
    return _numbers(charter, lambda _: True)


def of_words(column: StringValue, key: str, charter: Charter) -> list[IntegerValue]:
    """Return the numbers of a column of words, one branch for words that all rules treat alike."""
    named = {word for rule in charter.rules for word in rule.when.allowed(key) or ()}
    if key in WORDS:
        named &= {word.value for word in WORDS[key]}
    alike: dict[Numbers, list[str]] = {}
    for word in sorted(named):
        alike.setdefault(allowing(charter, key, word), []).append(word)
    other = allowing(charter, key, None)
    return [
        _cases(((column.isin(some), numbers[n]) for numbers, some in alike.items()), other[n])
        for n in range(len(other))
    ]


def of_volume(column: IntegerValue, key: str, charter: Charter) -> list[IntegerValue]:
    """Return the numbers of a column of octets; null satisfies no demand."""
    steps = {rule.when.least(key) for rule in charter.rules} - {None}

    def reached(most: int) -> Numbers:
        return _numbers(charter, lambda rule: (rule.when.least(key) or 0) <= most)

    ordered = sorted((step for step in steps if step is not None), reverse=True)
    return [
        _cases(((column >= step * MEGABYTE, reached(step)[n]) for step in ordered), reached(0)[n])
        for n in range(len(words(charter)))
    ]


def _cases(branches: Iterable[tuple[BooleanValue, int]], other: int) -> IntegerValue:
    known = [(test, ibis.literal(number, "int64")) for test, number in branches]
    rest: IntegerValue = ibis.literal(other, "int64")
    return ibis.cases(*known, else_=rest) if known else rest


def first_rule(matching: Sequence[IntegerValue], charter: Charter) -> StringValue:
    """Return the id of the first rule of numbers that hold all that match."""
    return ibis.cases(*_in_order(matching, charter, "id"), else_=ibis.null("string"))


def first_use(matching: Sequence[IntegerValue], charter: Charter) -> StringValue:
    """Return the use of the first rule; neighbours of the same use share a branch."""
    return ibis.cases(*_in_order(matching, charter, "use"), else_=ibis.null("string"))


def _in_order(
    matching: Sequence[IntegerValue], charter: Charter, field: str
) -> Iterator[tuple[BooleanValue, str]]:
    for number, rules in zip(matching, words(charter), strict=True):
        start = 0
        while start < len(rules):
            value, end = getattr(rules[start], field), start
            while end < len(rules) and getattr(rules[end], field) == value:
                end += 1
            some = sum(1 << n for n in range(start, end))
            yield (number & ibis.literal(some, "int64")) != 0, value
            start = end
