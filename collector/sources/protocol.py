"""What the parser may ask of the holder, and what the holder says: two messages of fixed size.

    parser ── Ask, 16 octets ──▶ holder          holder ── Report, 88 octets ──▶ parser

A report answers each question, and is also sent unasked when something changed. The parser is taken
for hostile: a question of another size or number ends the conversation. The interface is named
once, in the first question, when no packet has been received yet; later names are ignored.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

_ASK = struct.Struct("=B15s")
"""An interface name has 15 octets at most (IFNAMSIZ less its end)."""
ASK_BYTES = _ASK.size
NAME_BYTES_MAX = 15


class Ask(IntEnum):
    """The questions."""

    OPEN = 1
    """Let the packets of this interface in."""
    LOOK = 2
    """Say how things are."""
    STOP = 3
    """Let no more packets in, for good: the counts can close."""


class Answer(IntEnum):
    """What became of a question."""

    NEWS = 0
    """Nobody asked."""
    DONE = 1
    ABSENT = 2
    """No interface of that name."""
    FAILED = 3
    """The kernel refused; `errno` says why."""


def push_ask(ask: Ask, interface: str = "") -> bytes:
    """Return a question."""
    return _ASK.pack(ask, interface.encode("ascii", "replace"))


def pull_ask(data: bytes) -> tuple[Ask, str] | None:
    """Return a question and its interface name; None for what is none."""
    if len(data) != _ASK.size:
        return None
    number, name = _ASK.unpack(data)
    if number not in iter(Ask):
        return None
    text = name.rstrip(b"\0")
    if not all(0x20 < octet < 0x7F and octet != ord("/") for octet in text):
        return None
    return Ask(number), text.decode("ascii")


@dataclass(frozen=True, slots=True)
class Report:
    """How things are. Counts are sums since the start."""

    answer: Answer
    errno: int = 0
    away: bool = False
    """The interface is gone or down."""
    stopping: bool = False
    """The holder was told to end (SIGTERM, SIGINT)."""
    interface_number: int = 0
    mtu: int = 0
    offered: int = 0
    dropped: int = 0
    received_bytes: int = 0
    """By the interface's own counters; they start again with another number."""
    sent_bytes: int = 0
    outages: int = 0
    renames: int = 0
    away_from_us: int = 0
    """Start of the first outage that no answer told yet, microseconds since 1970; 0 for none."""
    away_to_us: int = 0
    """End of the last one of those; now while it lasts."""


_REPORT = struct.Struct("=BBBBiiI8Q4x")
REPORT_BYTES = _REPORT.size


def push_report(report: Report) -> bytes:
    """Return a report's octets."""
    return _REPORT.pack(
        report.answer,
        report.away,
        report.stopping,
        0,
        report.errno,
        report.interface_number,
        report.mtu,
        *(report.offered, report.dropped, report.received_bytes, report.sent_bytes),
        *(report.outages, report.renames, report.away_from_us, report.away_to_us),
    )


def pull_report(data: bytes) -> Report | None:
    """Return a report; None for what is none."""
    if len(data) != _REPORT.size:
        return None
    answer, away, stopping, _, errno, number, mtu, *counts = _REPORT.unpack(data)
    if answer not in iter(Answer):
        return None
    return Report(Answer(answer), errno, bool(away), bool(stopping), number, mtu, *counts)
