"""The application: `create_app(published, accounts)`. No global state, no docs from a CDN.

Composition only: routes, problems, the door, headers. Reads `privacy.published` and the accounts'
own file, nothing else.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api import access
from api.accounts.login import Login
from api.console import make_console
from api.door import Cookies, Door
from api.entry import make_entry
from api.library import Library
from api.limits import Limits
from api.metrics import Metrics
from api.openapi import contract
from api.problems import Pointer, Problem, answer
from api.public import make_public
from api.quick import Quick
from api.report import Printer, make_report
from api.routes import PREFIX, make_router
from api.shield import Shield
from api.site import make_docs, make_site
from api.stop import StopRequest
from dashboards.pages import STATIC
from privacy.published import Published

NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI would otherwise hand requests and exception messages to any OpenTelemetry provider, and
add exporters to another machine when an environment variable says so."""

_KINDS = {
    401: "login-needed",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
}


def create_app(
    published: Published,
    accounts: Login | None = None,
    *,
    https: bool = False,
    metrics_port: int | None = None,
    store: Path | None = None,
) -> Metrics:
    """Return the application over one public directory, behind its door and its shield.

    Args:
        published: the public directory.
        accounts: who may log in; None asks for no login (tests, `--open` on loopback).
        https: readers come over TLS: cookies are Secure and `__Host-`, and HSTS is sent.
        store: the store's directory, whose `requests/` takes the DPO's wish to stop; None: nowhere.
        metrics_port: port on which `/metrics` is asked for, and nothing else; on loopback.

    Raises:
        Undeclared: a route that `api.access` does not name.
    """
    cookies = Cookies(https=https)
    library = Library(published)
    app = FastAPI(
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # both pages load from a CDN
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.include_router(make_router(library))
    app.include_router(make_site(library))
    printer = Printer()
    app.include_router(make_report(library, printer))
    app.include_router(make_public(library, printer))
    app.include_router(make_entry(accounts, cookies))
    counts = accounts.accounts.journal.read if accounts else None
    app.include_router(make_console(library, StopRequest(store), counts))
    app.openapi = lambda: contract(app)  # type: ignore[method-assign]
    app.include_router(make_docs(app.openapi))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    handle_problems(app)
    access.check_declared(declared_routes(app))
    door = Door(Quick(app), accounts.accounts if accounts else None, cookies)
    shield = Shield(Limits(door), library.policy, https=https)
    counted = accounts.accounts.journal.counted if accounts else Counter()
    return Metrics(shield, library, counted, metrics_port, app.openapi)


def declared_routes(router: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Return (path template, methods) of every route, those of included routers among them."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for route in router.routes:
        inner = getattr(route, "original_router", None)  # FastAPI nests what it includes
        if inner is not None:
            found += declared_routes(inner)
        elif isinstance(route, Mount):
            found.append((f"{route.path}/{{path:path}}", ("GET",)))
        else:
            found.append((route.path, tuple(route.methods)))
    return found


def handle_problems(app: FastAPI) -> None:
    """Turn every refusal and every surprise of an application into a problem (`api.problems`)."""

    @app.exception_handler(Exception)
    def unexpected(request: Request, _: Exception) -> Response:
        return answer(request, "internal")  # the shield logs its kind

    @app.exception_handler(Problem)
    def problem(request: Request, error: Problem) -> Response:
        return answer(request, error.kind, errors=error.errors)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        kind = _KINDS.get(error.status_code)
        if kind is None:
            kind = "internal" if error.status_code >= 500 else "bad-request"  # noqa: PLR2004
        response = answer(request, kind, status=error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        if any(each["loc"][0] == "path" for each in error.errors()):
            return answer(request, "not-found")  # no such table, document or form of period
        pointers = tuple(
            Pointer(parameter=str(each["loc"][-1]), detail=str(each["msg"]))
            for each in error.errors()
        )
        return answer(request, "bad-request", errors=pointers)
