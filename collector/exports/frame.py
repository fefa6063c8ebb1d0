"""The start of one sampled frame: ends, ports, IP length. Pure; None for what carries no IP."""

import struct
from dataclasses import dataclass

_VLAN_TYPES = {0x8100, 0x88A8, 0x9100}
_VLAN_DEPTH = 4
_IP_TYPES = {0x0800, 0x86DD}
_PORTS = {6, 17, 132}
_EXTENSIONS = {0, 43, 60}
"""Hop-by-hop, routing, destination options: a next header and a length in 8 octets."""
_EXTENSIONS_MAX = 8
_FRAGMENT_HEADER = 44
_MAC_OCTETS = 6
_V4_LEAST, _V6_LEAST = 20, 40


@dataclass(frozen=True, slots=True)
class Seen:
    """What one sampled packet shows."""

    version: int
    protocol: int
    source: int
    target: int
    source_port: int
    target_port: int
    octets: int
    source_mac: int = 0
    target_mac: int = 0
    vlan: int = 0


def pull_ethernet(data: bytes) -> Seen | None:
    """Read an Ethernet frame's start, VLAN tags included."""
    at, vlan = 12, 0
    for _ in range(_VLAN_DEPTH + 1):
        if at + 2 > len(data):
            return None
        (kind,) = struct.unpack_from(">H", data, at)
        if kind not in _VLAN_TYPES or at + 4 > len(data):
            break
        vlan = struct.unpack_from(">H", data, at + 2)[0] & 0xFFF
        at += 4
    if kind not in _IP_TYPES:
        return None
    target_mac, source_mac = (
        int.from_bytes(data[i : i + _MAC_OCTETS], "big") for i in (0, _MAC_OCTETS)
    )
    return pull_ip(data[at + 2 :], source_mac=source_mac, target_mac=target_mac, vlan=vlan)


def pull_ip(data: bytes, *, source_mac: int = 0, target_mac: int = 0, vlan: int = 0) -> Seen | None:
    """Read an IP packet's start; octets are those that the header tells."""
    version = data[0] >> 4 if data else 0
    read = {4: _pull_v4, 6: _pull_v6}.get(version)
    found = read(data) if read else None
    if found is None:
        return None
    protocol, source, target, octets, at = found
    source_port = target_port = 0
    if protocol in _PORTS and at is not None and at + 4 <= len(data):
        source_port, target_port = struct.unpack_from(">HH", data, at)
    return Seen(
        version,
        protocol,
        source,
        target,
        source_port,
        target_port,
        octets,
        source_mac,
        target_mac,
        vlan,
    )


_Found = tuple[int, int, int, int, int | None]
"""Protocol, source, target, octets, and where the ports are (None in later fragments)."""


def _pull_v4(data: bytes) -> _Found | None:
    if len(data) < _V4_LEAST:
        return None
    header = (data[0] & 0x0F) * 4
    octets, fragment = struct.unpack_from(">H2xH", data, 2)
    if header < _V4_LEAST or octets < header:
        return None
    source, target = struct.unpack_from(">II", data, 12)
    return data[9], source, target, octets, None if fragment & 0x1FFF else header


def _pull_v6(data: bytes) -> _Found | None:
    if len(data) < _V6_LEAST:
        return None
    octets = int.from_bytes(data[4:6], "big") + _V6_LEAST
    source, target = int.from_bytes(data[8:24], "big"), int.from_bytes(data[24:40], "big")
    protocol, at = data[6], _V6_LEAST
    for _ in range(_EXTENSIONS_MAX):
        if at + 8 > len(data):
            break
        if protocol in _EXTENSIONS:
            protocol, at = data[at], at + data[at + 1] * 8 + 8
        elif protocol == _FRAGMENT_HEADER:
            later = int.from_bytes(data[at + 2 : at + 4], "big") >> 3
            if later:
                return data[at], source, target, octets, None
            protocol, at = data[at], at + 8
        else:
            break
    return protocol, source, target, octets, at
