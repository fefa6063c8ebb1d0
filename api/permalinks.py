"""Addresses that once were given out keep working: old ones lead to what replaced them. Pure.

An address may carry `v`, the version of its parameters; without it, version 1 is meant. What a version
renames is one line here, and one line in the table of old addresses that a test walks
(tests/api/test_permalinks.py): that table only grows.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

VERSION: Final = 1
MOVED: Final[Mapping[str, str]] = {
    "/en-bref": "/",
    "/index.html": "/",
    "/login": "/connexion",
    "/logout": "/deconnexion",
    "/api": "/api/v1/docs",
    "/api/v1": "/api/v1/docs",
    "/docs": "/api/v1/docs",
    "/openapi.json": "/api/v1/openapi.json",
}
"""Path → the path that replaced it."""
RENAMED: Final[Mapping[str, str]] = {"day": "jour", "line": "ligne"}
"""Parameter → the parameter that replaced it, on pages."""

_OLD: Final = re.compile(rf"(?:^|&)(?:v|{'|'.join(RENAMED)})=")
"""Whether a query may need translating at all: nearly none does."""


class Unknown(Exception):
    """The address is of a later version than this one knows."""


def moved(path: str, query: str) -> str | None:
    """Return the present address of an old one; None when the address is the present one.

    Args:
        path: the path asked for.
        query: what stands behind the question mark, as it was sent.

    Raises:
        Unknown: `v` names a version that this program does not know.
    """
    present = MOVED.get(path, path.rstrip("/") or "/")
    if present.startswith("/static/"):
        return None  # there, v is the digest of the file's content
    if present == path and not _OLD.search(query):
        return None
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(value != str(VERSION) for name, value in pairs if name == "v"):
        raise Unknown
    page = not present.startswith("/api/")
    renamed = [
        (RENAMED.get(name, name) if page else name, value) for name, value in pairs if name != "v"
    ]
    if present == path and renamed == pairs:
        return None
    return f"{present}?{urlencode(renamed)}" if renamed else present
