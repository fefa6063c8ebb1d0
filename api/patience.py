"""How long a connection may take: uvicorn's own protocol bounds only the pause between requests.

A client that sends one octet of a header every ten seconds, or reads one of the answer, holds no
thread here, only memory and a file descriptor. Both are bounded: by time, and by number, the one
that has waited longest giving way to a new one.
"""

import asyncio
import json
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.shield import HEADERS

HEADER_S: Final = 10.0
"""From the connection, or the first octet of the next request, to the end of the headers."""
ANSWER_S: Final = 60.0
"""From the end of the headers to the last octet of the answer."""
MOST_CONNECTIONS: Final = 800
"""A process may hold 1,024 files open unless told otherwise."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a deadline in every state."""

    _waiting: dict["PatientProtocol", None]
    """Connections without a request being answered, the oldest first; one dict for a server."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = self.server_state.__dict__.setdefault("jauge_waiting", {})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MOST_CONNECTIONS and self._waiting:
            oldest = next(iter(self._waiting))
            oldest.give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        self._waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take octets."""
        if self._timer is None:
            self._wait()
        super().data_received(data)

    def handle_events(self) -> None:
        """Set the deadline of the state that what came leads to."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self.cycle.response_complete:
            self._stop()
            self._waiting.pop(self, None)
            self._timer = self.loop.call_later(ANSWER_S, self.give_up)

    def on_response_complete(self) -> None:
        """The answer is out: wait for the next request."""
        self._stop()
        self._waiting[self] = None
        super().on_response_complete()

    def _wait(self) -> None:
        self._waiting[self] = None
        self._timer = self.loop.call_later(HEADER_S, self.give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def give_up(self) -> None:
        """Close at once, whatever is under way."""
        self._stop()
        self._waiting.pop(self, None)
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the same headers as everything else."""
        body = {"type": "/problemes#bad-request", "title": msg, "status": 400}
        headers = {
            **HEADERS,
            "Cache-Control": "no-store",
            "Content-Type": "application/problem+json",
            "Connection": "close",
        }
        for event in (
            h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request"),
            h11.Data(data=json.dumps(body).encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
