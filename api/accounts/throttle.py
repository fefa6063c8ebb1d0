"""How often somebody may try: bounded counts in memory, waits that grow and go away. Pure.

Keys are MACs under a key that lives as long as the process: neither a name nor an address is kept,
and nothing is written. A try is counted before it is judged, so that two hundred at once are two
hundred. Time is an argument.

Nobody can be locked out by others for good (OWASP, "device cookies"): a browser in which the account
has logged in before has a count of its own, that no stranger can use up.
"""

import hmac
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 10
"""Tries before the waits begin."""
WINDOW_S: Final = 900.0
"""Quiet after which all is forgotten."""
LONGEST_WAIT_S: Final = 900.0
MOST_KEYS: Final = 16_384
"""About 4 MiB; whoever is the longest without a try is forgotten first."""

FIRST_AWAY_S: Final = 2.0
LONGEST_AWAY_S: Final = 64.0
"""Of a newcomer: five hundred of them that obey come eight times a second."""


@dataclass(slots=True)
class _Count:
    tries: int
    until: float
    """No other try before; forgotten a window after."""


class Throttle:
    """Tries by key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()

    def key(self, kind: str, value: str) -> bytes:
        """Return what stands for a name, an address or a browser."""
        return _digest(self._key, kind, value)

    def tries(self, key: bytes, now: float) -> int:
        """Return the tries of a key in the present window."""
        count = self._counts.get(key)
        return count.tries if count and now < count.until + WINDOW_S else 0

    def take(self, keys: Sequence[bytes], now: float) -> float:
        """Count one try for all keys; or return the seconds to wait, and count nothing."""
        wait = max((self._wait(key, now) for key in keys), default=0.0)
        if wait > 0:
            return wait
        for key in keys:
            count = self._counts.pop(key, None)
            if count is None or now >= count.until + WINDOW_S:
                count = _Count(0, now)
            count.tries += 1
            count.until = now + _pause(count.tries)
            self._counts[key] = count
        while len(self._counts) > MOST_KEYS:
            self._counts.popitem(last=False)
        return 0.0

    def _wait(self, key: bytes, now: float) -> float:
        count = self._counts.get(key)
        return max(0.0, count.until - now) if count else 0.0

    def give_back(self, key: bytes, now: float) -> None:
        """Take one try back: it was right, or was not judged. Those before it stay counted."""
        count = self._counts.get(key)
        if count is not None:
            count.tries = max(0, count.tries - 1)
            count.until = count.until if _pause(count.tries) else min(count.until, now)

    def forget(self, key: bytes) -> None:
        """Begin anew for a key that proved right."""
        self._counts.pop(key, None)


def _digest(key: bytes, kind: str, value: str) -> bytes:
    return hmac.digest(key, f"{kind}\n{value}".encode(), "sha256")[:16]


def _pause(tries: int) -> float:
    """Seconds after the nth try before the next: none, then 2, 4, 8… up to a quarter of an hour."""
    over = tries - FREE_TRIES + 1
    return min(LONGEST_WAIT_S, 2.0**over) if over > 0 else 0.0


class Bucket:
    """A rate with a burst, for all together."""

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._level, self._at = burst, 0.0

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        self._level = min(self._burst, self._level + (now - self._at) * self._per_s)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


class Newcomers:
    """Places that have not failed yet: they share a rate, and whoever hurries loses his turn.

    An attack from many places takes the whole rate only while each of them is new. One that is
    turned away is new again after a wait that it is told, twice as long each time; coming earlier
    makes it longer. So a person who waits gets in, and a program that does not is soon left out.
    """

    def __init__(self, key: bytes, bucket: Bucket) -> None:
        self._key, self._bucket = key, bucket
        self._away: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        """Place → (its last wait, until when)."""

    def take(self, place: str, now: float) -> float:
        """Give a place its turn; or return the seconds that it waits from now on."""
        key = _digest(self._key, "newcomer", place)
        wait, until = self._away.pop(key, (0.0, 0.0))
        if now >= until and self._bucket.take(now):
            return 0.0
        wait = min(LONGEST_AWAY_S, 2 * wait if wait else FIRST_AWAY_S)
        self._away[key] = (wait, now + wait)
        while len(self._away) > MOST_KEYS:
            self._away.popitem(last=False)
        return wait
