"""Ed25519 keys as text: 32 octets in base64, public and private. Pure."""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class NoKey(ValueError):
    """The text is no key."""


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as text."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_key(text: str | bytes) -> Ed25519PublicKey:
    """Return the public key that a text holds.

    Raises:
        NoKey: it holds none.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        raise NoKey("not a public key") from None


def private_text(key: Ed25519PrivateKey) -> bytes:
    """Return a private key as text, for a file that only its owner reads."""
    return base64.b64encode(key.private_bytes_raw())


def private_key(text: bytes) -> Ed25519PrivateKey:
    """Return the private key that a text holds.

    Raises:
        NoKey: it holds none.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        raise NoKey("not a private key") from None
