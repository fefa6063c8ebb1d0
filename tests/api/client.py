"""A synchronous client for the application in this process: no socket, no server."""

import asyncio
from pathlib import Path

import httpx
from fastapi import FastAPI

from api.app import create_app
from privacy.published import Published


class Client:
    def __init__(self, public: Path) -> None:
        self._app = create_app(Published(public))

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


HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
"""What a browser sends."""
