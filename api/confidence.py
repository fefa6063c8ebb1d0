"""How far an answer may be trusted, 1 to 5, with the reasons as words. Pure.

Five, less one for each reason. The reasons come from what is stored beside the numbers; none is a
judgement about the school.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

BEST: Final = 5
MOST_LOST: Final = 0.01
"""Share of packets whose loss can be seen in a chart."""
HALF: Final = 0.5
MOST_MISSING: Final = 0.05
"""Share of the minutes of a period of the link."""

REASONS: Final = (
    "capture_loss", "mostly_withheld", "mostly_indicative", "minutes_missing", "simulated",
    "nothing_released",
)  # fmt: skip


def confidence(
    payloads: Sequence[Mapping[str, Any]], status: Mapping[str, Any]
) -> dict[str, int | list[str]]:
    """Return `{"level": 1…5, "reasons": […]}` for some stored releases."""
    if not payloads:
        return {"level": 1, "reasons": ["nothing_released"]}
    cells = [cell["display"] for payload in payloads for cell in payload.get("cells", ())]
    withheld = sum(bool(cell.get("withheld")) for cell in cells)
    indicative = sum(cell.get("quality") == "indicatif" for cell in cells)
    reasons = [
        word
        for word, holds in (
            ("capture_loss", _lost(payloads, status)),
            ("mostly_withheld", withheld > HALF * len(cells)),
            ("mostly_indicative", indicative > HALF * (len(cells) - withheld)),
            ("minutes_missing", _missing(payloads)),
            ("simulated", any(payload["origin"] == "simulated" for payload in payloads)),
        )
        if holds
    ]
    return {"level": max(1, BEST - len(reasons)), "reasons": reasons}


def days_of(payload: Mapping[str, Any]) -> tuple[date, date]:
    """Return the first and the last day of one stored release."""
    if "ends" not in payload:  # a day of the link
        day = date.fromisoformat(payload["period"])
        return day, day
    return (
        date.fromisoformat(payload["starts"]),
        date.fromisoformat(payload["ends"]) - timedelta(days=1),
    )


def _lost(payloads: Sequence[Mapping[str, Any]], status: Mapping[str, Any]) -> bool:
    """Whether on any covered day more packets were lost than may be seen."""
    spans = [days_of(payload) for payload in payloads]
    first, last = min(spans)[0], max(end for _, end in spans)
    for day in status.get("coverage", ()):
        lost = day.get("kernel_drops", 0) + day.get("shed", 0)
        if first <= date.fromisoformat(day["day"]) <= last and lost > MOST_LOST * day["offered"]:
            return True
    return False


def _missing(payloads: Sequence[Mapping[str, Any]]) -> bool:
    """Whether too many minutes of the link were not seen."""
    slots = [
        slot for payload in payloads for line in payload.get("lines", ()) for slot in line["slots"]
    ]
    missing = sum(slot["minutes_missing"] for slot in slots)
    return missing > MOST_MISSING * (missing + sum(slot["minutes_seen"] for slot in slots))
