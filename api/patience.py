"""How long and how much a connection may take: uvicorn's own protocol bounds only the pause between requests.

A client that sends one octet of a header every ten seconds, or reads one of the answer, holds no
thread here, only memory and a file descriptor. Both are bounded: by time, and by number, the one
that has waited longest giving way to a new one. What llhttp collects by itself (a header without an
end, trailers, requests sent ahead of their answers) is bounded by octets and by number.
"""

import asyncio
import json
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.shield import HEADERS

HEADER_S: Final = 10.0
"""From the connection, or the first octet of the next request, to the end of the headers."""
ANSWER_S: Final = 60.0
"""From the end of the headers to the last octet of the answer."""
MOST_CONNECTIONS: Final = 800
"""A process may hold 1,024 files open unless told otherwise."""
MOST_HEADER: Final = 64 << 10
"""Octets that may arrive without ending a header section or carrying a body; h11 took as many."""
MOST_AHEAD: Final = 16
"""Requests that may arrive before the first of them is answered; no browser sends any."""


class _TooMany(Exception):
    """Ends the reading of a connection that was given up; llhttp would go on with what it has."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a deadline in every state."""

    _waiting: dict["PatientProtocol", None]
    """Connections without a request being answered, the oldest first; one dict for a server."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._idle_octets = 0
        self._answered: RequestResponseCycle | None = None
        """What the application is answering; `cycle` is the last request that came."""
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
        self.pipeline.clear()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True  # uvicorn tells the last request only
            self._answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take octets, as long as they lead somewhere."""
        if self._timer is None:
            self._wait()
        self._idle_octets += len(data)
        super().data_received(data)
        if self._idle_octets > MOST_HEADER and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.send_400_response("Request header section too large.")
            else:  # trailers, or a request ahead: the answer under way goes with it
                self.give_up()

    def on_headers_complete(self) -> None:
        """Begin with a request: it has its own deadline."""
        self._idle_octets = 0
        super().on_headers_complete()
        if len(self.pipeline) > MOST_AHEAD:
            self.give_up()
            raise _TooMany
        self._answer()

    def on_body(self, body: bytes) -> None:
        """Take some of a body; how much of it, `api.limits` says."""
        self._idle_octets = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here, trailers and all."""
        self._idle_octets = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is made: answer what came ahead, or wait for the next request."""
        ahead = bool(self.pipeline)
        super().on_response_complete()
        if ahead:
            self._answer()
            return
        self._waiting[self] = None
        if not self.transport.get_write_buffer_size():
            self._stop()  # else the deadline stands until the reader has taken the last octet

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _unsupported_upgrade_warning(self) -> None:
        """Answer in HTTP/1.1 and close: llhttp reads nothing more after a wish for another protocol."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def _wait(self) -> None:
        self._waiting[self] = None
        self._timer = self.loop.call_later(HEADER_S, self.give_up)

    def _answer(self) -> None:
        self._stop()
        self._waiting.pop(self, None)
        self._timer = self.loop.call_later(ANSWER_S, self.give_up)

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
        if self.transport.is_closing():
            return
        body = json.dumps({"type": "/problemes#bad-request", "title": msg, "status": 400})
        headers = {
            **HEADERS,
            "Cache-Control": "no-store",
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n{body}".encode())
        self.transport.close()
