"""One byte string per JSON value, so that a hash or a signature means the value.

The subset of RFC 8785 that Jauge needs: keys sorted, no white space, UTF-8, no NaN or infinity.
Python's shortest float form differs from ECMAScript's only for exponents, which no document of
ours holds; `dump` refuses them.
"""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence

type_error = "only null, booleans, numbers, strings, lists and objects with string keys"

LARGEST_FLOAT = 1e15
"""Above it (and below 1e-4) Python writes exponents, where RFC 8785 differs."""
SMALLEST_FLOAT = 1e-4


def _check_float(value: float) -> None:
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    if value != 0 and not SMALLEST_FLOAT <= abs(value) < LARGEST_FLOAT:
        raise ValueError("number outside the range with one plain decimal form")


def _check(value: object) -> None:
    if value is None or isinstance(value, (bool, int, str)):
        return
    if isinstance(value, float):
        _check_float(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(type_error)
            _check(item)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        for item in value:
            _check(item)
    else:
        raise TypeError(type_error)


def dump(value: object) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        TypeError: the value is not JSON.
        ValueError: a number has no plain decimal form.
    """
    _check(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 hex digits."""
    return hashlib.sha256(dump(value)).hexdigest()


def octets_of(text: str) -> bytes:
    """Read base64 that has one form only (RFC 4648 section 3.5).

    The last character before the padding has bits that a plain decoder ignores: two texts would
    stand for one signature, and a changed octet of a signed line would pass.

    Raises:
        ValueError: not base64, or with such bits set.
    """
    octets = base64.b64decode(text, validate=True)
    if base64.b64encode(octets).decode() != text:
        raise ValueError("base64 that is not canonical")
    return octets
