"""What opens a door: random, shown once, stored as its digest. Draws randomness."""

import hashlib
import secrets
from typing import Final

TOKEN_PREFIX: Final = "jauge_"  # noqa: S105 - the public beginning of every token
"""Lets a scanner of sources recognise a token that somebody left in one."""
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without the signs that are mistaken for each other on a sheet of paper."""
GROUPS, GROUP = 5, 5


def opaque() -> str:
    """Return 256 random bits for a cookie (ASVS 5.0 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(32)


def token() -> str:
    """Return an API token."""
    return TOKEN_PREFIX + opaque()


def code() -> str:
    """Return a one-time code that a person can type: 123 bits in five groups of five."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def typed_code(text: str) -> str:
    """Return a code as it was shown, whatever spaces or small letters somebody typed."""
    plain = "".join(text.split()).replace("-", "").upper()[: GROUPS * GROUP]
    return "-".join(plain[i : i + GROUP] for i in range(0, len(plain), GROUP))


def digest(value: str) -> bytes:
    """Return what is stored of a secret. It is random and long: no salt, no stretching."""
    return hashlib.sha256(value.encode()).digest()
