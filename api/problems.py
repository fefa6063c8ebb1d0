"""Every refusal of the server, as RFC 9457 problem details or, for a browser, as a page.

The kinds are one table; the page `/problemes` explains each, and `type` points there. A problem
says where, what and what to do; never a value of a record, never an internal detail.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboards.pages import message_page
from dashboards.reader import ANYONE, Asked, Reader
from dashboards.texts import DEFAULT, LANGUAGES, Texts

PROBLEMS: dict[str, int] = {
    "not-found": 404,
    "bad-request": 422,
    "not-acceptable": 406,
    "method-not-allowed": 405,
    "login-needed": 401,
    "forbidden": 403,
    "form-expired": 403,
    "too-slow": 408,
    "too-large": 413,
    "too-many": 429,
    "login-paused": 429,
    "stop-not-written": 503,
    "nothing-published": 503,
    "seal-broken": 503,
    "policy-mismatch": 503,
    "unreadable": 503,
    "no-term": 503,
    "report-busy": 503,
    "report-cannot": 503,
    "push-refused": 422,
    "internal": 500,
}
"""Kind → status code. Each kind has its texts under `problem.<kind>` in the catalogues."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """One wrong parameter."""

    parameter: str
    detail: str


class Problem(Exception):
    """A request that cannot be served, by kind."""

    def __init__(self, kind: str, errors: tuple[Pointer, ...] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.errors = errors


READER: Final = "jauge.reader"
"""Where the door puts who asks."""


def _nothing(_path: str) -> bool:
    """What may be opened by somebody of whom the door knows nothing yet."""
    return False


def language(request: Request) -> str:
    """Return the language asked for by `lang`, French otherwise."""
    asked = request.query_params.get("lang", DEFAULT)
    return asked if asked in LANGUAGES else DEFAULT


def is_machine(request: Request) -> bool:
    """Say whether the answer is for a program: under /api and the probes, or no HTML accepted."""
    path = request.url.path
    if path.startswith("/api/") or path in {"/livez", "/readyz"}:
        return True
    return "text/html" not in request.headers.get("accept", "")


def answer(
    request: Request, kind: str, *, status: int | None = None, errors: tuple[Pointer, ...] = ()
) -> Response:
    """Return the response of one problem in the form that the reader wants."""
    code = status or PROBLEMS[kind]
    texts = Texts(language(request))
    if not is_machine(request):
        reader = request.scope.get(READER) or Reader(ANYONE, _nothing)
        lang = request.query_params.get("lang")
        asked = Asked({"lang": lang} if lang in LANGUAGES else {}, reader)
        page = message_page(kind, texts, status=code, query=asked)
        return HTMLResponse(page, status_code=code)
    body: dict[str, Any] = {
        "type": f"/problemes#{kind}",
        "title": texts(f"problem.{kind}.title"),
        "status": code,
        "detail": f"{texts(f'problem.{kind}.text')} {texts('problem.what')} "
        f"{texts(f'problem.{kind}.action')}",
        "instance": request.url.path,
    }
    if errors:
        body["errors"] = [{"parameter": e.parameter, "detail": e.detail} for e in errors]
    return JSONResponse(body, status_code=code, media_type="application/problem+json")
