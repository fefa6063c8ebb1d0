"""The routes under /api/v1 and the two probes: stored releases, as they are stored.

No parameter selects cells: a release leaves whole or not at all. `format` and `Accept` choose the
form. The ETag is the digest of the sealed payload, so a 304 needs no body to be built.
"""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.formats import (
    FORMATS,
    MEDIA,
    Format,
    accepted,
    public_release,
    rows,
    withheld_cells,
    write_csv,
)
from api.library import DOCUMENTS, Library
from api.problems import Problem
from privacy import canonical
from privacy.published import TABLES

PREFIX = "/api/v1"
TableName = Annotated[str, Path(description=f"One of {', '.join(TABLES)}.")]
Period = Annotated[
    str, Path(description="Day `2026-11-16` (T6, link), ISO week `2026-W41` or month `2026-11`.")
]
DocumentName = Annotated[str, Path(description=f"One of {', '.join(DOCUMENTS)}.")]
Form = Annotated[Format | None, Query(alias="format", description=f"One of {', '.join(FORMATS)}.")]


def _form(request: Request, asked: Format | None) -> Format:
    form = asked or accepted(request.headers.get("accept", ""))
    if form is None:
        raise Problem("not-acceptable")
    return form


def _etag(payloads: list[dict[str, Any]], *parts: str) -> str:
    content = canonical.digest([canonical.digest(payload) for payload in payloads])
    return '"' + hashlib.sha256("\n".join([content, *parts]).encode()).hexdigest()[:32] + '"'


def _matches(request: Request, etag: str) -> bool:
    asked = request.headers.get("if-none-match", "")
    return any(each.strip().removeprefix("W/") in {etag, "*"} for each in asked.split(",") if each)


def _meta(library: Library, payloads: list[dict[str, Any]]) -> dict[str, Any]:
    school, status = library.document("school"), library.document("status")
    starts = [payload.get("starts", payload["period"]) for payload in payloads]
    periods = [payload["period"] for payload in payloads]
    return {
        "range": {
            "first_period": min(periods, default=None),
            "last_period": max(periods, default=None),
            "from": min(starts, default=None),
        },
        "timezone": school["timezone"],
        "last_updated": status["as_of"],
        "withheld_cells": sum(withheld_cells(payload) for payload in payloads),
        "origin": sorted({payload["origin"] for payload in payloads}),
        "charter_digest": sorted({payload["charter_digest"] for payload in payloads}),
        "privacy_digest": sorted({payload["privacy_digest"] for payload in payloads}),
        "policy_digest": sorted(
            {payload.get("policy_digest") or "" for payload in payloads} - {""}
        ),
    }


def _answer(
    request: Request, form: Format, body: Any, content: list[Any], headers: dict[str, str]
) -> Response:
    if form == "json":
        return JSONResponse(body(), headers=headers)
    name = request.url.path.removeprefix(f"{PREFIX}/").replace("/", "-")
    headers |= {"Content-Disposition": f'attachment; filename="jauge-{name}.csv"'}
    flat = [row for payload in content for row in rows(payload)]
    return Response(write_csv(flat, form), media_type=MEDIA[form], headers=headers)


class Routes:
    """The handlers over one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def list_tables(self) -> dict[str, Any]:
        """Every table with its periods, and every document."""
        return {
            "tables": [
                {
                    "table": table,
                    "href": f"{PREFIX}/releases/{table}",
                    "periods": self._library.periods(table),
                }
                for table in TABLES
            ],
            "documents": [f"{PREFIX}/documents/{name}" for name in DOCUMENTS],
        }

    def read_table(self, request: Request, table: TableName, form: Form = None) -> Response:
        """All stored releases of one table, whole."""
        chosen = _form(request, form)
        library = self._library
        payloads = [library.payload(table, period) for period in library.periods(table)]
        etag = _etag(payloads, table, chosen)
        if _matches(request, etag):
            return Response(status_code=304, headers={"ETag": etag})

        def body() -> dict[str, Any]:
            items = [public_release(payload) for payload in payloads]
            return {"meta": _meta(library, payloads), "table": table, "releases": items}

        return _answer(request, chosen, body, payloads, {"ETag": etag})

    def read_release(
        self, request: Request, table: TableName, period: Period, form: Form = None
    ) -> Response:
        """One stored release, whole."""
        chosen = _form(request, form)
        payload = self._library.payload(table, period)
        etag = _etag([payload], chosen)
        if _matches(request, etag):
            return Response(status_code=304, headers={"ETag": etag})

        def body() -> dict[str, Any]:
            return {"meta": _meta(self._library, [payload]), **public_release(payload)}

        return _answer(request, chosen, body, [payload], {"ETag": etag})

    def read_document(self, request: Request, name: DocumentName) -> Response:
        """One sealed document."""
        document = self._library.document(name)
        etag = _etag([document], name)
        if _matches(request, etag):
            return Response(status_code=304, headers={"ETag": etag})
        return JSONResponse(document, headers={"ETag": etag})

    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    def ready(self) -> dict[str, str]:
        """Something sound is published: the pages have all that they need."""
        self._library.snapshot()
        return {"status": "ok"}


def make_router(library: Library) -> APIRouter:
    """Return the routes over one library."""
    routes, router = Routes(library), APIRouter()
    for path, handler, tag in (
        (f"{PREFIX}/releases", routes.list_tables, "releases"),
        (f"{PREFIX}/releases/{{table}}", routes.read_table, "releases"),
        (f"{PREFIX}/releases/{{table}}/{{period}}", routes.read_release, "releases"),
        (f"{PREFIX}/documents/{{name}}", routes.read_document, "documents"),
        ("/livez", routes.live, "health"),
        ("/readyz", routes.ready, "health"),
    ):
        router.add_api_route(path, handler, methods=["GET"], tags=[tag])
    return router
