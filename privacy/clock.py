"""Whether the wall clock may be believed when it says that something is old. Does I/O at the end.

Deletion and the end of keys follow the wall clock; one false step of it would erase everything. So each
look compares how far the wall clock went with how far the machine's own clock did (CLOCK_BOOTTIME: it
counts sleep, nobody sets it). A difference of more than JUMP_S freezes deletion and key rotation
until the clocks agree again or a person confirms the new time (`jauge purge --confirm-clock`).

Across a reboot the machine's own clock begins anew: then the wall clock must not have gone back, and
a machine that was off for longer than OFF_S waits for a person.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

JUMP_S: Final = 600
"""Ten minutes: no time source that works corrects more, and no retention is that exact."""
OFF_S: Final = 4 * 86_400
"""A long weekend. Across a reboot nothing else tells a machine that was off from a false clock."""
REFRESH_S: Final = 60
"""How often an agreeing clock is written down: only a reboot needs it that fresh."""
FILE: Final = "clock.json"
SIZE: Final = 512
"""Octets of the file: one sector, written over in place, so that a full disk changes nothing."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment."""

    wall_s: float
    """Seconds since 1970."""
    up_s: float
    """Seconds that this run of the machine has lasted."""
    boot: str
    """Names the run of the machine; empty where a sandbox hides it."""


@dataclass(frozen=True, slots=True)
class State:
    """What was last believed."""

    reading: Reading
    frozen: bool = False
    lost: bool = False
    """The record was damaged: only a person can say that the clock is right."""


def difference(before: Reading, now: Reading) -> float:
    """Return how far the wall clock is off, in seconds; 0 for what a reboot can explain.

    Positive: it jumped forward.
    """
    walked = now.wall_s - before.wall_s
    rebooted = now.boot != before.boot if now.boot and before.boot else now.up_s < before.up_s
    if not rebooted:
        return walked - (now.up_s - before.up_s)
    return walked if walked < 0 or walked > OFF_S else 0.0


def judge(before: State | None, now: Reading) -> tuple[State, float]:
    """Return what is believed from now on, and the difference in seconds.

    While frozen the last believed reading stays: a clock that comes back is believed again.
    """
    if before is None:
        return State(now), 0.0
    off = difference(before.reading, now)
    if abs(off) > JUMP_S or before.lost:
        return State(before.reading, frozen=True, lost=before.lost), off
    return State(now), off


def read_clocks() -> Reading:
    """Read both clocks of this machine."""
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except OSError:
        boot = ""
    return Reading(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), boot)


class ClockGuard:
    """Looks at the clocks for one store, whoever works on it. Making one opens nothing.

    Args:
        root: the store's directory; what was last believed lies in `clock.json`.
        read: both clocks.
        record: is told of `clock_jumped`, `clock_agreed`, `clock_confirmed`.
    """

    def __init__(
        self,
        root: Path,
        read: Callable[[], Reading] = read_clocks,
        record: Callable[[str, Mapping[str, Any]], object] = lambda _kind, _facts: None,
    ) -> None:
        self._path = root / FILE
        self._read = read
        self._record = record
        self._remembered: State | None = None

    def believed(self) -> bool:
        """Look at the clocks; False: nothing may be deleted and no key destroyed.

        Raises:
            OSError: what was believed cannot be read; nothing may be deleted.
        """
        with _opened(self._path) as file:
            before, damaged = _pull(file)
            now, off = judge(before or self._remembered, self._read())
            if damaged:
                now = State(now.reading, frozen=True, lost=True)
            was_frozen = before is not None and before.frozen
            stale = before is None or now.reading.wall_s - before.reading.wall_s >= REFRESH_S
            if now.frozen != was_frozen or (stale and not now.frozen):
                _push(file, now)
            self._remembered = now
        if now.frozen != was_frozen:
            kind = "clock_jumped" if now.frozen else "clock_agreed"
            self._record(kind, {"seconds": round(off)})
        return not now.frozen

    def time_s(self, wall_s: float) -> float:
        """Return the time that is believed: the wall clock, or where it jumped, what it would say without.

        Raises nothing: before the first look, the wall clock it is.
        """
        if self._remembered is None:
            return wall_s
        off = difference(self._remembered.reading, self._read())
        return wall_s - off if abs(off) > JUMP_S else wall_s

    def confirm(self) -> float:
        """Believe the clock as it is, because a person says so; returns the seconds it was off.

        Raises:
            OSError: it cannot be written down.
        """
        with _opened(self._path) as file:
            before, _ = _pull(file)
            now = self._read()
            off = difference(before.reading, now) if before else 0.0
            self._remembered = State(now)
            _push(file, self._remembered)
        self._record("clock_confirmed", {"seconds": round(off)})
        return off


class _opened:  # noqa: N801 - reads as a verb
    """The file, locked: two processes look one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self._file

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _pull(file: int) -> tuple[State | None, bool]:
    """Return what was believed, and whether the file makes no sense."""
    data = os.pread(file, SIZE, 0).strip(b" \0\n")
    if not data:
        return None, False
    try:
        content = json.loads(data)
        flags = bool(content["frozen"]), bool(content["lost"])
        return State(Reading(**content["reading"]), *flags), False
    except (ValueError, TypeError, KeyError):
        return None, True


def _push(file: int, state: State) -> None:
    os.pwrite(file, json.dumps(asdict(state)).encode().ljust(SIZE), 0)
    os.fdatasync(file)
