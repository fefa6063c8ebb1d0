"""The application: `create_app(published)`. No global state, no settings object, no docs from a CDN.

Composition only: routes, problems, headers. Reads `privacy.published` and nothing else.
"""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api.library import Library
from api.problems import Pointer, Problem, answer
from api.routes import PREFIX, make_router
from api.shield import Shield
from api.site import make_site
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

_KINDS = {404: "not-found", 405: "method-not-allowed", 406: "not-acceptable"}


def create_app(published: Published) -> Shield:
    """Return the application over one public directory, behind its shield."""
    library = Library(published)
    app = FastAPI(
        title="Jauge",
        version="1",
        summary="Stored, anonymised releases of a school's network use",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # both pages load from a CDN
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.include_router(make_router(library))
    app.include_router(make_site(library))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _handle(app)
    return Shield(app, library.policy_shown)


def _handle(app: FastAPI) -> None:
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
        pointers = tuple(
            Pointer(parameter=str(each["loc"][-1]), detail=str(each["msg"]))
            for each in error.errors()
        )
        return answer(request, "bad-request", errors=pointers)
