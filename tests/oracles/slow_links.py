"""From a captured frame to its IP header, in plain Python: the rules of collector/meter/decode.py."""

TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
RAW = (101, 12, 14, 228, 229)
FAMILIES = (2, 10, 24, 28, 30)
"""How systems number IPv4 (2) and IPv6 (the others) behind a loopback interface."""


_TYPE_AT = {1: (12, 14), 113: (14, 16), 276: (0, 20)}
"""Where the EtherType stands and how long the header is: Ethernet, Linux cooked versions 1 and 2."""


class Rejected(Exception):
    """The frame is not metered; the argument is the reason."""


def take(data: bytes, at: int, size: int) -> bytes:
    """Return `size` octets at `at`. Raises Rejected."""
    if at + size > len(data):
        raise Rejected("truncated")
    return data[at : at + size]


def number(data: bytes, at: int, size: int) -> int:
    """Return a number in network order. Raises Rejected."""
    return int.from_bytes(take(data, at, size), "big")


def ip_offset(frame: bytes, link: int) -> tuple[int, int]:
    """Return (offset of the IP header, outermost VLAN). Raises Rejected."""
    if link in RAW:
        return 0, 0
    if link in _TYPE_AT:
        type_at, header = _TYPE_AT[link]
        take(frame, 0, header)
        return _behind_type(frame, header, number(frame, type_at, 2))
    reader = {0: _behind_family, 108: _behind_family, 9: _behind_ppp, 192: _behind_ppi}.get(link)
    if reader is None:
        raise Rejected("unknown_link")
    return reader(frame)


def _behind_family(frame: bytes) -> tuple[int, int]:
    family = take(frame, 0, 4)
    if int.from_bytes(family, "big") in FAMILIES or int.from_bytes(family, "little") in FAMILIES:
        return 4, 0
    raise Rejected("not_ip")


def _behind_ppp(frame: bytes) -> tuple[int, int]:
    at = 2 if take(frame, 0, 4)[:2] == b"\xff\x03" else 0
    if number(frame, at, 2) not in (0x0021, 0x0057):
        raise Rejected("not_ip")
    return at + 2, 0


def _behind_ppi(frame: bytes) -> tuple[int, int]:
    """Per-packet information, then a frame of another link type."""
    header = take(frame, 0, 8)
    length, inner = int.from_bytes(header[2:4], "little"), int.from_bytes(header[4:8], "little")
    if length < 8 or length > len(frame) or inner == 192:
        raise Rejected("bad_link")
    if inner not in (1, *RAW):
        raise Rejected("unknown_link")
    at, vlan = ip_offset(frame[length:], inner)
    return length + at, vlan


def _behind_type(frame: bytes, at: int, kind: int) -> tuple[int, int]:
    vlans = []
    while kind in TAGS:
        tag = number(frame, at, 4)
        if len(vlans) == 4:
            raise Rejected("bad_link")
        vlans.append(tag >> 16 & 0x0FFF)
        kind, at = tag & 0xFFFF, at + 4
    return _behind_tags(frame, at, kind), next((vlan for vlan in vlans if vlan), 0)


def _behind_tags(frame: bytes, at: int, kind: int) -> int:
    if kind in (0x8847, 0x8848):
        return _behind_labels(frame, at)
    if kind == 0x8864:
        if number(frame, at, 8) & 0xFFFF not in (0x0021, 0x0057):
            raise Rejected("not_ip")
        return at + 8
    if kind not in (0x0800, 0x86DD):
        raise Rejected("not_ip")
    return at


def _behind_labels(frame: bytes, at: int) -> int:
    for _ in range(8):
        label = number(frame, at, 4)
        at += 4
        if label & 0x100:
            if number(frame, at, 1) >> 4 not in (4, 6):
                raise Rejected("not_ip")
            return at
    raise Rejected("bad_link")
