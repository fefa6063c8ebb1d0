"""Reads the public directory for the routes: one snapshot for the pages, payloads for the API.

The only place of `api` that touches `Published`. Its refusals become problems here, so that no
route handles a broken seal by itself.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from api.problems import Problem
from dashboards.reading import Snapshot, check_release, read_link_day, read_school, read_status
from privacy.policy import GENERATED, SHOWN, PolicyMismatch, check_documents
from privacy.published import TABLES, Published
from privacy.release import Release
from privacy.sealed import SealBroken

WEEKS_SHOWN = 20
"""Weeks that a page looks back at: a term with its holidays. Longer views come with a term page."""
DAYS_SHOWN = 7 * WEEKS_SHOWN
MONTHS_SHOWN = 6
DOCUMENTS = ("school", "charter", "privacy", "status")
NO_POLICY = "none"

ODD = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What reading a payload of an unknown shape raises."""

T = TypeVar("T")


class Library:
    """Stored releases and documents, every seal checked at every reading."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._checked: tuple[object, str] | None = None

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

    def document(self, name: str) -> dict[str, Any]:
        """Return one sealed document.

        Raises:
            Problem: not there, or broken.
        """
        if name not in DOCUMENTS:
            raise Problem("not-found")
        return self._read(lambda: self._agreeing(name))

    def snapshot(self) -> Snapshot:
        """Return everything that the pages may show.

        Raises:
            Problem: nothing published, or something broken.
        """
        if not self.ready():
            raise Problem("nothing-published")
        return self._read(self._snapshot)

    def policy(self) -> str:
        """Return the digest of the policy to which every document belongs, recomputed.

        Raises:
            Problem: nothing published, something broken, or documents of different policies.
        """
        if not self.ready():
            raise Problem("nothing-published")
        return self._read(self._policy)

    def policy_shown(self) -> str:
        """Return what the header `Jauge-Policy` says: 16 hex digits, or `none`. Raises nothing."""
        try:
            return self.policy()[:SHOWN]
        except (Problem, OSError):
            return NO_POLICY

    def _policy(self) -> str:
        """Check the documents again whenever one of their files was replaced."""
        present = self._published.documents()
        if self._checked is None or self._checked[0] != present:
            names = (*DOCUMENTS, *(name for name in GENERATED if name in present))
            policy = check_documents({name: self._published.document(name) for name in names})
            self._checked = (present, policy)
        return self._checked[1]

    def _agreeing(self, name: str) -> dict[str, Any]:
        """Return one document, if all of them belong to one policy."""
        self._policy()
        return self._published.document(name)

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

        noisy = {
            table: tuple(readable(table, limit, reader(table)))
            for table, limit in (("T1", WEEKS_SHOWN), ("T6", 1), ("T7", MONTHS_SHOWN))
        }
        link = [
            day
            for each in readable(
                "link", DAYS_SHOWN, lambda period: read_link_day(published.payload("link", period))
            )
            for day in each
        ]
        return Snapshot(
            school=read_school(published.document("school")),
            status=read_status(published.document("status")),
            charter=published.document("charter"),
            privacy=published.document("privacy"),
            weeks=noisy["T1"],
            days=noisy["T6"],
            link=tuple(link),
            fills=noisy["T7"],
            unreadable=tuple(unreadable),
            policy=policy,
        )

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
