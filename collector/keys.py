"""The pseudonym keys of local days: random, in memory only, gone with the process.

A restart begins a new epoch of the day; the analyzer uses the longest one (DESIGN section 5).
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from privacy.pseudonym import KEY_BYTES

DAYS_KEPT = 3
"""The day, the day before until its last slices are out, and one in hand for clocks that jump."""


class DayKeys:
    """One key per local day, made at first use."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._keys: OrderedDict[date, bytes] = OrderedDict()

    def __call__(self, day: date) -> bytes:
        """Return the key of a local day."""
        key = self._keys.get(day)
        if key is None:
            key = self._keys[day] = self._random_bytes(KEY_BYTES)
            while len(self._keys) > DAYS_KEPT:
                self._keys.popitem(last=False)
        return key
