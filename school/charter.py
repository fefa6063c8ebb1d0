"""charter.yaml: ordered rules over facts. Models, checks and the digestable form; no verdicts.

A rule sees: zone kind, period, category, state of the link, strength of the evidence, wire hint,
behaviour, size of the slice. It cannot name a device, a person, an address or a site: `When` has
no such key, and an unknown key is an error. First match wins; the last rule matches everything.

Change together: `When` here, `analyzer.facts.Facts`, `analyzer.classify`, `analyzer.expression`
and the sentences in `school.conditions`.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints

from school.declared import STRICT, Label, Name, Text
from school.problems import did_you_mean
from school.reading import Located
from school.words import (
    CHARTER_USES,
    Behaviour,
    Category,
    LinkState,
    Period,
    Strength,
    Use,
    ZoneKind,
)

ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,11}$")]
AppName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
AMBIGUOUS: Final = frozenset({Category.CDN_SHARED, Category.UNKNOWN})
"""Categories that say nothing of what somebody did: no charter use may rest on them."""


class WhenEntry(BaseModel):
    """Condition of a rule: every given key must hold; a list holds if one of its words does."""

    model_config = STRICT
    zone: Annotated[tuple[ZoneKind, ...] | None, Field(min_length=1)] = None
    period: Annotated[tuple[Period, ...] | None, Field(min_length=1)] = None
    category: Annotated[tuple[Category, ...] | None, Field(min_length=1)] = None
    link: Annotated[tuple[LinkState, ...] | None, Field(min_length=1)] = None
    evidence: Annotated[tuple[Strength, ...] | None, Field(min_length=1)] = None
    behaviour: Annotated[tuple[Behaviour, ...] | None, Field(min_length=1)] = None
    app: Annotated[tuple[AppName, ...] | None, Field(min_length=1, max_length=60)] = None
    megabytes_at_least: Annotated[int, Field(ge=1, le=100_000)] | None = None


class RuleEntry(BaseModel):
    """One rule as written."""

    model_config = STRICT
    id: Name
    when: WhenEntry
    use: Use
    clause: ClauseId
    because: Label


class ClauseEntry(BaseModel):
    """One clause of the text that everybody signs."""

    model_config = STRICT
    id: ClauseId
    fr: Text
    en: Text


class CharterFile(BaseModel):
    """charter.yaml as written."""

    model_config = STRICT
    title: Label
    version: Text
    clauses: Annotated[tuple[ClauseEntry, ...], Field(min_length=1, max_length=100)]
    rules: Annotated[tuple[RuleEntry, ...], Field(min_length=1, max_length=500)]


SET_KEYS: Final = ("zone", "period", "category", "link", "evidence", "behaviour", "app")
"""Keys of a condition that hold a list of words; `megabytes_at_least` is the only other one."""


@dataclass(frozen=True, slots=True)
class When:
    """Condition of a rule. None = the rule does not look at it."""

    zone: frozenset[str] | None = None
    period: frozenset[str] | None = None
    category: frozenset[str] | None = None
    link: frozenset[str] | None = None
    evidence: frozenset[str] | None = None
    behaviour: frozenset[str] | None = None
    app: frozenset[str] | None = None
    megabytes_at_least: int | None = None
    """Millions of IP octets in one slice, both directions."""

    def allowed(self, key: str) -> frozenset[str] | None:
        """Return the words that one of `SET_KEYS` allows."""
        words: frozenset[str] | None = getattr(self, key)
        return words

    def is_empty(self) -> bool:
        """Say whether everything matches."""
        return self.megabytes_at_least is None and all(self.allowed(k) is None for k in SET_KEYS)

    def covers(self, other: "When") -> bool:
        """Say whether whatever matches `other` also matches this."""
        least, other_least = self.megabytes_at_least, other.megabytes_at_least
        if least is not None and (other_least is None or other_least < least):
            return False
        for key in SET_KEYS:
            mine, theirs = self.allowed(key), other.allowed(key)
            if mine is not None and (theirs is None or not theirs <= mine):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the charter."""

    id: str
    text: Label


@dataclass(frozen=True, slots=True)
class Rule:
    """What the charter says of slices that match `when`."""

    id: str
    when: When
    use: str
    clause: str
    because: Label


@dataclass(frozen=True, slots=True)
class Charter:
    """The charter that is displayed and enforced."""

    title: Label
    version: str
    clauses: tuple[Clause, ...]
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by its id.

        Raises:
            KeyError: no such rule.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def clause(self, clause_id: str) -> Clause:
        """Return a clause by its id.

        Raises:
            KeyError: no such clause.
        """
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise KeyError(clause_id)


_WORDS: Final = {
    "zone": frozenset(word.value for word in ZoneKind),
    "period": frozenset(word.value for word in Period),
    "category": frozenset(word.value for word in Category),
    "link": frozenset(word.value for word in LinkState),
    "evidence": frozenset(word.value for word in Strength),
    "behaviour": frozenset(word.value for word in Behaviour),
}


def _when(entry: WhenEntry) -> When:
    """A list of every word says nothing: it becomes None, so that `covers` sees it."""
    sets: dict[str, frozenset[str] | None] = {}
    for key in SET_KEYS:
        given = getattr(entry, key)
        words = None if given is None else frozenset(str(word) for word in given)
        sets[key] = None if words == _WORDS.get(key, object()) else words
    return When(megabytes_at_least=entry.megabytes_at_least, **sets)


def build(file: CharterFile) -> Charter:
    """Return the charter of a file."""
    return Charter(
        title=file.title,
        version=file.version,
        clauses=tuple(Clause(c.id, Label(fr=c.fr, en=c.en)) for c in file.clauses),
        rules=tuple(
            Rule(
                id=entry.id,
                when=_when(entry.when),
                use=entry.use.value,
                clause=entry.clause,
                because=entry.because,
            )
            for entry in file.rules
        ),
    )


def check(file: CharterFile, located: Located) -> None:
    """Record references to nothing, rules that can never decide, and a missing last rule."""
    clauses = [clause.id for clause in file.clauses]
    for i, name in enumerate(clauses):
        if name in clauses[:i]:
            located.problem(("clauses", i, "id"), f"two clauses are called `{name}`")
    charter = build(file)
    for i, rule in enumerate(charter.rules):
        _check_rule(charter, located, i)
        if rule.clause not in clauses:
            message = f"rule `{rule.id}`: there is no clause `{rule.clause}`"
            located.problem(
                ("rules", i, "clause"), message, did_you_mean(rule.clause, dict.fromkeys(clauses))
            )
    last = charter.rules[-1]
    if not last.when.is_empty():
        message = f"the last rule, `{last.id}`, does not match everything"
        hint = "end with a rule `when: {}` and `use: undetermined`"
        located.problem(("rules", len(charter.rules) - 1, "when"), message, hint)
    elif last.use in CHARTER_USES:
        message = f"the last rule, `{last.id}`, says `{last.use}` of what nothing is known about"
        hint = "use `undetermined`: we abstain rather than accuse"
        located.problem(("rules", len(charter.rules) - 1, "use"), message, hint)


def _check_rule(charter: Charter, located: Located, i: int) -> None:
    rule = charter.rules[i]
    place = ("rules", i)
    if any(rule.id == earlier.id for earlier in charter.rules[:i]):
        located.problem((*place, "id"), f"two rules are called `{rule.id}`", "rename one of them")
    for earlier in charter.rules[:i]:
        if earlier.when.covers(rule.when):
            message = (
                f"rule `{rule.id}` can never decide: rule `{earlier.id}`, before it, "
                "matches everything that it matches"
            )
            located.problem((*place, "when"), message, f"move it above `{earlier.id}` or remove it")
            break
    ambiguous = sorted((rule.when.category or frozenset()) & AMBIGUOUS)
    if ambiguous and rule.use in CHARTER_USES and rule.when.app is None:
        message = f"rule `{rule.id}`: `{ambiguous[0]}` says nothing of what somebody does"
        hint = "such a category may only lead to `technical` or `undetermined`"
        located.problem((*place, "category"), message, hint)
