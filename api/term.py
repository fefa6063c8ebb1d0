"""Reads the releases of one term for the report. Only what the term holds is opened.

A sibling of `library`, which reads for the pages what they look back at. Raises what reading raises
(`api.library.ODD`, `SealBroken`, `FileNotFoundError`); the caller makes it a problem or a refusal.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from dashboards.events import Event, read_events
from dashboards.reading import (
    School,
    Snapshot,
    Status,
    Term,
    check_release,
    read_link_day,
    read_school,
    read_status,
    with_exams,
)
from dashboards.report.material import Material
from privacy.published import Published
from privacy.release import Release
from privacy.sealed import SealBroken

EXTRA_DOCUMENTS = ("journal", "audit")
"""Documents that a report uses where a store has them."""
ODD = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What reading a payload of an unknown shape raises."""

T = TypeVar("T")


class NoSuchTerm(Exception):
    """No published term has this name; `known` are those that there are."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known


def read_material(
    published: Published, name: str | None, today: Callable[[str], date], *, policy: str
) -> Material:
    """Return what the report of a term is made of.

    Args:
        published: the public directory.
        name: `2026-T1`; the latest term with a released week without.
        today: tells the date in a time zone, for the cover.
        policy: digest of the policy to which every document was found to belong.

    Raises:
        NoSuchTerm: no such term is published.
    """
    events = _events(published)
    school = with_exams(read_school(published.document("school")), events)
    term = _chosen(school, name, published.periods("T1"))
    reader = _Reader(published, term)
    noisy = {table: reader.noisy(table) for table in ("T1", "T2", "T3", "T4", "T5-bis", "T7")}
    snapshot = Snapshot(
        school=school,
        status=_within(published, term),
        charter=published.document("charter"),
        privacy=published.document("privacy"),
        weeks=noisy["T1"],
        days=(),
        link=tuple(day for each in reader.link() for day in each),
        fills=noisy["T7"],
        slots=noisy["T2"],
        services=noisy["T3"],
        volumes=noisy["T4"],
        months=noisy["T5-bis"],
        events=events,
        unreadable=tuple(reader.unreadable),
        policy=policy,
    )
    return Material(
        term=term,
        snapshot=snapshot,
        printed=today(school.timezone),
        documents=_documents(published),
    )


def _chosen(school: School, name: str | None, weeks: list[str]) -> Term:
    terms = {term.name: term for term in school.terms}
    if name is None and terms:
        told = [term for term in school.terms if set(term.weeks) & set(weeks)]
        return told[-1] if told else school.terms[-1]
    if name not in terms:
        raise NoSuchTerm(name or "", list(terms))
    return terms[name]


def _within(published: Published, term: Term) -> Status:
    """Return the status with the coverage and the origins of the term only."""
    status = read_status(published.document("status"))
    covered = tuple(day for day in status.coverage if term.starts <= day.day <= term.ends)
    origins = tuple(
        (max(first, term.starts), min(last, term.ends), origin)
        for first, last, origin in status.origins
        if first <= term.ends and last >= term.starts
    )
    return replace(status, coverage=covered, origins=origins)


def _events(published: Published) -> tuple[Event, ...]:
    try:
        return read_events(published.document("annotations"))
    except FileNotFoundError:
        return ()


def _documents(published: Published) -> dict[str, dict[str, Any]]:
    found = {}
    for name in EXTRA_DOCUMENTS:
        try:
            found[name] = published.document(name)
        except FileNotFoundError:
            continue
    return found


class _Reader:
    """Opens the releases of one term; those that this version cannot read are named."""

    def __init__(self, published: Published, term: Term) -> None:
        self._published = published
        self._term = term
        self.unreadable: list[tuple[str, str]] = []

    def noisy(self, table: str) -> tuple[Release, ...]:
        def read(period: str) -> Release:
            return check_release(self._published.release(table, period))

        return tuple(self._readable(table, read))

    def link(self) -> list[Any]:
        return self._readable(
            "link", lambda period: read_link_day(self._published.payload("link", period))
        )

    def _readable(self, table: str, read: Callable[[str], T]) -> list[T]:
        found = []
        for period in self._published.periods(table):
            if not self._holds(period):
                continue
            try:
                found.append(read(period))
            except SealBroken:  # an altered file is no format: nothing is shown beside it
                raise
            except ODD:
                self.unreadable.append((table, period))
        return found

    def _holds(self, period: str) -> bool:
        """Periods of one kind sort as they follow each other: weeks, months, days."""
        term = self._term
        if "-W" in period:
            return term.weeks[0] <= period <= term.weeks[-1]
        size = len(period)
        return term.starts.isoformat()[:size] <= period <= term.ends.isoformat()[:size]
