"""How much time an exporter's records may be spread over.

A record of 48 octets may speak of twelve hours, which are 720 slices and 4,320 link steps: whoever
sends many of them, or forges the exporter's address, would keep the listener busy for minutes with
each megabyte. Minutes are therefore earned with time. A record beyond that stands at its end: its
octets count, its times are lost, and that is counted.

Pure: time is an argument.
"""

from dataclasses import replace

from collector.exports.flow import ExportedFlow

MINUTE_MS = 60_000
FREE_MINUTES = 2
"""A record that begins in one minute and ends in the next costs nothing extra."""
MINUTES_PER_S = 2_000
"""Earned each second. 600 devices with 50,000 flows under an active time-out of half an hour bring
about 830; it is a tenth of a second's work."""
MINUTES_MAX = 7_200
"""Held at most: ten records of twelve hours at once."""


class Spreading:
    """The minutes that one exporter may still be spread over."""

    def __init__(self) -> None:
        self._left = float(MINUTES_MAX)
        self._at: float | None = None

    def within(self, flow: ExportedFlow, now: float) -> ExportedFlow:
        """Return the flow, or the flow at its end when there are no minutes left for its span."""
        minutes = flow.end_ms // MINUTE_MS - flow.start_ms // MINUTE_MS
        if minutes < FREE_MINUTES:
            return flow
        earned = 0.0 if self._at is None else max(0.0, now - self._at) * MINUTES_PER_S
        self._left = min(MINUTES_MAX, self._left + earned)
        self._at = now
        if minutes > self._left:
            return replace(flow, start_ms=flow.end_ms, timed=False)
        self._left -= minutes
        return flow
