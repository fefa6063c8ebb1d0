"""Lines of e2guardian's and DansGuardian's access.log, formats 1, 2 and 4 (`logfileformat`). Pure.

    2026.11.23 9:12:09 - 10.10.0.2 https://www.example.org:443  CONNECT 41100 0  1 200 - - - -
    "2026.11.23 9:12:09","-","10.10.0.2","https://www.example.org:443",…
    2026.11.23 9:12:09<TAB>-<TAB>10.10.0.2<TAB>https://www.example.org:443<TAB>…

Local time of the end without fractions, user (never looked at), client, URL. The server's address is not
logged. Format 3 is squid's.
"""

import re
from datetime import datetime, tzinfo

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

_DATE = rb"(\d{4})\.(\d{1,2})\.(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})"
_START = re.compile(rb'"?' + _DATE + rb'["\s]')
_LINES = (
    re.compile(rb'"' + _DATE + rb'","[^"]*","([^"]+)","([^"]+)"'),
    re.compile(_DATE + rb"\t[^\t]*\t([^\t]+)\t([^\t]+)"),
    re.compile(_DATE + rb" \S+ (\S+) (\S+)"),
)
_DENIED = re.compile(rb"\*DENIED\*")


def is_e2guardian(line: bytes) -> bool:
    """Tell whether the line begins as one of e2guardian's."""
    return _START.match(line) is not None


def pull_e2guardian(line: bytes, timezone: tzinfo) -> Line:
    """Read a line; its time is the school's."""
    found = next((m for m in (pattern.match(line) for pattern in _LINES) if m), None)
    if found is None:
        return Rejected(Unread.FORMAT)
    if _DENIED.search(line):
        return PASSED
    client = pull_address(found[7])
    if client is None:
        return Rejected(Unread.ADDRESS)
    name = pull_name(host_of_url(found[8]))
    if name is None:
        return PASSED
    try:
        numbers = [int(found[i]) for i in range(1, 7)]
        end = datetime(*numbers, tzinfo=timezone)  # type: ignore[misc,arg-type] - six numbers by the pattern
    except ValueError:
        return Rejected(Unread.FORMAT)
    end_ms = int(end.timestamp()) * 1_000
    return Request(client, name, end_ms, end_ms + 999, None)
