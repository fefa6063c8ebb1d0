"""Seals: an Ed25519 signature over the canonical form of a payload (RFC 8032).

The analyzer holds the signing key; who serves or audits holds the public key only. A sealed file
is `{"payload": …, "seal": {"key": …, "sha256": …, "signature": …}}`.
"""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy import canonical

_CONTEXT = b"jauge-seal-v1\n"
"""Domain separation: a seal can never be taken for another signature by the same key."""


class SealBroken(Exception):
    """A sealed file is damaged, altered or signed by another key. Carries the reason only."""


def key_id(public: Ed25519PublicKey) -> str:
    """Return 16 hex digits that name a public key."""
    return canonical.digest(base64.b64encode(public.public_bytes_raw()).decode())[:16]


def seal(payload: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Return the bytes of the sealed file.

    Raises:
        TypeError, ValueError: the payload is not canonical JSON (`canonical.dump`).
    """
    signature = key.sign(_CONTEXT + canonical.dump(payload))
    document = {
        "payload": payload,
        "seal": {
            "key": key_id(key.public_key()),
            "sha256": canonical.digest(payload),
            "signature": base64.b64encode(signature).decode(),
        },
    }
    return canonical.dump(document) + b"\n"


def open_sealed(data: bytes, public: Ed25519PublicKey) -> dict[str, Any]:
    """Return the payload of a sealed file after every check passed.

    Raises:
        SealBroken: not a sealed file, altered, or signed by another key.
    """
    try:
        document = json.loads(data)
        payload, given = document["payload"], document["seal"]
        signature = canonical.octets_of(given["signature"])
        body = canonical.dump(payload)
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError) as error:
        raise SealBroken("not a sealed file") from error
    if given.get("key") != key_id(public):
        raise SealBroken("signed by another key")
    try:
        public.verify(signature, _CONTEXT + body)
    except InvalidSignature as error:
        raise SealBroken("altered after it was sealed") from error
    if given.get("sha256") != canonical.digest(payload):
        raise SealBroken("digest does not match")
    if not isinstance(payload, dict):
        raise SealBroken("not a sealed file")
    return payload
