"""A synchronous client for the application in this process: no socket, no server."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI

from api.accounts.accounts import Account, Accounts
from api.accounts.file import AccountsFile
from api.accounts.login import Login
from api.app import create_app
from privacy.published import Published

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
"""What a browser sends."""
PASSWORD = "Le vélo rouge attend sous la pluie"  # noqa: S105 - of invented people


class Client:
    def __init__(self, public: Path, login: Login | None = None, **options) -> None:
        self.login = login
        self._app = create_app(Published(public), login, **options)

    @property
    def application(self) -> FastAPI:
        """The framework's own object, inside everything that stands around it."""
        inner = self._app
        while not isinstance(inner, FastAPI):
            inner = inner._app
        return inner

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self._request(method, path, headers))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, **headers)

    async def _request(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://school") as client:
            return await client.request(method, path, headers=fields)

    def browser(self, address: str = "192.0.2.1") -> "Browser":
        return Browser(self, address)


class Browser:
    """Keeps cookies, fills in forms as a person does; one event loop for all browsers of a test."""

    _runner = asyncio.Runner()

    def __init__(self, client: Client, address: str) -> None:
        transport = httpx.ASGITransport(
            app=client._app, raise_app_exceptions=False, client=(address, 4321)
        )
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://school", headers={"accept": HTML}
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._runner.run(self.http.get(path, headers=fields))

    def send(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Post fields as they are, without looking at the page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._runner.run(self.http.post(path, data=fields, headers=named))

    def fill_in(self, path: str, **fields: str) -> httpx.Response:
        """Load the page, take its hidden token, post the form."""
        return self.send(path, {"form": form_token(self.get(path).text), **fields})

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.fill_in("/connexion", name=name, password=password)

    def together(self, work: Callable) -> object:
        """Run a coroutine function with this browser's client."""
        return self._runner.run(work(self.http))


def form_token(page: str) -> str:
    found = re.search(r'name="form" value="([0-9a-f]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def new_login(directory: Path, clock: Clock | None = None) -> Login:
    clock = clock or Clock()
    return Login(Accounts(AccountsFile(directory / "web/accounts.sqlite"), clock), clock)


def with_account(login: Login, role: str, name: str | None = None) -> Account:
    return Browser._runner.run(login.add(name or role, role, PASSWORD))
