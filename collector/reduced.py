"""What remains of a full host name, wherever it came from."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reduced:
    """What remains of a full name."""

    site: str | None
    list_category: str | None = None
    ech_public: bool = False
    """The name is one that providers put on the outside of an encrypted hello."""
    resolver: bool = False
    """The name is one of a public resolver that answers over HTTPS (RFC 8484)."""


Reducer = Callable[[str], Reduced]
"""Reduces a full, lower-case host name. Must keep nothing of it."""
