"""The door: who asks, what he may read, and whether a form is his own. Before any handler.

Four refusals, in this order: the method (405), the reader (401, 403, or the login page for a
person), a parameter that the route does not have (422), the form (403). A form is a reader's own when its hidden field `form` is the MAC of his
cookie (OWASP: synchroniser token): another site can make a browser send the cookie, never the
field. Every POST passes here; there is no other way in. `Origin` is checked when it says something:
under `Referrer-Policy: no-referrer` browsers send `null`.
"""

import hmac
import secrets
import time
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import access
from api.accounts.throttle import Bucket
from api.permalinks import Unknown, moved
from api.problems import READER, Pointer, answer, is_machine
from dashboards.reader import ANYONE, OPEN, Asked, Reader

FORM_FIELD: Final = "form"
MOST_FIELDS: Final = 16
"""Our largest form has seven fields."""
LONGEST_FORM: Final = 64 << 10
"""Octets of a form: a note and a password, with room."""
IDENTITY: Final = "jauge.identity"
TOKEN: Final = "jauge.token"  # noqa: S105 - a name in the scope
PER_S, BURST = 50.0, 1_000.0
"""Requests of one token: a program that reads everything there is needs about a thousand."""
MOST_RATES: Final = 1_000
FIELDS: Final = "jauge.fields"
COOKIE: Final = "jauge.cookie"


class Identity(Protocol):
    """Somebody who is logged in, by a session or by a token."""

    name: str
    role: str
    key: bytes
    """Stands for the session or the token."""


class Doorkeepers(Protocol):
    """What the door asks of the accounts."""

    def of_session(self, cookie: str) -> Identity | None:
        """Return who holds this session cookie, if it is still valid."""

    def of_token(self, token: str) -> Identity | None:
        """Return whose token this is, if it is still valid."""


class Cookies:
    """Names and attributes of our cookies: `__Host-` and Secure where readers come over TLS."""

    def __init__(self, *, https: bool) -> None:
        prefix = "__Host-" if https else ""
        self.session: Final = f"{prefix}jauge_session"
        self.form: Final = f"{prefix}jauge_form"
        self.device: Final = f"{prefix}jauge_device"
        self._secure = https

    def set(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Let the browser keep a value, out of reach of scripts and of other sites."""
        response.set_cookie(
            name, value, max_age=seconds, path="/", httponly=True, samesite="lax",
            secure=self._secure,
        )  # fmt: skip

    def drop(self, response: Response, name: str) -> None:
        """Let the browser forget a value."""
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self._secure)


class Door:
    """Stands in front of the application."""

    def __init__(
        self,
        app: ASGIApp,
        doorkeepers: Doorkeepers | None,
        cookies: Cookies,
        site: access.Site = access.SCHOOL,
    ) -> None:
        self._app, self._doorkeepers, self._cookies = app, doorkeepers, cookies
        self._site = site
        self._key = secrets.token_bytes(32)
        self._rates: dict[bytes, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        request = Request(scope, receive)
        rule = self._site.find(scope["path"])
        scope[READER] = self._reader(ANYONE)
        elsewhere = _elsewhere(request, rule, self._site)
        if elsewhere is not None or rule is None:
            await (elsewhere or answer(request, "not-found"))(scope, receive, send)
            return
        jar = _cookies(request)
        role, held = self._who(request, jar, scope)
        if self._too_many(scope):
            refusal = answer(request, "too-many")
            refusal.headers["Retry-After"] = "1"
            await refusal(scope, receive, send)
            return
        if role not in rule.readers and role != OPEN:
            await self._refuse(request, role)(scope, receive, send)
            return
        unknown = _unknown(request, rule)
        if unknown:
            await answer(request, "bad-request", errors=unknown)(scope, receive, send)
            return
        fresh = secrets.token_urlsafe(32) if rule.forms and not held else ""
        scope[COOKIE] = jar
        token = self._token(held or fresh) if rule.forms else ""
        scope[READER] = self._reader(role, token, scope.get(IDENTITY))
        if scope["method"] == "POST":
            fields = await self._own_form(request, held)
            if fields is None:
                await answer(request, "form-expired")(scope, receive, send)
                return
            scope[FIELDS] = fields
        await self._app(scope, receive, self._with_form_cookie(send, fresh) if rule.forms else send)

    def _reader(self, role: str, token: str = "", holder: Identity | None = None) -> Reader:
        own = holder.name if holder is not None and self._site.own else ""
        return Reader(role, partial(self._site.may_open, role), token, own, self._site.menu)

    def _who(self, request: Request, jar: dict[str, str], scope: Scope) -> tuple[str, str]:
        """Return the role, and the cookie to which forms are tied."""
        form = jar.get(self._cookies.form, "")
        if self._doorkeepers is None:
            return OPEN, form
        presented = request.headers.get("authorization")
        if presented is not None and scope["path"].startswith(access.API):
            scheme, _, token = presented.partition(" ")
            known = (
                self._doorkeepers.of_token(token.strip()) if scheme.lower() == "bearer" else None
            )
            scope[IDENTITY] = scope[TOKEN] = known
            return (known.role if known else ANYONE), ""
        cookie = jar.get(self._cookies.session, "")
        holder = self._doorkeepers.of_session(cookie) if cookie else None
        scope[IDENTITY] = holder
        return (holder.role, cookie) if holder else (ANYONE, form)

    def _too_many(self, scope: Scope) -> bool:
        """Say whether a token asks too often; there are only as many rates as valid tokens."""
        holder = scope.get(TOKEN)
        if holder is None:
            return False
        if holder.key not in self._rates and len(self._rates) >= MOST_RATES:
            self._rates.clear()
        rate = self._rates.setdefault(holder.key, Bucket(per_s=PER_S, burst=BURST))
        return not rate.take(time.monotonic())

    def _refuse(self, request: Request, role: str) -> Response:
        if role != ANYONE:
            return answer(request, "forbidden")
        if is_machine(request):
            refusal = answer(request, "login-needed")
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="Jauge"'
            return refusal
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        lang = request.query_params.get("lang")
        tail = f"&lang={quote(lang)}" if lang else ""
        return RedirectResponse(f"/connexion?suite={quote(wanted, safe='')}{tail}", 303)

    def _token(self, cookie: str) -> str:
        return hmac.digest(self._key, cookie.encode(), "sha256").hex() if cookie else ""

    async def _own_form(self, request: Request, held: str) -> dict[str, str] | None:
        """Return the fields of a form of this reader; None for anybody else's."""
        if not held or not _same_origin(request):
            return None
        body = await request.body()
        if len(body) > LONGEST_FORM:
            return None
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
            )
        except ValueError:
            return None
        fields = dict(pairs)
        given = fields.pop(FORM_FIELD, "")
        return fields if hmac.compare_digest(given.encode(), self._token(held).encode()) else None

    def _with_form_cookie(self, send: Send, fresh: str) -> Send:
        """Let a page with a form be kept nowhere, and tie its form to a cookie."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                carrier = Response(headers={"Cache-Control": "private, no-store"})
                if fresh:
                    self._cookies.set(carrier, self._cookies.form, fresh)
                added = [
                    h for h in carrier.raw_headers if h[0] in {b"set-cookie", b"cache-control"}
                ]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        return sending


def _unknown(request: Request, rule: access.Rule) -> tuple[Pointer, ...]:
    """Return what is wrong with the parameters' names: not one of the route's, or said twice.

    A parameter that is dropped in silence lets a reader believe that he selected something; and
    what no route knows, no attack can use (audit A1). Names of strangers are not repeated.
    """
    if not request.scope["query_string"]:
        return ()
    names = [name for name, _ in request.query_params.multi_items()]
    if set(names) <= set(rule.query) and len(names) == len(set(names)):
        return ()
    return (Pointer("query", f"each at most once: {', '.join(rule.query)}"),)


def _elsewhere(request: Request, rule: access.Rule | None, site: access.Site) -> Response | None:
    """Return the way from an old address to the present one, or the refusal of a method."""
    try:
        present = moved(request.scope["path"], request.scope["query_string"].decode("latin-1"))
    except Unknown:
        return answer(request, "not-found")
    if present is not None and site.find(present.partition("?")[0]) is not None:
        return RedirectResponse(present, 308)
    if rule is None or request.method in rule.methods:
        return None
    refusal = answer(request, "method-not-allowed")
    refusal.headers["Allow"] = ", ".join(("HEAD", *rule.methods))
    return refusal


def _cookies(request: Request) -> dict[str, str]:
    """Return the cookies; ours hold no quotes and no escapes, so others may be misread."""
    pairs = (pair.partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _same_origin(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def reader(request: Request) -> Reader:
    """Return who asks."""
    found: Reader = request.scope[READER]
    return found


def asked(request: Request, kept: dict[str, str]) -> Asked:
    """Return the parameters that a page knows, and who asks."""
    return Asked(kept, reader(request))


def fields(request: Request) -> dict[str, str]:
    """Return the fields of a posted form, which the door found to be the reader's own."""
    found: dict[str, str] = request.scope[FIELDS]
    return found


def cookie(request: Request, name: str) -> str:
    """Return a cookie of the reader, empty when there is none."""
    jar: dict[str, str] = request.scope[COOKIE]
    return jar.get(name, "")


def identity(request: Request) -> Any:
    """Return who is logged in, None where nobody is."""
    return request.scope.get(IDENTITY)
