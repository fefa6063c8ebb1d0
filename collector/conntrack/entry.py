"""One connection as the kernel tells it (linux/netfilter/nfnetlink_conntrack.h). Pure.

Numbers inside attributes are in network byte order. Both directions have a tuple: `original` is what
the first packet was before any translation, `reply` is what its answer looks like before any is undone.
"""

from dataclasses import dataclass

from collector.conntrack.netlink import Message, Rejected, Unused, pull_attributes

CT_NEW, CT_GET, CT_DELETE = 0x100, 0x101, 0x102
"""NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_*."""
_NFGENMSG = 4
_TUPLE_ORIG, _TUPLE_REPLY, _PROTOINFO, _COUNTERS_ORIG, _COUNTERS_REPLY, _ID, _ZONE, _TIMESTAMP = (
    1, 2, 4, 9, 10, 12, 18, 20,
)  # fmt: skip
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_V4, _V6 = (1, 2, 4), (3, 4, 16)
"""Attribute of the source, of the target, octets of an address."""
_PROTO_NUM, _PROTO_SPORT, _PROTO_DPORT = 1, 2, 3
_PACKETS, _OCTETS = 1, 2
_TCP_ENDED = (7, 8)
"""TIME_WAIT and CLOSE (linux/netfilter/nf_conntrack_tcp.h)."""
_NS_PER_MS = 1_000_000
_COUNTER_MAX = 1 << 62
"""No link carries that much; more would not fit the stored 64 bits."""


@dataclass(frozen=True, slots=True)
class Tuple:
    """One direction of a connection. Lives in memory only; addresses are whole numbers."""

    version: int
    protocol: int
    source: int
    source_port: int
    target: int
    target_port: int


@dataclass(frozen=True, slots=True)
class Tracked:
    """One connection."""

    number: int
    """The kernel's id; a connection that takes the tuple of an older one has another."""
    original: Tuple
    reply: Tuple
    counters: tuple[int, int, int, int] | None
    """Octets and packets of the original direction, then of the reply; None: not counted."""
    start_ms: int | None
    """None: nf_conntrack_timestamp is off."""
    ended: bool
    """TCP has said goodbye or was reset."""
    gone: bool
    """The kernel has removed it; the counters are final."""


def pull_entry(message: Message) -> Tracked | Rejected:
    """Read a message about a connection."""
    if message.kind not in (CT_NEW, CT_DELETE):
        return Rejected(Unused.OTHER_MESSAGE)
    attributes = pull_attributes(message.body, _NFGENMSG)
    if isinstance(attributes, Rejected):
        return attributes
    if _number(attributes.get(_ZONE)):
        return Rejected(Unused.OTHER_TABLE)
    original = _pull_tuple(attributes.get(_TUPLE_ORIG))
    reply = _pull_tuple(attributes.get(_TUPLE_REPLY))
    if original is None or reply is None:
        return Rejected(Unused.NO_ADDRESS)
    return Tracked(
        number=_number(attributes.get(_ID)),
        original=original,
        reply=reply,
        counters=_pull_counters(attributes),
        start_ms=_pull_start(attributes.get(_TIMESTAMP)),
        ended=_pull_tcp_state(attributes.get(_PROTOINFO)) in _TCP_ENDED,
        gone=message.kind == CT_DELETE,
    )


def _number(octets: bytes | None) -> int:
    return int.from_bytes(octets[:8], "big") if octets else 0


def _nested(octets: bytes | None) -> dict[int, bytes]:
    """Return the attributes inside one; none when they make no sense."""
    found = pull_attributes(octets) if octets else {}
    return {} if isinstance(found, Rejected) else found


def _pull_tuple(octets: bytes | None) -> Tuple | None:
    parts = _nested(octets)
    addresses, protocol = _nested(parts.get(_TUPLE_IP)), _nested(parts.get(_TUPLE_PROTO))
    for version, (source, target, width) in ((4, _V4), (6, _V6)):
        ends = addresses.get(source, b""), addresses.get(target, b"")
        if len(ends[0]) == len(ends[1]) == width:
            return Tuple(
                version,
                _number(protocol.get(_PROTO_NUM)) & 0xFF,
                int.from_bytes(ends[0], "big"),
                _number(protocol.get(_PROTO_SPORT)) & 0xFFFF,
                int.from_bytes(ends[1], "big"),
                _number(protocol.get(_PROTO_DPORT)) & 0xFFFF,
            )
    return None


def _pull_counters(attributes: dict[int, bytes]) -> tuple[int, int, int, int] | None:
    """A direction without a packet may have no counters of its own; both missing is no accounting."""
    there, back = attributes.get(_COUNTERS_ORIG), attributes.get(_COUNTERS_REPLY)
    if there is None and back is None:
        return None
    forth, answers = _nested(there), _nested(back)
    found = (
        _number(forth.get(_OCTETS)), _number(forth.get(_PACKETS)),
        _number(answers.get(_OCTETS)), _number(answers.get(_PACKETS)),
    )  # fmt: skip
    return found if max(found) < _COUNTER_MAX else None


def _pull_start(octets: bytes | None) -> int | None:
    start = _number(_nested(octets).get(1))
    return start // _NS_PER_MS or None


def _pull_tcp_state(octets: bytes | None) -> int:
    return _number(_nested(_nested(octets).get(1)).get(1))
