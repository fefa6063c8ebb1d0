"""Counts: confusion, precision, recall, F1, coverage, false accusations. Pure.

Abstention (`undetermined`) is neither right nor wrong: it is the product's promise not to say what
it does not know. So each figure comes twice. *Decided*: over the slices of which something is said;
the share of which something is said stands beside it. *Strict*: an abstention counts as a miss.
A slice that the charter itself leaves undetermined is no class of its own: abstaining there is
right, deciding is an error of the class that is said.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ABSTAINED = "undetermined"
Pairs = Counter[tuple[str, str]]
"""(truth, said) → how many."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class: how many there are, what share is decided, and how right."""

    name: str
    there: int
    decided: float
    precision: float
    recall: float
    """Of those of which something is said."""
    strict_recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean over what is decided."""
        return _harmonic(self.precision, self.recall)

    @property
    def strict_f1(self) -> float:
        """Harmonic mean with every abstention a miss."""
        return _harmonic(self.precision, self.strict_recall)


def _harmonic(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def scores(pairs: Pairs, classes: Sequence[str], abstained: str = ABSTAINED) -> list[ClassScore]:
    """Return the score of each class that is there."""
    said: Counter[str] = Counter()
    there: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for (truth, answer), count in pairs.items():
        there[truth] += count
        said[answer] += count
        if answer == abstained:
            silent[truth] += count
    return [
        ClassScore(
            name=name,
            there=there[name],
            decided=_ratio(there[name] - silent[name], there[name]),
            precision=_ratio(pairs[name, name], said[name]),
            recall=_ratio(pairs[name, name], there[name] - silent[name]),
            strict_recall=_ratio(pairs[name, name], there[name]),
        )
        for name in classes
        if there[name]
    ]


def macro(found: Iterable[ClassScore], *, strict: bool) -> float:
    """Return the mean F1 of the classes."""
    values = [score.strict_f1 if strict else score.f1 for score in found]
    return sum(values) / len(values)


def coverage(pairs: Pairs) -> float:
    """Return the share of which something is said, of what the charter would decide."""
    there = sum(count for (truth, _), count in pairs.items() if truth != ABSTAINED)
    silent = sum(
        count for (truth, said), count in pairs.items() if truth != ABSTAINED and said == ABSTAINED
    )
    return 1 - _ratio(silent, there)


def false_accusations(flows: Mapping[int, Iterable[tuple[str, str]]]) -> tuple[int, int]:
    """Return (flows that are never abusive yet once called so, flows that are never abusive)."""
    wrong = innocent = 0
    for slices in flows.values():
        pairs = list(slices)
        if any(truth == "abusive" for truth, _ in pairs):
            continue
        innocent += 1
        wrong += any(said == "abusive" for _, said in pairs)
    return wrong, innocent


def by_flow(rows: Iterable[tuple[int, str, str]]) -> dict[int, list[tuple[str, str]]]:
    """Group (flow, truth, said)."""
    flows: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for flow, truth, said in rows:
        flows[flow].append((truth, said))
    return flows
