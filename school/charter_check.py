"""What no single field of charter.yaml can tell: references, rules without effect, accusations.

Pure. Every problem is recorded at its place (`school.reading.Located`); nothing is raised.
"""

from collections.abc import Sequence
from typing import Final

from school.charter import Charter, CharterFile, Rule, build
from school.problems import did_you_mean
from school.reach import deciding_before
from school.reading import Loc, Located
from school.words import CHARTER_USES, PROTOCOLS, Category, Strength, Use

AMBIGUOUS: Final = frozenset({Category.CDN_SHARED, Category.UNKNOWN})
"""Categories that say nothing of what somebody did: no charter use may rest on them."""
MOST_NAMED: Final = 5
"""More rules than this in one sentence help nobody."""

Slots = Sequence[tuple[str, str]]
"""(name, period) of each declared slot."""


def check(file: CharterFile, located: Located, *, slots: Slots | None) -> None:
    """Record references to nothing, rules that can never decide, and a missing last rule.

    Args:
        file: the charter as written.
        located: where each part of it stands.
        slots: the declared slots; None where calendar.yaml itself is wrong: names of slots are
            then not looked at, and every one is taken for possible.
    """
    clauses = [clause.id for clause in file.clauses]
    for i, name in enumerate(clauses):
        if name in clauses[:i]:
            located.problem(("clauses", i, "id"), f"two clauses are called `{name}`")
    charter = build(file)
    blocked = deciding_before(charter, slots)
    for i, rule in enumerate(charter.rules):
        _check_names(charter, located, i, clauses)
        _check_slots(file, located, i, slots)
        _check_protocols(file, located, i)
        _check_reach(rule, located, i, blocked.get(i))
        _check_accusation(rule, located, i)
        _check_proof(rule, located, i)
        _check_tolerance(rule, located, i)
    _check_last(charter, located)


def _check_names(charter: Charter, located: Located, i: int, clauses: list[str]) -> None:
    rule = charter.rules[i]
    if any(rule.id == earlier.id for earlier in charter.rules[:i]):
        message = f"two rules are called `{rule.id}`"
        located.problem(("rules", i, "id"), message, "rename one of them")
    if rule.clause not in clauses:
        message = f"rule `{rule.id}`: there is no clause `{rule.clause}`"
        hint = did_you_mean(rule.clause, dict.fromkeys(clauses))
        located.problem(("rules", i, "clause"), message, hint)


def _check_protocols(file: CharterFile, located: Located, i: int) -> None:
    for j, name in enumerate(file.rules[i].when.app or ()):
        if name not in PROTOCOLS:
            message = f"rule `{file.rules[i].id}`: the collector recognises no protocol `{name}`"
            place = ("rules", i, "when", "app", j)
            located.problem(place, message, did_you_mean(name, PROTOCOLS))


def _check_slots(file: CharterFile, located: Located, i: int, slots: Slots | None) -> None:
    if slots is None:
        return
    known = [name for name, _ in slots]
    for j, name in enumerate(file.rules[i].when.slot or ()):
        if name not in known:
            message = f"rule `{file.rules[i].id}`: calendar.yaml declares no slot `{name}`"
            place = ("rules", i, "when", "slot", j)
            located.problem(place, message, did_you_mean(name, known))


def _check_reach(rule: Rule, located: Located, i: int, before: tuple[str, ...] | None) -> None:
    if before is None or (rule.when.is_empty() and len(before) > 1):
        return  # the last rule must be there even where the others happen to say everything
    place: Loc = ("rules", i, "when")
    if not before:
        message = f"rule `{rule.id}` can never decide: nothing can match all of its condition"
        hint = "check `slot` against `period`, and `link` against `link_up` and `link_down`"
        located.problem(place, message, hint)
    elif len(before) == 1:
        message = (
            f"rule `{rule.id}` can never decide: rule `{before[0]}`, before it, "
            "matches everything that it matches"
        )
        located.problem(place, message, f"move it above `{before[0]}` or remove it")
    else:
        message = (
            f"rule `{rule.id}` can never decide: {_named(before)}, before it, "
            "together match everything that it matches"
        )
        located.problem(place, message, f"move it above `{before[0]}` or remove it")


def _named(rules: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{name}`" for name in rules[:MOST_NAMED])
    more = len(rules) - MOST_NAMED
    return f"rules {shown}" + (f" and {more} more" if more > 0 else "")


def _check_accusation(rule: Rule, located: Located, i: int) -> None:
    ambiguous = sorted((rule.when.category or frozenset()) & AMBIGUOUS)
    if ambiguous and rule.use in CHARTER_USES and rule.when.app is None:
        message = f"rule `{rule.id}`: `{ambiguous[0]}` says nothing of what somebody does"
        hint = "such a category may only lead to `technical` or `undetermined`"
        located.problem(("rules", i, "when", "category"), message, hint)


def _check_proof(rule: Rule, located: Located, i: int) -> None:
    """Nobody is accused on weak evidence, whatever a charter would like."""
    sure = rule.when.evidence == frozenset({Strength.STRONG.value})
    if rule.use == Use.ABUSIVE and not sure and not rule.when.is_empty():
        message = f"rule `{rule.id}` says `abusive` without demanding strong evidence"
        hint = "add `evidence: [strong]` to its `when`: we abstain rather than accuse"
        located.problem(("rules", i, "use"), message, hint)


def _check_tolerance(rule: Rule, located: Located, i: int) -> None:
    if rule.tolerance is None:
        return
    place: Loc = ("rules", i, "tolerance")
    if rule.use != Use.RESIDUAL_PRIVATE:
        message = f"rule `{rule.id}`: only `residual_private` has a tolerance, not `{rule.use}`"
        located.problem(place, message, "remove `tolerance`, or change `use`")
    beyond = rule.tolerance.beyond
    if beyond == rule.use:
        message = f"rule `{rule.id}`: beyond its tolerance it says `{beyond}` again"
        located.problem((*place, "beyond"), message, "write another use, or remove `tolerance`")
    if beyond == Use.ABUSIVE and rule.when.evidence != frozenset({Strength.STRONG.value}):
        message = f"rule `{rule.id}`: a volume alone accuses nobody"
        hint = "add `evidence: [strong]` to its `when`, or write `resource_inappropriate`"
        located.problem((*place, "beyond"), message, hint)


def _check_last(charter: Charter, located: Located) -> None:
    last = charter.rules[-1]
    if not last.when.is_empty():
        message = f"the last rule, `{last.id}`, does not match everything"
        hint = "end with a rule `when: {}` and `use: undetermined`"
        located.problem(("rules", len(charter.rules) - 1, "when"), message, hint)
    elif last.use in CHARTER_USES:
        message = f"the last rule, `{last.id}`, says `{last.use}` of what nothing is known about"
        hint = "use `undetermined`: we abstain rather than accuse"
        located.problem(("rules", len(charter.rules) - 1, "use"), message, hint)
