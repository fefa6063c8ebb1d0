"""The routes around a login. Forms arrive here only after the door found them to be the reader's own.

A password never stands in an answer, an address or a log; a code stands in the address of the
one-time link only, which is used up by the time anybody could read it there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import access, door
from api.accounts.accounts import DEVICE_S, Account, Holder, NotPossible
from api.accounts.login import Entered, Login, Paused
from api.door import Cookies
from api.own_account import OwnAccount
from api.problems import Problem, language
from dashboards import account as pages
from dashboards.pages import message_page
from dashboards.reader import ANYONE, Asked, Reader
from dashboards.texts import DEFAULT, Texts

LONGEST: Final = 512
"""Longest address to which a login leads."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The handlers."""

    login: Login
    cookies: Cookies
    site: access.Site = access.SCHOOL

    def show_login(self, request: Request) -> Response:
        """The login page; whoever is logged in goes on."""
        if door.identity(request) is not None:
            return RedirectResponse(self._next(request, door.reader(request).role), 303)
        if not self.login.accounts.everybody():
            return RedirectResponse("/installation", 303)
        return HTMLResponse(pages.login_page(texts(request), asked(request)))

    async def enter(self, request: Request) -> Response:
        """Name and password."""
        fields = door.fields(request)
        name = fields.get("name", "")[:64]
        result = await self.login.enter(
            name,
            fields.get("password", ""),
            device=door.cookie(request, self.cookies.device),
            address=request.client.host if request.client else "",
        )
        if isinstance(result, Entered):
            return self._in(request, result)
        if isinstance(result, Paused):
            wait = str(math.ceil(result.seconds))
            return HTMLResponse(_paused(language(request)), 429, headers={"Retry-After": wait})
        page = pages.login_page(texts(request), asked(request), error="wrong", name=name)
        return HTMLResponse(page, 401)

    def _in(self, request: Request, entered: Entered) -> Response:
        response = RedirectResponse(self._next(request, entered.account.role), 303)
        self.cookies.set(response, self.cookies.session, entered.session)
        self.cookies.set(response, self.cookies.device, entered.device, DEVICE_S)
        self.cookies.drop(response, self.cookies.form)
        return response

    def _next(self, request: Request, role: str) -> str:
        """Return where the login leads: an address of ours that the role may open."""
        wanted = request.query_params.get("suite", "")[:LONGEST]
        path = wanted.partition("?")[0]
        ours = wanted.startswith("/") and self.site.may_open(role, path) and wanted.isprintable()
        if ours and path not in WAYS_IN:
            return wanted
        lang = language(request)
        return self.site.home(role) + (f"?lang={lang}" if lang != DEFAULT else "")

    def show_logout(self, request: Request) -> Response:
        """Ask which sessions end."""
        return HTMLResponse(pages.logout_page(texts(request), asked(request)))

    def leave(self, request: Request) -> Response:
        """End this session, or all."""
        holder: Holder | None = door.identity(request)
        if holder is not None and door.fields(request).get("where") == "everywhere":
            self.login.accounts.end_sessions(holder)
        elif holder is not None:
            self.login.accounts.end_session(holder)
        response = RedirectResponse("/connexion", 303)
        self.cookies.drop(response, self.cookies.session)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def show_setup(self, request: Request) -> Response:
        """The page of the very first account, while there is none."""
        self._only_before_the_first()
        return HTMLResponse(pages.setup_page(texts(request), asked(request)))

    def _only_before_the_first(self) -> None:
        if self.login.accounts.everybody():
            raise Problem("not-found")

    async def set_up(self, request: Request) -> Response:
        """Make the first account."""
        self._only_before_the_first()
        fields = door.fields(request)
        accounts, code = self.login.accounts, fields.get("code", "")
        name = fields.get("name", "")[:64]
        try:
            if accounts.knows_code("setup", code) is not True:
                raise NotPossible("code")
            password = same(fields)
            accounts.check_name(name)
            await self.login.accept(password, name)
            if not accounts.use_code("setup", code):
                raise NotPossible("code")
            made = await self.login.add(name, "admin", password)
        except NotPossible as error:
            page = pages.setup_page(texts(request), asked(request), error=str(error), name=name)
            return HTMLResponse(page, 422)
        return self._in(request, self.login.open(made, "login"))

    def show_invitation(self, request: Request) -> Response:
        """The page on which an invited person chooses a password."""
        return HTMLResponse(pages.invitation_page(texts(request), asked(request)))

    async def accept(self, request: Request) -> Response:
        """Keep the password of an invited person."""
        fields = door.fields(request)
        accounts, code = self.login.accounts, fields.get("code", "")
        try:
            account = accounts.knows_code("invitation", code)
            if not isinstance(account, Account):
                raise NotPossible("code")
            password = same(fields)
            await self.login.accept(password, account.name)
            if not accounts.use_code("invitation", code):
                raise NotPossible("code")
            await self.login.set_password(account, password)
        except NotPossible as error:
            page = pages.invitation_page(texts(request), asked(request), error=str(error))
            return HTMLResponse(page, 422)
        return self._in(request, self.login.open(account, "login"))

    def by_link(self, request: Request) -> Response:
        """Open a session by a one-time link."""
        code = request.query_params.get("code", "")[:LONGEST]
        account = self.login.accounts.knows_code("link", code)
        if not isinstance(account, Account) or not self.login.accounts.use_code("link", code):
            page = pages.login_page(texts(request), Asked({}, door.reader(request)), error="code")
            return HTMLResponse(page, 401)
        return self._in(request, self.login.open(account, "link_used"))


@cache
def _paused(lang: str) -> bytes:
    """Return the page that a flood of tries gets: drawn once, or drawing it would be the flood's aim."""
    query = {"lang": lang} if lang != DEFAULT else {}
    page = message_page(
        "login-paused", Texts(lang), status=429, query=Asked(query, Reader(ANYONE, _nothing))
    )
    return page.encode()


def _nothing(_path: str) -> bool:
    return False


WAYS_IN: Final = frozenset(
    {"/connexion", "/deconnexion", "/installation", "/invitation", "/entree"}
)


def same(fields: dict[str, str]) -> str:
    """Return the password that was typed twice.

    Raises:
        NotPossible: the two differ.
    """
    if fields.get("password", "") != fields.get("again", ""):
        raise NotPossible("different")
    return fields.get("password", "")


def texts(request: Request) -> Texts:
    """Return the texts in the reader's language."""
    return Texts(language(request))


def asked(request: Request) -> Asked:
    """Return what these pages keep of the address."""
    query = request.query_params
    kept = {key: query[key][:LONGEST] for key in ("lang", "suite") if query.get(key)}
    return door.asked(request, kept)


def make_entry(
    login: Login | None, cookies: Cookies, site: access.Site = access.SCHOOL
) -> APIRouter:
    """Return the routes around a login; without accounts, only the way past it."""
    router = APIRouter(include_in_schema=False)
    if login is None:
        router.add_api_route("/connexion", _past, methods=["GET"])
        return router
    entry, own = Entry(login, cookies, site), OwnAccount(login, cookies)
    handlers: tuple[tuple[str, str, Callable[..., object]], ...] = (
        ("/connexion", "GET", entry.show_login),
        ("/connexion", "POST", entry.enter),
        ("/deconnexion", "GET", entry.show_logout),
        ("/deconnexion", "POST", entry.leave),
        ("/installation", "GET", entry.show_setup),
        ("/installation", "POST", entry.set_up),
        ("/invitation", "GET", entry.show_invitation),
        ("/invitation", "POST", entry.accept),
        ("/entree", "GET", entry.by_link),
        ("/compte", "GET", own.show),
        ("/compte", "POST", own.change),
    )
    for path, method, handler in handlers:
        router.add_api_route(path, handler, methods=[method], response_model=None)
    return router


def _past() -> RedirectResponse:
    return RedirectResponse("/", 303)
