"""The meeting report: the page of a term, and its PDF.

A PDF takes seconds of one core, so it is made one at a time, for a bounded number of readers, and
kept: the key is the digest of the document itself, so that a new release, term or language makes a
new one and nothing stale is served. Who waits too long is told to come back; the work goes on and
its result is kept for him. A rendering cannot be interrupted, but what it renders is bounded: one
term of one school.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api import door
from api.library import Library
from api.problems import Problem, language
from api.term import NoSuchTerm
from dashboards.report import document
from dashboards.report.material import Material
from dashboards.report.pdf import CannotPrint, Paper, make_pdf
from dashboards.texts import Texts

LONGEST_WAIT_S = 25.0
"""A report takes two to five seconds; whoever waits longer stands behind others."""
MOST_WAITING = 4
KEPT = 6
"""Two languages of three terms; some 100 kB each."""
KEPT_QUERY = ("lang", "term")
LONGEST = 16
"""Longest value of a parameter: `2026-T1`."""


def today_in(timezone: str) -> date:
    """Return today's date where the school is."""
    return datetime.now(ZoneInfo(timezone)).date()


class Printer:
    """Makes one document at a time and keeps the last ones."""

    def __init__(
        self, make: Callable[..., Paper] = make_pdf, *, longest_wait_s: float = LONGEST_WAIT_S
    ) -> None:
        self._make, self._longest_wait_s = make, longest_wait_s
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_WAITING)
        self._kept: OrderedDict[str, Paper] = OrderedDict()
        self._pending: dict[str, Future[Paper]] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="report")

    def print(self, html: str, *styles: str) -> Paper:
        """Return the PDF of a document.

        Raises:
            Problem: too many wait, it takes too long, or this machine cannot print.
        """
        key = hashlib.sha256("\0".join([html, *styles]).encode()).hexdigest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if not self._places.acquire(blocking=False):
            raise Problem("report-busy")
        try:
            return self._future(key, html, styles).result(timeout=self._longest_wait_s)
        except TooLate as error:
            raise Problem("report-busy") from error
        except CannotPrint as error:
            raise Problem("report-cannot") from error
        finally:
            self._places.release()

    def _future(self, key: str, html: str, styles: tuple[str, ...]) -> Future[Paper]:
        with self._lock:
            if key in self._kept:  # made while this reader was finding a place
                made: Future[Paper] = Future()
                made.set_result(self._kept[key])
                return made
            if key not in self._pending:
                self._pending[key] = self._worker.submit(self._work, key, html, styles)
            return self._pending[key]

    def _work(self, key: str, html: str, styles: tuple[str, ...]) -> Paper:
        try:
            made = self._make(html, *styles)
            with self._lock:
                self._kept[key] = made
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return made
        finally:
            with self._lock:
                self._pending.pop(key, None)


def make_report(
    library: Library, printer: Printer, today: Callable[[str], date] = today_in
) -> APIRouter:
    """Return the two routes over one library."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def material(request: Request) -> Material:
        name = request.query_params.get("term", "")[:LONGEST] or None
        try:
            return library.material(name, today)
        except NoSuchTerm as error:
            raise Problem("not-found" if error.known else "no-term") from error

    @router.get("/rapport", name="report")
    def page(request: Request) -> Response:
        found = material(request)
        query = {k: v[:LONGEST] for k, v in request.query_params.items() if k in KEPT_QUERY}
        terms = [term.name for term in found.snapshot.school.terms]
        texts = Texts(language(request))
        return _tagged(
            request, document.page(found, terms, texts, door.asked(request, query)).encode()
        )

    @router.get("/rapport.pdf", name="report-pdf")
    def pdf(request: Request) -> Response:
        found, texts = material(request), Texts(language(request))
        made = printer.print(*document.sheets(found, texts))
        name = document.file_name(found, "pdf")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return _tagged(request, made.data, "application/pdf", headers)

    return router


def _tagged(
    request: Request,
    body: bytes,
    media: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type=media, headers={"ETag": etag, **(headers or {})})
