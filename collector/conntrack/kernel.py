"""The kernel's side: sockets, switches, and the loop that reads them. The only I/O of this folder.

Two sockets: events of new and ended connections come by themselves, the whole table comes when asked.
Changes of a connection (UPDATE) are not subscribed: they bring no counters, and each TCP connection
makes half a dozen of them.
"""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collector.conntrack.entry import CT_GET
from collector.conntrack.gateway import Gateway
from collector.conntrack.netlink import Unused, push_request
from collector.exports.receiver import FLUSH_S, Store, ask_room

SWITCHES = Path("/proc/sys/net/netfilter")
_NETFILTER = 12
_NEW, _DESTROY = 1 << 0, 1 << 2
"""Groups NFNLGRP_CONNTRACK_NEW (1) and _DESTROY (3) as a mask."""
_REQUEST_DUMP = 0x301
_MESSAGE_MAX = 1 << 16
"""The kernel fills at most 32 KiB when it tells its table."""
BATCH_MAX = 1_024
"""Events read before the clock is looked at again."""
_SO_MEMINFO, _MEMINFO_OCTETS, _MEMINFO_DROPS = 55, 36, 8
"""Linux: nine counters of a socket, the last is what it dropped (linux/sock_diag.h)."""
WAIT_S = 0.2
READING_S = 10
"""A link row is ten seconds, and a minute is whole readings."""
_BUSY_SHARE = 0.1
"""A reading may take a tenth of the time; a larger table is read every 20, 30 or 60 s."""
_ANSWER_S = 10.0
READING_STEPS = (READING_S, 20, 30, 60)


class CannotTrack(Exception):
    """The kernel does not let us read its connections. `permission`: for want of CAP_NET_ADMIN."""

    def __init__(self, message: str, *, permission: bool = False) -> None:
        super().__init__(message)
        self.permission = permission


def findings(read: Callable[[str], str | None]) -> list[str]:
    """Return what must be changed on the gateway before its connections can be measured.

    Args:
        read: value of a switch under net.netfilter, None when there is no such switch.
    """
    accounting, events = read("nf_conntrack_acct"), read("nf_conntrack_events")
    if accounting is None:
        return [
            "this kernel tracks no connections: is this the gateway that translates addresses? "
            "Type: modprobe nf_conntrack"
        ]
    wrong = []
    if accounting == "0":
        wrong.append(_switch("connections are tracked but not counted", "nf_conntrack_acct"))
    if events == "0":
        wrong.append(_switch("the kernel announces no connections", "nf_conntrack_events"))
    return wrong


def _switch(what: str, name: str) -> str:
    setting = f"net.netfilter.{name}"
    return (
        f"{what}. Type: sysctl -w {setting}=1 && echo '{setting} = 1' > "
        f"/etc/sysctl.d/60-jauge-{name.rpartition('_')[2]}.conf "
        "(connections that are open already count once they are renewed)"
    )


def read_switch(name: str) -> str | None:
    """Return the value of a switch of this network namespace."""
    try:
        return (SWITCHES / name).read_text().strip()
    except OSError:
        return None


class Kernel:
    """The two sockets. Constructing opens nothing."""

    def __init__(self) -> None:
        self.events: socket.socket | None = None
        self._table: socket.socket | None = None
        self._asked = 0

    def open(self) -> None:
        """Subscribe.

        Raises:
            CannotTrack: says why.
        """
        try:
            self.events = self._socket(_NEW | _DESTROY)
            self._table = self._socket(0)
            ask_room(self.events)
            self.events.setblocking(False)  # noqa: FBT003 - the socket module's own
            self._table.settimeout(_ANSWER_S)
        except PermissionError:
            self.close()
            raise CannotTrack(
                "the kernel's connections are closed to this user", permission=True
            ) from None
        except OSError as error:
            self.close()
            raise CannotTrack(error.strerror or "netlink cannot be opened") from None

    # NETLINK_BROADCAST_ERROR would lose no event: the kernel then keeps ended connections until they
    # are read. A stopped collector would fill its table, and the school would be off line.

    @staticmethod
    def _socket(groups: int) -> socket.socket:
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
        opened.bind((0, groups))
        return opened

    def wait(self) -> None:
        """Wait for an event, WAIT_S at most."""
        if self.events is not None:
            select.select([self.events], [], [], WAIT_S)

    def drain(self, gateway: Gateway) -> bool:
        """Take the events that wait; True when there may be more."""
        if self.events is None:
            return False
        for _ in range(BATCH_MAX):
            try:
                data, _, flags, sender = self.events.recvmsg(_MESSAGE_MAX)
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.read_drops(gateway)
                continue
            if sender[0] != 0:
                gateway.refuse(Unused.FORGED)
            elif flags & socket.MSG_TRUNC:
                gateway.refuse(Unused.TRUNCATED)
            else:
                gateway.offer(data, time.time_ns() // 1_000_000)
        return True

    def read_drops(self, gateway: Gateway) -> None:
        """Ask the kernel how many messages it dropped on the events' socket."""
        if self.events is not None:
            raw = self.events.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_OCTETS)
            gateway.kernel_drops = struct.unpack("=9I", raw)[_MEMINFO_DROPS]

    def read_table(self, gateway: Gateway, at_ms: int) -> None:
        """Read the whole table as it is now; counters stand for `at_ms`."""
        assert self._table is not None  # noqa: S101 - opened before
        self._asked += 1
        gateway.begin_reading()
        complete = False
        try:
            # AF_UNSPEC, version 0, resource 0: every family.
            self._table.send(push_request(CT_GET, _REQUEST_DUMP, self._asked, bytes(4)))
            while not complete:
                data, _, flags, sender = self._table.recvmsg(_MESSAGE_MAX)
                if sender[0] != 0 or flags & socket.MSG_TRUNC:
                    gateway.refuse(Unused.TRUNCATED if flags else Unused.FORGED)
                    continue
                complete = gateway.offer(data, at_ms, reading=True)
        except OSError:
            complete = False  # counted as a failed reading; the next one catches up
        self.read_drops(gateway)
        gateway.end_reading(at_ms, complete=complete)

    def close(self) -> None:
        """Close what is open."""
        for opened in (self.events, self._table):
            if opened is not None:
                opened.close()
        self.events = self._table = None


def next_reading(now: float, took_s: float) -> float:
    """Return when to read next: at a whole multiple, so that minutes are whole readings."""
    step = next((s for s in READING_STEPS if took_s <= s * _BUSY_SHARE), READING_STEPS[-1])
    return (now // step + 1) * step


class _Run:
    """A running collection: when to read the table, when to write."""

    def __init__(
        self, kernel: Kernel, gateway: Gateway, before_reading: Callable[[float], None]
    ) -> None:
        self._kernel, self._gateway, self._before = kernel, gateway, before_reading
        self._due = 0.0

    def read(self, at: float) -> None:
        """Take all events that wait, the logs, then the table as it is now."""
        while self._kernel.drain(self._gateway):
            pass
        self._before(at)
        began = time.monotonic()
        self._kernel.read_table(self._gateway, int(at * 1_000))
        self._due = next_reading(time.time(), time.monotonic() - began)

    def read_when_due(self) -> bool:
        """Wait a moment for events; read the table when it is time."""
        self._kernel.wait()
        self._kernel.drain(self._gateway)
        now = time.time()
        if now < self._due <= now + 2 * READING_STEPS[-1]:  # beyond it, the clock was set back
            return False
        late = now - self._due > READING_STEPS[-1]  # or forward
        self.read(now if late or self._due > now else self._due)
        return True


def run_gateway(
    kernel: Kernel,
    gateway: Gateway,
    store: Store,
    *,
    stopped: Callable[[], bool],
    before_reading: Callable[[float], None],
    tick: Callable[[Gateway], None],
) -> dict[str, Any]:
    """Follow the kernel's connections until `stopped`; then read once more and close the counts.

    Args:
        kernel: open.
        gateway: takes what comes.
        store: open.
        stopped: asked after each wait.
        before_reading: called before slices are made (logs that name them are read here).
        tick: called after each reading, for progress.

    Raises:
        OSError: the store cannot be written.
    """
    started = flushed = time.monotonic()
    run = _Run(kernel, gateway, before_reading)
    run.read(time.time())  # what passed before it is not ours to count
    while not stopped():
        if run.read_when_due():
            tick(gateway)
        if time.monotonic() - flushed > FLUSH_S:
            store.flush()
            flushed = time.monotonic()
    run.read(time.time())
    gateway.finish(int(time.time() * 1_000))
    kernel.close()
    store.close()
    return gateway.report(time.monotonic() - started)
