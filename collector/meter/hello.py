"""TLS ClientHello: the server name and whether an encrypted hello rides along.

Input is a prefix of what one side sends: TLS records (`pull_records`) or a bare handshake message
(`pull_hello`, for QUIC). Outcomes: VALUE (the whole hello was read), MORE, REJECT. With MORE the
name may already be known: the caller keeps it and goes on collecting for the ECH extension.
RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3, RFC 9849 for ECH.
"""

from numpy import int64 as i64

from collector.jit import compiled
from collector.meter.layout import MORE, NAME_MAX, REJECT, VALUE
from collector.meter.octets import be16, be24, copy

RECORD_HANDSHAKE = 22
CLIENT_HELLO = 1
EXTENSION_SERVER_NAME = 0
EXTENSION_ECH = 0xFE0D
RECORD_MAX = 16_384 + 256
HELLO_MAX = 65_536
"""A longer hello is no browser's; what we collect ends far below."""


@compiled
def _server_name(buf, o, end):
    """Return (offset, length) of the first host name of a server_name extension, or (0, 0)."""
    if o + 5 > end:
        return 0, 0
    kind, length = i64(buf[o + 2]), be16(buf, o + 3)
    if kind != 0 or length == 0 or length > NAME_MAX or o + 5 + length > end:
        return 0, 0
    return o + 5, length


@compiled
def _extensions(buf, o, end, stop):
    """Walk extensions at `o`; `end` = readable bytes, `stop` = end of the list."""
    name_o, name_n, ech = 0, 0, 0
    while o + 4 <= stop:
        if o + 4 > end:
            return MORE, name_o, name_n, ech
        kind, length = be16(buf, o), be16(buf, o + 2)
        body = o + 4
        if body + length > stop:
            return REJECT, name_o, name_n, ech
        if body + length > end:
            return MORE, name_o, name_n, ech
        if kind == EXTENSION_SERVER_NAME and name_n == 0:
            name_o, name_n = _server_name(buf, body, body + length)
        elif kind == EXTENSION_ECH and length > 0 and i64(buf[body]) == 0:
            ech = 1  # type outer; inner ones never travel in clear
        o = body + length
    return VALUE, name_o, name_n, ech


@compiled
def pull_hello(buf, o, end):
    """Read one handshake message.

    Returns:
        (outcome, offset of the name, its length or 0, 1 with an outer ECH extension).
    """
    if end - o < 4:
        return MORE, 0, 0, 0
    if i64(buf[o]) != CLIENT_HELLO:
        return REJECT, 0, 0, 0
    length = be24(buf, o + 1)
    if length < 38 or length > HELLO_MAX:
        return REJECT, 0, 0, 0
    stop = o + 4 + length
    at = o + 4 + 34
    if at + 1 > end:
        return MORE, 0, 0, 0
    at += 1 + i64(buf[at])  # session id
    if at + 2 > stop:
        return REJECT, 0, 0, 0
    if at + 2 > end:
        return MORE, 0, 0, 0
    at += 2 + be16(buf, at)  # cipher suites
    if at + 1 > stop:
        return REJECT, 0, 0, 0
    if at + 1 > end:
        return MORE, 0, 0, 0
    at += 1 + i64(buf[at])  # compression methods
    if at == stop:
        return VALUE, 0, 0, 0  # no extensions: SSL 3 and old TLS
    if at + 2 > stop:
        return REJECT, 0, 0, 0
    if at + 2 > end:
        return MORE, 0, 0, 0
    tail = at + 2 + be16(buf, at)
    if tail > stop:
        return REJECT, 0, 0, 0
    return _extensions(buf, at + 2, end, tail)


@compiled
def pull_records(buf, o, end, scratch):
    """Read a ClientHello out of TLS records, also when it is cut over several of them.

    Args:
        buf: bytes of one direction from its first octet.
        o: where the first record begins.
        end: first offset that has not arrived.
        scratch: uint8 array for a hello that spans records.

    Returns:
        (outcome, in_scratch, offset, length, ech): the offset counts in `scratch` if in_scratch.
    """
    if end - o < 5:
        return MORE, 0, 0, 0, 0
    if i64(buf[o]) != RECORD_HANDSHAKE or i64(buf[o + 1]) != 3:
        return REJECT, 0, 0, 0, 0
    length = be16(buf, o + 3)
    if length == 0 or length > RECORD_MAX:
        return REJECT, 0, 0, 0, 0
    if end - o >= 9 and 4 + be24(buf, o + 6) <= length:
        outcome, name_o, name_n, ech = pull_hello(buf, o + 5, min(end, o + 5 + length))
        return outcome, 0, name_o, name_n, ech
    filled = 0
    while end - o >= 5:
        if i64(buf[o]) != RECORD_HANDSHAKE or i64(buf[o + 1]) != 3:
            break
        length = be16(buf, o + 3)
        take = min(length, end - o - 5, scratch.shape[0] - filled)
        if take > 0:
            copy(scratch, filled, buf, o + 5, take)
            filled += take
        o += 5 + length
    outcome, name_o, name_n, ech = pull_hello(scratch, i64(0), filled)
    return outcome, 1, name_o, name_n, ech
