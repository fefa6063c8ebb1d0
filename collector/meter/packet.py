"""One packet through the meter: time, accounting, flow, names. And the sweeps at minute and end.

Every frame offered ends as parsed or rejected with a reason; octets are added to the totals before
anything can go wrong with a flow, so the totals never depend on the table.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter import layout
from collector.meter.decode import decode
from collector.meter.hints import HINT_TRIES, look
from collector.meter.layout import (
    BACKWARD_US,
    C_COUNT,
    C_DOWN_BYTES,
    C_IP_BYTES,
    C_LOCAL_BYTES,
    C_OFFERED,
    C_PARSED,
    C_REJECT0,
    C_UP_BYTES,
    END_ENDED,
    END_FORCED,
    END_IDLE,
    LINK_ROW_CAP,
    NAME_ARENA,
    NAME_CAP,
    NAME_MAX,
    NAME_PENDING,
    OTHER_IDLE_US,
    P_END,
    P_FLAGS,
    P_FRAGMENT,
    P_IP_BYTES,
    P_PAYLOAD,
    P_SEGMENTS,
    P_TRANSPORT,
    P_WIRE_PAYLOAD,
    QUIC_PENDING,
    ROW_CAP,
    RUN_END,
    RUN_FULL,
    RUN_LINKS,
    RUN_NAMES,
    RUN_QUIC,
    RUN_ROTATE,
    RUN_ROWS,
    TCP_IDLE_US,
    W_CLOCK_US,
    W_DEGRADED,
    W_FLOWS,
    W_FREE,
    W_HAND,
    W_HIGH,
    W_LINK_ROWS,
    W_LINK_STEP,
    W_MINUTE,
    W_NAME_ARENA,
    W_NAME_PENDING,
    W_NAMES,
    W_QUEUE,
    W_QUIC_PENDING,
    W_ROWS,
    W_STEP_US,
    W_SWEEP_AT,
)
from collector.meter.names import is_dns_answer, learn_dns, look_in_tcp, look_in_udp, wants_name
from collector.meter.place import place
from collector.meter.table import (
    MINUTE_US,
    close_second,
    export,
    find,
    finish,
    flow_hash,
    insert,
    source_is_low,
)

_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_CLOSED = 3
"""Both directions said FIN, or one said RST."""
HAND_OVER_MINUTES = 15
"""Rows leave at least each quarter of an hour of packet time, so at each local midnight (time zones
differ by quarters): a file of several days forgets the devices of each day, as a live run does."""
LINGER_US = 5_000_000
"""A closed connection stays that long for its last acknowledgements."""


@inlined
def _idle_limit(flow):
    if flow.fin == _CLOSED:
        return LINGER_US
    return TCP_IDLE_US if flow.transport == layout.TCP else OTHER_IDLE_US


@compiled
def sweep(tables, now_us):
    """Close idle flows. Returns RUN_END when done, RUN_ROWS when the rows are full (call again)."""
    word = tables.word
    number = max(word[W_SWEEP_AT], 0)
    high = word[W_HIGH]
    while number < high:
        flow = tables.flows[number]
        if flow.used and now_us - flow.last_us > _idle_limit(flow):
            if word[W_ROWS] >= ROW_CAP:
                word[W_SWEEP_AT] = number
                return RUN_ROWS
            finish(tables, number, END_ENDED if flow.fin == _CLOSED else END_IDLE)
        number += 1
    word[W_SWEEP_AT] = -1
    if word[W_FLOWS] == 0:
        word[W_HIGH] = word[W_QUEUE] = word[W_HAND] = 0
    return RUN_END


@compiled
def close_all(tables, end):
    """Close every flow (end of input). Returns RUN_END or RUN_ROWS like `sweep`."""
    word = tables.word
    number = max(word[W_SWEEP_AT], 0)
    while number < word[W_HIGH]:
        flow = tables.flows[number]
        if flow.used:
            if word[W_ROWS] >= ROW_CAP:
                word[W_SWEEP_AT] = number
                return RUN_ROWS
            finish(tables, number, END_ENDED if flow.fin == _CLOSED else end)
        number += 1
    word[W_SWEEP_AT] = -1
    return RUN_END


@compiled
def push_link_row(tables):
    """Write the counters of the ten seconds that ended: totals less what was there before."""
    word = tables.word
    row = tables.links[word[W_LINK_ROWS]]
    word[W_LINK_ROWS] += 1
    row.start_us = word[W_LINK_STEP] * word[W_STEP_US]
    for i in range(C_COUNT):
        row.count[i] = tables.count[i] - tables.step[i]
        tables.step[i] = tables.count[i]
    row.flows = word[W_FLOWS]
    row.degraded = word[W_DEGRADED]
    word[W_DEGRADED] = 0


@compiled
def advance(tables, time_us):
    """Move the packet clock. Returns RUN_END, or why Python must act before this packet.

    The clock never runs back within an era: a late packet counts at the clock. A fall of more than
    BACKWARD_US starts a new era.
    """
    word = tables.word
    if time_us < word[W_CLOCK_US] and word[W_CLOCK_US] - time_us <= BACKWARD_US:
        time_us = word[W_CLOCK_US]
    into_step = time_us - word[W_LINK_STEP] * word[W_STEP_US]
    if into_step < 0 or into_step >= word[W_STEP_US] or word[W_LINK_STEP] < 0:
        if word[W_LINK_STEP] >= 0:
            if word[W_LINK_ROWS] >= LINK_ROW_CAP:
                return RUN_LINKS
            push_link_row(tables)
        word[W_LINK_STEP] = time_us // word[W_STEP_US]
    minute = time_us // MINUTE_US
    if minute != word[W_MINUTE]:
        if word[W_MINUTE] >= 0:
            if word[W_QUIC_PENDING]:
                return RUN_QUIC
            if sweep(tables, time_us) != RUN_END:
                return RUN_ROWS
            if word[W_ROWS] and minute // HAND_OVER_MINUTES != word[W_MINUTE] // HAND_OVER_MINUTES:
                return RUN_ROWS
        word[W_MINUTE] = minute
    word[W_CLOCK_US] = time_us
    return RUN_END


@inlined
def room(tables):
    """Return RUN_END when one more packet fits everywhere, else what Python must empty first."""
    word = tables.word
    if word[W_ROWS] >= ROW_CAP - 2:
        return RUN_ROWS
    if word[W_NAME_PENDING] >= NAME_PENDING - 2 or word[W_NAME_ARENA] >= NAME_ARENA - 2 * NAME_MAX:
        return RUN_NAMES
    if word[W_NAMES] >= NAME_CAP * 3 // 4:
        return RUN_ROTATE
    if word[W_QUIC_PENDING] >= QUIC_PENDING:
        return RUN_QUIC
    if word[W_FREE] == 0:
        return RUN_FULL
    return RUN_END


@inlined
def _count_into(flow, up, octets, segments, now_us):
    """Add a packet to the slice's counters and features."""
    second = now_us // 1_000_000
    if second != flow.second:
        close_second(flow)
        flow.second = second
        flow.active += 1
    if up:
        flow.up_bytes += octets
        flow.up_packets += segments
    else:
        flow.down_bytes += octets
        flow.down_packets += segments
        flow.second_down += octets
    flow.last_us = now_us


@compiled
def account(tables, buf, now_us):
    """Meter the decoded packet in `tables.packet`."""
    packet, count = tables.packet, tables.count
    octets, segments = packet[P_IP_BYTES], packet[P_SEGMENTS]
    count[C_PARSED] += 1
    count[C_IP_BYTES] += octets
    from_low = source_is_low(packet)
    transport = packet[P_TRANSPORT]
    if transport == layout.UDP and is_dns_answer(packet) and packet[P_FRAGMENT] == 0:
        learn_dns(tables, buf, packet[P_PAYLOAD], packet[P_END], now_us)
    h = flow_hash(tables, packet)
    number = find(tables, packet, h, from_low)
    flags = packet[P_FLAGS]
    if number >= 0:
        flow = tables.flows[number]
        reopened = flow.fin == _CLOSED and flags & (_SYN | _ACK) == _SYN
        if reopened or now_us - flow.last_us > _idle_limit(flow):
            finish(tables, number, END_ENDED if flow.fin == _CLOSED else END_IDLE)
            number = -1
    if number < 0:
        number = insert(tables, h, from_low, now_us)
        place(tables, number, from_low, now_us)
    flow = tables.flows[number]
    if now_us - flow.slice_us >= MINUTE_US or now_us < flow.slice_us:
        export(tables, number, i64(0))
        flow.slice_us = now_us - now_us % MINUTE_US
    up = from_low == flow.up_is_lo
    _count_into(flow, up, octets, segments, now_us)
    if flow.local:
        count[C_LOCAL_BYTES] += octets
    elif up:
        count[C_UP_BYTES] += octets
    else:
        count[C_DOWN_BYTES] += octets
    if from_low != flow.client_is_lo:
        flow.answered = 1
    if transport == layout.TCP:
        if flags & _RST:
            flow.fin = _CLOSED
        elif flags & _FIN:
            flow.fin |= 1 if from_low else 2
    if wants_name(flow, transport) and packet[P_FRAGMENT] == 0:
        if transport == layout.TCP:
            look_in_tcp(tables, number, buf, from_low)
        else:
            look_in_udp(tables, number, buf, from_low)
    if flow.app == 0 and flow.looks < HINT_TRIES and packet[P_FRAGMENT] == 0:
        look(tables, number, buf, from_low)


@compiled
def meter(tables, buf, o, captured, wire, link, vlan, gso, time_us):
    """Take one frame. Returns RUN_END when it was consumed, else why it must be offered again.

    The frame stands at `buf[o:o + captured]`; `wire` is its length on the wire, `vlan` the outer
    tag that the kernel took off or 0, `gso` the payload octets per packet on the wire where the
    kernel merged packets or 0, `time_us` the packet time in microseconds since 1970.
    """
    need = room(tables)
    if need != RUN_END:
        return need
    need = advance(tables, time_us)
    if need != RUN_END:
        return need
    if tables.word[W_ROWS] >= ROW_CAP - 2:
        return RUN_ROWS
    count = tables.count
    count[C_OFFERED] += 1
    reason = decode(tables, buf, o, captured, wire, link, vlan)
    if reason:
        count[C_REJECT0 + reason - 1] += 1
        return RUN_END
    packet = tables.packet
    if gso > 0 and packet[P_WIRE_PAYLOAD] > gso:
        segments = (packet[P_WIRE_PAYLOAD] + gso - 1) // gso
        headers = packet[P_IP_BYTES] - packet[P_WIRE_PAYLOAD]
        packet[P_SEGMENTS] = segments
        packet[P_IP_BYTES] += (segments - 1) * headers
    account(tables, buf, tables.word[W_CLOCK_US])
    return RUN_END


@compiled
def end_of_input(tables):
    """Close every flow and the link step; returns RUN_END, RUN_ROWS or RUN_LINKS (call again)."""
    word = tables.word
    if close_all(tables, i64(END_FORCED)) != RUN_END:
        return RUN_ROWS
    if word[W_LINK_STEP] >= 0:
        if word[W_LINK_ROWS] >= LINK_ROW_CAP:
            return RUN_LINKS
        push_link_row(tables)
        word[W_LINK_STEP] = -1
    return RUN_END
