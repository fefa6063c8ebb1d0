"""The pages without login: the charter as enforced, the stored columns, the notices, the poster and its PDF.

They open documents only, never a release. The PDF of the poster goes through the same printer as
the report: one at a time, kept, so that a stranger who asks again and again costs nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api import door, quick
from api.library import Library
from api.problems import Problem, language
from api.report import Printer
from api.routes import etag_of, matches
from dashboards.frame import OTHERS
from dashboards.public import pages
from dashboards.reading import Snapshot
from dashboards.texts import Texts

NOTICES = ("notice-adults", "notice-pupils")
Maker = Callable[[Snapshot, Texts, Mapping[str, str]], str]


def make_public(library: Library, printer: Printer) -> APIRouter:
    """Return the routes over one library."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def charter(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
        return pages.charter_page(snapshot, texts, query)

    def data(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
        return pages.data_page(snapshot, _beside(library, "journal"), texts, query)

    def poster(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
        return pages.poster_page(snapshot, _beside(library, "notice-pupils"), texts, query)

    def notice(name: str) -> Maker:
        return lambda snapshot, texts, query: pages.notice_page(
            library.document(name), snapshot, texts, query
        )

    makers: dict[str, Maker] = {"rules": charter, "data": data, "poster": poster}
    makers |= {name: notice(name) for name in NOTICES}
    for name, maker in makers.items():
        router.add_api_route(OTHERS[name], _page(library, name, maker), methods=["GET"], name=name)

    @router.get("/affiche.pdf", name="poster-pdf")
    def pdf(request: Request) -> Response:
        snapshot, texts = library.papers(), Texts(language(request))
        made = printer.print(
            *pages.poster_sheets(snapshot, _beside(library, "notice-pupils"), texts)
        )
        headers = {"Content-Disposition": 'attachment; filename="affiche-charte.pdf"'}
        return Response(made.data, media_type="application/pdf", headers=headers)

    return router


def _beside(library: Library, name: str) -> Mapping[str, Any] | None:
    """Return a document of which a page repeats a part; None before there is one.

    The pupils' notice: its first sentence stands on the poster. The journal: of it, everybody may
    know which days are kept and how many are erased, no more.
    """
    try:
        return library.document(name)
    except Problem as error:
        if error.kind == "not-found":
            return None
        raise


def _page(library: Library, name: str, maker: Maker) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        query = door.asked(
            request, {key: value for key, value in request.query_params.items() if key == "lang"}
        )
        stamped = library.stamp_of_papers()
        etag = etag_of(stamped, name, language(request), query.reader.role)
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers={"ETag": etag})
        content = maker(library.papers(), Texts(language(request)), query)
        quick.keep(request, library.stamp_of_papers, stamped)
        return HTMLResponse(content, headers={"ETag": etag})

    return serve
