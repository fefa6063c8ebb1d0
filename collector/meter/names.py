"""Names on the wire: from payload to a reference, and the flows that bear it.

A name is validated, lowered, hashed; its bytes wait in the arena until Python reduced them to a
site (`collector.resolve`) and are overwritten then. What stays is a keyed 64-bit hash.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter import layout
from collector.meter.dns import SHORTEST_ANSWER, pull_answers, pull_question
from collector.meter.hello import pull_records
from collector.meter.http import method_length, pull_host
from collector.meter.layout import (
    C_DNS_ANSWERS,
    C_NAMED0,
    C_NAMES_REFUSED,
    C_REASSEMBLY_LOST,
    HELLO_WAIT_US,
    MORE,
    NAME_CAP,
    NAME_MAX,
    P_END,
    P_FLAGS,
    P_PAYLOAD,
    P_SEQ,
    P_SPORT,
    QUIC_BYTES,
    QUIC_TRIES,
    REASSEMBLY_BYTES,
    REASSEMBLY_PACKETS,
    REASSEMBLY_SLOTS,
    REASSEMBLY_SPANS,
    REJECT,
    SOURCE_CONNECT,
    SOURCE_HTTP,
    SOURCE_TLS,
    VALUE,
    W_CLOCK_US,
    W_NAME_ARENA,
    W_NAME_PENDING,
    W_NAMES,
    W_QUIC_PENDING,
    W_REASSEMBLY_NEXT,
    W_SEED,
)
from collector.meter.octets import be16, copy, mix
from collector.meter.quic_first import may_begin_quic

_SYN = 0x02
_NO = i64(0)
"""Zero of the type that variables have: a literal would compile the callee once more."""


@compiled
def intern(tables, buf, o, n):
    """Return the reference of the host name `buf[o:o + n]`, or -1 when it is no host name.

    Accepts letters, digits, `-`, `_` and dots (RFC 1123 section 2.1, and the underscore that
    exists); a last character that is a digit means an address literal.
    """
    while n > 0 and i64(buf[o + n - 1]) == 46:
        n -= 1
    if n == 0 or n > NAME_MAX or 48 <= i64(buf[o + n - 1]) <= 57:
        tables.count[C_NAMES_REFUSED] += 1
        return -1
    word = tables.word
    h = mix(word[W_SEED] ^ 0x4E414D45, n)
    chunk = 0
    for i in range(n):
        c = i64(buf[o + i])
        if 65 <= c <= 90:
            c += 32
        if not (97 <= c <= 122 or 48 <= c <= 57 or c == 45 or c == 46 or c == 95):
            tables.count[C_NAMES_REFUSED] += 1
            return -1
        chunk = (chunk << 8) | c
        if i & 7 == 7:
            h = mix(h, chunk)
            chunk = 0
    h = mix(h, chunk)
    at = h & (NAME_CAP - 1)
    while tables.names[at].used:
        if tables.names[at].hash == h:
            return at
        at = (at + 1) & (NAME_CAP - 1)
    start = word[W_NAME_ARENA]
    for i in range(n):
        c = i64(buf[o + i])
        tables.arena[start + i] = c + 32 if 65 <= c <= 90 else c
    entry = tables.names[at]
    entry.hash, entry.site, entry.used = h, -1, 1
    waiting = tables.pending[word[W_NAME_PENDING]]
    waiting.slot, waiting.offset, waiting.length = at, start, n
    word[W_NAME_ARENA] = start + n
    word[W_NAME_PENDING] += 1
    word[W_NAMES] += 1
    return at


@compiled
def give_name(tables, flow, source, buf, o, n, ech):
    """Name a flow unless it has a name of stronger evidence."""
    if source < flow.source:
        return
    reference = intern(tables, buf, o, n)
    if reference < 0:
        return
    if flow.source == 0 or source > flow.source:
        if flow.source:
            tables.count[C_NAMED0 + flow.source] -= 1
        tables.count[C_NAMED0 + source] += 1
    flow.name, flow.source, flow.ech = reference, source, ech


@compiled
def learn_dns(tables, buf, o, end, now_us):
    """Read a DNS answer and remember its addresses for the client that asked.

    Returns:
        VALUE, or REJECT for what is no answer: a query, another opcode, an error, no question.
    """
    if end - o < SHORTEST_ANSWER:
        return REJECT
    flags = be16(buf, o + 2)
    if flags & 0x8000 == 0 or flags & 0x7800 or be16(buf, o + 4) != 1:
        return REJECT
    outcome, length, after = pull_question(buf, o + SHORTEST_ANSWER, end, tables.scratch[0])
    if outcome != VALUE:
        return REJECT
    if flags & 0x000F or be16(buf, o + 6) == 0:
        return VALUE  # the name does not exist, or has no such record
    name = intern(tables, tables.scratch[0], _NO, length)
    if name >= 0:
        tables.count[C_DNS_ANSWERS] += pull_answers(
            tables, buf, after, end, be16(buf, o + 6), name, now_us
        )
    return VALUE


@compiled
def _learn_stream(tables, buf, o, end):
    """Read the answers of a resolver's TCP stream from its first octet on (RFC 7766 section 8).

    Called again when more has arrived; what was learned already is learned again, unchanged.

    Returns:
        MORE (another message may follow), or REJECT when it is no DNS.
    """
    while end - o >= 2:
        length = be16(buf, o)
        if length < SHORTEST_ANSWER:
            return REJECT
        if end - o < 2 + length:
            return MORE
        if learn_dns(tables, buf, o + 2, o + 2 + length, tables.word[W_CLOCK_US]) != VALUE:
            return REJECT
        o += 2 + length
    return MORE


@inlined
def _settle(tables, flow, from_low):
    """No more names from this direction."""
    if from_low:
        flow.done_lo = 1
    else:
        flow.done_hi = 1
    if flow.reassembly >= 0 and tables.reassembly[flow.reassembly].from_lo == from_low:
        tables.reassembly[flow.reassembly].used = 0
        flow.reassembly = -1


@compiled
def _read(tables, flow, buf, o, end, from_low):
    """Try to read a name from the first bytes of a direction; return the outcome."""
    if is_dns_answer(tables.packet):
        outcome = _learn_stream(tables, buf, o, end)
    elif i64(buf[o]) == 22:
        outcome, spread, name_o, name_n, ech = pull_records(buf, o, end, tables.scratch[0])
        if name_n:
            if spread:
                give_name(tables, flow, i64(SOURCE_TLS), tables.scratch[0], name_o, name_n, ech)
            else:
                give_name(tables, flow, i64(SOURCE_TLS), buf, name_o, name_n, ech)
    else:
        outcome, name_o, name_n, connect = pull_host(buf, o, end)
        if outcome == VALUE and connect:
            give_name(tables, flow, i64(SOURCE_CONNECT), buf, name_o, name_n, _NO)
            flow.connect, flow.tries = 1, 0
            flow.base_lo = flow.base_hi = -1  # the tunnel begins behind this request
            if flow.reassembly >= 0:
                tables.reassembly[flow.reassembly].used = 0
                flow.reassembly = -1
            return MORE
        if outcome == VALUE and name_n:
            give_name(tables, flow, i64(SOURCE_HTTP), buf, name_o, name_n, _NO)
    if outcome == VALUE:
        flow.done_lo = flow.done_hi = 1
    if outcome != MORE:
        _settle(tables, flow, from_low)
    return outcome


@compiled
def _add_span(slot, start, stop):
    """Note that [start, stop) has arrived; merge what touches. Returns 0 when there is no room."""
    i = 0
    while i < slot.spans:
        if start <= slot.stop[i] and slot.start[i] <= stop:
            start, stop = min(start, slot.start[i]), max(stop, slot.stop[i])
            last = slot.spans - 1
            slot.start[i], slot.stop[i] = slot.start[last], slot.stop[last]
            slot.spans = last
            i = 0
        else:
            i += 1
    if slot.spans == REASSEMBLY_SPANS:
        return 0
    slot.start[slot.spans], slot.stop[slot.spans] = start, stop
    slot.spans += 1
    return 1


@inlined
def _contiguous(slot):
    for i in range(slot.spans):
        if slot.start[i] == 0:
            return slot.stop[i]
    return 0


@compiled
def _claim(tables, number, from_low):
    """Take the next reassembly slot, the oldest one's owner giving way."""
    word = tables.word
    at = word[W_REASSEMBLY_NEXT]
    word[W_REASSEMBLY_NEXT] = (at + 1) % REASSEMBLY_SLOTS
    slot = tables.reassembly[at]
    if slot.used:
        tables.count[C_REASSEMBLY_LOST] += 1
        owner = tables.flows[slot.flow]
        owner.reassembly = -1
        owner.done_lo = owner.done_hi = 1
    slot.flow, slot.used, slot.from_lo = number, 1, from_low
    slot.packets = slot.spans = 0
    slot.since_us = word[W_CLOCK_US]
    tables.flows[number].reassembly = at
    return at


@compiled
def _collect(tables, number, buf, from_low, offset):
    """Put a segment where it belongs and read what is contiguous from the start."""
    packet = tables.packet
    flow = tables.flows[number]
    at = flow.reassembly
    if at < 0:
        at = _claim(tables, number, from_low)
    slot = tables.reassembly[at]
    if tables.word[W_CLOCK_US] - slot.since_us > HELLO_WAIT_US:
        _settle(tables, flow, from_low)
        return
    slot.packets += 1
    o, end = packet[P_PAYLOAD], packet[P_END]
    if offset < 0:
        o -= offset
        offset = 0
    n = min(end - o, REASSEMBLY_BYTES - offset)
    before = _contiguous(slot)
    if n > 0:
        copy(tables.held[at], offset, buf, o, n)
        if _add_span(slot, offset, offset + n) == 0:
            _settle(tables, flow, from_low)
            return
    ready = _contiguous(slot)
    if ready > before:
        outcome = _read(tables, flow, tables.held[at], _NO, ready, from_low)
        if outcome != MORE:
            return
    if ready >= REASSEMBLY_BYTES or slot.packets >= REASSEMBLY_PACKETS:
        _settle(tables, flow, from_low)


@compiled
def look_in_tcp(tables, number, buf, from_low):
    """Look for a TLS or HTTP name in a TCP packet of a flow that still wants one."""
    packet = tables.packet
    flow = tables.flows[number]
    seq = packet[P_SEQ]
    if packet[P_FLAGS] & _SYN:
        seq = (seq + 1) & 0xFFFFFFFF  # the SYN has a number, data may follow it (RFC 7413)
        if from_low:
            flow.base_lo = seq
        else:
            flow.base_hi = seq
    o, end = packet[P_PAYLOAD], packet[P_END]
    if o >= end or (flow.done_lo if from_low else flow.done_hi):
        return
    held = flow.reassembly >= 0 and tables.reassembly[flow.reassembly].from_lo == from_low
    base = flow.base_lo if from_low else flow.base_hi
    offset = 0
    if base < 0 or flow.connect == 1:
        base = seq  # joined in the middle, or inside a CONNECT tunnel
    else:
        offset = (seq - base) & 0xFFFFFFFF
        if offset >= 0x80000000:
            offset -= 0x100000000
        if offset + (end - o) <= 0 or offset >= REASSEMBLY_BYTES:
            return
    if held or offset > 0:
        _collect(tables, number, buf, from_low, offset)
        return
    if offset < 0:
        o -= offset
    first = i64(buf[o])
    if first != 22 and not is_dns_answer(packet) and method_length(buf, o, end) == 0:
        flow.tries += 1
        if flow.connect == 0 or flow.tries > 4:
            _settle(tables, flow, from_low)
        return
    if flow.connect == 1:
        flow.connect = 2
    if from_low:
        flow.base_lo = base
    else:
        flow.base_hi = base
    if _read(tables, flow, buf, o, end, from_low) == MORE and flow.connect != 1:
        _collect(tables, number, buf, from_low, offset)


@compiled
def look_in_udp(tables, number, buf, from_low):
    """Keep a datagram that may hold a QUIC Initial (RFC 9000 section 17.2) for decryption."""
    packet = tables.packet
    flow = tables.flows[number]
    if from_low != flow.client_is_lo:
        return  # only the client's keys open a hello
    o, end = packet[P_PAYLOAD], packet[P_END]
    n = end - o
    flow.tries += 1
    late = tables.word[W_CLOCK_US] - flow.first_us > HELLO_WAIT_US
    if late or flow.tries >= QUIC_TRIES:
        flow.done_lo = flow.done_hi = 1
    if late or not may_begin_quic(buf, o, n):
        return
    n = min(n, QUIC_BYTES)
    word = tables.word
    at = word[W_QUIC_PENDING]
    word[W_QUIC_PENDING] = at + 1
    waiting = tables.quic[at]
    waiting.id, waiting.flow, waiting.length = flow.id, number, n
    copy(tables.quic_bytes[at], _NO, buf, o, n)


@compiled
def wants_name(flow, transport):
    """Say whether packets of this flow are still looked into."""
    if transport == layout.TCP:
        return flow.done_lo == 0 or flow.done_hi == 0
    return transport == layout.UDP and flow.done_lo == 0


@inlined
def is_dns_answer(packet):
    """An answer of a resolver (not mDNS or LLMNR, which name other machines)."""
    return packet[P_SPORT] == 53
