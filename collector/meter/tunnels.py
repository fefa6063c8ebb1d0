"""Tunnels: where the inner packet begins. GRE, IP in IP, VXLAN; the flow is the innermost one.

The octets stay those of the outer packet: that is what crossed the line. RFC 2784 and 2890 (GRE),
2003 and 4213 (IP in IP), 7348 (VXLAN), draft-foschiano-erspan.
"""

from numpy import int64 as i64

from collector.jit import compiled
from collector.meter.layout import P_DPORT, P_END, P_L4, P_PAYLOAD, P_PROTOCOL, P_TRANSPORT, UDP
from collector.meter.octets import be16

NO_TUNNEL, INNER_IP, INNER_ETHERNET = 0, 1, 2
_IP_IN_IP, _IPV6_IN_IP, _GRE = 4, 41, 47
_VXLAN_PORT = 4_789
_TRANSPARENT_ETHERNET, _ERSPAN_2, _ERSPAN_3 = 0x6558, 0x88BE, 0x22EB


@compiled
def _gre(buf, o, end):
    """Return (offset, kind) of what a GRE packet carries."""
    if o + 4 > end:
        return 0, NO_TUNNEL
    flags, protocol = be16(buf, o), be16(buf, o + 2)
    if flags & 0x4007:  # routing (deprecated) or another version (PPTP)
        return 0, NO_TUNNEL
    at = o + 4
    for bit in (0x8000, 0x2000, 0x1000):  # checksum, key, sequence number
        if flags & bit:
            at += 4
    if protocol == 0x0800 or protocol == 0x86DD:
        return at, INNER_IP
    if protocol == _TRANSPARENT_ETHERNET:
        return at, INNER_ETHERNET
    if protocol == _ERSPAN_2:  # without a sequence number it is type I and has no header
        return at + (8 if flags & 0x1000 else 0), INNER_ETHERNET
    if protocol == _ERSPAN_3:
        if at + 12 > end:
            return 0, NO_TUNNEL
        return at + (20 if i64(buf[at + 11]) & 1 else 12), INNER_ETHERNET  # O bit: 8 more octets
    return 0, NO_TUNNEL


@compiled
def inner(packet, buf):
    """Say what the decoded packet carries.

    Returns:
        (offset, NO_TUNNEL, INNER_IP or INNER_ETHERNET). A first fragment carries a whole header
        too, so it is followed; a later one is not (the caller sees to it).
    """
    protocol, at, end = packet[P_PROTOCOL], packet[P_L4], packet[P_END]
    if protocol == _IP_IN_IP or protocol == _IPV6_IN_IP:
        if at < end and i64(buf[at]) >> 4 == (4 if protocol == _IP_IN_IP else 6):
            return at, INNER_IP
        return 0, NO_TUNNEL
    if protocol == _GRE:
        return _gre(buf, at, end)
    if packet[P_TRANSPORT] == UDP and packet[P_DPORT] == _VXLAN_PORT:
        o = packet[P_PAYLOAD]
        if o + 8 <= end and i64(buf[o]) == 0x08 and i64(buf[o + 7]) == 0:
            return o + 8, INNER_ETHERNET
    return 0, NO_TUNNEL
