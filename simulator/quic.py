"""Builds QUIC version 1 Initial packets that any receiver can open (RFC 9000, RFC 9001). Pure."""

import hashlib
import hmac
import struct
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

INITIAL_SALT: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001 §5.2
DATAGRAM_BYTES: Final = 1200
"""Smallest datagram that may carry a client's Initial (RFC 9000 §14.1)."""
TAG_BYTES: Final = 16
SAMPLE_AT: Final = 4


def _expand_label(secret: bytes, label: bytes, length: int) -> bytes:
    """RFC 8446 §7.1, with an empty context."""
    full = b"tls13 " + label
    info = struct.pack("!HB", length, len(full)) + full + b"\0"
    return HKDFExpand(SHA256(), length, info).derive(secret)


def client_keys(dcid: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the client's Initial key, IV and header-protection key (RFC 9001 §5.2)."""
    initial = hmac.new(INITIAL_SALT, dcid, hashlib.sha256).digest()
    client = _expand_label(initial, b"client in", 32)
    return (
        _expand_label(client, b"quic key", 16),
        _expand_label(client, b"quic iv", 12),
        _expand_label(client, b"quic hp", 16),
    )


def _varint2(value: int) -> bytes:
    return struct.pack("!H", 0x4000 | value)


def seal_initial(dcid: bytes, hello: bytes) -> bytes:
    """Return a client's first datagram: one Initial, packet number 0, with the whole ClientHello.

    Args:
        dcid: destination connection id, 8 to 20 octets.
        hello: TLS handshake message; it has to fit one datagram of 1,200 octets.

    Raises:
        ValueError: the hello is too long.
    """
    frames = b"\x06\x00" + _varint2(len(hello)) + hello
    number = b"\0\0"
    head = b"\xc1" + struct.pack("!IB", 1, len(dcid)) + dcid + b"\0" + b"\0"
    room = DATAGRAM_BYTES - len(head) - 2 - len(number) - TAG_BYTES
    if len(frames) > room:
        raise ValueError("the ClientHello does not fit one Initial")
    frames += bytes(room - len(frames))  # PADDING frames
    head += _varint2(len(number) + room + TAG_BYTES) + number
    key, iv, protection = client_keys(dcid)
    sealed = AESGCM(key).encrypt(iv, frames, head)  # packet number 0 leaves the IV as it is
    sample = sealed[SAMPLE_AT - len(number) :][:16]
    # RFC 9001 §5.4.3: header protection is AES-ECB by definition, of one block.
    mask = Cipher(algorithms.AES(protection), modes.ECB()).encryptor().update(sample)  # noqa: S305
    packet = bytearray(head + sealed)
    packet[0] ^= mask[0] & 0x0F
    for position in range(len(number)):
        packet[len(head) - len(number) + position] ^= mask[1 + position]
    return bytes(packet)
