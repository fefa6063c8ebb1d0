"""From what the loop saw to what may be stored: names to sites, devices to pseudonyms.

The loop hands over references; here, and only here, bytes of names and addresses become Python
values for a moment. A name is reduced to its site and dropped; a MAC or address is keyed with the
day's key and stays in the loop's memory only.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from collector.meter import layout as lay
from collector.meter.entry import reindex_devices
from collector.reduced import Reduced, Reducer
from privacy.pseudonym import device_pseudonym

SITES_MAX = 65_536
"""Sites held at once; a day of a large school shows a few thousand. Beyond it names stay unnamed
until the next forgetting."""


class Sites:
    """The sites met so far and which name reference means which."""

    def __init__(self, reduce: Reducer) -> None:
        self._reduce = reduce
        self._known: dict[Reduced, int] = {}
        self.values: list[Reduced] = []
        self._none = self._number(Reduced(None))

    def _number(self, reduced: Reduced) -> int:
        number = self._known.get(reduced)
        if number is None:
            if len(self.values) >= SITES_MAX:
                return self._none
            number = self._known[reduced] = len(self.values)
            self.values.append(reduced)
        return number

    def number_of(self, name: str) -> int:
        """Reduce a full name and return its site's number."""
        return self._number(self._reduce(name))

    def take(self, tables: Any) -> None:
        """Reduce the names that wait in the arena, then wipe their bytes."""
        word = tables["word"]
        waiting = int(word[lay.W_NAME_PENDING])
        if not waiting:
            return
        pending = tables["pending"][:waiting]
        filled = int(word[lay.W_NAME_ARENA])
        arena = tables["arena"][:filled].tobytes()
        numbers = [
            self.number_of(arena[offset : offset + length].decode("ascii"))
            for offset, length in zip(
                pending["offset"].tolist(), pending["length"].tolist(), strict=True
            )
        ]
        tables["names"]["site"][pending["slot"]] = numbers
        tables["arena"][:filled] = 0
        word[lay.W_NAME_PENDING] = word[lay.W_NAME_ARENA] = 0

    def forget(self, tables: Any) -> None:
        """Keep only the names that a flow or a DNS answer still refers to."""
        flows, dns, names = tables["flows"], tables["dns"], tables["names"]
        live_flows = (flows["used"] == 1) & (flows["name"] >= 0)
        live_dns = (dns["used"] == 1) & (dns["expires_us"] >= tables["word"][lay.W_CLOCK_US])
        kept = np.unique(np.concatenate([flows["name"][live_flows], dns["name"][live_dns]]))
        if len(kept) > lay.NAME_CAP // 2:  # more answers than names can be: let those go
            kept = np.unique(flows["name"][live_flows])[: lay.NAME_CAP // 2]
            live_dns[:] = False
        dns["used"][~live_dns] = 0
        old = names[kept].copy()
        names["used"] = 0
        moved = np.full(lay.NAME_CAP, -1, np.int32)
        mask = lay.NAME_CAP - 1
        for reference, entry in zip(kept.tolist(), old, strict=True):
            at = int(entry["hash"]) & mask
            while names["used"][at]:
                at = (at + 1) & mask
            names[at] = entry
            moved[reference] = at
        flows["name"][live_flows] = moved[flows["name"][live_flows]]
        dns["name"][live_dns] = moved[dns["name"][live_dns]]
        tables["word"][lay.W_NAMES] = len(kept)


class Devices:
    """Pseudonyms of the devices of a day, each computed once."""

    def __init__(self, key_of_day: Callable[[date], bytes | memoryview]) -> None:
        self._key_of_day = key_of_day
        self._day: date | None = None
        self._known = np.zeros(lay.DEVICE_CAP, bool)
        self._values = np.zeros(lay.DEVICE_CAP, np.int64)

    def _begin(self, day: date | None) -> None:
        self._day = day
        self._known[:] = False
        self._values[:] = 0

    def pseudonyms(self, tables: Any, slots: Any, day: date) -> Any:
        """Return the pseudonyms of device slots (none negative) on a day: int64, same length.

        The entries' addresses are read here and nowhere else.
        """
        if day != self._day:
            self._begin(day)
        fresh = np.unique(slots[~self._known[slots]])
        key = self._key_of_day(day)
        entries = tables["devices"][fresh]
        high, low = (entries[half].astype(">i8").tobytes() for half in ("key_hi", "key_lo"))
        is_mac = entries["kind"] == lay.DEVICE_MAC
        values = [
            device_pseudonym(key, low[i + 2 : i + 8] if mac else high[i : i + 8] + low[i : i + 8])
            for mac, i in zip(is_mac.tolist(), range(0, 8 * len(fresh), 8), strict=True)
        ]
        self._values[fresh], self._known[fresh] = values, True
        return self._values[slots]

    def forget(self, memory: Any) -> None:
        """Forget every device (a new day); flows that go on keep theirs until they end."""
        self._begin(None)
        tables = memory[0]
        flows = tables["flows"]
        live = (flows["used"] == 1) & (flows["device"] >= 0)
        kept = np.unique(flows["device"][live])
        entries = tables["devices"][kept].copy()
        tables["devices"][: len(kept)] = entries
        moved = np.full(lay.DEVICE_CAP, -1, np.int32)
        moved[kept] = np.arange(len(kept), dtype=np.int32)
        flows["device"][live] = moved[flows["device"][live]]
        tables["word"][lay.W_DEVICES] = len(kept)
        reindex_devices(memory)
