"""From the captured frame to the registers of one packet: link, IP, transport.

Must not know: flows, names, time. Reads `buf[o:end]` only where it has checked the bound, and
answers 0 or the reason why the frame is not metered (`layout.R_*` + 1).
Lengths: IP octets are what the IP header claims, but never more than was on the wire; a length of
zero (super-packets over 64 KiB, TSO) means all that the frame holds.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import (
    C_TUNNELS_DEEP,
    EXTENSION_DEPTH,
    FRAGMENT_CAP,
    ICMP,
    MPLS_DEPTH,
    OTHER,
    P_COUNT,
    P_DPORT,
    P_DST_HI,
    P_DST_LO,
    P_END,
    P_FLAGS,
    P_FRAGMENT,
    P_HAS_MAC,
    P_IP_BYTES,
    P_L4,
    P_MAC_DST,
    P_MAC_SRC,
    P_PAYLOAD,
    P_PROTOCOL,
    P_SEGMENTS,
    P_SEQ,
    P_SPORT,
    P_SRC_HI,
    P_SRC_LO,
    P_TRANSPORT,
    P_VERSION,
    P_VLAN,
    P_WIRE_PAYLOAD,
    R_BAD_IP,
    R_BAD_LINK,
    R_NOT_IP,
    R_TRUNCATED,
    R_UNKNOWN_LINK,
    TCP,
    TUNNEL_DEPTH,
    UDP,
    VLAN_DEPTH,
    W_SEED,
)
from collector.meter.octets import be16, be32, be64, le16, le32, mix
from collector.meter.tunnels import INNER_ETHERNET, NO_TUNNEL, inner

LINK_NULL, LINK_ETHERNET, LINK_PPP, LINK_RAW_BSD, LINK_RAW_OPENBSD = 0, 1, 9, 12, 14
LINK_RAW, LINK_LOOP, LINK_SLL, LINK_PPI, LINK_IPV4, LINK_IPV6, LINK_SLL2 = (
    101,
    108,
    113,
    192,
    228,
    229,
    276,
)
"""Link types of tcpdump.org's registry."""

ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86DD


@inlined
def _mac(buf, o):
    return (be16(buf, o) << 32) | be32(buf, o + 2)


@compiled
def _after_ethertype(packet, buf, o, end, ethertype):
    """Walk tags, labels and PPPoE from the octet behind an EtherType.

    Returns (offset of IP, 0) or (0, reason + 1).
    """
    depth = 0
    while ethertype == 0x8100 or ethertype == 0x88A8 or ethertype == 0x9100 or ethertype == 0x9200:
        if o + 4 > end:
            return 0, R_TRUNCATED + 1
        if depth == VLAN_DEPTH:
            return 0, R_BAD_LINK + 1
        if packet[P_VLAN] == 0:  # the outermost tag names the VLAN
            packet[P_VLAN] = be16(buf, o) & 0x0FFF
        ethertype = be16(buf, o + 2)
        o += 4
        depth += 1
    if ethertype == 0x8847 or ethertype == 0x8848:  # MPLS, RFC 3032 section 2.1
        for _ in range(MPLS_DEPTH):
            if o + 4 > end:
                return 0, R_TRUNCATED + 1
            bottom = i64(buf[o + 2]) & 1
            o += 4
            if bottom:
                break
        if not bottom:
            return 0, R_BAD_LINK + 1
        if o >= end:
            return 0, R_TRUNCATED + 1
        version = i64(buf[o]) >> 4
        if version != 4 and version != 6:
            return 0, R_NOT_IP + 1
        return o, 0
    if ethertype == 0x8864:  # PPPoE session, RFC 2516 section 4
        if o + 8 > end:
            return 0, R_TRUNCATED + 1
        protocol = be16(buf, o + 6)
        if protocol != 0x0021 and protocol != 0x0057:
            return 0, R_NOT_IP + 1
        return o + 8, 0
    if ethertype == ETHERTYPE_IPV4 or ethertype == ETHERTYPE_IPV6:
        return o, 0
    return 0, R_NOT_IP + 1


@compiled
def _ethernet(packet, buf, o, end):
    """Read an Ethernet header and what stands between it and IP."""
    if o + 14 > end:
        return 0, R_TRUNCATED + 1
    packet[P_MAC_DST] = _mac(buf, o)
    packet[P_MAC_SRC] = _mac(buf, o + 6)
    packet[P_HAS_MAC] = 1
    return _after_ethertype(packet, buf, o + 14, end, be16(buf, o + 12))


@compiled
def _link(packet, buf, o, end, link):
    """Return (offset of IP, 0) or (0, reason + 1) for one link type."""
    if link == LINK_ETHERNET:
        return _ethernet(packet, buf, o, end)
    if link == LINK_RAW or link == LINK_IPV4 or link == LINK_IPV6:
        return o, 0
    if link == LINK_RAW_BSD or link == LINK_RAW_OPENBSD:
        return o, 0
    if link == LINK_SLL:  # Linux cooked v1
        if o + 16 > end:
            return 0, R_TRUNCATED + 1
        if be16(buf, o + 4) == 6:
            packet[P_MAC_SRC] = _mac(buf, o + 6)
        return _after_ethertype(packet, buf, o + 16, end, be16(buf, o + 14))
    if link == LINK_SLL2:
        if o + 20 > end:
            return 0, R_TRUNCATED + 1
        return _after_ethertype(packet, buf, o + 20, end, be16(buf, o))
    if link == LINK_NULL or link == LINK_LOOP:  # address family in the writer's byte order
        if o + 4 > end:
            return 0, R_TRUNCATED + 1
        family = be32(buf, o)
        if family > 0xFFFF:
            family = le32(buf, o)
        if family == 2 or family == 24 or family == 28 or family == 30 or family == 10:
            return o + 4, 0
        return 0, R_NOT_IP + 1
    if link == LINK_PPP:
        if o + 4 > end:
            return 0, R_TRUNCATED + 1
        if i64(buf[o]) == 0xFF and i64(buf[o + 1]) == 0x03:  # RFC 1662 framing
            o += 2
        protocol = be16(buf, o)
        if protocol != 0x0021 and protocol != 0x0057:
            return 0, R_NOT_IP + 1
        return o + 2, 0
    if link == LINK_PPI:  # per-packet information header around another link type
        if o + 8 > end:
            return 0, R_TRUNCATED + 1
        length, inner = le16(buf, o + 2), le32(buf, o + 4)
        if length < 8 or o + length > end:
            return 0, R_BAD_LINK + 1
        if inner == LINK_PPI:
            return 0, R_BAD_LINK + 1
        return _inner_link(packet, buf, o + length, end, inner)
    return 0, R_UNKNOWN_LINK + 1


@compiled
def _inner_link(packet, buf, o, end, link):
    """The link types met inside PPI: Ethernet and raw IP."""
    if link == LINK_ETHERNET:
        return _ethernet(packet, buf, o, end)
    if link == LINK_RAW or link == LINK_RAW_BSD or link == LINK_IPV4 or link == LINK_IPV6:
        return o, 0
    return 0, R_UNKNOWN_LINK + 1


@compiled
def _ipv4(packet, buf, o, end, wire):
    """IPv4, RFC 791 section 3.1. `wire` = octets on the wire from `o` on."""
    if o + 20 > end:
        return R_TRUNCATED + 1
    header = (i64(buf[o]) & 0x0F) * 4
    if header < 20:
        return R_BAD_IP + 1
    if o + header > end:
        return R_TRUNCATED + 1
    total = be16(buf, o + 2)
    if total == 0 or total > wire:
        total = wire
    if total < header:
        return R_BAD_IP + 1
    packet[P_VERSION] = 4
    packet[P_IP_BYTES] = total
    packet[P_PROTOCOL] = i64(buf[o + 9])
    packet[P_SRC_HI] = 0
    packet[P_SRC_LO] = be32(buf, o + 12)
    packet[P_DST_HI] = 0
    packet[P_DST_LO] = be32(buf, o + 16)
    packet[P_L4] = o + header
    packet[P_END] = min(end, o + total)
    fragment = be16(buf, o + 6)
    if fragment & 0x1FFF:
        packet[P_FRAGMENT] = 2
    elif fragment & 0x2000:
        packet[P_FRAGMENT] = 1
    if packet[P_FRAGMENT]:
        packet[P_SEQ] = be16(buf, o + 4)  # identification, until the transport is read
    return 0


@compiled
def _ipv6(packet, buf, o, end, wire):
    """IPv6 and its extension headers, RFC 8200 sections 3 and 4."""
    if o + 40 > end:
        return R_TRUNCATED + 1
    total = 40 + be16(buf, o + 4)
    if total == 40 or total > wire:
        total = wire
    if total < 40:
        return R_BAD_IP + 1
    packet[P_VERSION] = 6
    packet[P_IP_BYTES] = total
    packet[P_SRC_HI] = be64(buf, o + 8)
    packet[P_SRC_LO] = be64(buf, o + 16)
    packet[P_DST_HI] = be64(buf, o + 24)
    packet[P_DST_LO] = be64(buf, o + 32)
    stop = min(end, o + total)
    packet[P_END] = stop
    protocol = i64(buf[o + 6])
    at = o + 40
    for _ in range(EXTENSION_DEPTH):
        if protocol == 0 or protocol == 43 or protocol == 60 or protocol == 135:
            if at + 8 > stop:
                break
            protocol, at = i64(buf[at]), at + 8 + i64(buf[at + 1]) * 8
        elif protocol == 44:  # fragment header
            if at + 8 > stop:
                break
            offset = be16(buf, at + 2)
            packet[P_FRAGMENT] = 2 if offset & 0xFFF8 else (1 if offset & 1 else 0)
            packet[P_SEQ] = be32(buf, at + 4)
            protocol, at = i64(buf[at]), at + 8
            if packet[P_FRAGMENT] == 2:
                break
        elif protocol == 51:  # authentication header, RFC 4302 section 2.2
            if at + 8 > stop:
                break
            protocol, at = i64(buf[at]), at + 8 + i64(buf[at + 1]) * 4
        else:
            break
    packet[P_PROTOCOL] = protocol
    packet[P_L4] = min(at, stop)
    return 0


@inlined
def _fragment_key(tables, packet, identification):
    h = mix(tables.word[W_SEED], packet[P_SRC_HI])
    h = mix(h, packet[P_SRC_LO])
    h = mix(h, packet[P_DST_HI])
    h = mix(h, packet[P_DST_LO])
    return mix(h, (packet[P_PROTOCOL] << 32) | identification)


@compiled
def _transport(tables, buf):
    """Ports, flags and payload; a later fragment takes its ports from the first one's entry."""
    packet = tables.packet
    protocol, at, end = packet[P_PROTOCOL], packet[P_L4], packet[P_END]
    identification = packet[P_SEQ]
    packet[P_SEQ] = 0
    packet[P_PAYLOAD] = end
    kind = OTHER
    if protocol == 6:
        kind = TCP
    elif protocol == 17:
        kind = UDP
    elif protocol == 1 or protocol == 58:
        kind = ICMP
    packet[P_TRANSPORT] = kind
    if kind != TCP and kind != UDP and protocol != 132 and protocol != 136:
        return
    if packet[P_FRAGMENT] == 2:
        key = _fragment_key(tables, packet, identification)
        entry = tables.fragments[key & (FRAGMENT_CAP - 1)]
        if entry.used and entry.key == key:
            packet[P_SPORT], packet[P_DPORT] = entry.source, entry.destination
        return
    if at + 4 > end:
        return
    packet[P_SPORT], packet[P_DPORT] = be16(buf, at), be16(buf, at + 2)
    if packet[P_FRAGMENT] == 1:
        key = _fragment_key(tables, packet, identification)
        entry = tables.fragments[key & (FRAGMENT_CAP - 1)]
        entry.key, entry.used = key, 1
        entry.source, entry.destination = packet[P_SPORT], packet[P_DPORT]
    if kind == UDP and at + 8 <= end:
        packet[P_PAYLOAD] = at + 8
    elif kind == TCP and at + 20 <= end:
        packet[P_SEQ] = be32(buf, at + 4)
        packet[P_FLAGS] = i64(buf[at + 13])
        header = (i64(buf[at + 12]) >> 4) * 4
        if header >= 20:
            packet[P_PAYLOAD] = min(at + header, end)


@compiled
def _ip(tables, buf, at, end, left):
    """Decode one IP packet and its transport; `left` = octets on the wire from `at` on."""
    packet = tables.packet
    packet[P_FRAGMENT] = packet[P_SPORT] = packet[P_DPORT] = packet[P_FLAGS] = packet[P_SEQ] = 0
    if at >= end:
        return R_TRUNCATED + 1
    version = i64(buf[at]) >> 4
    if version == 4:
        reason = _ipv4(packet, buf, at, end, left)
    elif version == 6:
        reason = _ipv6(packet, buf, at, end, left)
    else:
        return R_BAD_IP + 1
    if reason:
        return reason
    _transport(tables, buf)
    packet[P_WIRE_PAYLOAD] = max(0, at + packet[P_IP_BYTES] - packet[P_PAYLOAD])
    return 0


@compiled
def _unwrap(tables, buf, at, end, left):
    """Follow tunnels inwards, at most TUNNEL_DEPTH deep; keep the outer packet's octets.

    An inner packet that makes no sense leaves the last good one as it was.
    """
    packet = tables.packet
    octets = packet[P_IP_BYTES]
    headers = octets - packet[P_WIRE_PAYLOAD]
    for depth in range(TUNNEL_DEPTH + 1):
        if packet[P_FRAGMENT] == 2:
            break
        inside, kind = inner(packet, buf)
        if kind == NO_TUNNEL:
            break
        if depth == TUNNEL_DEPTH:
            tables.count[C_TUNNELS_DEEP] += 1
            break
        stop, vlan = packet[P_END], packet[P_VLAN]
        if kind == INNER_ETHERNET:
            if inside + 14 > stop:
                break
            inside, reason = _after_ethertype(
                packet, buf, inside + 14, stop, be16(buf, inside + 12)
            )
            packet[P_VLAN] = vlan  # the tag outside is the school's
            if reason:
                break
        inner_left = left - (inside - at)
        if _ip(tables, buf, inside, stop, inner_left):
            _ip(tables, buf, at, end, left)
            break
        headers = octets - packet[P_WIRE_PAYLOAD]
        at, end, left = inside, stop, inner_left
    packet[P_IP_BYTES] = octets
    packet[P_WIRE_PAYLOAD] = max(0, octets - headers)


@compiled
def decode(tables, buf, o, captured, wire, link, vlan):
    """Fill the registers of one frame; returns 0, or the reason of rejection + 1.

    The frame stands at `buf[o:o + captured]`; `wire` octets were on the wire, `link` is the link
    type of tcpdump.org's registry, `vlan` the outer VLAN that the kernel took off, or 0.
    """
    packet = tables.packet
    for i in range(P_COUNT):
        packet[i] = 0
    packet[P_VLAN] = vlan
    packet[P_SEGMENTS] = 1
    end = o + captured
    at, reason = _link(packet, buf, o, end, link)
    if reason:
        return reason
    left = wire - (at - o)
    reason = _ip(tables, buf, at, end, left)
    if reason:
        return reason
    _unwrap(tables, buf, at, end, left)
    return 0
