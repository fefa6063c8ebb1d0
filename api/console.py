"""The routes of the DPO's console: the page, its documents to take away, and the stop in two steps.

Who may come here is `api.access`'s to say; that a posted form is the reader's own, `api.door`'s.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import door
from api.library import Library
from api.problems import Problem, language
from api.stop import StopRequest
from dashboards import trust
from dashboards.texts import Texts

Accesses = Sequence[tuple[str, str, str, int]]
MEDIA: Final = {
    "json": "application/json",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


class Console:
    """The handlers."""

    def __init__(
        self, library: Library, stop: StopRequest, counts: Callable[[], Accesses] | None
    ) -> None:
        self._library, self._stop, self._counts = library, stop, counts

    def page(self, request: Request) -> Response:
        """The twelve questions, their answers, and everything behind them."""
        live = trust.Live(self._state(), self._counts() if self._counts else None)
        content = trust.dpo_page(
            self._library.snapshot(), Texts(language(request)), _asked(request), live
        )
        return HTMLResponse(content)

    def _state(self) -> trust.Stop:
        return trust.Stop(self._stop.possible(), self._stop.asked())

    def show_stop(self, request: Request) -> Response:
        """Asks a second time; afterwards says that it was asked for."""
        content = trust.stop_page(
            self._library.snapshot(), Texts(language(request)), _asked(request), self._state()
        )
        return HTMLResponse(content)

    async def stop(self, request: Request) -> Response:
        """Writes the request when the box was ticked, then shows the page again."""
        if door.fields(request).get("sure") == "1":
            try:
                self._stop.ask()
            except OSError as error:
                raise Problem("stop-not-written") from error
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/dpd/arret{query}", 303)

    def export(self, request: Request, name: str, form: str) -> Response:
        """One document: a page to print, the file for CNIL's tool, a sheet."""
        if form not in trust.EXPORTS.get(name, ()):
            raise Problem("not-found")
        snapshot = self._library.snapshot()
        if name not in snapshot.papers:
            raise Problem("not-found")
        if form == "html":
            content = trust.paper_page(name, snapshot, Texts(language(request)), _asked(request))
            return HTMLResponse(content)
        headers = {"Content-Disposition": f'attachment; filename="jauge-{name}.{form}"'}
        content = _file(snapshot.papers[name], form)
        return Response(content, media_type=MEDIA[form], headers=headers)


def _file(document: Mapping[str, Any], form: str) -> bytes:
    if form == "ods":
        from dashboards.sheet import register_ods

        return register_ods(document)
    # CNIL's tool knows the five keys of a PIA and nothing around them.
    content = document["content"] if document["document"] == "dpia" else document
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _asked(request: Request) -> Any:
    kept = {key: value for key, value in request.query_params.items() if key == "lang"}
    return door.asked(request, kept)


def make_console(
    library: Library, stop: StopRequest, counts: Callable[[], Accesses] | None
) -> APIRouter:
    """Return the routes under `/dpd`."""
    console, router = Console(library, stop, counts), APIRouter(include_in_schema=False)
    for path, handler, method in (
        ("/dpd", console.page, "GET"),
        ("/dpd/arret", console.show_stop, "GET"),
        ("/dpd/arret", console.stop, "POST"),
        ("/dpd/export/{name}.{form}", console.export, "GET"),
    ):
        router.add_api_route(path, handler, methods=[method])
    return router
