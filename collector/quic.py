"""QUIC Initial packets: from datagrams to the ClientHello inside.

The keys of an Initial derive from the client's first destination connection id and a public salt
(RFC 9001 section 5.2): this is no secret, any observer can read a hello. Versions 1 (RFC 9001),
2 (RFC 9369) and the drafts that were deployed; Google's own are told in `collector.gquic`. Every
buffer is bounded.
"""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from collector import gquic
from collector.quic_reasons import QuicReject

FLOWS_MAX = 1_024
"""Handshakes in progress at once; the oldest gives way."""
CRYPTO_MAX = 8_192
"""Octets of one hello: the same bound as over TCP."""
FRAGMENTS_MAX = 64
"""Pieces of one hello: Chrome cuts it into a dozen."""
KEYS_MAX = 3
"""Connection ids tried per flow: the first, one after Retry, one after version negotiation."""
PACKETS_PER_DATAGRAM = 4
"""Coalesced packets looked at: one of each kind that a client sends before its keys change."""
CONNECTION_ID_MAX = 20
"""RFC 9000 section 17.2."""
SHORTEST_PACKET = 20
"""A packet number of four octets and the sample of sixteen behind it (RFC 9001 section 5.4.2)."""

_SALT_V1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SALT_V2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_SALT_DRAFT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_SALT_DRAFT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")
FRAME_PADDING, FRAME_PING, FRAME_ACK, FRAME_ACK_ECN, FRAME_CRYPTO = 0, 1, 2, 3, 6
VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF
_DRAFT = 0xFF000000
_DRAFT_27_OF_MVFST = (0xFACEB002, 0xFACEB00E)
"""Names that Facebook's implementation gave draft-27."""


def _salt(version: int) -> bytes | None:
    if version == VERSION_1:
        return _SALT_V1
    if version == VERSION_2:
        return _SALT_V2
    draft = version - _DRAFT
    if 33 <= draft <= 34:
        return _SALT_V1
    if 29 <= draft <= 32:
        return _SALT_DRAFT_29
    if 23 <= draft <= 28 or version in _DRAFT_27_OF_MVFST:
        return _SALT_DRAFT_23
    return gquic.SALTS.get(version)


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context, one block (RFC 8446 section 7.1)."""
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\x00\x01"
    return hmac.digest(secret, info, "sha256")[:length]


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens the client's Initials of one connection."""

    key: bytes
    iv: bytes
    hp: bytes


def client_keys(version: int, connection_id: bytes) -> Keys | None:
    """Derive the client's Initial keys (RFC 9001 section 5.2, RFC 9369 section 3.3), or None."""
    salt = _salt(version)
    if salt is None:
        return None
    initial = hmac.digest(salt, connection_id, "sha256")
    secret = _expand(initial, b"client in", 32)
    prefix = b"quicv2 " if version == VERSION_2 else b"quic "
    return Keys(
        key=_expand(secret, prefix + b"key", 16),
        iv=_expand(secret, prefix + b"iv", 12),
        hp=_expand(secret, prefix + b"hp", 16),
    )


def pull_varint(data: bytes, at: int) -> tuple[int, int] | None:
    """Read a variable-length integer (RFC 9000 section 16): (value, next offset), None at the end."""
    if at >= len(data):
        return None
    length = 1 << (data[at] >> 6)
    if at + length > len(data):
        return None
    return int.from_bytes(data[at : at + length], "big") & (
        (1 << (8 * length - 2)) - 1
    ), at + length


@dataclass(frozen=True, slots=True)
class Initial:
    """The clear part of an Initial packet (RFC 9000 section 17.2.2)."""

    version: int
    destination: bytes
    protected_at: int
    """Offset of the packet number."""
    start: int
    stop: int


def _connection_ids(data: bytes, at: int) -> tuple[bytes, int] | None:
    """Read both connection ids: (the destination's, offset behind the source's), None if cut."""
    ids = []
    for _ in range(2):
        if at >= len(data) or data[at] > CONNECTION_ID_MAX or at + 1 + data[at] > len(data):
            return None
        ids.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return ids[0], at


def _skip_token(data: bytes, at: int) -> int | None:
    token = pull_varint(data, at)
    if token is None or token[1] + token[0] > len(data):
        return None
    return token[0] + token[1]


def _header(data: bytes, start: int) -> tuple[Initial | None, int] | QuicReject:
    """Read a long header: (the Initial or None for another type, offset of the next packet)."""
    version = int.from_bytes(data[start + 1 : start + 5], "big")
    if _salt(version) is None:
        return QuicReject.VERSION
    kind = (data[start] >> 4) & 3
    initial_kind = 1 if version == VERSION_2 else 0
    ids = _connection_ids(data, start + 5)
    if ids is None:
        return QuicReject.TRUNCATED
    destination, after_ids = ids
    if kind == (initial_kind + 3) % 4:  # Retry has no length: nothing can follow it
        return None, len(data)
    at = _skip_token(data, after_ids) if kind == initial_kind else after_ids
    length = pull_varint(data, at) if at is not None else None
    if length is None or length[0] < SHORTEST_PACKET or length[1] + length[0] > len(data):
        return QuicReject.TRUNCATED
    stop = length[1] + length[0]
    if kind != initial_kind:
        return None, stop
    return Initial(version, destination, length[1], start, stop), stop


def open_initial(data: bytes, packet: Initial, keys: Keys) -> bytes | None:
    """Remove header and packet protection (RFC 9001 section 5.4); None when the keys do not fit."""
    at = packet.protected_at
    sample = data[at + 4 : at + 20]
    mask = Cipher(algorithms.AES(keys.hp), modes.ECB()).encryptor().update(sample)  # noqa: S305 - one block, as RFC 9001 section 5.4.3 says
    first = data[packet.start] ^ (mask[0] & 0x0F)
    length = (first & 3) + 1
    number = bytes(data[at + i] ^ mask[1 + i] for i in range(length))
    header = bytes([first]) + data[packet.start + 1 : at] + number
    nonce = (int.from_bytes(keys.iv, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    try:
        return AESGCM(keys.key).decrypt(nonce, data[at + length : packet.stop], header)
    except InvalidTag:
        return None


def _pull_varints(payload: bytes, at: int, count: int) -> tuple[list[int], int] | None:
    values = []
    for _ in range(count):
        pulled = pull_varint(payload, at)
        if pulled is None:
            return None
        values.append(pulled[0])
        at = pulled[1]
    return values, at


def _skip_ack(payload: bytes, at: int, *, with_ecn: bool) -> int | None:
    """Return the offset behind an ACK frame's fields (RFC 9000 section 19.3)."""
    head = _pull_varints(payload, at, 4)
    if head is None:
        return None
    ranges = min(head[0][2], len(payload))
    rest = _pull_varints(payload, head[1], 2 * ranges + (3 if with_ecn else 0))
    return rest[1] if rest else None


def pull_crypto(payload: bytes, crypto: int = FRAME_CRYPTO) -> list[tuple[int, bytes]] | None:
    """Return the CRYPTO frames of an Initial's payload (RFC 9000 section 12.4), None if malformed.

    Behind a frame that an Initial may not hold (or CONNECTION_CLOSE) nothing is read. `crypto` is
    the frame's type in the packet's version.
    """
    at = 0
    found: list[tuple[int, bytes]] = []
    while at < len(payload):
        kind = payload[at]
        if kind == FRAME_PADDING:  # hundreds of octets, most often
            at = len(payload) - len(payload[at:].lstrip(b"\0"))
            continue
        at += 1
        if kind == FRAME_PING:
            continue
        if kind in (FRAME_ACK, FRAME_ACK_ECN):
            after = _skip_ack(payload, at, with_ecn=kind == FRAME_ACK_ECN)
            if after is None:
                return None
            at = after
            continue
        if kind != crypto:
            return found
        head = _pull_varints(payload, at, 2)
        if head is None or head[1] + head[0][1] > len(payload):
            return None
        (offset, length), at = head
        found.append((offset, payload[at : at + length]))
        at += length
    return found


@dataclass(slots=True)
class _Handshake:
    keys: list[Keys] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    pieces: dict[int, bytes] = field(default_factory=dict)

    def add(self, pieces: list[tuple[int, bytes]]) -> None:
        for offset, data in pieces:
            if offset + len(data) <= CRYPTO_MAX and len(self.pieces) < FRAGMENTS_MAX:
                known = self.pieces.get(offset, b"")
                self.pieces[offset] = max(known, data, key=len)

    def contiguous(self) -> bytes:
        """Return what has arrived without a gap from the first octet."""
        stream = b""
        for offset in sorted(self.pieces):
            if offset > len(stream):
                break
            stream += self.pieces[offset][len(stream) - offset :]
        return stream


class Handshakes:
    """Hellos being collected, by flow id. Holds no address."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, _Handshake] = OrderedDict()
        self.rejected: dict[QuicReject, int] = dict.fromkeys(QuicReject, 0)

    def offer(self, flow: int, data: bytes) -> bytes | None:
        """Take one datagram of a flow.

        Args:
            flow: id of the flow.
            data: the UDP payload, perhaps cut by the snap length.

        Returns:
            What has arrived of the hello without a gap, or None when the datagram added nothing.
        """
        if gquic.in_clear(data):
            return self._count_rejected(gquic.pull_handshake(data))
        state = self._open.get(flow) or _Handshake()
        added = False
        start = 0
        for _ in range(PACKETS_PER_DATAGRAM):
            if start >= len(data) or data[start] & 0x80 == 0:
                break
            header = _header(data, start)
            if isinstance(header, QuicReject):
                self.rejected[header] += 1
                break
            packet, start = header
            if packet is None:
                self.rejected[QuicReject.NOT_INITIAL] += 1
                continue
            pieces = self._open_with_any(state, data, packet)
            if pieces:
                state.add(pieces)
                added = True
        if state.ids:
            self._keep(flow, state)
        return state.contiguous() if added else None

    def _count_rejected(self, got: bytes | QuicReject) -> bytes | None:
        if isinstance(got, QuicReject):
            self.rejected[got] += 1
            return None
        return got

    def _open_with_any(
        self, state: _Handshake, data: bytes, packet: Initial
    ) -> list[tuple[int, bytes]] | None:
        if packet.destination not in state.ids and len(state.ids) < KEYS_MAX:
            keys = client_keys(packet.version, packet.destination)
            if keys is not None:
                state.ids.append(packet.destination)
                state.keys.append(keys)
        for keys in reversed(state.keys):
            payload = open_initial(data, packet, keys)
            if payload is not None:
                google = packet.version in gquic.SALTS
                pieces = pull_crypto(payload, gquic.FRAME_CRYPTO if google else FRAME_CRYPTO)
                if pieces is None:
                    self.rejected[QuicReject.FRAMES] += 1
                return pieces
        self.rejected[QuicReject.KEYS] += 1
        return None

    def _keep(self, flow: int, state: _Handshake) -> None:
        self._open[flow] = state
        self._open.move_to_end(flow)
        while len(self._open) > FLOWS_MAX:
            self._open.popitem(last=False)

    def forget(self, flow: int) -> None:
        """A flow has its name, or will never have one."""
        self._open.pop(flow, None)
