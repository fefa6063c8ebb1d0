"""Lines of squid's native access.log (`logformat squid`); e2guardian's format 3 is the same. Pure.

    1790000000.586    180 10.10.0.2 TCP_TUNNEL/200 41100 CONNECT www.example.org:443 - HIER_DIRECT/198.51.100.7 -

Time of the end, milliseconds that it took, client, result, octets to the client, method, URL, user (never
looked at), how and with whom the proxy talked. Of the URL only the host is read.
"""

import re

from collector.logs.lines import (
    PASSED,
    Line,
    Rejected,
    Request,
    Unread,
    host_of_url,
    pull_address,
    pull_name,
)

_LINE = re.compile(
    rb"(\d{9,11})\.(\d{3})\s+(-?\d{1,10}) (\S+) ([A-Z_]+)/(\d{3}) \d+ (\S+) (\S+) \S+ ([A-Z_]+)/(\S+)"
)
_TIME = re.compile(rb"\d{9,11}\.\d{3}\s")
_NOT_SERVED = (b"TCP_DENIED", b"NONE", b"TCP_MISS_ABORTED", b"NONE_NONE", b"TAG_NONE", b"UDP_MISS")
_ITSELF = (b"HIER_DIRECT", b"DIRECT", b"ORIGINAL_DST", b"PINNED", b"ANY_OLD_PARENT")
"""The proxy talked to the server itself; a parent's address says nothing about the site."""
_ELAPSED_MAX_MS = 86_400_000


def is_squid(line: bytes) -> bool:
    """Tell whether the line begins as one of squid's."""
    return _TIME.match(line) is not None


def pull_squid(line: bytes) -> Line:
    """Read a line."""
    found = _LINE.match(line)
    if found is None:
        return Rejected(Unread.FORMAT)
    if found[5] in _NOT_SERVED:
        return PASSED
    client = pull_address(found[4])
    if client is None:
        return Rejected(Unread.ADDRESS)
    name = pull_name(host_of_url(found[8]))
    if name is None:
        return PASSED  # an address in the URL
    end_ms = int(found[1]) * 1_000 + int(found[2])
    elapsed_ms = min(max(int(found[3]), 0), _ELAPSED_MAX_MS)
    peer = pull_address(found[10]) if found[9] in _ITSELF else None
    return Request(client, name, end_ms - elapsed_ms, end_ms, peer)
