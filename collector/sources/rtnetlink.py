"""What the kernel says about an interface: rtnetlink(7), messages about links.

`request` and `pull_link` are pure; `Watch` is the I/O. Asking and listening need no capability.
"""

import os
import socket
import struct
from dataclasses import dataclass

RTM_NEWLINK, RTM_GETLINK = 16, 18
NLM_F_REQUEST = 1
RTMGRP_LINK = 1
IFLA_IFNAME, IFLA_MTU, IFLA_STATS64 = 3, 4, 23
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
_HEADER = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port."""
_INFO = struct.Struct("=BxHiII")
"""ifinfomsg: family, hardware type, number, flags, changed flags."""
_ATTRIBUTE = struct.Struct("=HH")
_COUNTERS = struct.Struct("=4Q")
"""rtnl_link_stats64 begins: packets received and sent, octets received and sent."""
_TYPE_MASK = 0x3FFF
RECEIVE_BYTES = 1 << 16
"""A link's message is 1 to 4 KiB; what is larger is cut off by the kernel and asked for again."""
_DRAIN_MAX = 256
"""Notifications thrown away at once: what counts is the state, which is asked for afterwards."""


@dataclass(frozen=True, slots=True)
class Link:
    """An interface at this moment."""

    number: int
    name: str
    up: bool
    """Switched on and with a carrier (IFF_UP, IFF_LOWER_UP): a pulled cable is an outage, too."""
    mtu: int
    received_bytes: int
    sent_bytes: int


def request(*, number: int = 0, name: str = "") -> bytes:
    """Return the question about one link, by its number or by its name."""
    body = _INFO.pack(0, 0, number, 0, 0)
    if name:
        text = name.encode() + b"\0"
        body += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(text), IFLA_IFNAME) + text
        body += bytes(-len(body) % 4)
    return _HEADER.pack(_HEADER.size + len(body), RTM_GETLINK, NLM_F_REQUEST, 1, 0) + body


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            break
        found[kind & _TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def _link(body: bytes) -> Link | None:
    if len(body) < _INFO.size:
        return None
    _, _, number, flags, _ = _INFO.unpack_from(body)
    told = _attributes(body[_INFO.size :])
    counters = told.get(IFLA_STATS64, b"")
    _, _, received, sent = (
        _COUNTERS.unpack_from(counters) if len(counters) >= _COUNTERS.size else (0, 0, 0, 0)
    )
    wanted = IFF_UP | IFF_LOWER_UP
    return Link(
        number=number,
        name=told.get(IFLA_IFNAME, b"").split(b"\0")[0].decode("ascii", "replace"),
        up=flags & wanted == wanted,
        mtu=int.from_bytes(told.get(IFLA_MTU, b""), "little"),
        received_bytes=received,
        sent_bytes=sent,
    )


def pull_link(data: bytes) -> Link | None:
    """Return the link that an answer describes; None for an error, another message or a cut one."""
    if len(data) < _HEADER.size:
        return None
    length, kind, *_ = _HEADER.unpack_from(data)
    if kind != RTM_NEWLINK or not _HEADER.size <= length <= len(data):
        return None
    return _link(data[_HEADER.size : length])


class Watch:
    """Two netlink sockets: one is told of changes, on the other we ask."""

    def __init__(self) -> None:
        self._changes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._changes.bind((0, RTMGRP_LINK))
        self._changes.setblocking(False)  # noqa: FBT003 - the socket module's own
        self._asked = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._asked.bind((0, 0))
        self._asked.settimeout(1.0)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when some link changed."""
        return self._changes.fileno()

    def close(self) -> None:
        """Close both in this process."""
        self._changes.close()
        self._asked.close()

    def clear(self) -> None:
        """Forget the notifications that wait, lost ones (ENOBUFS) too: the state is asked for."""
        for _ in range(_DRAIN_MAX):
            try:
                self._changes.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue

    def find(self, *, number: int = 0, name: str = "") -> Link | None:
        """Return an interface by its number or its name (or alternative name); None without one."""
        try:
            # `write` and not `send`: its filter refuses sendto (cli/seccomp.py)
            os.write(self._asked.fileno(), request(number=number, name=name))
            return pull_link(self._asked.recv(RECEIVE_BYTES))
        except OSError:
            return None
