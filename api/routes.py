"""The routes under /api/v1 and the two probes: stored releases, as they are stored.

No parameter selects cells: a release leaves whole or not at all. `format` and `Accept` choose the
form. The ETag is made of the stamps of the files (api.shelf), so it is decided before any of them is
opened, and a 304 opens none.
"""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api import models, quick
from api.access import API
from api.confidence import confidence, days_of
from api.contract import described
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
from privacy.published import TABLES, Stamp

PREFIX = API
PERIOD: Final = r"^\d{4}-(W\d{2}|\d{2}(-\d{2})?)$"
TableName = Annotated[
    Literal[TABLES],  # type: ignore[valid-type]
    Path(description="A table of DESIGN section 5.", examples=["T1"]),
]
Period = Annotated[
    str,
    Path(
        description="Day `2026-11-16` (T6, link), ISO week `2026-W41` or month `2026-11`.",
        pattern=PERIOD,
        max_length=10,
        examples=["2026-W41"],
    ),
]
DocumentName = Annotated[
    Literal[DOCUMENTS],  # type: ignore[valid-type]
    Path(description="A sealed document.", examples=["school"]),
]
Form = Annotated[
    Format | None,
    Query(alias="format", description=f"One of {', '.join(FORMATS)}; otherwise as `Accept` says."),
]
Lang = Annotated[Literal["fr", "en"], Query(description="Language of the problems' texts.")]


def _form(request: Request, asked: Format | None) -> Format:
    form = asked or accepted(request.headers.get("accept", ""))
    if form is None:
        raise Problem("not-acceptable")
    return form


def meta(library: Library, payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the block that says where an answer comes from and how far it may be trusted."""
    school, status = library.document("school"), library.document("status")
    periods = [payload["period"] for payload in payloads]
    spans = [days_of(payload) for payload in payloads]
    first = min((first for first, _ in spans), default=None)
    last = max((last for _, last in spans), default=None)
    return {
        "range": {
            "first_period": min(periods, default=None),
            "last_period": max(periods, default=None),
            "from": first.isoformat() if first else None,
            "to": last.isoformat() if last else None,
        },
        "timezone": school["timezone"],
        "last_updated": status["as_of"],
        "confidence": confidence(payloads, status),
        "withheld_cells": sum(withheld_cells(payload) for payload in payloads),
        "origin": sorted({payload["origin"] for payload in payloads}),
        "charter_digest": sorted({payload["charter_digest"] for payload in payloads}),
        "privacy_digest": sorted({payload["privacy_digest"] for payload in payloads}),
        "policy": library.policy(),
    }


def _csv(request: Request, form: Format, payloads: list[dict[str, Any]]) -> Response:
    name = request.url.path.removeprefix(f"{PREFIX}/").replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="jauge-{name}.csv"'}
    flat = [row for payload in payloads for row in rows(payload)]
    return Response(write_csv(flat, form), media_type=MEDIA[form], headers=headers)


class Routes:
    """The handlers over one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def _answer(
        self,
        request: Request,
        stamp: Callable[[], Stamp],
        make: Callable[[], Response],
        *parts: str,
    ) -> Response:
        """Return 304, or what `make` makes, with the ETag of a stamp and `parts`."""
        stamped = stamp()
        etag = etag_of(stamped, request.url.path, *parts)
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers={"ETag": etag})
        response = make()
        response.headers["ETag"] = etag
        quick.keep(request, stamp, stamped)
        return response

    def list_tables(self, request: Request, lang: Lang = "fr") -> Response:  # noqa: ARG002 - the problems' language
        """Every table with its periods, and every document."""
        library = self._library

        def make() -> Response:
            tables = [
                {
                    "table": table,
                    "href": f"{PREFIX}/releases/{table}",
                    "periods": library.periods(table),
                }
                for table in TABLES
            ]
            documents = [f"{PREFIX}/documents/{name}" for name in library.documents()]
            return JSONResponse(
                {"meta": meta(library, []), "tables": tables, "documents": documents}
            )

        return self._answer(request, library.stamp_of_all, make)

    def read_table(
        self, request: Request, table: TableName, form: Form = None, lang: Lang = "fr"  # noqa: ARG002
    ) -> Response:  # fmt: skip
        """All stored releases of one table, whole."""
        chosen = _form(request, form)
        library = self._library

        def make() -> Response:
            payloads = [library.payload(table, period) for period in library.periods(table)]
            if chosen != "json":
                return _csv(request, chosen, payloads)
            items = [public_release(payload) for payload in payloads]
            return JSONResponse(
                {"meta": meta(library, payloads), "table": table, "releases": items}
            )

        return self._answer(request, lambda: library.stamp_of_table(table), make, chosen)

    def read_release(
        self, request: Request, table: TableName, period: Period, form: Form = None,
        lang: Lang = "fr",  # noqa: ARG002
    ) -> Response:  # fmt: skip
        """One stored release, whole."""
        chosen = _form(request, form)
        library = self._library

        def make() -> Response:
            payload = library.payload(table, period)
            if chosen != "json":
                return _csv(request, chosen, [payload])
            return JSONResponse({"meta": meta(library, [payload]), **public_release(payload)})

        return self._answer(request, lambda: library.stamp("releases", table, period), make, chosen)

    def read_document(self, request: Request, name: DocumentName, lang: Lang = "fr") -> Response:  # noqa: ARG002
        """One sealed document."""
        library = self._library

        def make() -> Response:
            document = library.document(name)
            return JSONResponse({"meta": meta(library, []), "document": document})

        return self._answer(request, lambda: library.stamp("documents", name), make)

    async def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    def ready(self) -> dict[str, str]:
        """Something sound is published: the pages have all that they need."""
        self._library.snapshot()
        return {"status": "ok"}


def etag_of(stamp: Stamp, *parts: str) -> str:
    """Return the strong ETag of a version of some files in one form."""
    text = "\n".join([quick.BUILD, *map(str, stamp), *parts])
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def matches(asked: str, etag: str) -> bool:
    """Say whether an If-None-Match header names an ETag (RFC 9110 section 13.1.2)."""
    return any(each.strip().removeprefix("W/") in {etag, "*"} for each in asked.split(",") if each)


def make_router(library: Library) -> APIRouter:
    """Return the routes over one library."""
    routes, router = Routes(library), APIRouter()
    for path, handler, model in (
        ("releases", routes.list_tables, models.ListAnswer),
        ("releases/{table}", routes.read_table, models.TableAnswer),
        ("releases/{table}/{period}", routes.read_release, models.ReleaseAnswer),
        ("documents/{name}", routes.read_document, models.DocumentAnswer),
    ):
        router.add_api_route(
            f"{PREFIX}/{path}", handler, methods=["GET"], tags=["API"], **described(path, model)
        )
    for path, handler in (("/livez", routes.live), ("/readyz", routes.ready)):
        router.add_api_route(
            path, handler, methods=["GET"], tags=["health"], **described(path, models.Health)
        )
    return router
