"""Build QUIC Initial packets (RFC 9001, RFC 9369), with the cryptography library's own HKDF.

Independent of collector/quic.py, which derives with HMAC by hand.
"""

import itertools
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

V1, V2, DRAFT_29 = 0x00000001, 0x6B3343CF, 0xFF00001D
MVFST = 0xFACEB00E
GOOGLE = {"Q050": 0x51303530, "T050": 0x54303530, "T051": 0x54303531}
_SALTS = {
    V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
    V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
    DRAFT_29: "afbfec289993d24c9e9786f19c6111e04390a899",
    MVFST: "c3eef712c72ebb5a11a7d2432bb46365bef9f502",
    GOOGLE["Q050"]: "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45",
    GOOGLE["T050"]: "7ff579e5acd072915580304c43a2367c60488310",
    GOOGLE["T051"]: "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d",
}
CONNECTION = bytes.fromhex("8394c8f03e515708")
PADDED = 1_162
"""Octets of frames in a datagram of 1,200 with the ids of the RFCs' examples."""


def varint(value: int, size: int = 0) -> bytes:
    for bits, width in ((6, 1), (14, 2), (30, 4), (62, 8)):
        if value < 1 << bits and width >= size:
            return (value | (width.bit_length() - 1) << (8 * width - 2)).to_bytes(width, "big")
    raise ValueError(value)


def _expand(secret: bytes, label: str, length: int) -> bytes:
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return HKDFExpand(SHA256(), length, info).derive(secret)


def keys(version: int, connection: bytes, side: str = "client in") -> tuple[bytes, bytes, bytes]:
    """Return (key, iv, header protection key) of one side's Initials."""
    initial = HKDF.extract(SHA256(), bytes.fromhex(_SALTS[version]), connection)
    secret = _expand(initial, side, 32)
    prefix = "quicv2 " if version == V2 else "quic "
    return tuple(_expand(secret, prefix + x, n) for x, n in (("key", 16), ("iv", 12), ("hp", 16)))


@dataclass(frozen=True)
class Shape:
    """Everything about an Initial but its frames."""

    version: int = V1
    connection: bytes = CONNECTION
    keyed_by: bytes | None = None
    """Connection id of the keys; the destination's own when None."""
    token: bytes = b""
    number: int = 2
    number_bytes: int = 4
    side: str = "client in"


def initial(frames: bytes, shape: Shape = Shape()) -> bytes:
    """Return the protected packet around `frames`."""
    key, iv, hp = keys(shape.version, shape.keyed_by or shape.connection, shape.side)
    kind = 1 if shape.version == V2 else 0
    first = 0xC0 | kind << 4 | (shape.number_bytes - 1)
    number = shape.number.to_bytes(shape.number_bytes, "big")
    header = bytes([first]) + shape.version.to_bytes(4, "big")
    header += bytes([len(shape.connection)]) + shape.connection + b"\0"
    header += varint(len(shape.token)) + shape.token
    header += varint(len(number) + len(frames) + 16, 2) + number
    nonce = (int.from_bytes(iv, "big") ^ shape.number).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, frames, header)
    sample = (number + sealed)[4:20]
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(sample)  # noqa: S305 - RFC 9001 section 5.4.3
    at = len(header) - len(number)
    covered = bytes(a ^ b for a, b in zip(number, mask[1:], strict=False))
    return bytes([first ^ mask[0] & 0x0F]) + header[1:at] + covered + sealed


def crypto(offset: int, data: bytes) -> bytes:
    return b"\x06" + varint(offset) + varint(len(data)) + data


def padded(frames: bytes, size: int = PADDED) -> bytes:
    return frames.ljust(size, b"\0")


def cut(stream: bytes, *bounds: int) -> list[bytes]:
    """CRYPTO frames of a stream cut at `bounds`, in order."""
    edges = [0, *bounds, len(stream)]
    return [crypto(a, stream[a:b]) for a, b in itertools.pairwise(edges)]
