"""From an exporter's clocks to ours.

An exporter has two: the wall clock in its header, and its uptime. The gateway's clock is the one
that the timetable is read with, so a header that is minutes off shifts its records.
"""

from dataclasses import dataclass

SKEW_MS = 120_000
"""An exporter's header may be that far from our clock (its own buffering included) before its
records are shifted to our time."""
AHEAD_MS = 60_000
"""How far a record may end after its export: header times are whole seconds and clocks drift."""
AGE_MAX_MS = 12 * 3_600_000
"""Oldest record placed at its own time: longer than any active time-out in use, shorter than the
life of a day's key. Older ones are placed at their arrival."""
SPAN_MAX_MS = 12 * 3_600_000
"""Longest time that one record is spread over: 720 slices from 48 octets are amplification enough."""
_WRAP_MS = 1 << 32
"""Uptimes are 32 bits of milliseconds: they wrap after 49.7 days."""
_NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970: RFC 7011 section 6.1.9 uses NTP's time stamps."""


def signed_ms(value: int) -> int:
    """Return a difference of two 32-bit counters as a number around 0."""
    return (value + _WRAP_MS // 2) % _WRAP_MS - _WRAP_MS // 2


def of_ntp(value: int) -> int:
    """Return milliseconds since 1970 of a 64-bit NTP time stamp (RFC 5905 section 6)."""
    return ((value >> 32) - _NTP_EPOCH_S) * 1_000 + ((value & 0xFFFFFFFF) * 1_000 >> 32)


@dataclass(frozen=True, slots=True)
class Clock:
    """The times of one datagram."""

    exported_ms: int
    """By the exporter's wall clock."""
    uptime_ms: int | None
    """By the exporter's uptime, None when nobody said when it started."""
    now_ms: int
    """By ours."""

    @property
    def shift_ms(self) -> int:
        """What is added to the exporter's times."""
        skew = self.now_ms - self.exported_ms
        return skew if abs(skew) > SKEW_MS else 0

    def of_uptime(self, uptime_ms: int) -> int | None:
        """Return the wall time of an uptime, wrap-safe; None without a known uptime."""
        if self.uptime_ms is None:
            return None
        return self.exported_ms - signed_ms(self.uptime_ms - uptime_ms)

    def place(self, start_ms: int | None, end_ms: int | None) -> tuple[int, int, bool]:
        """Return start and end by our clock, and whether they are the exporter's own.

        A record without a time, or with one that cannot be, stands at its export: its octets count.
        """
        exported = self.exported_ms + self.shift_ms
        if end_ms is None:
            return exported, exported, False
        end = end_ms + self.shift_ms
        start = end if start_ms is None else start_ms + self.shift_ms
        if not -AHEAD_MS <= exported - end <= AGE_MAX_MS or start > end:
            return exported, exported, False
        return max(start, end - SPAN_MAX_MS), end, True
