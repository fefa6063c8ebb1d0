"""What would change a verdict: the nearest other verdicts, one fact changed at a time. Pure.

Every answer is the real one, from `analyzer.classify` on the facts with one of them replaced. Nearest
first: the line, one direction of it, the certainty of the name, volumes and budgets, the day, the
slot, other evidence, and only then another moment or place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from analyzer.classify import MEGABYTE, VOLUME_OF_KEY, Verdict, classify
from analyzer.facts import Facts
from school.charter import Charter, Tolerance
from school.conditions import SIZES, budget
from school.labels import label, listed
from school.load import School
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

MOST_CHANGES: Final = 5
"""Per answer; the nearest ones. A longer list is the charter itself."""
_CERTAIN: Final = {
    Strength.STRONG.value: (
        "si le nom était certain (demandé en clair par l'appareil)",
        "if the name were certain (asked for in clear by the device)",
    ),
    Strength.WEAK.value: (
        "si le nom n'était pas certain (réponse DNS, échange chiffré)",
        "if the name were not certain (DNS answer, encrypted hello)",
    ),
}
_CONFIRMED: Final = (
    "si le catalogue ou services.yaml disait la même chose, et que le nom était certain",
    "if the catalogue or services.yaml said the same, and the name were certain",
)
"""A list alone stays weak evidence, however surely the device named the site."""
_TEMPLATES: Final = {
    "link_state": ("si la ligne était {}", "if the line were {}"),
    "link_up": (
        "si la ligne était {} dans le seul sens montant",
        "if the line were {} upstream only",
    ),
    "link_down": (
        "si la ligne était {} dans le seul sens descendant",
        "if the line were {} downstream only",
    ),
    "slot": ("au créneau {}", "in the slot {}"),
    "listed": ("si la liste importée disait {}", "if the imported list said {}"),
    "app": ("avec le protocole {}", "with the protocol {}"),
    "behaviour": ("si le flux montrait {}", "if it looked like {}"),
    "zone_kind": ("dans ces lieux : {}", "in these places: {}"),
}
"""Facts whose sentence is a template around the words; the others bring a whole sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact changed, and what the charter then says."""

    fact: str
    to: tuple[str, ...]
    """Values of the fact that all give this answer."""
    link_states: tuple[str, ...]
    """Where not every state of the line gives it: those that do."""
    verdict: Verdict
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "fact": self.fact,
            "to": list(self.to),
            "link_states": list(self.link_states),
            "use": self.verdict.use,
            "rule": self.verdict.rule,
            "clause": self.verdict.clause,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class _Alternative:
    """Another value of one fact. `apply` gives None where the value cannot be there."""

    fact: str
    value: str
    words: str
    apply: Callable[[Facts], Facts | None]


def changes(
    contexts: Sequence[Facts],
    verdict: Verdict,
    *,
    school: School,
    lang: str,
    named: bool,
    by_list: bool,
) -> tuple[Change, ...]:
    """Return what would give another use in every one of some contexts that share a verdict.

    Args:
        contexts: facts of which the charter says `verdict`.
        verdict: what it says.
        school: for its charter, slots and kinds of places.
        lang: `fr` or `en`.
        named: a name is known: what the flow looks like is then not asked.
        by_list: the category rests on an imported list alone.
    """
    found: dict[tuple[str, str, str, tuple[str, ...]], tuple[Verdict, list[_Alternative]]] = {}
    for alternative in _alternatives(school, verdict, lang, by_list=by_list):
        if named and alternative.fact == "behaviour":
            continue
        for other, states in _answers(contexts, alternative, school.charter):
            if other.use != verdict.use:
                key = (alternative.fact, other.rule, other.use, states)
                found.setdefault(key, (other, []))[1].append(alternative)
    nearest = list(found.items())[:MOST_CHANGES]
    return tuple(_change(key[3], other, ways, lang=lang) for key, (other, ways) in nearest)


def _answers(
    contexts: Sequence[Facts], alternative: _Alternative, charter: Charter
) -> Iterator[tuple[Verdict, tuple[str, ...]]]:
    """Return verdicts that all contexts would have, or all those of some states of the line.

    The states are empty where they do not matter; an answer that also depends on place or moment
    is none: the statements tell places and moments apart already.
    """
    by_state: dict[str, dict[tuple[str, str], Verdict]] = {}
    for own in contexts:
        facts = alternative.apply(own)
        if facts is not None:
            verdict = classify(facts, charter)
            by_state.setdefault(own.link_state, {})[verdict.use, verdict.rule] = verdict
    states_of: dict[tuple[str, str], list[str]] = {}
    for state, verdicts in by_state.items():
        if len(verdicts) == 1:
            states_of.setdefault(next(iter(verdicts)), []).append(state)
    for answer, states in states_of.items():
        whole = len(states) == len(by_state)
        yield by_state[states[0]][answer], () if whole else tuple(states)


def _change(
    states: tuple[str, ...], verdict: Verdict, ways: Sequence[_Alternative], *, lang: str
) -> Change:
    english, fact = lang == "en", ways[0].fact
    values = list(dict.fromkeys(way.words for way in ways))
    template = _TEMPLATES.get(fact)
    when = template[english].format(listed(values, lang)) if template else listed(values, lang)
    if states:
        words = listed([label(LinkState, state, lang) for state in states], lang)
        line = f"when the line is {words}" if english else f"quand la ligne est {words}"
        when = f"{line}, {when}"
    use = label(Use, verdict.use, lang)
    if english:
        sentence = f"{when}: {use} (rule {verdict.rule}, clause {verdict.clause})"
    else:
        sentence = f"{when} : {use} (règle {verdict.rule}, article {verdict.clause})"
    return Change(fact, tuple(way.value for way in ways), states, verdict, sentence)


def _alternatives(
    school: School, verdict: Verdict, lang: str, *, by_list: bool
) -> Iterator[_Alternative]:
    charter = school.charter
    yield from _line(charter, lang)
    for strength, sentence in _CERTAIN.items():
        confirmed = by_list and strength == Strength.STRONG
        yield _set("evidence", strength, (_CONFIRMED if confirmed else sentence)[lang == "en"])
    yield from _volumes(charter, lang)
    tolerance = charter.rule(verdict.rule).tolerance
    if tolerance is not None:
        yield from _budgets(tolerance, lang)
    for kind in DayKind:
        yield _set("day_kind", kind.value, label(DayKind, kind.value, lang))
    yield from _slots(school)
    yield from _signs(charter, lang)
    for period in Period:
        yield _set("period", period.value, label(Period, period.value, lang))
    declared = {zone.kind for zone in school.zones}
    for zone in ZoneKind:
        if zone.value in declared:
            yield _set("zone_kind", zone.value, label(ZoneKind, zone.value, lang))


def _set(fact: str, value: str, words: str) -> _Alternative:
    """Another value of a fact that depends on no other; a slot belongs to its period."""

    def apply(facts: Facts) -> Facts | None:
        if getattr(facts, fact) == value:
            return None
        changed: dict[str, Any] = {fact: value, **({"slot": None} if fact == "period" else {})}
        return replace(facts, **changed)

    return _Alternative(fact, value, words, apply)


def _line(charter: Charter, lang: str) -> Iterator[_Alternative]:
    calm = LinkState.CALM.value
    for state in LinkState:
        words = label(LinkState, state.value, lang)

        def whole(facts: Facts, value: str = state.value) -> Facts | None:
            if facts.link_state == value:
                return None
            return replace(facts, link_state=value, link_up=value, link_down=value)

        yield _Alternative("link_state", state.value, words, whole)
    for fact, other in (("link_up", "link_down"), ("link_down", "link_up")):
        if not (charter.looks_at("link_up") or charter.looks_at("link_down")):
            continue
        for state in (LinkState.BUSY.value, LinkState.SATURATED.value):

            def one(facts: Facts, keys: tuple[str, str, str] = (fact, other, state)) -> Facts:
                sides: dict[str, Any] = {keys[0]: keys[2], keys[1]: calm, "link_state": keys[2]}
                return replace(facts, **sides)

            yield _Alternative(fact, state, label(LinkState, state, lang), one)


def _volumes(charter: Charter, lang: str) -> Iterator[_Alternative]:
    for key, fact in VOLUME_OF_KEY.items():
        steps = {rule.when.least(key) for rule in charter.rules} - {None}
        for megabytes in sorted(step for step in steps if step is not None):
            words = SIZES[key][lang == "en"].format(n=megabytes)

            def apply(facts: Facts, fact: str = fact, least: int = megabytes) -> Facts:
                larger: dict[str, Any] = {fact: least * MEGABYTE}
                if fact == "octets":  # a flow and a device-day hold their slices
                    larger["flow_octets"] = max(facts.flow_octets, least * MEGABYTE)
                return replace(facts, **larger)

            yield _Alternative(fact, str(megabytes), words, apply)


def _budgets(tolerance: Tolerance, lang: str) -> Iterator[_Alternative]:
    beyond = "beyond" if lang == "en" else "au-delà de"
    minutes, megabytes = tolerance.minutes, tolerance.megabytes
    if minutes is not None:
        words = f"{beyond} {budget(replace(tolerance, megabytes=None), lang)}"
        yield _Alternative(
            *("rule_minutes", str(minutes), words),
            lambda facts: replace(facts, rule_minutes=minutes + 1),
        )
    if megabytes is not None:
        words = f"{beyond} {budget(replace(tolerance, minutes=None), lang)}"
        yield _Alternative(
            *("rule_octets", str(megabytes), words),
            lambda facts: replace(facts, rule_octets=megabytes * MEGABYTE + 1),
        )


def _slots(school: School) -> Iterator[_Alternative]:
    named = {word for rule in school.charter.rules for word in rule.when.slot or ()}
    for slot in school.calendar.slots:
        if slot.name not in named:
            continue

        def apply(facts: Facts, name: str = slot.name, period: str = slot.period) -> Facts | None:
            return replace(facts, slot=name) if facts.period == period else None

        yield _Alternative("slot", slot.name, slot.name, apply)


def _signs(charter: Charter, lang: str) -> Iterator[_Alternative]:
    """Other evidence, as far as a rule asks for it by name."""
    for word in _asked(charter, "list_category"):
        yield _set("listed", word, label(Category, word, lang))
    for word in _asked(charter, "behaviour"):
        yield _set("behaviour", word, label(Behaviour, word, lang))
    for app in _asked(charter, "app"):
        yield _set("app", app, app)


def _asked(charter: Charter, key: str) -> Iterable[str]:
    return sorted({word for rule in charter.rules for word in rule.when.allowed(key) or ()})
