"""One page of the committee, before it is HTML: a decision, sentences, then figures and tables. Pure.

Every view is a function of the snapshot that returns a `View`; the report may take the same
sentences, figures and tables. A part without numbers says why and what to do (`Empty`).
"""

from dataclasses import dataclass

from dashboards.figures import Figure
from dashboards.sentences import Finding
from dashboards.tables import Table


@dataclass(frozen=True, slots=True)
class Empty:
    """Why there is nothing, and what to do."""

    why: str
    what: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that stands alone, with where its numbers can be had."""

    ident: str
    table: Table
    csv: str = ""
    shaded: bool = True
    how: str = ""
    shades: bool = False
    """Whether the legend of shades of load belongs under it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things that a part may show."""

    name: str
    query: tuple[tuple[str, str], ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page."""

    ident: str
    title: str
    lead: str = ""
    choices: tuple[Choice, ...] = ()
    said: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    notes: tuple[str, ...] = ()
    empty: Empty | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One page."""

    page: str
    """A key of `frame.PAGES`."""
    said: tuple[Finding, ...]
    sections: tuple[Section, ...]
    empty: Empty | None = None
    """Instead of everything else."""
