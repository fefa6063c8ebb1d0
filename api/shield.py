"""What every answer carries, whatever the route: strict headers, HEAD, and no bare 500.

The outermost layer, around the framework's own, so that nothing is answered without it. It logs the kind of an unexpected
error only: a message or a traceback could hold a value.
"""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

HEADERS: dict[str, str] = {
    # connect-src 'none': the pages fetch nothing; Plotly's figures are inside the page.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Severs a popup: plotly.js could upload a figure through one, which no CSP stops.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept",
}
POLICY = "Jauge-Policy"
"""First hex digits of the digest of the policy in force, `none` where the documents have none."""
CACHE = "private, no-cache"
"""Kept by the reader only, and asked for again each time (the ETag makes that cheap)."""
STATIC_CACHE = "private, max-age=31536000, immutable"
"""For addresses that hold the digest of their content."""

_log = logging.getLogger("jauge.api")


class Shield:
    """Adds `HEADERS` and the policy, serves HEAD without a body, turns surprises into a problem."""

    def __init__(self, app: ASGIApp, policy: Callable[[], str]) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        inner: MutableMapping[str, Any] = {**scope, "method": "GET"} if head else scope
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, scope, self._policy())
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(inner, receive, guarded)
        except Exception as error:  # noqa: BLE001 - the last door: anything else is a traceback
            _log.error("unexpected_error kind=%s", type(error).__name__)
            if not started:
                await answer(Request(scope), "internal")(inner, receive, guarded)


def _add_headers(message: Message, scope: Scope, policy: str) -> None:
    headers = MutableHeaders(scope=message)
    headers[POLICY] = policy
    for name, value in HEADERS.items():
        headers[name] = value
    versioned = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]
    fine = message["status"] in {200, 304}
    headers["Cache-Control"] = STATIC_CACHE if versioned and fine else CACHE
