"""One finding of the report: a sentence, how sure it is, and where it asks for a vote, the question. Pure.

How sure is said twice, of the number and of its cause: a counter is exact and still says nothing of
why. The words are keys of `report.sure`; each finding picks them by rule.
"""

from dataclasses import dataclass

from dashboards.texts import Texts
from privacy.release import Quality, Shown, Withheld

MOST_WORDS = 25
"""Words of a finding."""
EXACT, PARTIAL, RELIABLE, INDICATIVE, BOUND, UNKNOWN = (
    "exact", "partial", "reliable", "indicative", "bound", "unknown",
)  # fmt: skip
"""How sure a number is."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding."""

    level: str
    text: str
    sure: str
    """How sure the number is, and its cause."""
    question: str = ""
    """What to vote; empty: nothing."""
    pro: str = ""
    con: str = ""


def sure(number: str, cause: str, texts: Texts, **values: object) -> str:
    """Return how sure a number and its cause are; `cause` is a key, or empty where none is asked for."""
    said = texts(f"report.sure.number.{number}")
    if cause:
        said += texts("report.sure.and") + texts(f"report.sure.cause.{cause}", **values)
    return f"{texts.sentence(said)}."


def strength(display: Shown | Withheld) -> str:
    """Return how sure a released number is, as the gate calls it."""
    if isinstance(display, Withheld):
        return BOUND
    return RELIABLE if display.quality is Quality.RELIABLE else INDICATIVE
