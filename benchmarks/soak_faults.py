"""What `benchmarks.soak` does to a running collector. Each fault is taken back before it returns."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.store_full import fill
from privacy.store.layout import SPOOL
from tests.support.capturing import Captured, parser_of
from tests.support.netns import GATEWAY_IF, SCHOOL_IF, Wire, set_offloads

AWAY_S, STOPPED_S = 5.0, 5.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What a fault may touch: all of it was made by the soak itself."""

    both: Wire
    captured: Captured
    disk: Path
    """Where the store's own disk is mounted."""
    mtu: int
    hold_s: float
    """How long a disk stays full, refusing or frozen."""


def interface_down(ground: Ground) -> None:
    """Pull the cable, put it back."""
    gateway = ground.both.gateway
    gateway.call("ip", "link", "set", GATEWAY_IF, "down")
    time.sleep(AWAY_S)
    gateway.call("ip", "link", "set", GATEWAY_IF, "up")


def interface_anew(ground: Ground) -> None:
    """Delete the interface, and make another one of its name, as a driver does that is loaded again."""
    both = ground.both
    both.gateway.call("ip", "link", "del", GATEWAY_IF)
    time.sleep(AWAY_S)
    both.gateway.call(
        *("ip", "link", "add", GATEWAY_IF, "type", "veth"),
        *("peer", "name", SCHOOL_IF, "netns", both.school.name),
    )
    for where, interface in ((both.school, SCHOOL_IF), (both.gateway, GATEWAY_IF)):
        set_offloads(where, interface, on=False)
        where.call("ip", "link", "set", interface, "mtu", str(ground.mtu), "up")


def disk_full(ground: Ground) -> None:
    """Somebody else fills the disk to its last page, keeps it full, and frees it."""
    until = time.monotonic() + ground.hold_s
    filler = fill(ground.disk)
    while time.monotonic() < until:
        time.sleep(1)
        fill(ground.disk)
    filler.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)


def spool_refuses(ground: Ground) -> None:
    """No file can be made in, or taken from, the directory of the spools (root is refused, too)."""
    spool = str(ground.captured.store / SPOOL)
    _run("chattr", "+i", spool)
    try:
        time.sleep(ground.hold_s)
    finally:
        _run("chattr", "-i", spool)


def disk_frozen(ground: Ground) -> None:
    """Every write waits, as on a disk that has fallen asleep or a network share that is away."""
    _run("fsfreeze", "--freeze", str(ground.disk))
    try:
        time.sleep(min(ground.hold_s, 10.0))
    finally:
        _run("fsfreeze", "--unfreeze", str(ground.disk))


def parser_stopped(ground: Ground) -> None:
    """The process that parses does not run: the ring fills, and what comes then is dropped."""
    pid = parser_of(ground.captured)
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(STOPPED_S)
    finally:
        os.kill(pid, signal.SIGCONT)


FAULTS: tuple[Callable[[Ground], None], ...] = (
    interface_down,
    disk_full,
    spool_refuses,
    interface_anew,
    disk_frozen,
    parser_stopped,
)
AWAY = (interface_down, interface_anew)
"""The faults in which nothing can be measured: gap rows stand for them."""
