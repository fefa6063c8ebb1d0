"""Build the first packets of Google's QUIC, Q024 to T051: clear ones here, Initials with quic_packets."""

import struct

from tests.collector import quic_packets as q

ID = bytes.fromhex("0011223344556677")
HASH = b"h" * 12


def chlo(host: str | None, *, before=(("PAD", b"-" * 300),), after=(("VER", b"Q043"),)) -> bytes:
    """A client hello of tags: the name's, between others."""
    named = [("SNI", host.encode())] if host is not None else []
    entries = [*before, *named, *after]
    head, end = b"", 0
    for tag, value in entries:
        end += len(value)
        head += tag.encode().ljust(4, b"\0") + struct.pack("<I", end)
    values = b"".join(value for _, value in entries)
    return b"CHLO" + struct.pack("<HH", len(entries), 0) + head + values


def stream(data: bytes, *, order="big", number=1, number_size=1, offset=0, offset_size=0) -> bytes:
    """A STREAM frame with a length; sizes in octets."""
    kind = 0xA0 | (offset_size - 1 if offset_size else 0) << 2 | (number_size - 1)
    return (
        bytes([kind]) + number.to_bytes(number_size, order) + offset.to_bytes(offset_size, order)
        + len(data).to_bytes(2, order) + data
    )  # fmt: skip


def public(version: int, frames: bytes, *, number_size=1) -> bytes:
    """A packet of Q024 to Q043."""
    flags = 0x09 | {1: 0, 2: 0x10, 4: 0x20, 6: 0x30}[number_size]
    private = b"\0" if version <= 33 else b""
    head = bytes([flags]) + ID + b"Q%03d" % version + bytes(number_size)
    return head + HASH + private + frames


def long_clear(frames: bytes, *, kind=0) -> bytes:
    """A packet of Q046."""
    return bytes([0xC3 | kind << 4]) + b"Q046\x50" + ID + bytes(4) + HASH + frames


def first_packet(version: str, hello: bytes) -> bytes:
    """The first packet of any version with a handshake message on the crypto stream."""
    if version in q.GOOGLE:
        frame = b"\x08" + q.varint(0) + q.varint(len(hello)) + hello
        return q.initial(q.padded(frame), q.Shape(q.GOOGLE[version]))
    if version == "Q046":
        return long_clear(q.padded(stream(hello)))
    number = int(version[1:])
    return public(number, q.padded(stream(hello, order="little" if number <= 38 else "big")))
