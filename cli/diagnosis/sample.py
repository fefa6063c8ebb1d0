"""Looks at an interface for a few seconds. Does I/O: a packet socket, read and closed.

Needs CAP_NET_RAW. 64 octets of each frame, counted as they come and dropped (frames.py).
"""

import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

from cli.diagnosis.facts import TrafficFacts
from cli.diagnosis.frames import Network, tally

SNAP: Final = 64
MOST_FRAMES: Final = 20_000
"""Enough to judge; a busy line gives them at once."""
_ALL: Final = 0x0003
_SOL_PACKET, _AUXDATA, _ADD_MEMBERSHIP, _PROMISCUOUS = 263, 8, 1, 1
_VLAN_VALID: Final = 0x10
_AUX: Final = struct.Struct("=IIIHHHH")
"""struct tpacket_auxdata, linux/if_packet.h: its status says whether a tag was taken off."""


def sample(interface: str, inside: tuple[Network, ...], seconds: float) -> TrafficFacts | None:
    """Count for so many seconds; None where no packet socket may be had there."""
    try:
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except OSError:
        return None
    with packets:
        try:
            packets.bind((interface, _ALL))
            number = socket.if_nametoindex(interface)
            member = struct.pack("=iHH8s", number, _PROMISCUOUS, 0, b"")
            packets.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
            packets.setsockopt(_SOL_PACKET, _AUXDATA, 1)
        except OSError:
            return None
        return tally(_frames(packets, seconds), inside)


def _frames(packets: socket.socket, seconds: float) -> Iterator[tuple[bytes, bool]]:
    ends = time.monotonic() + seconds
    for _ in range(MOST_FRAMES):
        left = ends - time.monotonic()
        if left <= 0:
            return
        packets.settimeout(left)
        try:
            data, extra, _flags, _from = packets.recvmsg(SNAP, socket.CMSG_SPACE(_AUX.size))
        except OSError:  # the time is over, or the interface went
            return
        yield data, any(_had_tag(content) for _level, _kind, content in extra)


def _had_tag(content: bytes) -> bool:
    return len(content) >= _AUX.size and bool(_AUX.unpack_from(content)[0] & _VLAN_VALID)
