"""The pseudonym keys of local days: 32 random octets each, in no file, dead soon after their day.

The key of a day that is going on lies in the kernel's key store, so that a restart finds it again and
a reboot does not; where the kernel refuses, in a locked page of this process. Keys of other days (a
capture file, a recorded tap) lie in the page alone and end with the process.

A key is destroyed GRACE_S after its local day ended. Each key is an epoch with a random id: the
audit log says when it was made and destroyed, so a day that a reboot split is seen as two epochs.
"""

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from collector.kernel_keys import KernelKeys, NoKernelKeys
from collector.locked import LockedPage
from privacy.pseudonym import KEY_BYTES

GRACE_S: Final = 600
"""After local midnight: the last slices of the day are out by then."""
DAYS_KEPT: Final = 3
"""The day, the day before until its last slices are out, and one in hand for clocks that jump."""
EPOCH_OCTETS: Final = 8
_SLOT: Final = KEY_BYTES + EPOCH_OCTETS
KERNEL: Final = "kernel keyring"
MEMORY: Final = "locked memory"

Fill = Callable[["ctypes.Array[ctypes.c_char]"], None]
Record = Callable[[str, Mapping[str, Any]], None]


def fill_random(slot: "ctypes.Array[ctypes.c_char]") -> None:
    """Fill a slot from the kernel's generator, without a copy on the way (getrandom(2)).

    Raises:
        OSError: there is no randomness; nothing may be keyed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getrandom(slot, ctypes.c_size_t(len(slot)), 0) != len(slot):
        raise OSError(ctypes.get_errno(), "no random octets")


@dataclass(frozen=True, slots=True)
class KeySetup:
    """What the keys of one collector are made of."""

    timezone: tzinfo
    """The school's: days are local."""
    now_s: Callable[[], float]
    """Wall clock, seconds since 1970."""
    fill: Fill = fill_random
    kernel: KernelKeys | None = None
    """None: locked memory only."""
    tag: str = ""
    """Names the store among the user's keys."""
    record: Record = lambda _kind, _facts: None
    """Is told of keys made and destroyed; None of their octets."""
    number_of: Callable[[date], int] = lambda _day: 1
    """The how-manieth key of a day the next one is."""
    alone: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Held while a key is looked for and made: two collectors get the same one."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A key in this process."""

    slot: int
    in_kernel: bool
    recorded: bool
    """Its day was over when it was asked for: a capture file or a recorded tap, whose clock is its own."""


class DayKeys:
    """Key of a local day: found, or made at first use.

    Raises:
        NotLocked: this process cannot even lock one page.
    """

    def __init__(self, setup: KeySetup) -> None:
        self._setup = setup
        self._page = LockedPage(_SLOT)
        self._held: OrderedDict[date, _Held] = OrderedDict()
        self._free = list(range(self._page.slots))
        self._prefix = f"jauge:pseudonym:{setup.tag}:"

    def __call__(self, day: date) -> memoryview:
        """Return the key of a local day; it is overwritten when the key is destroyed."""
        held = self._held.get(day)
        if held is None:
            while len(self._held) >= DAYS_KEPT:
                self._let_go(min(self._held))
            held = self._held[day] = self._take(day)
        return self._page.view(held.slot)[:KEY_BYTES]

    def ends_s(self, day: date) -> float:
        """Return when the key of a day is destroyed, seconds since 1970."""
        after = datetime.combine(day + timedelta(days=1), datetime.min.time(), self._setup.timezone)
        return after.timestamp() + GRACE_S

    def _take(self, day: date) -> _Held:
        slot = self._free.pop()
        now = self._setup.now_s()
        recorded = now >= self.ends_s(day)
        going_on = not recorded and now >= self.ends_s(day - timedelta(days=2))
        kernel = self._setup.kernel if going_on else None
        with self._setup.alone():
            number = kernel.find(self._prefix + day.isoformat()) if kernel else None
            if kernel and number is not None and kernel.read(number, self._page.slot(slot)):
                return _Held(slot, in_kernel=True, recorded=False)
            self._setup.fill(self._page.slot(slot))
            kept = kernel is not None and self._keep(kernel, day, slot)
            self._setup.record(
                "pseudonym_key_made",
                {
                    "day": day.isoformat(),
                    "epoch": self._epoch(slot),
                    "number": self._setup.number_of(day),
                    "kept_in": KERNEL if kept else MEMORY,
                },
            )
        return _Held(slot, in_kernel=kept, recorded=recorded)

    def _keep(self, kernel: KernelKeys, day: date, slot: int) -> bool:
        try:
            kernel.add(self._prefix + day.isoformat(), self._page.slot(slot))
        except NoKernelKeys:  # a quota: the day goes on with this process's copy
            return False
        return True

    def _epoch(self, slot: int) -> str:
        return self._page.view(slot)[KEY_BYTES:].hex()

    def _let_go(self, day: date) -> None:
        """Overwrite this process's copy; if there is no other one, the key is destroyed."""
        held = self._held.pop(day)
        if not held.in_kernel:
            self._say_destroyed(day, held.slot)
        self._wipe(held.slot)

    def _wipe(self, slot: int) -> None:
        self._page.wipe(slot)
        self._free.append(slot)

    def _say_destroyed(self, day: date, slot: int) -> None:
        facts = {"day": day.isoformat(), "epoch": self._epoch(slot)}
        self._setup.record("pseudonym_key_destroyed", facts)

    def expire(self) -> None:
        """Destroy the keys whose time has come; not to be called while the clock is not believed."""
        now = self._setup.now_s()
        newest = max(self._held, default=None)
        for day, held in list(self._held.items()):
            over = day != newest if held.recorded else now >= self.ends_s(day)
            if over and not held.in_kernel:
                self._let_go(day)
            elif over:
                self._held.pop(day)
                self._wipe(held.slot)
        for day in self._kernel_days():
            if now >= self.ends_s(day):
                self._destroy(day)

    def _kernel_days(self) -> list[date]:
        found = []
        for name in self._setup.kernel.names(self._prefix) if self._setup.kernel else ():
            try:
                found.append(date.fromisoformat(name.removeprefix(self._prefix)))
            except ValueError:
                continue
        return sorted(found)

    def _destroy(self, day: date) -> None:
        """Take a key from the kernel, whoever made it."""
        kernel = self._setup.kernel
        with self._setup.alone():
            number = kernel.find(self._prefix + day.isoformat()) if kernel else None
            if kernel is None or number is None:
                return  # another collector was first
            slot = self._free.pop()
            kernel.read(number, self._page.slot(slot))
            kernel.destroy(number)
            self._say_destroyed(day, slot)
            self._wipe(slot)

    def close(self) -> None:
        """Overwrite what this process holds; the kernel keeps the key of the day that goes on."""
        for day in list(self._held):
            self._let_go(day)
