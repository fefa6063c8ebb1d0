"""Lines of dnsmasq with `log-queries=extra` (dnsmasq(8)). Pure.

Each line then begins with a serial number, which joins a question to its answers, and with the
address of the machine that asked:

    dnsmasq[812]: 41 10.10.0.2/40512 query[A] www.example.org from 10.10.0.2
    dnsmasq[812]: 41 10.10.0.2/40512 reply www.example.org is <CNAME>
    dnsmasq[812]: 41 10.10.0.2/40512 reply edge.example.net is 198.51.100.7

The question's name counts, whatever aliases follow, as it does for the meter.
"""

import re

from collector.logs.lines import (
    PASSED,
    Answer,
    Line,
    Question,
    Rejected,
    Unread,
    pull_address,
    pull_name,
)

_START = re.compile(rb"(?:^|\s)dnsmasq(?:\[\d+\])?: ")
_SERIAL = re.compile(rb"(\d{1,10}) ([0-9A-Fa-f.:%a-z]+)/\d{1,5} ")
_QUERY = re.compile(rb"query\[(A|AAAA|HTTPS|type=65)\] (\S+) from \S+$")
_IS = re.compile(rb"(\S+) (\S+) is (\S+)$")
_PLAIN = re.compile(rb"query\[\S+\] \S+ from |(?:reply|cached|config) \S+ is ")


def is_dnsmasq(line: bytes) -> bool:
    """Tell whether dnsmasq wrote the line."""
    return _START.search(line) is not None


def pull_dnsmasq(line: bytes) -> Line:
    """Read a line."""
    start = _START.search(line)
    if start is None:
        return Rejected(Unread.FORMAT)
    text = line[start.end() :].rstrip()
    head = _SERIAL.match(text)
    if head is None:
        return Rejected(Unread.NO_SERIAL) if _PLAIN.match(text) else PASSED
    serial, rest = int(head[1]), text[head.end() :]
    client = pull_address(head[2])
    if client is None:
        return Rejected(Unread.ADDRESS)
    query = _QUERY.match(rest)
    if query is not None:
        name = pull_name(query[2])
        return (
            Question(client, name, serial) if name else PASSED
        )  # a single label: the school's own
    said = _IS.match(rest)
    address = pull_address(said[3]) if said is not None else None
    if address is None:
        return PASSED  # forwarded, <CNAME>, NXDOMAIN, validation…
    return Answer(client, address, serial)
