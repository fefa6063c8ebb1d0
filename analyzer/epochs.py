"""Which minutes of a day count: those of its longest pseudonym epoch (DESIGN section 5). Pure.

A reboot ends a day's key, and another one begins: the same device has two pseudonyms on that day,
and would count twice. So only one epoch of a day makes cells; the rest counts in the load of the
link and in coverage. Which epoch that is, is decided by when the keys were made (the audit log says
it), never by what was measured: a choice that looked at slices could be turned by one device.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from privacy.log.entries import Entry

MADE: Final = "pseudonym_key_made"
MINUTE: Final = timedelta(minutes=1)

Window = tuple[datetime, datetime]
"""[first minute, after the last minute), both UTC."""


def made_at(entries: Iterable[Entry]) -> dict[date, tuple[datetime, ...]]:
    """Return when the pseudonym keys of each day were made, oldest first."""
    found: dict[date, tuple[datetime, ...]] = {}
    for entry in entries:
        if entry.kind == MADE:
            day = date.fromisoformat(entry.facts["day"])
            found[day] = (*found.get(day, ()), datetime.fromisoformat(entry.at))
    return found


def longest(made: Iterable[datetime], starts: datetime, ends: datetime) -> Window:
    """Return the minutes of the longest epoch of a day; the first of several that are as long.

    The minutes around the making of a key belong to no epoch: a slice of the one may bear the
    minute of the other. Keys that were made when the day was over (a recording that was read
    later) say nothing of its minutes: of several such epochs none counts.

    Args:
        made: when each key of the day was made; none or one: the day is one epoch.
        starts: first minute of the day, UTC.
        ends: the minute after its last, UTC.
    """
    instants = sorted(made)
    if len(instants) <= 1:
        return starts, ends
    if instants[-1] >= ends:
        return starts, starts
    turns = [_minute(instant) for instant in instants[1:]]
    firsts = [starts, *(turn + MINUTE for turn in turns)]
    lasts = [*(turn - MINUTE for turn in turns), ends]
    windows = [
        (max(first, starts), max(min(last, ends), first, starts))
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return max(windows, key=lambda window: window[1] - window[0])


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
