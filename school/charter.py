"""charter.yaml: ordered rules over facts. Models and what they become; no checks, no verdicts.

A rule sees: zone kind, period, slot, kind of day, category, what the imported list says, state of
the line (the worse direction, up, down), strength of the evidence, behaviour, wire hint, and
volumes: of the slice, of its own flow, of its own device-day. It cannot name a device, a person,
an address or a site, and no volume is ever that of another device (DESIGN 2): `When` has no such
key, and an unknown key is an error. First match wins; the last rule matches everything.

Change together: `When` here, `school.reach`, `school.conditions`, `analyzer.facts.Facts`,
`analyzer.classify`, `analyzer.expression`, and docs/charter.md (a test wants every key there).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, StringConstraints, model_validator

from school.declared import STRICT, Label, Name, SlotName, Text
from school.words import (
    Behaviour,
    Category,
    DayKind,
    LinkState,
    Period,
    Strength,
    Use,
    ZoneKind,
)

ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,11}$")]
AppName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Megabytes = Annotated[int, Field(ge=1, le=1_000_000)]
"""Millions of IP octets, both directions; a terabyte a day is past every school's line."""


class WhenEntry(BaseModel):
    """Condition of a rule: every given key must hold; a list holds if one of its words does."""

    model_config = STRICT
    zone: Annotated[tuple[ZoneKind, ...] | None, Field(min_length=1)] = None
    period: Annotated[tuple[Period, ...] | None, Field(min_length=1)] = None
    slot: Annotated[tuple[SlotName, ...] | None, Field(min_length=1, max_length=200)] = None
    day: Annotated[tuple[DayKind, ...] | None, Field(min_length=1)] = None
    category: Annotated[tuple[Category, ...] | None, Field(min_length=1)] = None
    list_category: Annotated[tuple[Category, ...] | None, Field(min_length=1)] = None
    link: Annotated[tuple[LinkState, ...] | None, Field(min_length=1)] = None
    link_up: Annotated[tuple[LinkState, ...] | None, Field(min_length=1)] = None
    link_down: Annotated[tuple[LinkState, ...] | None, Field(min_length=1)] = None
    evidence: Annotated[tuple[Strength, ...] | None, Field(min_length=1)] = None
    behaviour: Annotated[tuple[Behaviour, ...] | None, Field(min_length=1)] = None
    app: Annotated[tuple[AppName, ...] | None, Field(min_length=1, max_length=60)] = None
    megabytes_at_least: Megabytes | None = None
    flow_megabytes_at_least: Megabytes | None = None
    device_day_megabytes_at_least: Megabytes | None = None


class ToleranceEntry(BaseModel):
    """How much of a tolerated use one device may make in one day, and what the rest is."""

    model_config = STRICT
    minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    megabytes: Megabytes | None = None
    beyond: Use
    because: Label

    @model_validator(mode="after")
    def _check(self) -> "ToleranceEntry":
        if self.minutes is None and self.megabytes is None:
            raise ValueError("a tolerance needs `minutes`, `megabytes`, or both")
        return self


class RuleEntry(BaseModel):
    """One rule as written."""

    model_config = STRICT
    id: Name
    when: WhenEntry
    use: Use
    clause: ClauseId
    because: Label
    tolerance: ToleranceEntry | None = None


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


WORDS: Final[dict[str, type[StrEnum]]] = {
    "zone": ZoneKind,
    "period": Period,
    "day": DayKind,
    "category": Category,
    "list_category": Category,
    "link": LinkState,
    "link_up": LinkState,
    "link_down": LinkState,
    "evidence": Strength,
    "behaviour": Behaviour,
}
"""Keys of a condition whose words come from a fixed vocabulary."""
SET_KEYS: Final = (
    *("zone", "period", "slot", "day", "category", "list_category"),
    *("link", "link_up", "link_down", "evidence", "behaviour", "app"),
)
"""Keys of a condition that hold a list of words."""
SIZE_KEYS: Final = (
    *("megabytes_at_least", "flow_megabytes_at_least"),
    "device_day_megabytes_at_least",
)
"""Keys of a condition that hold a least volume."""
MAY_BE_ABSENT: Final = frozenset({"list_category"})
"""Facts that a slice may lack: a list of every word still demands that there is one."""


@dataclass(frozen=True, slots=True)
class When:
    """Condition of a rule. None = the rule does not look at it."""

    zone: frozenset[str] | None = None
    period: frozenset[str] | None = None
    slot: frozenset[str] | None = None
    """Names of declared slots (calendar.yaml)."""
    day: frozenset[str] | None = None
    category: frozenset[str] | None = None
    list_category: frozenset[str] | None = None
    """What the imported list says, in our words, whatever else is known of the slice."""
    link: frozenset[str] | None = None
    """State of the line, the worse of up and down, the worst of several lines."""
    link_up: frozenset[str] | None = None
    link_down: frozenset[str] | None = None
    evidence: frozenset[str] | None = None
    behaviour: frozenset[str] | None = None
    app: frozenset[str] | None = None
    megabytes_at_least: int | None = None
    """Of one slice."""
    flow_megabytes_at_least: int | None = None
    """Of the slice's own flow, this day, up to and including the slice's minute."""
    device_day_megabytes_at_least: int | None = None
    """Of the slice's own device in the slice's category, this day, up to and including its minute.
    Never true of a slice without a device."""

    def allowed(self, key: str) -> frozenset[str] | None:
        """Return the words that one of `SET_KEYS` allows."""
        words: frozenset[str] | None = getattr(self, key)
        return words

    def least(self, key: str) -> int | None:
        """Return the megabytes that one of `SIZE_KEYS` demands."""
        megabytes: int | None = getattr(self, key)
        return megabytes

    def is_empty(self) -> bool:
        """Say whether everything matches."""
        return all(getattr(self, key) is None for key in (*SET_KEYS, *SIZE_KEYS))

    def covers(self, other: "When") -> bool:
        """Say whether whatever matches `other` also matches this, key by key."""
        for key in SIZE_KEYS:
            least, other_least = self.least(key), other.least(key)
            if least is not None and (other_least is None or other_least < least):
                return False
        for key in SET_KEYS:
            mine, theirs = self.allowed(key), other.allowed(key)
            if mine is not None and (theirs is None or not theirs <= mine):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Budget of one device-day under one rule; the slice that passes it has the use `beyond`."""

    minutes: int | None
    """Distinct clock minutes that the rule decided for the device on the day, this one included."""
    megabytes: int | None
    """Millions of IP octets of the same slices."""
    beyond: str
    because: Label


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
    tolerance: Tolerance | None = None


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

    def looks_at(self, key: str) -> bool:
        """Say whether a rule has this key in its condition: what no rule reads is not computed."""
        return any(getattr(rule.when, key) is not None for rule in self.rules)


def _when(entry: WhenEntry) -> When:
    """A list of every word says nothing: it becomes None, so that `covers` sees it."""
    keys: dict[str, Any] = {key: getattr(entry, key) for key in SIZE_KEYS}
    for key in SET_KEYS:
        given = getattr(entry, key)
        words = None if given is None else frozenset(str(word) for word in given)
        every = key in WORDS and words == frozenset(word.value for word in WORDS[key])
        keys[key] = None if every and key not in MAY_BE_ABSENT else words
    return When(**keys)


def _tolerance(entry: ToleranceEntry | None) -> Tolerance | None:
    if entry is None:
        return None
    return Tolerance(entry.minutes, entry.megabytes, entry.beyond.value, entry.because)


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
                tolerance=_tolerance(entry.tolerance),
            )
            for entry in file.rules
        ),
    )
