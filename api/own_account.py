"""`/compte`: a person's own password, sessions and tokens. What matters asks for the password again."""

import math
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import door
from api.accounts.accounts import TOKEN_DAYS, Account, Holder, NotPossible
from api.accounts.login import Login, Paused
from api.door import Cookies
from api.problems import Problem, language
from dashboards import account as pages
from dashboards.texts import Texts

_DONE = frozenset({"password", "revoked"})


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The handlers."""

    login: Login
    cookies: Cookies

    def show(self, request: Request) -> Response:
        """The page."""
        done = request.query_params.get("fait", "")
        return HTMLResponse(self._page(request, done=done if done in _DONE else ""))

    async def change(self, request: Request) -> Response:
        """One of the page's forms."""
        fields = door.fields(request)
        doing = {
            "password": self._password,
            "token": self._token,
            "revoke": self._revoke,
        }.get(fields.get("action", ""))
        try:
            if doing is None:
                raise NotPossible("unknown")
            return await doing(request, self._account(request), fields)
        except NotPossible as error:
            return HTMLResponse(self._page(request, error=str(error)), 422)
        except _Wait as wait:
            headers = {"Retry-After": str(wait.seconds)}
            return HTMLResponse(self._page(request, error="paused"), 429, headers=headers)

    async def _password(
        self, request: Request, account: Account, fields: dict[str, str]
    ) -> Response:
        await self._confirm(account, fields.get("current", ""))
        if fields.get("password", "") != fields.get("again", ""):
            raise NotPossible("different")
        await self.login.set_password(account, fields.get("password", ""))
        cookie = self.login.accounts.open_session(account)
        response = RedirectResponse(f"/compte?fait=password&lang={language(request)}", 303)
        self.cookies.set(response, self.cookies.session, cookie)
        return response

    async def _token(self, request: Request, account: Account, fields: dict[str, str]) -> Response:
        await self._confirm(account, fields.get("token-current", ""))
        days = fields.get("token-days", str(TOKEN_DAYS))
        if not days.isascii() or not days.isdigit():
            raise NotPossible("days")
        token = self.login.accounts.make_token(account, fields.get("label", ""), int(days[:6]))
        return HTMLResponse(self._page(request, token=token))

    async def _revoke(self, request: Request, account: Account, fields: dict[str, str]) -> Response:
        if not self.login.accounts.revoke_token(account, fields.get("token", "")):
            raise NotPossible("unknown")
        return HTMLResponse(self._page(request, done="revoked"))

    async def _confirm(self, account: Account, password: str) -> None:
        right = await self.login.confirm(account, password)
        if isinstance(right, Paused):
            raise _Wait(math.ceil(right.seconds))
        if not right:
            raise NotPossible("current")

    def _account(self, request: Request) -> Account:
        holder: Holder | None = door.identity(request)
        account = self.login.accounts.by_id(holder.account) if holder else None
        if account is None:
            raise Problem("login-needed")
        return account

    def _page(self, request: Request, *, error: str = "", done: str = "", token: str = "") -> str:
        texts, account = Texts(language(request)), self._account(request)
        current = door.identity(request)
        accounts = self.login.accounts
        own = pages.Own(
            account.name,
            account.role,
            account.password is not None,
            sessions=[
                pages.Line(
                    key.hex()[:12], "", pages.moment(opened, texts), pages.moment(seen, texts),
                    current=key == current.key,
                )
                for key, opened, seen in accounts.sessions(account.id)
            ],
            tokens=[
                pages.Line(key.hex()[:12], label, pages.moment(made, texts), pages.moment(ends, texts))
                for key, label, made, ends in accounts.tokens(account.id)
            ],
        )  # fmt: skip
        kept = {"lang": texts.lang} if texts.lang != "fr" else {}
        asked = door.asked(request, kept)
        return pages.account_page(texts, asked, own, error=error, done=done, token=token)


class _Wait(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds
