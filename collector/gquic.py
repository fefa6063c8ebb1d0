"""Google's QUIC before RFC 9000: the client's first packet, and the CHLO message that names.

Up to Q043 and in Q046 the first packet is in clear behind a 12-octet hash; Q050, T050 and T051 are
protected as the drafts were, with salts of their own (`collector.quic` opens them). Up to Q050 the
handshake is a CHLO message of tags, in T050 and T051 a TLS hello. Sources: "QUIC Wire Layout
Specification" and "QUIC Crypto" (Google, 2013-2016), versions and salts as Chromium published them.
"""

from typing import Literal

from collector.meter.layout import MORE, NAME_MAX, REJECT, VALUE
from collector.quic_reasons import QuicReject

Q050, T050, T051 = 0x51303530, 0x54303530, 0x54303531
SALTS = {
    Q050: bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"),
    T050: bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310"),
    T051: bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"),
}
"""Of the versions whose Initials are protected."""
FRAME_CRYPTO = 8
"""The type that Q050, T050 and T051 give the CRYPTO frame."""

_OLDEST, _NEWEST_PUBLIC, _LONG = 24, 43, 46
"""Q024 to Q043 have the public header, Q046 a long one. Q044 and Q045 were never in wide use."""
_LITTLE_ENDIAN_UNTIL, _PRIVATE_FLAGS_UNTIL = 38, 33
_VERSION_FLAG, _RESET_FLAG, _ID_FLAG, _NOT_PUBLIC = 0x01, 0x02, 0x08, 0xC0
_NUMBER_OCTETS = (1, 2, 4, 6)
_ID_OCTETS, _HASH_OCTETS = 8, 12
_PUBLIC_HEADER_TO_VERSION = 1 + _ID_OCTETS
_LONG_IDS_AT, _LONG_HEADER_IDS = 6, b"\x50"
"""Octet 5 of a Q046 long header: a destination id of eight octets and no source id."""
_FRAME_PADDING, _FRAME_PING = 0, 7
_STREAM, _STREAM_LENGTH = 0x80, 0x20
_CRYPTO_STREAM = 1
TAGS_MAX = 128
"""Entries of a CHLO: Chromium accepts as many; it sends about 30."""
HELLO_MAX = 16_384
"""Where values end at the latest: Chromium refuses longer messages, a first packet holds 1,350."""
_CHLO, _SNI = b"CHLO", b"SNI\0"
_TAGS_AT = _TAG_OCTETS = 8


def _number(digits: bytes) -> int | None:
    """Return 39 for b"Q039", None for anything else."""
    return int(digits[1:]) if digits[:1] == b"Q" and digits[1:].isdigit() else None


def in_clear(data: bytes) -> bool:
    """Say whether a datagram begins like a first packet of Q024 to Q043, or of Q046."""
    if data[:1] and data[0] & _NOT_PUBLIC == _NOT_PUBLIC:
        return data[1:5] == b"Q046"
    flags = _VERSION_FLAG | _RESET_FLAG | _ID_FLAG | _NOT_PUBLIC
    at = _PUBLIC_HEADER_TO_VERSION
    return (
        len(data) >= at + 4
        and data[0] & flags == _VERSION_FLAG | _ID_FLAG
        and data[at : at + 2] == b"Q0"
    )


def _skip_header(data: bytes) -> tuple[int, int] | QuicReject:
    """Return (number of the version, offset of the first frame)."""
    if data[0] & _NOT_PUBLIC:
        if data[0] >> 4 & 3:
            return QuicReject.NOT_INITIAL
        if data[5:_LONG_IDS_AT] != _LONG_HEADER_IDS:
            return QuicReject.TRUNCATED
        return _LONG, _LONG_IDS_AT + _ID_OCTETS + (data[0] & 3) + 1 + _HASH_OCTETS
    at = _PUBLIC_HEADER_TO_VERSION
    version = _number(data[at : at + 4])
    if version is None or not _OLDEST <= version <= _NEWEST_PUBLIC:
        return QuicReject.VERSION
    at += 4 + _NUMBER_OCTETS[data[0] >> 4 & 3] + _HASH_OCTETS
    return version, at + (1 if version <= _PRIVATE_FLAGS_UNTIL else 0)


def pull_handshake(data: bytes) -> bytes | QuicReject:
    """Return what the first packet of a client says on the crypto stream.

    Args:
        data: a datagram for which `in_clear` holds, perhaps cut by the snap length.

    Returns:
        The octets of one STREAM frame of stream 1, as far as they were captured; or the reason.
    """
    header = _skip_header(data)
    if isinstance(header, QuicReject):
        return header
    version, at = header
    while at < len(data) and data[at] in (_FRAME_PADDING, _FRAME_PING):
        at += 1
    if at < len(data) and data[at] & _STREAM == 0:
        return QuicReject.FRAMES
    frame = _stream_frame(data, at, "little" if version <= _LITTLE_ENDIAN_UNTIL else "big")
    if frame is None:
        return QuicReject.TRUNCATED
    stream, start, stop = frame
    return data[start:stop] if stream == _CRYPTO_STREAM else QuicReject.FRAMES


def _stream_frame(
    data: bytes, at: int, order: Literal["little", "big"]
) -> tuple[int, int, int] | None:
    """Read a STREAM frame's head: (stream, start and stop of its octets), None when it is cut.

    Its type holds, from the top: 1, fin, length present, the size of the offset (none, 2 to 8
    octets), the size of the stream's id (1 to 4).
    """
    if at >= len(data):
        return None
    kind = data[at]
    offset_size = kind >> 2 & 7
    length_at = at + 1 + (kind & 3) + 1 + (offset_size + 1 if offset_size else 0)
    stream = int.from_bytes(data[at + 1 : at + 1 + (kind & 3) + 1], order)
    start, stop = length_at, len(data)
    if kind & _STREAM_LENGTH:
        start += 2
        stop = start + int.from_bytes(data[length_at:start], order)
    return (stream, start, stop) if start < len(data) else None


def is_chlo(message: bytes) -> bool:
    """Say whether a handshake is of tags and not of TLS."""
    return message[:1] == b"C"


def pull_chlo(message: bytes) -> tuple[int, int, int]:
    """Read the server's name out of a client hello of tags.

    A message is a tag, the number of entries (two octets, then two of padding), for each entry its
    tag and where its value ends, and the values; numbers are little endian.

    Args:
        message: the first octets of the crypto stream.

    Returns:
        (VALUE, offset of the name, its length or 0), (MORE, 0, 0) or (REJECT, 0, 0).
    """
    if not (_CHLO.startswith(message[:4]) and len(message) >= _TAGS_AT):
        return (MORE if _CHLO.startswith(message[:4]) else REJECT), 0, 0
    entries = int.from_bytes(message[4:6], "little")
    if entries > TAGS_MAX:
        return REJECT, 0, 0
    values = _TAGS_AT + _TAG_OCTETS * entries
    start = 0
    for at in range(_TAGS_AT, min(values, len(message) - _TAG_OCTETS + 1), _TAG_OCTETS):
        stop = int.from_bytes(message[at + 4 : at + _TAG_OCTETS], "little")
        if not start <= stop <= HELLO_MAX:
            return REJECT, 0, 0
        if message[at : at + 4] == _SNI:
            return _whole_name(message, values + start, stop - start)
        start = stop
    return (VALUE if values <= len(message) else MORE), 0, 0


def _whole_name(message: bytes, at: int, length: int) -> tuple[int, int, int]:
    if length > NAME_MAX:
        return REJECT, 0, 0
    return (VALUE, at, length) if at + length <= len(message) else (MORE, 0, 0)
