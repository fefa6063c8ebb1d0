"""What a check says, in both languages. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cli.diagnosis.facts import Facts

OK: Final = "ok"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passed, failed with a sentence and the command that mends it, or skipped with the reason."""

    status: str = OK
    fr: str = ""
    en: str = ""
    mend: str = ""
    """A command to type; `…` stands for what only the reader knows."""


PASSED: Final = Verdict()


def failed(fr: str, en: str, mend: str) -> Verdict:
    """Return a failure: what is wrong, in both languages, and the command that mends it."""
    return Verdict(FAILED, fr, en, mend)


def skipped(fr: str, en: str) -> Verdict:
    """Return that nobody could look, and why."""
    return Verdict(SKIPPED, fr, en)


UNREAD: Final = skipped(
    "les fichiers déclarés ne sont pas lisibles", "the declared files cannot be used"
)
NO_STORE: Final = skipped("aucune donnée à regarder encore", "there is no data to look at yet")
NO_SYSTEMD: Final = skipped("pas de systemd ici", "no systemd here")


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    fr: str
    en: str
    judge: Callable[[Facts], Verdict]
