"""What the first payloads say of a flow's protocol, names apart: the `app` hint.

Few false alarms before many hits: a hint that accuses (P2P, VPN) needs two independent signs, one
from each direction, the second answering the first (same connection or session id). Harmless
protocols need one sign that cannot be chance. Bounded: HINT_TRIES payloads per flow.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import (
    P_DPORT,
    P_DST_HI,
    P_DST_LO,
    P_END,
    P_PAYLOAD,
    P_SPORT,
    TCP,
    UDP,
)
from collector.meter.octets import be16, be24, be32, be64, le32
from collector.meter.quic_first import is_quic_version

HINT_TRIES = 10
"""Payloads looked at: handshakes are over by then; RTP needs four of them."""
RTP_RUN = 3
"""Packets in sequence with one source before it is called RTP (RFC 3550 appendix A.1 takes two)."""
SEARCH_BYTES = 1_024
"""How far response headers are searched for the marks of a stream."""
DHT_SHORTEST = 46
"""A response with a node's id and a transaction id of one octet."""
DHT_TAIL = 64
"""Where the transaction id is looked for: behind it come a version of a few octets and the kind."""

(
    APP_NONE,
    APP_BITTORRENT,
    APP_BITTORRENT_DHT,
    APP_BITTORRENT_UTP,
    APP_WIREGUARD,
    APP_OPENVPN,
    APP_STUN,
    APP_DTLS,
    APP_RTP,
    APP_SSH,
    APP_ICY,
    APP_RTSP,
    APP_SMB,
    APP_RDP,
    APP_NTP,
    APP_SNMP,
    APP_DNS,
    APP_DOT,
    APP_DOQ,
    APP_DOH,
    APP_BITTORRENT_LSD,
) = range(21)
APP_WORDS = (
    None,
    "bittorrent",
    "bittorrent_dht",
    "bittorrent_utp",
    "wireguard",
    "openvpn",
    "stun",
    "dtls",
    "rtp",
    "ssh",
    "icy",
    "rtsp",
    "smb",
    "rdp",
    "ntp",
    "snmp",
    "dns",
    "dot",
    "doq",
    "doh",  # by the resolver's name, when that is reduced (`collector.rows`)
    "bittorrent_lsd",
)
"""The word of each code, as the column `app` stores it."""

_STUN_COOKIE = 0x2112A442
_LSD_PORT, _LSD_GROUP, _LSD_GROUP_V6_HI = 6_771, 0xEFC0988F, (0xFF15 << 48) - (1 << 64)
"""239.192.152.143 and ff15::efc0:988f (BEP 14); halves of addresses are signed."""


@inlined
def _accuse(flow, app, mark, from_low):
    """Note the first sign of an accusing hint: what it is, what must answer it, and from where."""
    flow.sign, flow.mark, flow.sign_from = app, mark, from_low


@inlined
def _answers(flow, app, mark, from_low):
    """Say whether this is the second sign: same protocol and mark, from the other end."""
    return flow.sign == app and flow.mark == mark and flow.sign_from != from_low


@compiled
def _bittorrent(flow, buf, o, n, from_low):
    """The peer handshake in both directions with one info-hash (BEP 3)."""
    if n < 48 or i64(buf[o]) != 19 or be64(buf, o + 1) != 0x426974546F727265:
        return
    if be64(buf, o + 9) != 0x6E742070726F746F:
        return
    mark = be64(buf, o + 28)  # first half of the info-hash: both peers must name the same
    if _answers(flow, APP_BITTORRENT, mark, from_low):
        flow.app = APP_BITTORRENT
    else:
        _accuse(flow, APP_BITTORRENT, mark, from_low)


@compiled
def _transaction(buf, o, end):
    """Return the transaction id of a DHT message as a number, 0 when there is none (BEP 5).

    Keys are sorted, so "1:t" stands at the end, before "1:v" (version) or "1:y" (kind): looked for
    backwards, because node ids before it may hold any octets.
    """
    for at in range(end - 9, max(o, end - DHT_TAIL), -1):
        if be24(buf, at) != 0x313A74 or i64(buf[at + 4]) != 0x3A:  # "1:t", ":"
            continue
        n = i64(buf[at + 3]) - 48
        after = at + 5 + n
        if n < 1 or n > 8 or after + 3 > end:
            continue
        if be24(buf, after) == 0x313A76 or be24(buf, after) == 0x313A79:
            number = n
            for i in range(at + 5, after):
                number = (number << 8) | i64(buf[i])
            return number
    return 0


@compiled
def _dht(flow, buf, o, n, from_low):
    """A DHT query and the response with its transaction id (BEP 5), bencoded dictionaries.

    A response may begin with the asker's address (BEP 42).
    """
    if n < DHT_SHORTEST or i64(buf[o]) != 0x64:  # "d"
        return
    at = o + 1
    if be32(buf, at) == 0x323A6970:  # "2:ip", of six octets or of eighteen
        at += 12 if i64(buf[o + 5]) == 0x36 else 25
    if be32(buf, at + 3) != 0x64323A69:  # "d2:i" of "1:ad2:id20:" and "1:rd2:id20:"
        return
    head = be24(buf, at)
    if head != 0x313A61 and head != 0x313A72:
        return
    transaction = _transaction(buf, o, o + n)
    if transaction == 0:
        return
    if head == 0x313A61:
        _accuse(flow, APP_BITTORRENT_DHT, transaction, from_low)
    elif _answers(flow, APP_BITTORRENT_DHT, transaction, from_low):
        flow.app = APP_BITTORRENT_DHT


@compiled
def _utp(flow, buf, o, n, from_low):
    """A uTP SYN and the STATE of the same connection id that acknowledges its number (BEP 29)."""
    if n < 20 or i64(buf[o + 1]) > 2:
        return
    kind, connection = i64(buf[o]), be16(buf, o + 2) << 16
    sequence, acknowledged = connection | be16(buf, o + 16), connection | be16(buf, o + 18)
    if kind == 0x41 and n <= 64:
        _accuse(flow, APP_BITTORRENT_UTP, sequence, from_low)
    elif kind == 0x21 and _answers(flow, APP_BITTORRENT_UTP, acknowledged, from_low):
        flow.app = APP_BITTORRENT_UTP


@compiled
def _wireguard(flow, buf, o, n, from_low):
    """Handshake initiation and the response that names its sender index (WireGuard section 5.4)."""
    if n == 148 and le32(buf, o) == 1:
        _accuse(flow, APP_WIREGUARD, le32(buf, o + 4), from_low)
    elif (
        n == 92 and le32(buf, o) == 2 and _answers(flow, APP_WIREGUARD, le32(buf, o + 8), from_low)
    ):
        flow.app = APP_WIREGUARD


@compiled
def _openvpn(flow, buf, o, end, from_low):
    """A hard reset and the server's, which acknowledges the client's session id."""
    if end - o < 14:
        return
    kind = i64(buf[o]) >> 3
    if kind == 7 or kind == 10:  # P_CONTROL_HARD_RESET_CLIENT_V2, V3
        session = be64(buf, o + 1)
        if session != 0:  # a session id is random and never 0: zeros are somebody's padding
            _accuse(flow, APP_OPENVPN, session, from_low)
        return
    if kind != 8 or flow.sign != APP_OPENVPN or flow.sign_from == from_low:
        return
    # Behind the server's session id stands, after HMAC and packet id where there are any, the
    # array of acknowledged packets and the remote session id.
    for at in range(o + 9, min(end - 8, o + 96) + 1):
        if be64(buf, at) == flow.mark:
            flow.app = APP_OPENVPN
            return


@compiled
def _rtp(flow, buf, o, n, from_low):
    """Packets of one source in sequence (RFC 3550 section 5.1)."""
    if n < 12 or i64(buf[o]) >> 6 != 2:
        return
    kind = i64(buf[o + 1]) & 0x7F
    if 72 <= kind <= 79:  # RTCP's range
        return
    source, sequence = be32(buf, o + 8), be16(buf, o + 2)
    if flow.sign == APP_RTP and flow.sign_from == from_low and flow.mark >> 24 == source:
        step = (sequence - ((flow.mark >> 8) & 0xFFFF)) & 0xFFFF
        run = (flow.mark & 0xFF) + 1 if 0 < step < 4 else 0
        flow.mark = (source << 24) | (sequence << 8) | run
        if run >= RTP_RUN:
            flow.app = APP_RTP
    elif flow.sign == APP_NONE or flow.sign == APP_RTP:
        _accuse(flow, APP_RTP, (source << 24) | (sequence << 8), from_low)


@compiled
def _lsd(flow, packet, buf, o, n):
    """Local service discovery (BEP 14): the announcement's own words, on the group's own port.

    Nobody answers on a multicast group: text and group are the two signs.
    """
    if n < 48 or packet[P_DPORT] != _LSD_PORT or be64(buf, o) != 0x42542D5345415243:  # "BT-SEARC"
        return
    high = packet[P_DST_HI]
    if packet[P_DST_LO] == _LSD_GROUP and (high == 0 or high == _LSD_GROUP_V6_HI):
        flow.app = APP_BITTORRENT_LSD


@inlined
def _is_snmp(buf, o):
    """A BER sequence, its length in the short or the long form, that begins with the version."""
    length = i64(buf[o + 1])
    more = length - 0x80 if length > 0x80 else 0
    return i64(buf[o]) == 0x30 and more <= 4 and i64(buf[o + 2 + more]) == 2


@compiled
def _on_udp(flow, packet, buf, o, n, from_low):
    """One datagram."""
    first = i64(buf[o])
    port = min(packet[P_SPORT], packet[P_DPORT])
    if n >= 20 and first < 4 and be32(buf, o + 4) == _STUN_COOKIE:
        flow.app = APP_STUN
    elif n >= 13 and 20 <= first <= 25 and (be16(buf, o + 1) | 2) == 0xFEFF:
        flow.app = APP_DTLS
    elif port == 123 and n >= 48 and 1 <= (first & 7) <= 5 and 1 <= ((first >> 3) & 7) <= 4:
        flow.app = APP_NTP
    elif (port == 161 or port == 162) and _is_snmp(buf, o):
        flow.app = APP_SNMP
    elif port == 53:
        flow.app = APP_DNS
    elif port == 853 and first & 0xC0 == 0xC0 and is_quic_version(be32(buf, o + 1)):
        flow.app = APP_DOQ  # RFC 9250 section 4.1.1
    else:
        _lsd(flow, packet, buf, o, n)
        _wireguard(flow, buf, o, n, from_low)
        _dht(flow, buf, o, n, from_low)
        if flow.app == APP_NONE:
            _utp(flow, buf, o, n, from_low)
        if flow.app == APP_NONE and (
            port == 1194 or first == 0x38 or first == 0x40 or first == 0x50
        ):
            _openvpn(flow, buf, o, o + n, from_low)
        if flow.app == APP_NONE:
            _rtp(flow, buf, o, n, from_low)


@compiled
def _has_stream_mark(buf, o, end):
    """Find an `icy-` header line: Icecast and Shoutcast send them with a stream."""
    stop = min(end, o + SEARCH_BYTES) - 5
    for at in range(o, stop):
        if i64(buf[at]) == 10 and (be32(buf, at + 1) | 0x20202000) == 0x6963792D:
            return True
    return False


@compiled
def _on_tcp(flow, packet, buf, o, n, from_low):
    """The first segments of a direction."""
    end = o + n
    word = be32(buf, o)
    port = min(packet[P_SPORT], packet[P_DPORT])
    if word == 0x5353482D:  # "SSH-"
        flow.app = APP_SSH
    elif word == 0x49435920 or (word == 0x48545450 and _has_stream_mark(buf, o, end)):  # "ICY "
        flow.app = APP_ICY
    elif word == 0x52545350:  # "RTSP"
        flow.app = APP_RTSP
    elif n >= 8 and (be32(buf, o + 4) | 0x01000000) == 0xFF534D42 and i64(buf[o]) == 0:
        flow.app = APP_SMB
    elif n >= 11 and word >> 16 == 0x0300 and i64(buf[o + 5]) & 0xEF == 0xE0 and port == 3389:
        flow.app = APP_RDP
    elif port == 853 and n >= 3 and be24(buf, o) >> 8 == 0x1603:
        flow.app = APP_DOT
    elif port == 53:
        flow.app = APP_DNS
    elif i64(buf[o]) == 19:
        _bittorrent(flow, buf, o, n, from_low)
    elif n >= 16 and be16(buf, o) == n - 2:
        _openvpn(flow, buf, o + 2, end, from_low)


@compiled
def look(tables, number, buf, from_low):
    """Look at one payload of a flow that has no hint yet."""
    packet = tables.packet
    flow = tables.flows[number]
    o, end = packet[P_PAYLOAD], packet[P_END]
    n = end - o
    if n < 8:
        return
    flow.looks += 1
    if flow.transport == TCP:
        _on_tcp(flow, packet, buf, o, n, from_low)
    elif flow.transport == UDP:
        _on_udp(flow, packet, buf, o, n, from_low)
