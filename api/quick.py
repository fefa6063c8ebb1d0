"""Answers that were made before and whose files have not changed leave again without being made.

Between the door and the framework: whoever arrives here may read. A handler says on what its answer
depends (`keep`); the next request of the same role for the same address asks for the stamp alone.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import READER, Problem
from privacy.published import Stamp

NOTE: Final = "jauge.note"
MOST_OCTETS: Final = 24 << 20
"""Of all kept answers together."""
LARGEST: Final = 4 << 20
LOOK_EVERY_S = 1.0
"""How often, at most, the files behind a kept answer are looked at."""
LONGEST_KEY: Final = 300
"""A key made of longer headers or addresses is not worth keeping."""


def _build() -> str:
    """Return a digest of the code and texts that make answers: a new version makes new ones."""
    rooms = (Path(__file__).parent, Path(__file__).parents[1] / "dashboards")
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted(room.rglob("*")):
            if path.suffix in {".py", ".html", ".yaml", ".css", ".js"}:
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


BUILD: Final = _build()


@dataclass(slots=True)
class _Note:
    stamp: Callable[[], Stamp] | None = None
    stamped: Stamp = ()


@dataclass(slots=True)
class _Answer:
    stamp: Callable[[], Stamp]
    stamped: Stamp
    etag: bytes
    start: Message
    body: bytes
    looked: float
    """When its files were last looked at, by a clock that never goes back."""


def keep(request: Request, stamp: Callable[[], Stamp], stamped: Stamp) -> None:
    """Let this answer be kept as long as `stamp()` returns `stamped`."""
    note: _Note | None = request.scope.get(NOTE)
    if note is not None:
        note.stamp, note.stamped = stamp, stamped


class Quick:
    """Keeps answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._answers: OrderedDict[tuple[Any, ...], _Answer] = OrderedDict()
        self._octets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request from what is kept, or make it and keep it."""
        key, asked = _key(scope)
        kept = self._answers.get(key)
        if kept is not None and _stands(kept):
            self._answers.move_to_end(key)
            await _send(kept, asked, send)
            return
        note = scope[NOTE] = _Note()
        start: Message = {}
        body = bytearray()

        async def noting(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = dict(message)  # whoever stands outside adds to the message itself
            elif note.stamp is not None and len(body) <= LARGEST:
                body.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, noting)
        if note.stamp is not None and start.get("status") == 200 and len(body) <= LARGEST:  # noqa: PLR2004
            self._keep(key, note, start, bytes(body))

    def _keep(self, key: tuple[Any, ...], note: _Note, start: Message, body: bytes) -> None:
        if note.stamp is None or sum(map(len, key)) > LONGEST_KEY:
            return
        headers = start["headers"]
        etag = next((value for name, value in headers if name == b"etag"), b"")
        copy = {"type": start["type"], "status": 200, "headers": list(headers)}
        before = self._answers.pop(key, None)
        self._octets += len(body) - (len(before.body) if before else 0)
        self._answers[key] = _Answer(note.stamp, note.stamped, etag, copy, body, time.monotonic())
        while self._octets > MOST_OCTETS:
            self._octets -= len(self._answers.popitem(last=False)[1].body)


def _key(scope: Scope) -> tuple[tuple[str | bytes, ...], str]:
    accept, asked = b"", b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value
        elif name == b"if-none-match":
            asked = value
    key = (scope[READER].role, scope["method"], scope["path"], scope["query_string"], accept)
    return key, asked.decode("latin-1")


def _stands(answer: _Answer) -> bool:
    now = time.monotonic()
    if now - answer.looked < LOOK_EVERY_S:
        return True
    answer.looked = now
    try:
        return answer.stamp() == answer.stamped
    except Problem:
        return False


async def _send(answer: _Answer, asked: str, send: Send) -> None:
    etag = answer.etag.decode("latin-1")
    if asked and any(each.strip().removeprefix("W/") in {etag, "*"} for each in asked.split(",")):
        await send(
            {"type": "http.response.start", "status": 304, "headers": [(b"etag", answer.etag)]}
        )
        await send({"type": "http.response.body", "body": b""})
        return
    await send({**answer.start, "headers": list(answer.start["headers"])})
    await send({"type": "http.response.body", "body": answer.body})
