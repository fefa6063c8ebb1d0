"""Answers that were made before and whose files have not changed leave again without being made.

Between the door and the framework: whoever arrives here may read. A handler says on what its answer
depends (`keep`); the next request of the same role (and the same own school, where
there are several) for the same address asks for the stamp alone,
and those that come while it is being made wait for it. Only answers of one piece are kept.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import READER, Problem
from privacy.published import Stamp

Key = tuple[str | bytes, ...]
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
        self._answers: OrderedDict[Key, _Answer] = OrderedDict()
        self._making: dict[Key, asyncio.Event] = {}
        """What is being made, until it is kept or known to be nothing to keep."""
        self._octets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request from what is kept, or make it and keep it."""
        if scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        key, asked = _key(scope)
        making = self._making.get(key)
        if making is not None and not self._is_kept(key):
            await making.wait()  # fifty readers of a new page: it is drawn once
        if self._is_kept(key):
            self._answers.move_to_end(key)
            await _send(self._answers[key], asked, send)
            return
        made = asyncio.Event()
        self._making.setdefault(key, made)
        try:
            await self._make(key, made, scope, receive, send)
        finally:
            self._end(key, made)

    async def _make(
        self, key: Key, made: asyncio.Event, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the application answer; whoever waits is let go before the reader takes an octet."""
        note = scope[NOTE] = _Note()
        held: Message | None = None

        async def noting(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and note.stamp is not None:
                held = message  # goes out with the body: a slow reader holds nobody who waits
                return
            start, held = held, None
            if start is not None and start["status"] == 200 and not message.get("more_body"):  # noqa: PLR2004
                self._keep(key, note, start, message.get("body", b""))
            self._end(key, made)
            if start is not None:  # a copy: whoever stands outside adds to the message itself
                await send({**start, "headers": list(start["headers"])})
            await send(message)

        await self._app(scope, receive, noting)

    def _is_kept(self, key: Key) -> bool:
        kept = self._answers.get(key)
        if kept is None or _stands(kept):
            return kept is not None
        self._octets -= len(self._answers.pop(key).body)
        return False

    def _end(self, key: Key, made: asyncio.Event) -> None:
        if self._making.get(key) is made:
            del self._making[key]
        made.set()

    def _keep(self, key: Key, note: _Note, start: Message, body: bytes) -> None:
        if note.stamp is None or len(body) > LARGEST or sum(map(len, key)) > LONGEST_KEY:
            return
        headers = start["headers"]
        etag = next((value for name, value in headers if name == b"etag"), b"")
        copy = {"type": start["type"], "status": 200, "headers": list(headers)}
        before = self._answers.pop(key, None)
        self._octets += len(body) - (len(before.body) if before else 0)
        self._answers[key] = _Answer(note.stamp, note.stamped, etag, copy, body, time.monotonic())
        while self._octets > MOST_OCTETS:
            self._octets -= len(self._answers.popitem(last=False)[1].body)


def _key(scope: Scope) -> tuple[Key, str]:
    accept, asked = b"", b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value
        elif name == b"if-none-match":
            asked = value
    reader = scope[READER]
    key = (reader.role, reader.own, scope["method"], scope["path"], scope["query_string"], accept)
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
