"""What the suite is made of: attacks that measure, mutants that must be caught, figures with a criterion. Pure."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Value = float | int | str


class Verdict(StrEnum):
    """What became of an attack or of a mutant."""

    HELD = "tenu"  # every criterion was met
    BROKEN = "percé"  # a criterion was not met
    CAUGHT = "attrapé"  # a mutant: a criterion was not met, as it must be
    SURVIVED = "survivant"  # a mutant that no criterion noticed
    NOT_RUN = "non exécuté"
    FAILED = "en panne"  # the attack itself could not be carried out


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and what it must be."""

    name: str
    """A sentence in French: the report is read by a DPO."""
    value: Value
    criterion: str
    """Empty: reported, not judged."""
    holds: bool | None
    """None: reported only, or the sizes of this form cannot resolve it (`note` says which)."""
    note: str = ""


def at_most(name: str, value: float, limit: float, note: str = "") -> Figure:
    """Return a figure that must not pass a limit."""
    return Figure(name, _short(value), f"≤ {_text(limit)}", bool(value <= limit), note)


def at_least(name: str, value: float, limit: float, note: str = "") -> Figure:
    """Return a figure that must reach a limit."""
    return Figure(name, _short(value), f"≥ {_text(limit)}", bool(value >= limit), note)


def equals(name: str, value: Value, wanted: Value, note: str = "") -> Figure:
    """Return a figure that must be one value."""
    return Figure(name, value, f"= {_text(wanted)}", bool(value == wanted), note)


def told(name: str, value: Value, note: str = "") -> Figure:
    """Return a figure that is reported and not judged."""
    return Figure(name, _short(value) if isinstance(value, float) else value, "", None, note)


def unresolved(name: str, value: float, criterion: str, why: str) -> Figure:
    """Return a figure whose criterion these sizes cannot decide."""
    return Figure(name, _short(value), criterion, None, why)


def _short(value: float) -> float | int:
    return value if isinstance(value, int) else float(f"{float(value):.5g}")


def _text(value: Value) -> str:
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


Measure = Callable[[Any], Sequence[Figure]]
"""From a `ground.Ground` (attacks, mutants) or a `ground.Live` to figures."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The real code with one protection taken out."""

    name: str
    """What is broken, in French."""
    alter: Callable[[], AbstractContextManager[None]]
    """Takes the protection out while it is entered (`audit.alter`)."""
    measure: Measure | None = None
    """Part of the attack that suffices; None: all of it."""
    long_only: bool = False
    """The short form's sizes cannot tell it from the real code."""


Needs = Literal["nothing", "school"]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack of the table."""

    number: str
    title: str
    claim: str
    """What is tried, in one French sentence."""
    measure: Measure | None
    mutants: tuple[Mutant, ...] = ()
    live: Measure | None = None
    """The part that reads a live store; None: nothing of it depends on one."""
    needs: Needs = "school"
    fresh: bool = False
    """Rests on fresh noise: a miss is measured once more, and only two in a row count."""
    not_run: str = ""
    """Why it is not run at all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of an attack gave."""

    attack: str
    subject: str
    """`simulée`, `réelle`, or the mutant's name."""
    verdict: Verdict
    figures: tuple[Figure, ...] = ()
    seconds: float = 0.0
    note: str = ""
    mutant: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one audit found."""

    form: str
    """`courte` or `longue`."""
    begun: str
    seconds: float
    seed: int
    policy: str
    machine: str
    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def mutants(self) -> tuple[Outcome, ...]:
        """Runs against mutants."""
        return tuple(one for one in self.outcomes if one.mutant)

    @property
    def caught(self) -> int:
        """Mutants that were caught."""
        return sum(one.verdict is Verdict.CAUGHT for one in self.mutants)

    @property
    def green(self) -> bool:
        """Say whether every attack held and every mutant was caught, and something was run."""
        good = {Verdict.HELD, Verdict.CAUGHT, Verdict.NOT_RUN}
        return bool(self.mutants) and all(one.verdict in good for one in self.outcomes)
