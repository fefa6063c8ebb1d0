"""`/metrics`: how the service fares, as Prometheus reads it. Counts only; nothing about a reader.

Answered on a port of its own that listens on loopback: behind a reverse proxy every reader seems to
come from this machine, so the peer's address proves nothing.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.library import Library
from api.problems import Problem
from api.shield import HEADERS
from privacy.published import TABLES

PATH: Final = "/metrics"


class Metrics:
    """Counts answers; answers on its own port."""

    def __init__(
        self,
        app: ASGIApp,
        library: Library,
        events: Counter[str],
        port: int | None,
        contract: Callable[[], dict[str, Any]],
    ) -> None:
        self._app, self._library, self._events, self.port = app, library, events, port
        self.contract = contract
        """Returns the OpenAPI document of what stands inside."""
        self._answers: Counter[int] = Counter()
        self._seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and count it."""
        if self.port is not None and scope["server"][1] == self.port:
            found = scope["path"] == PATH and scope["method"] in {"GET", "HEAD"}
            text = self.text() if found else "only GET /metrics is here\n"
            response = PlainTextResponse(text, 200 if found else 404, headers=HEADERS)
            await response(scope, receive, send)
            return
        began = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answers[message["status"] // 100] += 1
                self._seconds += time.perf_counter() - began
            await send(message)

        await self._app(scope, receive, counting)

    def text(self) -> str:
        """Return everything in the text format of Prometheus."""
        lines = ["# TYPE jauge_http_responses_total counter"]
        lines += [
            f'jauge_http_responses_total{{class="{kind}xx"}} {self._answers[kind]}'
            for kind in (2, 3, 4, 5)
        ]
        lines += [
            "# TYPE jauge_http_response_start_seconds_total counter",
            f"jauge_http_response_start_seconds_total {self._seconds:.6f}",
            "# TYPE jauge_account_events_total counter",
        ]
        lines += [
            f'jauge_account_events_total{{event="{event}"}} {self._events[event]}'
            for event in ("login", "login_failed", "login_paused", "link_used")
        ]
        lines.append("# TYPE jauge_releases gauge")
        lines += [
            f'jauge_releases{{table="{table}"}} {len(self._library.periods(table))}'
            for table in TABLES
        ]
        age = self._age_days()
        if age is not None:
            lines += [
                "# TYPE jauge_last_update_age_days gauge",
                f"jauge_last_update_age_days {age}",
            ]
        return "\n".join(lines) + "\n"

    def _age_days(self) -> int | None:
        try:
            as_of = date.fromisoformat(self._library.document("status")["as_of"])
        except (Problem, KeyError, ValueError):
            return None
        return (datetime.now(UTC).date() - as_of).days
