"""The routes that people open: the views, the public pages, the list of problems."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api import door, quick
from api.access import API
from api.library import Library
from api.problems import PROBLEMS, Problem, language
from api.routes import etag_of, matches
from dashboards import pages, trust
from dashboards.api_page import api_page
from dashboards.reading import Snapshot
from dashboards.texts import Texts
from privacy.published import Stamp

PageMaker = Callable[[Snapshot, Texts, Mapping[str, str]], str]

MAKERS: dict[str, PageMaker] = {
    "overview": pages.overview_page,
    "load": pages.load_page,
    "saturation": pages.saturation_page,
    "services": pages.services_page,
    "uses": pages.usages_page,
    "before_after": pages.before_after_page,
    "park": pages.park_page,
    "trust": trust.trust_page,
}
"""The DPO's page is in `api.console`: it holds a form."""
PUBLIC: dict[str, PageMaker] = {
    "/accessibilite": pages.accessibility_page,
}
"""Pages without a number of any use, for everybody."""
KEPT = ("lang", "jour", "ligne", "evenement")
"""Query parameters that a page knows; others are dropped, not echoed."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NO_DAY = "0000-00-00"
LONGEST = 64
"""Longest value of a parameter: a line's name has 32 characters at most."""


def make_site(library: Library, today: Callable[[], date] = date.today) -> APIRouter:
    """Return the pages over one library.

    Args:
        library: what they read.
        today: the reader's day, so that a page can say that it is old.
    """
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    made = {pages.PAGES[name]: maker for name, maker in MAKERS.items()} | PUBLIC
    for path, maker in made.items():
        router.add_api_route(path, _page(library, path, maker, today), methods=["GET"], name=path)

    @router.get("/problemes", name="problems")
    def problems(request: Request) -> HTMLResponse:
        return HTMLResponse(
            pages.problems_page(PROBLEMS, Texts(language(request)), door.asked(request, {}))
        )

    return router


def _page(
    library: Library, path: str, maker: PageMaker, today: Callable[[], date]
) -> Callable[[Request], Response]:
    def stamp() -> Stamp:
        """Return what the page depends on: what is published, and the day."""
        return (*library.stamp_of_all(), today().isoformat())

    def serve(request: Request) -> Response:
        query = door.asked(
            request,
            {key: value[:LONGEST] for key, value in request.query_params.items() if key in KEPT},
        )
        if not DAY.fullmatch(query.get("jour") or NO_DAY):
            raise Problem("not-found")  # nothing was ever released under such a name
        stamped = stamp()
        etag = etag_of(
            stamped, path, language(request), query.reader.role, *map(str, query.items())
        )
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers={"ETag": etag})
        snapshot = replace(library.snapshot(), today=today())
        try:
            content = maker(snapshot, Texts(language(request)), query)
        except pages.NotPublished as error:
            raise Problem("not-found") from error
        quick.keep(request, stamp, stamped)
        return HTMLResponse(content, headers={"ETag": etag})

    return serve


def make_docs(contract: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the API's manual, made from its contract."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{API}/docs", name="api-docs")
    def docs(request: Request) -> HTMLResponse:
        kept = {key: value for key, value in request.query_params.items() if key == "lang"}
        return HTMLResponse(
            api_page(contract(), Texts(language(request)), door.asked(request, kept))
        )

    return router
