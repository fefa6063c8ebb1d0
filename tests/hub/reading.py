"""The hub's application in this process: schools with tokens, and readers with sessions."""

import asyncio
from pathlib import Path

import httpx

from hub.app import create_app
from hub.check import Push
from hub.holdings import Holdings
from hub.routes import ENVELOPE, write_envelope
from tests.api.client import HTML, Browser, new_login
from tests.hub.many_schools import TODAY, MadeSchool

API = "/api/v1/hub"


class HubClient:
    """A hub without a socket."""

    def __init__(self, hub: Holdings, directory: Path) -> None:
        self.hub, self.login = hub, new_login(directory)
        self._app = create_app(hub, self.login, today=lambda: TODAY)
        self._tokens: dict[str, str] = {}
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        return asyncio.run(self._ask(method, path, body, headers))

    async def _ask(self, method, path, body, headers) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, path, content=body, headers=fields)

    def account(self, name: str, role: str = "committee"):
        accounts = self.login.accounts
        return accounts.named(name) or accounts.add(name, role)

    def token(self, school: MadeSchool) -> dict[str, str]:
        """Return the header of a school's token."""
        if school.uai not in self._tokens:
            account = self.account(school.uai)
            self._tokens[school.uai] = self.login.accounts.make_token(account, "envois")
        return {"authorization": f"Bearer {self._tokens[school.uai]}"}

    def session(self, name: str, role: str = "committee") -> dict[str, str]:
        """Return the headers of a person's browser."""
        if name not in self._cookies:
            self._cookies[name] = self.login.accounts.open_session(self.account(name, role))
        return {"cookie": f"jauge_session={self._cookies[name]}", "accept": HTML}

    def push(self, school: MadeSchool, push: Push, **headers: str) -> httpx.Response:
        path = f"{API}/releases/{push.table}/{push.period}"
        fields = {ENVELOPE: write_envelope(push.envelope), **(headers or self.token(school))}
        return self.ask("PUT", path, push.body, **fields)


__all__ = ["API", "HTML", "Browser", "HubClient"]
