"""The socket: the only I/O of this folder."""

import select
import socket
import struct
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Protocol

from collector.exports.listener import Listener

DATAGRAM_MAX = 65_535
RECEIVE_BUFFER = 8 << 20
"""Asked of the kernel: half a second of 100,000 small datagrams. With CAP_NET_ADMIN it is given in
full; else the kernel gives what net.core.rmem_max allows."""
BATCH_MAX = 256
"""Datagrams read before the clock is looked at again."""
TICK_S = 1.0
FLUSH_S = 4.0
"""Rows are made safe at least that often: a kill loses less than five seconds."""
_SO_RCVBUFFORCE = 33
"""Linux: above net.core.rmem_max, for CAP_NET_ADMIN (socket(7))."""
_SO_RXQ_OVFL = 40
"""Linux: each datagram brings the count of those dropped on this socket (socket(7))."""
_DROPS = struct.Struct("=I")


class CannotListen(Exception):
    """The socket cannot be opened."""


class Store(Protocol):
    """A sink that can be flushed."""

    def flush(self) -> None:
        """Make what waits safe."""

    def close(self) -> None:
        """Write everything and end."""


def ask_room(receiver: socket.socket) -> None:
    """Ask for RECEIVE_BUFFER, over the system's limit where that is permitted."""
    try:
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def open_socket(address: str, port: int) -> socket.socket:
    """Bind a UDP socket.

    Raises:
        CannotListen: the address is not ours, or the port is taken or privileged.
    """
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    receiver = socket.socket(family, socket.SOCK_DGRAM)
    try:
        ask_room(receiver)
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        receiver.bind((address, port))
        receiver.setblocking(False)  # noqa: FBT003 - the socket module's own
    except OSError as error:
        receiver.close()
        raise CannotListen(error.strerror or "the socket cannot be bound") from None
    return receiver


def plain_address(source: str) -> str:
    """Return the address as the allow-list writes it (a dual-stack socket maps IPv4 into IPv6)."""
    address = ip_address(source.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _drain(receiver: socket.socket, listener: Listener) -> None:
    for _ in range(BATCH_MAX):
        try:
            data, ancillary, _, sender = receiver.recvmsg(DATAGRAM_MAX, 64)
        except BlockingIOError:
            return
        except ConnectionError:
            continue  # an ICMP answer to nothing of ours: there is no datagram in it
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL and len(value) == _DROPS.size:
                listener.socket_drops = _DROPS.unpack(value)[0]
        listener.offer(data, source=plain_address(sender[0]), port=sender[1], now=time.time())


def _nothing(_: Any) -> None:
    """Do nothing: nobody watches, no log is followed."""


def run_listen(
    receiver: socket.socket,
    listener: Listener,
    store: Store,
    *,
    stopped: Callable[[], bool],
    tick: Callable[[Listener], None] | None = None,
    before_tick: Callable[[float], None] = _nothing,
) -> dict[str, Any]:
    """Receive until `stopped`; then take what the socket still holds and close the counts.

    `before_tick` is called each time before flows are handed out (logs that name them are read there).

    Raises:
        OSError: the store cannot be written.
    """
    started = flushed = ticked = time.monotonic()
    while not stopped():
        if select.select([receiver], [], [], 0.2)[0]:
            _drain(receiver, listener)
        now = time.monotonic()
        if now - ticked >= TICK_S:
            before_tick(time.time())
            listener.tick(time.time())
            ticked = now
            if tick is not None:
                tick(listener)
        if now - flushed >= FLUSH_S:
            store.flush()
            flushed = now
    while select.select([receiver], [], [], 0)[0]:
        _drain(receiver, listener)
    receiver.close()
    before_tick(time.time())
    listener.finish(time.time())
    store.close()
    return listener.report(time.monotonic() - started)
