"""Reads the public directory for the routes: one snapshot for the pages, payloads for the API.

The only place of `api` that touches `Published`. Its refusals become problems here, so that no
route handles a broken seal by itself.
"""

import time
from collections.abc import Callable
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from api.problems import Problem
from api.shelf import Kept, Shelf
from api.term import read_material
from dashboards.events import Event, read_events
from dashboards.first_day import FirstDay, read_first_day
from dashboards.reading import (
    LinkDay,
    Snapshot,
    check_release,
    read_link_day,
    read_school,
    read_status,
    with_exams,
)
from dashboards.report.material import Material
from privacy.policy import GENERATED, PolicyMismatch, check_documents
from privacy.published import TABLES, Published, Stamp
from privacy.release import Release
from privacy.sealed import SealBroken

WEEKS_SHOWN = 20
"""Weeks that a page looks back at: a term with its holidays. Longer views come with a term page."""
DAYS_SHOWN = 7 * WEEKS_SHOWN
MONTHS_SHOWN = 6
DAYS_TOLD = 30
"""Days of T6: the last one is told, the others are what a rehearsed week is compared with."""
SHOWN = {
    **dict.fromkeys(("T1", "T2", "T3", "T4", "rehearsal"), WEEKS_SHOWN),
    **dict.fromkeys(("T5-bis", "T7"), MONTHS_SHOWN),
    "T6": DAYS_TOLD,
}
"""How many releases of each noisy table the pages look back at."""
LOOK_EVERY_S = 1.0
"""How old the policy's digest on an answer may be."""
ENFORCED = ("school", "charter", "privacy", "status")
"""Documents that are always there and belong to one policy."""
BESIDE = ("school", "status", "privacy")
"""Documents of which every answer of the API says something."""
DOCUMENTS = (
    "school", "charter", "privacy", "status",
    "register", "dpia", "notice-adults", "notice-pupils", "breach", "audit", "journal", "annotations",
    "first-day",
)  # fmt: skip
PAPERS = ("register", "dpia", "notice-adults", "notice-pupils", "breach", "audit", "journal")
"""Those that the pages about confidence read, as far as they are there."""

ODD = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What reading a payload of an unknown shape raises."""

T = TypeVar("T")


class Library:
    """Stored releases and documents, every seal checked once per version of a file."""

    def __init__(self, published: Published) -> None:
        self._published = Shelf(published.directory)
        self._snapshots: Kept[Snapshot] = Kept(1)
        self._policy_seen = (-LOOK_EVERY_S, "")

    def policy(self) -> str:
        """Return the digest of the policy to which every document belongs, recomputed.

        Empty when nothing is published, something is broken, or documents disagree. Looked at once
        a second at most: it stands on every answer. Raises nothing.
        """
        now = time.monotonic()
        if now - self._policy_seen[0] >= LOOK_EVERY_S:
            try:
                found = self._policy()
            except (OSError, SealBroken, PolicyMismatch, *ODD):
                found = ""
            self._policy_seen = (now, found)
        return self._policy_seen[1]

    def _policy(self) -> str:
        """As `policy`, but raises; documents are checked once per version of their files."""
        published = self._published
        there = published.documents()
        names = (*ENFORCED, *(name for name in GENERATED if name in there))
        stamp = tuple(chain(*((name, *published.stamp("documents", name)) for name in names)))
        return published.kept(
            "policy", stamp, lambda: check_documents({n: published.document(n) for n in names})
        )

    def stamp(self, *names: str) -> Stamp:
        """Return what changes with a file and with what every answer says beside it; opens nothing.

        Raises:
            Problem: no such file.
        """
        wanted = (names, *(("documents", name) for name in BESIDE))
        return self._read(lambda: tuple(chain(*(self._published.stamp(*each) for each in wanted))))

    def stamp_of_table(self, table: str) -> Stamp:
        """Return what changes with any release of a table; opens nothing.

        Raises:
            Problem: no such table.
        """
        wanted = [("releases", table, period) for period in self.periods(table)]
        wanted += [("documents", name) for name in BESIDE]
        published = self._published
        return self._read(
            lambda: tuple(chain(*((each[-1], *published.stamp(*each)) for each in wanted)))
        )

    def stamp_of_all(self) -> Stamp:
        """Return what changes with anything that is published; opens nothing.

        Raises:
            Problem: nothing is published.
        """
        return self._read(self._published.stamp_of_all)

    def ready(self) -> bool:
        """Say whether anything was ever published."""
        return self._published.ready()

    def periods(self, table: str) -> list[str]:
        """Return the periods of a table.

        Raises:
            Problem: no such table.
        """
        if table not in TABLES:
            raise Problem("not-found")
        return self._published.periods(table)

    def payload(self, table: str, period: str) -> dict[str, Any]:
        """Return one stored release as JSON values.

        Raises:
            Problem: not there, or broken.
        """
        if table not in TABLES:
            raise Problem("not-found")
        return self._read(lambda: self._published.payload(table, period))

    def documents(self) -> list[str]:
        """Return the names of the documents that are there."""
        there = set(self._published.documents())
        return [name for name in DOCUMENTS if name in there]

    def document(self, name: str) -> dict[str, Any]:
        """Return one sealed document.

        Raises:
            Problem: not there, or broken.
        """
        if name not in DOCUMENTS:
            raise Problem("not-found")
        return self._read(lambda: self._agreeing(name))

    def _agreeing(self, name: str) -> dict[str, Any]:
        """Return one document, if all of them belong to one policy."""
        self._policy()
        return self._published.document(name)

    def snapshot(self) -> Snapshot:
        """Return everything that the pages may show.

        Raises:
            Problem: nothing published, or something broken.
        """
        if not self.ready():
            raise Problem("nothing-published")
        stamp = self.stamp_of_all()
        return self._read(lambda: self._snapshots.get("snapshot", stamp, self._snapshot))

    def _snapshot(self) -> Snapshot:
        published, policy = self._published, self._policy()
        unreadable: list[tuple[str, str]] = []

        def readable(table: str, limit: int, read: Callable[[str], T]) -> list[T]:
            found = []
            for period in published.periods(table)[-limit:]:
                try:
                    found.append(read(period))
                except SealBroken:  # an altered file is no format: nothing is shown beside it
                    raise
                except ODD:
                    unreadable.append((table, period))
            return found

        def reader(table: str) -> Callable[[str], Release]:
            return lambda period: check_release(published.release(table, period))

        def link_day(period: str) -> list[LinkDay]:
            stamp = published.stamp("releases", "link", period)
            return published.kept(
                ("day", period),
                stamp,
                lambda: list(read_link_day(published.payload("link", period))),
            )

        noisy = {
            table: tuple(readable(table, limit, reader(table))) for table, limit in SHOWN.items()
        }
        link = [day for each in readable("link", DAYS_SHOWN, link_day) for day in each]
        events = self._events()
        return Snapshot(
            school=with_exams(read_school(published.document("school")), events),
            status=read_status(published.document("status")),
            charter=published.document("charter"),
            privacy=published.document("privacy"),
            weeks=noisy["T1"],
            days=noisy["T6"],
            link=tuple(link),
            fills=noisy["T7"],
            slots=noisy["T2"],
            services=noisy["T3"],
            volumes=noisy["T4"],
            months=noisy["T5-bis"],
            rehearsals=noisy["rehearsal"],
            events=events,
            first_day=None if link else self._first_day(policy),
            unreadable=tuple(unreadable),
            papers={name: published.document(name) for name in self.documents() if name in PAPERS},
            policy=policy,
        )

    def _events(self) -> tuple[Event, ...]:
        """Return the dated events; none in directories written before there were any."""
        try:
            return read_events(self._published.document("annotations"))
        except FileNotFoundError:
            return ()

    def _first_day(self, policy: str) -> FirstDay | None:
        """Return the running day; none where it was published under another policy than the rest."""
        try:
            payload = self._published.document("first-day")
        except FileNotFoundError:
            return None
        return read_first_day(payload) if payload.get("policy") == policy else None

    def papers(self) -> Snapshot:
        """Return what the public pages may show: documents, and no release.

        Raises:
            Problem: nothing published, or something broken.
        """
        if not self.ready():
            raise Problem("nothing-published")
        published = self._published
        return self._read(
            lambda: Snapshot(
                school=read_school(published.document("school")),
                status=read_status(published.document("status")),
                charter=published.document("charter"),
                privacy=published.document("privacy"),
                weeks=(),
                days=(),
                link=(),
                policy=self._policy(),
            )
        )

    def stamp_of_papers(self) -> Stamp:
        """Return what changes with any sealed document; opens nothing.

        Raises:
            Problem: nothing is published.
        """
        published = self._published
        if not self.ready():
            raise Problem("nothing-published")
        names = published.documents()
        found = self._read(lambda: [published.stamp("documents", name) for name in names])
        return tuple(chain(names, *found))

    def material(self, term: str | None, today: Callable[[str], date]) -> Material:
        """Return what the report of a term is made of; the latest released term without a name.

        Args:
            term: `2026-T1`.
            today: tells the date in a time zone.

        Raises:
            NoSuchTerm: no such term is published.
            Problem: nothing published, or something broken.
        """
        if not self.ready():
            raise Problem("nothing-published")
        return self._read(
            lambda: read_material(self._published, term, today, policy=self._policy())
        )

    def health(self) -> dict[str, Any] | None:
        """Return how the capture fares, for `/metrics`; None where it was not told or is broken."""
        try:
            return self._published.health()
        except (OSError, SealBroken, *ODD):
            return None

    def _read(self, reading: Callable[[], T]) -> T:
        try:
            return reading()
        except FileNotFoundError as error:
            kind = "not-found" if self.ready() else "nothing-published"
            raise Problem(kind) from error
        except SealBroken as error:
            raise Problem("seal-broken") from error
        except PolicyMismatch as error:
            raise Problem("policy-mismatch") from error
        except ODD as error:
            raise Problem("unreadable") from error
