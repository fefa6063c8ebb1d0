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
    """Pseudonyms of the day, and of the day before until ten minutes after midnight."""

    def __init__(self, key_of_day: Callable[[date], bytes]) -> None:
        self._key_of_day = key_of_day

    def pseudonyms(self, tables: Any, slots: Any, day: date) -> Any:
        """Return the pseudonyms of device slots on a day: int64, same length.

        The entries' addresses are read here and nowhere else.
        """
        unique, inverse = np.unique(slots, return_inverse=True)
        key = self._key_of_day(day)
        values = np.zeros(len(unique), np.int64)
        for i, slot in enumerate(unique.tolist()):
            if slot < 0:
                continue
            entry = tables["devices"][slot]
            low = int(entry["key_lo"]) & (2**64 - 1)
            if int(entry["kind"]) == lay.DEVICE_MAC:
                identity = low.to_bytes(6, "big")
            else:
                high = int(entry["key_hi"]) & (2**64 - 1)
                identity = high.to_bytes(8, "big") + low.to_bytes(8, "big")
            values[i] = device_pseudonym(key, identity)
        return values[inverse]

    @staticmethod
    def forget(memory: Any) -> None:
        """Forget every device (a new day); flows that go on keep theirs until they end."""
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
