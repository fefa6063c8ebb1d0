"""What is wrong with a declared file: where, what, and what to do. All of them, never the first.

A problem is a value, not an exception: readers collect problems, and only the loader of the whole
directory raises, once, with every problem of every file.
"""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

WIDEST: Final = 96
"""Characters of a source line that are shown; a longer one is cut around the caret."""
BEFORE: Final = 60
"""Characters kept in front of the caret of a line that is cut."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a declared file."""

    file: str
    """Name of the file inside the directory; never a path of the machine."""
    line: int
    """From 1."""
    column: int
    """From 1."""
    message: str
    suggestion: str = ""
    source: str = field(default="", compare=False)
    """The line of the file, as it was written; empty where there is none."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text}; {self.suggestion}" if self.suggestion else text

    def pointed(self) -> tuple[str, str] | None:
        """Return the source line and the line under it with a caret at the column, or None."""
        # One printable character each, so that the caret stands where the column is.
        line = "".join(c if c.isprintable() else " " for c in self.source).rstrip()
        caret = self.column - 1
        if not line:
            return None
        start = max(0, caret - BEFORE) if len(line) > WIDEST else 0
        shown = line[start : start + WIDEST]
        left, right = "…" if start else "", "…" if start + WIDEST < len(line) else ""
        return f"{left}{shown}{right}", " " * (caret - start + len(left)) + "^"


class DeclarationErrors(Exception):
    """The declared files cannot be used.

    Args:
        problems: everything that was found, in the order of files and lines.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


MOST_LISTED = 12
"""A longer list of allowed words helps nobody; the closest one is named instead."""


LEAST_BEGUN = 3
"""Letters of a word that is only begun (`video`, of `video_streaming`)."""


def _without_accents(text: str) -> str:
    """Return a word as the vocabulary is written: small letters, no accents (`Vidéo`: `video`)."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """Return a suggestion for a word that is not allowed: the closest, else the short list."""
    words = list(allowed)
    plain = _without_accents(given)
    close = (
        difflib.get_close_matches(given, words, n=1, cutoff=0.6)
        or difflib.get_close_matches(plain, words, n=1, cutoff=0.6)
        or [word for word in words if len(plain) >= LEAST_BEGUN and word.startswith(plain)]
    )
    if close:
        return f"did you mean `{close[0]}`?"
    if words and len(words) <= MOST_LISTED:
        return "use one of: " + ", ".join(words)
    return ""
