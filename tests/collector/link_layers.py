"""The links that frames come over: each puts its own header around an IP packet."""

from collections.abc import Callable
from functools import cache

from scapy.contrib.mpls import MPLS
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.packet import Packet

MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:fe"}


def _family(ip: bytes) -> int:
    return 0x0800 if ip[0] >> 4 == 4 else 0x86DD


def _tagged(*tags: Packet) -> Callable[[bytes], bytes]:
    """Put tags, outermost first, between the addresses and an IP packet."""

    @cache
    def head(family: int) -> bytes:
        packet: Packet | None = None
        kind = family
        for tag in reversed(tags):
            copied = tag.copy()
            copied.type = kind
            kind = 0x88A8 if isinstance(tag, Dot1AD) else 0x8100
            packet = copied if packet is None else copied / packet
        link = Ether(**MACS, type=kind)
        return bytes(link if packet is None else link / packet)

    return lambda ip: head(_family(ip)) + ip


@cache
def _session(family: int, octets: int) -> bytes:
    inside = PPP(proto=0x21 if family == 0x0800 else 0x57)
    return bytes(Ether(**MACS, type=0x8864) / PPPoE(sessionid=7, len=octets + 2) / inside)


def _pppoe(ip: bytes) -> bytes:
    return _session(_family(ip), len(ip)) + ip


@cache
def _labels() -> bytes:
    labels = MPLS(label=17, s=0, ttl=9) / MPLS(label=18, s=0, ttl=9) / MPLS(label=19, s=1, ttl=9)
    return bytes(Ether(**MACS, type=0x8847) / labels)


ETHERNET_LINKS: dict[str, Callable[[bytes], bytes]] = {
    "no tag": _tagged(),
    "802.1Q": _tagged(Dot1Q(vlan=30)),
    "QinQ": _tagged(Dot1AD(vlan=100), Dot1Q(vlan=31)),
    "triple tag": _tagged(Dot1AD(vlan=101), Dot1Q(vlan=32), Dot1Q(vlan=33)),
    "priority tag": _tagged(Dot1Q(vlan=0, prio=5)),
    "PPPoE": _pppoe,
    "tagged PPPoE": lambda ip: _retagged(_pppoe(ip), 34),
    "MPLS": lambda ip: _labels() + ip,
}
"""Link type 1."""


def _retagged(frame: bytes, vlan: int) -> bytes:
    return frame[:12] + b"\x81\x00" + vlan.to_bytes(2, "big") + frame[12:]


OTHER_LINKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "raw IP": (101, lambda ip: ip),
    "cooked v1": (
        113,
        lambda ip: b"\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0" + _family(ip).to_bytes(2, "big") + ip,
    ),
    "cooked v2": (
        276,
        lambda ip: (
            _family(ip).to_bytes(2, "big") + b"\0\0\0\0\0\x03\0\x01\0\x06" + b"\x02" * 8 + ip
        ),
    ),
    "loopback": (0, lambda ip: (2 if ip[0] >> 4 == 4 else 10).to_bytes(4, "little") + ip),
    "OpenBSD loopback": (108, lambda ip: (2 if ip[0] >> 4 == 4 else 24).to_bytes(4, "big") + ip),
    "PPP": (9, lambda ip: bytes.fromhex("ff030021" if ip[0] >> 4 == 4 else "ff030057") + ip),
}
"""Links of captures only; layouts of tcpdump.org's registry of link types."""
