"""One byte string per JSON value, so that a hash or a signature means the value.

The subset of RFC 8785 that Jauge needs: keys sorted, no white space, UTF-8, no NaN or infinity.
Python's shortest float form differs from ECMAScript's where Python writes an exponent first:
from 1e-6 up to 1e-4 the plain decimal form is written here; beyond, where both have exponents,
`dump` refuses.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

type_error = "only null, booleans, numbers, strings, lists and objects with string keys"

LARGEST_FLOAT = 1e15
"""Above it RFC 8785 and Python differ in where exponents begin."""
SMALLEST_FLOAT = 1e-6
"""Below it RFC 8785 writes exponents, in another form than Python's."""
PLAIN_FLOAT = 1e-4
"""From here on Python's own form is the plain one."""


def _check_float(value: float) -> bool:
    """Check a number; say whether Python would write it with an exponent."""
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    if value != 0 and not SMALLEST_FLOAT <= abs(value) < LARGEST_FLOAT:
        raise ValueError("number outside the range with one plain decimal form")
    return value != 0 and abs(value) < PLAIN_FLOAT


def _check(value: object) -> bool:
    """Check a value; say whether it holds a number that Python would write with an exponent."""
    if value is None or isinstance(value, (bool, int, str)):
        return False
    if isinstance(value, float):
        return _check_float(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(type_error)
        return _check_each(value.values())
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return _check_each(value)
    raise TypeError(type_error)


def _check_each(values: Iterable[object]) -> bool:
    small = False
    for each in values:  # all of them: the first small number must not end the check
        small |= _check(each)
    return small


def _plain(value: object) -> str:
    """Write a checked value with every number in its plain decimal form."""
    if isinstance(value, Mapping):
        items = (f"{json.dumps(k, ensure_ascii=False)}:{_plain(value[k])}" for k in sorted(value))
        return "{" + ",".join(items) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(map(_plain, value)) + "]"
    if isinstance(value, float) and 0 < abs(value) < PLAIN_FLOAT:
        return format(Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)


def dump(value: object) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        TypeError: the value is not JSON.
        ValueError: a number has no plain decimal form.
    """
    if _check(value):
        return _plain(value).encode("utf-8")
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
