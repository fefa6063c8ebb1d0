"""Sealed files in their one form: what `privacy.sealed.seal` writes, to the octet. Pure.

A seal covers the payload's value. Here the octets count as well: a field beside the seal would be signed
by nobody, and white space would let two files pass for one.
"""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from privacy import canonical
from privacy.sealed import SealBroken, open_sealed

SHAPELESS = "not a sealed file"
"""What `open_sealed` says of something that is none."""


def open_exact(data: bytes, public: Ed25519PublicKey) -> dict[str, Any]:
    """Return the payload of a sealed file that has the one form.

    Raises:
        SealBroken: not sealed, altered, signed by another key, or written in another way.
    """
    payload = open_sealed(data, public)
    document = json.loads(data)
    parts = (document.keys(), document["seal"].keys())
    if parts != ({"payload", "seal"}, {"key", "sha256", "signature"}):
        raise SealBroken("more than a payload and its seal")
    if canonical.dump(document) + b"\n" != data:
        raise SealBroken("written in another form")
    return payload
