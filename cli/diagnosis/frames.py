"""Counts what a few seconds of frames show: directions, machines, tags. Pure.

Addresses are compared in memory and dropped; what comes out is counts. Headers only: the first octets
of Ethernet and IP, nothing of what they carry.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from cli.diagnosis.facts import TrafficFacts

Network = IPv4Network | IPv6Network
MOST_KNOWN: Final = 4_096
"""Addresses remembered while counting: more would only be more than one."""
_VLAN: Final = (0x8100, 0x88A8)
_MAC_OCTETS, _ETHERNET, _TAG = 6, 14, 4
_PLACES: Final = {0x0800: (12, 4), 0x86DD: (8, 16)}
"""EtherType → where the source address stands in the IP header, and its length (RFC 791, RFC 8200)."""


def tally(frames: Iterable[tuple[bytes, bool]], inside: tuple[Network, ...]) -> TrafficFacts:
    """Count frames; each comes with whether the kernel had taken a VLAN tag off it.

    Args:
        frames: the first octets of each, Ethernet header first; a short one counts as a frame only.
        inside: the school's networks.
    """
    total = up = down = tagged = 0
    senders: set[bytes] = set()
    talking: set[bytes] = set()
    for frame, had_tag in frames:
        total += 1
        kind, at = _ethertype(frame)
        tagged += had_tag or at > _ETHERNET
        if len(senders) < MOST_KNOWN:
            senders.add(frame[_MAC_OCTETS : 2 * _MAC_OCTETS])
        ends = _ends(frame, kind, at)
        if ends is None:
            continue
        from_inside, to_inside = (_is_in(end, inside) for end in ends)
        if from_inside == to_inside or _is_group(ends[1]):
            continue
        up, down = up + from_inside, down + to_inside
        if len(talking) < MOST_KNOWN:
            talking.add(ends[0] if from_inside else ends[1])
    return TrafficFacts(total, up, down, len(senders), len(talking), tagged)


def _ethertype(frame: bytes) -> tuple[int, int]:
    """Return the EtherType behind any tags, and where its payload starts."""
    at = _ETHERNET
    kind = int.from_bytes(frame[at - 2 : at], "big")
    while kind in _VLAN and at < _ETHERNET + 2 * _TAG:
        at += _TAG
        kind = int.from_bytes(frame[at - 2 : at], "big")
    return kind, at


def _ends(frame: bytes, kind: int, at: int) -> tuple[bytes, bytes] | None:
    if kind not in _PLACES:
        return None
    offset, length = _PLACES[kind]
    first = at + offset
    if len(frame) < first + 2 * length:
        return None
    return frame[first : first + length], frame[first + length : first + 2 * length]


def _is_in(address: bytes, networks: tuple[Network, ...]) -> bool:
    whole = ip_address(address)
    return any(whole.version == net.version and whole in net for net in networks)


def _is_group(address: bytes) -> bool:
    whole = ip_address(address)
    return whole.is_multicast or address == b"\xff\xff\xff\xff"
