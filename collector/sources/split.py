"""One command, two processes: who holds the packet socket, and who parses.

    command ── makes socket and ring ── fork ─┬─ holder: the socket, no capability, no parsing
                                              └─ parser: the ring in memory, no socket, no capability

The fork comes before anything heavy is imported, so that the holder stays small, and before any
thread, because capabilities belong to threads. Decision: docs/adr/0004-who-holds-the-socket.md.
"""

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from collector.sources.holder import Holder
from collector.sources.packet_socket import BLOCKS, PacketSocket
from collector.sources.rtnetlink import Watch

if TYPE_CHECKING:
    from collector.sources.packet_socket import Mapping

_SERVICE_MANAGER = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Between the holder and systemd; the parser could not use them."""


class Parted(Exception):
    """Raised in the holder when its work is done. `code` as os.waitstatus_to_exitcode."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the parser ended with {code}")
        self.code = code


def split(
    *,
    snap_bytes: int,
    confine_holder: Callable[[], None],
    confine_parser: Callable[[], None],
    blocks: int = BLOCKS,
) -> "tuple[Mapping, socket.socket]":
    """Become two. Returns in the parser only: the ring's memory and the channel to the holder.

    Args:
        snap_bytes: octets of a frame that enter the ring.
        confine_holder: called in the holder before it serves.
        confine_parser: called in the parser before it returns.
        blocks: of the ring, each BLOCK_BYTES.

    Raises:
        PermissionError: CAP_NET_RAW is missing.
        OSError: the kernel refused the socket, the ring or the fork.
        Parted: in the holder, at the end.
    """
    packets = PacketSocket(snap_bytes=snap_bytes, blocks=blocks)
    mapping = packets.open()
    watch = Watch()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parser = os.fork()
    if parser:
        theirs.close()
        mapping.unmap()
        raise Parted(_hold(Holder(packets, watch, ours, parser), confine_holder))
    for not_ours in (ours, packets, watch):
        not_ours.close()
    for name in _SERVICE_MANAGER:
        os.environ.pop(name, None)
    confine_parser()
    return mapping, theirs


def _hold(holder: Holder, confine: Callable[[], None]) -> int:
    try:
        holder.prepare()
        confine()
    except Exception as error:
        # What cannot be confined here could not be there: the parser says it, once.
        holder.leave()
        code = holder.wait()
        if code == 0 or isinstance(error, RuntimeError):
            raise
        return code
    return holder.run()
