"""Asks the real application in this process: an ASGI caller, no socket, no network."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api.app import create_app
from privacy.published import Published


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Asker:
    """One started application over a public directory; making another one is a restart."""

    def __init__(self, public: Path) -> None:
        self.app = create_app(Published(public))

    def get(self, path: str, query: str = "", method: str = "GET", accept: str = "*/*") -> Answer:
        """Return the answer to one request."""
        return asyncio.run(self._ask(path, query, method, accept))

    def many(self, asked: list[tuple[str, str]], accept: str = "*/*") -> list[Answer]:
        """Return the answers to (path, query) pairs, one after the other."""

        async def each() -> list[Answer]:
            return [await self._ask(path, query, "GET", accept) for path, query in asked]

        return asyncio.run(each())

    async def _ask(self, path: str, query: str, method: str, accept: str) -> Answer:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": quote(path).encode(), "root_path": "",
            "query_string": query.encode(), "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 40_000),
            "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", accept.encode())],
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await self.app(scope, receive, send)
        start = next(m for m in sent if m["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        headers = {k.decode().lower(): v.decode() for k, v in start.get("headers", ())}
        return Answer(start["status"], headers, body)
