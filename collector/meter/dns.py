"""DNS answers (RFC 1035 section 4, RFC 3596, RFC 9460): which address answers which question.

The name that counts is the question's: what the client asked for, whatever CNAMEs follow. Answers
are joined to flows by client and answered address until their TTL ends. Over TCP each message has
its length before it (RFC 7766 section 8).
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import (
    CACHE_LINE,
    DNS_ANSWERS_MAX,
    DNS_CAP,
    DNS_MAX_TTL_S,
    DNS_MIN_TTL_S,
    NAME_MAX,
    P_DST_HI,
    P_DST_LO,
    P_HAS_MAC,
    P_MAC_DST,
    P_VERSION,
    REJECT,
    VALUE,
    W_SEED,
)
from collector.meter.octets import be16, be32, be64, copy, mix, prefetch

TYPE_A, TYPE_AAAA, TYPE_SVCB, TYPE_HTTPS = 1, 28, 64, 65
HINT_IPV4, HINT_IPV6 = 4, 6
"""Service parameters that carry addresses (RFC 9460 section 7.3)."""
PARAMETERS_MAX = 16
"""Parameters read of one HTTPS record: RFC 9460 and its sisters register a dozen."""
SHORTEST_ANSWER = 12
"""A DNS header."""


@compiled
def pull_question(buf, o, end, out):
    """Copy the question's name as text to `out`.

    Returns:
        (VALUE or REJECT, length of the text, offset behind the question).
    """
    at, length = o, 0
    while at < end:
        label = i64(buf[at])
        at += 1
        if label == 0:
            if at + 4 > end or length == 0:
                return REJECT, 0, 0
            return VALUE, length, at + 4
        if label > 63 or at + label > end or length + label + 1 > NAME_MAX:
            return REJECT, 0, 0
        if length:
            out[length] = 46
            length += 1
        copy(out, length, buf, at, label)
        length += label
        at += label
    return REJECT, 0, 0


@compiled
def skip_name(buf, o, end):
    """Return the offset behind a name, compressed or not; -1 when it does not end."""
    while o < end:
        label = i64(buf[o])
        if label == 0:
            return o + 1
        if label >= 0xC0:
            return o + 2 if o + 2 <= end else -1
        if label > 63:
            return -1
        o += 1 + label
    return -1


@inlined
def join_key(tables, client_hi, client_lo, server_hi, server_lo):
    """Hash a client and an answered address."""
    h = mix(tables.word[W_SEED] ^ 0x5D4E53, client_hi)
    h = mix(h, client_lo)
    h = mix(h, server_hi)
    return mix(h, server_lo)


@compiled
def remember(tables, key, name, expires_us, now_us):
    """Store an answer in its bucket of four: same key, else free or expired, else soonest gone."""
    base = (key & (DNS_CAP // 4 - 1)) * 4
    best = base
    for at in range(base, base + 4):
        entry = tables.dns[at]
        if entry.used == 0 or entry.key == key or entry.expires_us < now_us:
            best = at
            break
        if entry.expires_us < tables.dns[best].expires_us:
            best = at
    entry = tables.dns[best]
    entry.key, entry.name, entry.expires_us, entry.used = key, name, expires_us, 1


@inlined
def ask_for_answer(tables, key):
    """Ask the memory for the bucket of a key: it is looked at a little later."""
    base = (key & (DNS_CAP // 4 - 1)) * 4
    prefetch(tables.dns, base, i64(0))
    prefetch(tables.dns, base, i64(CACHE_LINE))


@compiled
def recall(tables, key, now_us):
    """Return the name reference of a live answer, or -1."""
    base = (key & (DNS_CAP // 4 - 1)) * 4
    for at in range(base, base + 4):
        entry = tables.dns[at]
        if entry.used and entry.key == key and entry.expires_us >= now_us:
            return entry.name
    return -1


@inlined
def machine_key(tables, mac, server_hi, server_lo):
    """Hash a client's MAC and an answered address of the other IP version."""
    return join_key(tables, i64(-1), mac, server_hi, server_lo)


@compiled
def _remember_answer(tables, name, server_hi, server_lo, other_family, expires_us, now_us):
    """Join an answered address to the client that asked, and to its MAC across IP versions.

    A machine that asks over IPv4 and connects over IPv6 is known by its MAC only. Within one
    version the address is the better key: a router's MAC stands for many clients.
    """
    packet = tables.packet
    key = join_key(tables, packet[P_DST_HI], packet[P_DST_LO], server_hi, server_lo)
    remember(tables, key, name, expires_us, now_us)
    if other_family and packet[P_HAS_MAC]:
        key = machine_key(tables, packet[P_MAC_DST], server_hi, server_lo)
        remember(tables, key, name, expires_us, now_us)


@compiled
def _remember_hints(tables, buf, o, end, name, until, now_us):
    """Remember the address hints of an SVCB or HTTPS record (RFC 9460 section 2.2); how many.

    Browsers connect to them before any A or AAAA answer is there. The target's name is of no use:
    what was asked for is the name.
    """
    version = tables.packet[P_VERSION]
    o = skip_name(buf, o + 2, end)  # behind the priority
    found = 0
    for _ in range(PARAMETERS_MAX):
        if o < 0 or o + 4 > end:
            return found
        key, stop = be16(buf, o), o + 4 + be16(buf, o + 2)
        o += 4
        if stop > end:
            return found
        while key == HINT_IPV4 and o + 4 <= stop and found < DNS_ANSWERS_MAX:
            low = be32(buf, o)
            _remember_answer(tables, name, i64(0), low, version != 4, until, now_us)
            found, o = found + 1, o + 4
        while key == HINT_IPV6 and o + 16 <= stop and found < DNS_ANSWERS_MAX:
            high, low = be64(buf, o), be64(buf, o + 8)
            _remember_answer(tables, name, high, low, version != 6, until, now_us)
            found, o = found + 1, o + 16
        o = stop
    return found


@compiled
def pull_answers(tables, buf, o, end, records, name, now_us):
    """Remember the addresses of the answer section at `o`, for the client it is sent to.

    The section has `records` records; those behind it tell of name servers and of EDNS, not of the
    question. `name` is the reference of the question's name, `now_us` the packet time.

    Returns:
        How many addresses were remembered.
    """
    version = tables.packet[P_VERSION]
    found = 0
    for _ in range(min(records, DNS_ANSWERS_MAX)):
        o = skip_name(buf, o, end)
        if o < 0 or o + 10 > end:
            return found
        kind, ttl, length = be16(buf, o), be32(buf, o + 4), be16(buf, o + 8)
        body = o + 10
        if body + length > end:
            return found
        until = now_us + min(max(ttl, DNS_MIN_TTL_S), DNS_MAX_TTL_S) * 1_000_000
        if kind == TYPE_A and length == 4:
            low = be32(buf, body)
            _remember_answer(tables, name, i64(0), low, version != 4, until, now_us)
            found += 1
        elif kind == TYPE_AAAA and length == 16:
            high, low = be64(buf, body), be64(buf, body + 8)
            _remember_answer(tables, name, high, low, version != 6, until, now_us)
            found += 1
        elif kind == TYPE_HTTPS or kind == TYPE_SVCB:
            found += _remember_hints(tables, buf, body, body + length, name, until, now_us)
        o = body + length
    return found
