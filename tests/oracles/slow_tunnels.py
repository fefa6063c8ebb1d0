"""The slow twin of collector/meter/tunnels.py: what an IP packet's body carries, if it is a tunnel."""

import struct

DEPTH = 4
_VXLAN_PORT = 4_789


def inner_frame(protocol: int, ports: tuple[int, int], body: bytes) -> tuple[str, int] | None:
    """Return ("ip" or "ethernet", offset of it in the body), or None when it is no tunnel."""
    if protocol in (4, 41) and body:
        return ("ip", 0) if body[0] >> 4 == {4: 4, 41: 6}[protocol] else None
    if protocol == 47 and len(body) >= 4:
        return _in_gre(*struct.unpack(">HH", body[:4]), body)
    if protocol == 17 and ports[1] == _VXLAN_PORT and len(body) >= 16:
        return ("ethernet", 16) if body[8] == 0x08 and body[15] == 0 else None
    return None


def _in_gre(flags: int, carried: int, body: bytes) -> tuple[str, int] | None:
    if flags & 0x4007:
        return None
    size = 4 + 4 * sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000))
    if carried in (0x0800, 0x86DD):
        return "ip", size
    sequenced = 8 if flags & 0x1000 else 0
    more = {0x6558: 0, 0x88BE: sequenced, 0x22EB: _erspan_3(body[size:])}.get(carried)
    return None if more is None else ("ethernet", size + more)


def _erspan_3(header: bytes) -> int | None:
    """Twelve octets, and eight more when the O bit says so."""
    if len(header) < 12:
        return None
    return 20 if header[11] & 1 else 12
