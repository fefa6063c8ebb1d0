"""The routes that people open: three pages, the list of problems, static files."""

from collections.abc import Callable, Mapping
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

PageMaker = Callable[[Snapshot, Texts, Mapping[str, str]], str]

MAKERS: dict[str, PageMaker] = {
    "overview": pages.overview_page,
    "load": pages.load_page,
    "charter": pages.charter_page,
    "trust": trust.trust_page,
}
"""The DPO's page is in `api.console`: it holds a form."""
KEPT = ("lang", "jour", "ligne")
"""Query parameters that a page knows; others are dropped, not echoed."""
LONGEST = 64
"""Longest value of a parameter: a line's name has 32 characters at most."""


def make_site(library: Library) -> APIRouter:
    """Return the pages over one library."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    for name, maker in MAKERS.items():
        path = pages.PAGES[name]
        router.add_api_route(path, _page(library, path, maker), methods=["GET"], name=name)

    @router.get("/problemes", name="problems")
    def problems(request: Request) -> HTMLResponse:
        return HTMLResponse(
            pages.problems_page(PROBLEMS, Texts(language(request)), door.asked(request, {}))
        )

    return router


def _page(library: Library, path: str, maker: PageMaker) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        query = door.asked(
            request,
            {key: value[:LONGEST] for key, value in request.query_params.items() if key in KEPT},
        )
        stamped = library.stamp_of_all()
        etag = etag_of(
            stamped, path, language(request), query.reader.role, *map(str, query.items())
        )
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers={"ETag": etag})
        snapshot = library.snapshot()
        try:
            content = maker(snapshot, Texts(language(request)), query)
        except pages.NotPublished as error:
            raise Problem("not-found") from error
        quick.keep(request, library.stamp_of_all, stamped)
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
