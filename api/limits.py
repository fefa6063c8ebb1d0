"""How much and how long a request may send, whatever the route. Between the shield and the door.

What is announced too large is refused before an octet of it is read; what comes in pieces is
counted; what does not arrive in time is given up. The connection closes after such an answer.
"""

import asyncio
import time
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

MOST_BODY: Final = 1 << 20
"""Octets. Our forms need a few hundred."""
BODY_S: Final = 10.0
"""Seconds for the whole body."""


class _TooLarge(Exception):
    pass


class Limits:
    """Bounds the body of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request within the limits."""
        if _announced(scope) > MOST_BODY:
            await _refuse("too-large", scope, receive, send)
            return
        until = time.monotonic() + BODY_S
        taken = 0
        started = False

        async def bounded() -> Message:
            nonlocal taken
            # Once the answer has begun, waiting means waiting for the reader to leave.
            left = None if started else max(0.0, until - time.monotonic())
            message = await asyncio.wait_for(receive(), left)
            taken += len(message.get("body", b""))
            if taken > MOST_BODY:
                raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, bounded, sending)
        except (TimeoutError, _TooLarge) as error:
            if started:
                raise
            kind = "too-large" if isinstance(error, _TooLarge) else "too-slow"
            await _refuse(kind, scope, receive, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else MOST_BODY + 1
    return 0


async def _refuse(kind: str, scope: Scope, receive: Receive, send: Send) -> None:
    refusal = answer(Request(scope), kind)
    refusal.headers["Connection"] = "close"
    await refusal(scope, receive, send)
