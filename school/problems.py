"""What is wrong with a declared file: where, what, and what to do. All of them, never the first.

A problem is a value, not an exception: readers collect problems, and only the loader of the whole
directory raises, once, with every problem of every file.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


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

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text}; {self.suggestion}" if self.suggestion else text


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


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """Return a suggestion for a word that is not allowed: the closest, else the short list."""
    words = list(allowed)
    close = difflib.get_close_matches(given, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if words and len(words) <= MOST_LISTED:
        return "use one of: " + ", ".join(words)
    return ""
