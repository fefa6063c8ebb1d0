"""Lines of unbound: who asked (`log-queries` or `log-replies`), and what its cache holds. Pure.

    [1790000000] unbound[812:0] info: 10.10.0.2 www.example.org. A IN
    [1790000000] unbound[812:0] info: 10.10.0.2 www.example.org. A IN NOERROR 0.012 0 64
    www.example.org.	287	IN	A	198.51.100.7

No line of the log says which address was answered. `unbound-control dump_cache`, appended to a file
that is followed, too, does: the name joins the two.
"""

import re

from collector.logs.lines import (
    PASSED,
    Line,
    Question,
    Record,
    Rejected,
    Unread,
    pull_address,
    pull_name,
)

_ASKED = re.compile(
    rb"(?:info|query|reply): (?:query: |reply: )?(\S+) (\S+) (A|AAAA|HTTPS|TYPE65) IN(?: ([A-Z]+) \S+ \d \d+(?: .*)?)?$"
)
_INFO = re.compile(rb"(?:^|\s)unbound(?:\[[0-9:]+\])?:? ")
"""`unbound[pid:thread]` in its own file, `unbound[pid]: [pid:thread]` through syslog."""
_RECORD = re.compile(rb"(\S+)\s+(\d{1,10})\s+IN\s+(A|AAAA|CNAME)\s+(\S+)$")
_ANY_RECORD = re.compile(rb"\S+\s+\d{1,10}\s+(?:IN|CH)\s+[A-Z0-9]+\s")
_REFERENCE = re.compile(rb"\S+ (?:IN|CH) [A-Z0-9]+ \d+$")
"""In the dump's second half: which records an answer is made of."""
_MARKS = re.compile(rb";|(?:START|END)_\w+_CACHE|EOF$|msg \S")


def is_unbound(line: bytes) -> bool:
    """Tell whether unbound wrote the line."""
    return _INFO.search(line) is not None


def is_cache(line: bytes) -> bool:
    """Tell whether the line is one of a cache dump."""
    return any(form.match(line) for form in (_ANY_RECORD, _REFERENCE, _MARKS))


def pull_unbound(line: bytes) -> Line:
    """Read a line of the log."""
    asked = _ASKED.search(line.rstrip())
    if asked is None:
        return PASSED if is_unbound(line) else Rejected(Unread.FORMAT)
    if asked[4] not in (None, b"NOERROR"):
        return PASSED  # no such name: nothing was answered
    client, name = pull_address(asked[1]), pull_name(asked[2])
    if client is None:
        return Rejected(Unread.ADDRESS)
    return Question(client, name) if name else PASSED


def pull_cache(line: bytes) -> Line:
    """Read a line of a cache dump."""
    found = _RECORD.match(line.rstrip())
    if found is None:
        return PASSED if is_cache(line) else Rejected(Unread.FORMAT)
    name = pull_name(found[1])
    if name is None:
        return PASSED
    ttl_s = int(found[2])
    if found[3] == b"CNAME":
        target = pull_name(found[4])
        return Record(name, ttl_s, None, target) if target else PASSED
    address = pull_address(found[4])
    return Record(name, ttl_s, address, None) if address else Rejected(Unread.ADDRESS)
