"""What every answer carries, whatever the route: strict headers, HEAD, and no bare 500.

The outermost layer, around the framework's own, so that nothing is answered without it. It logs the kind of an unexpected
error only: a message or a traceback could hold a value.
"""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any

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
    "Vary": "Accept, Cookie, Authorization",
}
HSTS = {"Strict-Transport-Security": "max-age=63072000"}
"""Two years, where readers come over TLS; not for other names of the same domain."""
SHOWN_OF_DIGEST = 16
"""Hex digits of the policy's digest in the header, on every page and every PDF."""
CACHE = "private, no-cache"
"""Kept by the reader only, and asked for again each time (the ETag makes that cheap)."""
STATIC_CACHE = "private, max-age=31536000, immutable"
"""For addresses that hold the digest of their content."""

_log = logging.getLogger("jauge.api")


class Shield:
    """Adds `HEADERS`, serves HEAD as GET without a body, and turns surprises into a problem."""

    def __init__(self, app: ASGIApp, policy: Callable[[], str], *, https: bool) -> None:
        """Stand around an application.

        Args:
            app: what is inside.
            policy: returns the digest of the policy in force, empty when nothing is published.
            https: readers come over TLS.
        """
        self._app, self._policy = app, policy
        every = {**HEADERS, **(HSTS if https else {})}
        self._raw = [(name.lower().encode(), value.encode()) for name, value in every.items()]
        self._names = {name for name, _ in self._raw}

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
                self._add_headers(message, scope)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(inner, receive, guarded)
        except Exception as error:  # noqa: BLE001 - the last door: anything else is a traceback
            _log.error("unexpected_error kind=%s", type(error).__name__)
            if not started:
                await answer(Request(scope), "internal")(inner, receive, guarded)

    def _add_headers(self, message: Message, scope: Scope) -> None:
        headers = [each for each in message.get("headers", ()) if each[0] not in self._names]
        headers += self._raw
        policy = self._policy()
        if policy:
            headers.append((b"jauge-policy", policy[:SHOWN_OF_DIGEST].encode()))
        if not any(name == b"cache-control" for name, _ in headers):
            versioned = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]
            fine = message["status"] in {200, 304}
            cache = STATIC_CACHE if versioned and fine else CACHE
            headers.append((b"cache-control", cache.encode()))
        message["headers"] = headers
