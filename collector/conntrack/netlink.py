"""Netlink messages and attributes (linux/netlink.h). Pure, and no exception leaves a parser.

A datagram from the kernel holds whole messages; there is no `need more`: a message that ends before its
length is `TRUNCATED`. Length and type are in the machine's own byte order.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF
"""Without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""
ATTRIBUTES_MAX = 64
"""Attributes of one level: conntrack has 26 kinds (linux/netfilter/nfnetlink_conntrack.h)."""
ERROR, DONE, OVERRUN = 2, 3, 4
"""NLMSG_NOOP is 1; types from 16 on belong to the subsystem."""


class Unused(StrEnum):
    """Why a message or an entry was not metered. Each is counted on its own."""

    TRUNCATED = "truncated"  # ends before its own length
    LENGTH = "length"  # a length that makes no sense
    OTHER_MESSAGE = "other_message"  # no connection in it
    FORGED = "forged"  # not sent by the kernel
    NO_ADDRESS = "no_address"  # not both addresses of one IP version
    NO_COUNTER = "no_counter"  # begun while accounting was off
    OTHER_TABLE = "other_table"  # of another conntrack zone: the same packets once more
    NO_INSIDE = "no_inside"  # no declared inside address: the gateway's own, or others' traffic
    BEFORE_START = "before_start"  # was over before the first reading: not ours to count
    TABLE_FULL = "table_full"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The bytes make no sense, or are not for us."""

    reason: Unused


@dataclass(frozen=True, slots=True)
class Message:
    """One netlink message."""

    kind: int
    flags: int
    sequence: int
    body: bytes


def pull_messages(data: bytes) -> Iterator[Message | Rejected]:
    """Yield the messages of one datagram; after a rejected one nothing more can be found."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            yield Rejected(Unused.TRUNCATED)
            return
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            yield Rejected(Unused.LENGTH)
            return
        if at + length > len(data):
            yield Rejected(Unused.TRUNCATED)
            return
        yield Message(kind, flags, sequence, data[at + _HEADER.size : at + length])
        at += (length + 3) & ~3


def pull_attributes(data: bytes, at: int = 0) -> dict[int, bytes] | Rejected:
    """Return the attributes of one level, the last of a kind; padding to 4 octets is skipped."""
    found: dict[int, bytes] = {}
    end = len(data)
    for _ in range(ATTRIBUTES_MAX):
        if end - at < _ATTRIBUTE.size:
            return found
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            return Rejected(Unused.LENGTH)
        if at + length > end:
            return Rejected(Unused.TRUNCATED)
        found[kind & _TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return Rejected(Unused.LENGTH)


def push_request(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Build one message to the kernel."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body
