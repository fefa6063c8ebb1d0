"""HTTP/1 request: the Host header, or the authority of CONNECT (RFC 9112 section 3.2).

Outcomes: VALUE, MORE, REJECT. Only the first request of a direction is read.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import MORE, REJECT, VALUE

METHOD_MAX = 16
"""The longest registered method is UPDATEREDIRECTREF, 17; in use are up to 10 (PROPPATCH)."""
LINE_LIMIT = 8_192
"""Headers longer than that are refused by servers, too."""


@inlined
def _upper(value):
    return value - 32 if 97 <= value <= 122 else value


@compiled
def method_length(buf, o, end):
    """Return the length of a request method with its space, 0 for none, -1 for too few bytes.

    A method is a token (RFC 9110 section 9.1); those in use are three to METHOD_MAX capitals.
    """
    at = o
    while at < end and at - o <= METHOD_MAX:
        c = i64(buf[at])
        if c == 32:
            return at - o + 1 if at - o >= 3 else 0
        if not 65 <= c <= 90:
            return 0
        at += 1
    return -1 if at == end and at - o <= METHOD_MAX else 0


@inlined
def _is_connect(buf, o, skip):
    return skip == 8 and i64(buf[o]) == 67 and i64(buf[o + 3]) == 78


@compiled
def _host_of(buf, o, end):
    """Trim spaces, user information and port: return (offset, length) of the host."""
    while o < end and (i64(buf[o]) == 32 or i64(buf[o]) == 9):
        o += 1
    stop = o
    while stop < end and i64(buf[stop]) > 32:
        stop += 1
    for at in range(o, stop):
        if i64(buf[at]) == 64:  # user@host
            o = at + 1
            break
    if o < stop and i64(buf[o]) == 91:  # an IPv6 literal is no name
        return o, 0
    for at in range(o, stop):
        if i64(buf[at]) == 58:
            return o, at - o
    return o, stop - o


@compiled
def _absolute_authority(buf, o, end):
    """Return (offset, length) of the authority of `http://host/…` at `o`, or (0, 0)."""
    if end - o < 8:
        return 0, 0
    if _upper(i64(buf[o])) != 72 or i64(buf[o + 4]) != 58:
        return 0, 0
    if i64(buf[o + 5]) != 47 or i64(buf[o + 6]) != 47:
        return 0, 0
    stop = o + 7
    while stop < end and i64(buf[stop]) != 47 and i64(buf[stop]) > 32:
        stop += 1
    return _host_of(buf, o + 7, stop)


@inlined
def _is_host_header(buf, o, end):
    return (
        end - o >= 5
        and _upper(i64(buf[o])) == 72
        and _upper(i64(buf[o + 1])) == 79
        and _upper(i64(buf[o + 2])) == 83
        and _upper(i64(buf[o + 3])) == 84
        and i64(buf[o + 4]) == 58
    )


@compiled
def pull_host(buf, o, end):
    """Read the host of the first request.

    Returns:
        (outcome, offset, length or 0, 1 for CONNECT).
    """
    skip = method_length(buf, o, end)
    if skip < 0:
        return MORE, 0, 0, 0
    if skip == 0:
        return REJECT, 0, 0, 0
    stop = min(end, o + LINE_LIMIT)
    if _is_connect(buf, o, skip):
        at = o + 8
        while at < stop and i64(buf[at]) > 32:
            at += 1
        if at == stop:
            return MORE, 0, 0, 1
        host_o, host_n = _host_of(buf, o + 8, at)
        return VALUE, host_o, host_n, 1
    authority_o, authority_n = _absolute_authority(buf, o + skip, stop)
    line = o + skip
    while line < stop:
        if i64(buf[line]) != 10:
            line += 1
            continue
        line += 1
        if line < stop and (i64(buf[line]) == 13 or i64(buf[line]) == 10):
            return VALUE, authority_o, authority_n, 0  # end of headers
        if _is_host_header(buf, line, stop):
            at = line + 5
            while at < stop and i64(buf[at]) != 13 and i64(buf[at]) != 10:
                at += 1
            if at == stop:
                return MORE, 0, 0, 0
            if authority_n:  # an absolute URI wins over Host (RFC 9112 section 3.2.2)
                return VALUE, authority_o, authority_n, 0
            host_o, host_n = _host_of(buf, line + 5, at)
            return VALUE, host_o, host_n, 0
    if end - o >= LINE_LIMIT:
        return REJECT, 0, 0, 0
    return MORE, 0, 0, 0  # an authority that stands so far may be cut
