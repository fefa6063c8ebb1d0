"""`/metrics`: how service, capture and store fare, as Prometheus reads it. Nothing about a reader.

Of the capture it says what the analyzer sealed: the coverage of the last school day that is over (the
status document) and the health of now (`public/health.json`, coarse). It opens nothing else.

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

from api.exposition import ONE, Samples, expose
from api.library import ODD, Library
from api.problems import Problem
from api.shield import HEADERS
from privacy.published import TABLES

PATH: Final = "/metrics"
DAY_S: Final = 86_400
IN_FORCE: Final = "in_force"
"""`capture` in the status document while slices may be written."""


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
        now = datetime.now(UTC)
        return expose({**self._service(), **capture(self._status(), now), **self._health(now)})

    def _service(self) -> dict[str, Samples]:
        """Return what this process counted, and how much is published."""
        return {
            "jauge_http_responses_total": {
                (("class", f"{kind}xx"),): self._answers[kind] for kind in (2, 3, 4, 5)
            },
            "jauge_http_response_start_seconds_total": {ONE: self._seconds},
            "jauge_account_events_total": {
                (("event", event),): self._events[event]
                for event in ("login", "login_failed", "login_paused", "link_used")
            },
            "jauge_releases": {
                (("table", table),): len(self._library.periods(table)) for table in TABLES
            },
        }

    def _status(self) -> dict[str, Any]:
        try:
            return self._library.document("status")
        except Problem:
            return {}

    def _health(self, now: datetime) -> dict[str, Samples]:
        """Return how the capture fares; nothing where it was never told, or makes no sense."""
        found = self._library.health()
        if found is None:
            return {}
        try:
            return health(found, now)
        except ODD:
            return {}


def capture(status: dict[str, Any], now: datetime) -> dict[str, Samples]:
    """Return what the sealed status says of the capture: of its last school day that is over."""
    try:
        values: dict[str, Samples] = {}
        # A store of an older version does not tell the first day's load from an analysis.
        if analyzed := status.get("analyzed", status["as_of"]):
            values["jauge_last_update_age_seconds"] = {ONE: _since(analyzed, now)}
        if "capture" in status:  # a store of an older version has not said so
            values["jauge_capture_acknowledged"] = {ONE: status["capture"] == IN_FORCE}
        day = max(status["coverage"], key=lambda entry: str(entry["day"]), default=None)
        if day is None or not day["offered"]:
            return values
        share = 1 / day["offered"]
        return values | {
            "jauge_capture_day_age_seconds": {ONE: _since(day["day"], now)},
            "jauge_capture_coverage_ratio": {ONE: day["parsed"] * share},
            "jauge_capture_drops_ratio": {ONE: day["kernel_drops"] * share},
            "jauge_capture_shed_ratio": {ONE: day["shed"] * share},
            "jauge_capture_rejected_ratio": {
                (("reason", str(reason)),): count * share
                for reason, count in day.get("rejected_by_reason", {}).items()
            },
        }
    except ODD:
        return {}


def _since(day: str, now: datetime) -> int:
    # A local day begins before the same day of UTC: never negative.
    return max(0, (now.date() - date.fromisoformat(day)).days) * DAY_S


def health(found: dict[str, Any], now: datetime) -> dict[str, Samples]:
    """Return the families of a health payload (analyzer.health); those without a value are left out.

    Raises:
        KeyError, ValueError, TypeError: another shape.
    """
    values: dict[str, float | None] = {
        "health_age_seconds": int((now - datetime.fromisoformat(found["at"])).total_seconds()),
        "collector_last_sign_seconds": found["collector_age_s"],
        "collector_running": found["collector_running"],
        "capture_drops_now": found["drops_now"],
        "table_occupancy_ratio": _times(found["table_tenths"], 0.1),
        "spool_files": found["spool_files"],
        "spool_bytes": _times(found["spool_mib"], 1 << 20),
        "spool_last_write_age_seconds": found["spool_age_s"],
        "seal_delay_seconds": found["seal_delay_s"],
        "store_slices_stopped": found["slices_stopped"],
        "store_free_bytes": _times(found["disk_free_gib"], 1 << 30),
        "store_left_seconds": _times(found["disk_left_days"], DAY_S),
        "store_write_faults": found["write_faults"],
        "lists_age_seconds": _times(found["lists_age_days"], DAY_S),
    }
    told: dict[str, Samples] = {
        f"jauge_{name}": {ONE: value} for name, value in values.items() if value is not None
    }
    gaps = {(("reason", str(reason)),): int(times) for reason, times in found["gaps"].items()}
    return told | {"jauge_store_gaps": gaps}


def _times(value: int | None, unit: float) -> float | None:
    return None if value is None else value * unit
