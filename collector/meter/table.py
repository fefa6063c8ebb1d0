"""The flow table: open addressing over a fixed array of records.

`index` holds record number + 1 at hash positions (0 = empty, linear probing, backward-shift
deletion so that no tombstones pile up); `free` is a queue of records that were given back. The hash is keyed
with a secret seed: a stranger cannot choose collisions.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import (
    C_FLOWS,
    C_SLICES,
    FLOW_CAP,
    P_DPORT,
    P_DST_HI,
    P_DST_LO,
    P_PROTOCOL,
    P_SPORT,
    P_SRC_HI,
    P_SRC_LO,
    P_VERSION,
    P_VLAN,
    W_FLOWS,
    W_FREE,
    W_HIGH,
    W_QUEUE,
    W_QUEUE_AT,
    W_RANDOM,
    W_ROWS,
    W_SEED,
)
from collector.meter.octets import mix

MINUTE_US = 60_000_000


@inlined
def source_is_low(packet):
    """Order the two ends of a packet: 1 when the source is the lower end of the flow's key."""
    if packet[P_SRC_HI] != packet[P_DST_HI]:
        return 1 if packet[P_SRC_HI] < packet[P_DST_HI] else 0
    if packet[P_SRC_LO] != packet[P_DST_LO]:
        return 1 if packet[P_SRC_LO] < packet[P_DST_LO] else 0
    return 1 if packet[P_SPORT] <= packet[P_DPORT] else 0


@inlined
def end_hash(seed, hi, lo, port):
    """Hash one end of a flow; `hi` is 0 for IPv4."""
    h = mix(seed, lo)
    if hi != 0:
        h = mix(h, hi)
    return mix(h, port)


@inlined
def key_hash(one_end, other_end, protocol, vlan):
    """Hash a flow's key from the hashes of its ends: the same whichever end sends."""
    return mix(one_end + other_end, (protocol << 16) | vlan)


@inlined
def flow_hash(tables, packet):
    """Hash the key of the packet's flow."""
    seed = tables.word[W_SEED]
    source = end_hash(seed, packet[P_SRC_HI], packet[P_SRC_LO], packet[P_SPORT])
    target = end_hash(seed, packet[P_DST_HI], packet[P_DST_LO], packet[P_DPORT])
    return key_hash(source, target, packet[P_PROTOCOL], packet[P_VLAN])


@inlined
def _same(flow, packet, from_low):
    if flow.protocol != packet[P_PROTOCOL] or flow.vlan != packet[P_VLAN]:
        return False
    if flow.version != packet[P_VERSION]:
        return False
    if from_low:
        return (
            flow.lo_lo == packet[P_SRC_LO]
            and flow.hi_lo == packet[P_DST_LO]
            and flow.lo_port == packet[P_SPORT]
            and flow.hi_port == packet[P_DPORT]
            and flow.lo_hi == packet[P_SRC_HI]
            and flow.hi_hi == packet[P_DST_HI]
        )
    return (
        flow.lo_lo == packet[P_DST_LO]
        and flow.hi_lo == packet[P_SRC_LO]
        and flow.lo_port == packet[P_DPORT]
        and flow.hi_port == packet[P_SPORT]
        and flow.lo_hi == packet[P_DST_HI]
        and flow.hi_hi == packet[P_SRC_HI]
    )


@inlined
def find(tables, packet, h, from_low):
    """Return the record of the packet's flow, or -1."""
    mask = tables.index.shape[0] - 1
    at = h & mask
    while True:
        number = i64(tables.index[at])
        if number == 0:
            return -1
        flow = tables.flows[number - 1]
        if flow.hash == h and _same(flow, packet, from_low):
            return number - 1
        at = (at + 1) & mask


@inlined
def next_id(tables):
    """Return a random flow id (xorshift64*, Vigna 2016): it joins slices and derives from nothing."""
    x = tables.word[W_RANDOM]
    x ^= (x >> 12) & 0xFFFFFFFFFFFFF
    x ^= x << 25
    x ^= (x >> 27) & 0x1FFFFFFFFF
    tables.word[W_RANDOM] = x
    return x * 2685821657736338717


@compiled
def insert(tables, h, from_low, now_us):
    """Take a free record for the packet's flow and return its number. The caller left one free."""
    word, packet = tables.word, tables.packet
    word[W_FREE] -= 1
    if word[W_QUEUE]:  # the one that came back first: `evict` tells age by the order of records
        number = i64(tables.free[word[W_QUEUE_AT]])
        word[W_QUEUE_AT] = (word[W_QUEUE_AT] + 1) & (FLOW_CAP - 1)
        word[W_QUEUE] -= 1
    else:
        number = word[W_HIGH]
        word[W_HIGH] += 1
    word[W_FLOWS] += 1
    tables.count[C_FLOWS] += 1
    mask = tables.index.shape[0] - 1
    at = h & mask
    while tables.index[at] != 0:
        at = (at + 1) & mask
    tables.index[at] = number + 1
    flow = tables.flows[number]
    if from_low:
        flow.lo_hi, flow.lo_lo = packet[P_SRC_HI], packet[P_SRC_LO]
        flow.hi_hi, flow.hi_lo = packet[P_DST_HI], packet[P_DST_LO]
        flow.lo_port, flow.hi_port = packet[P_SPORT], packet[P_DPORT]
    else:
        flow.lo_hi, flow.lo_lo = packet[P_DST_HI], packet[P_DST_LO]
        flow.hi_hi, flow.hi_lo = packet[P_SRC_HI], packet[P_SRC_LO]
        flow.lo_port, flow.hi_port = packet[P_DPORT], packet[P_SPORT]
    flow.hash, flow.id = h, next_id(tables)
    flow.protocol, flow.version, flow.vlan = packet[P_PROTOCOL], packet[P_VERSION], packet[P_VLAN]
    flow.first_us = flow.last_us = now_us
    flow.slice_us = now_us - now_us % MINUTE_US
    flow.second, flow.second_down = -1, 0
    flow.up_bytes = flow.down_bytes = 0
    flow.up_packets = flow.down_packets = flow.peak = 0
    flow.sumsq = 0.0
    flow.base_lo = flow.base_hi = -1
    flow.name, flow.device, flow.reassembly = -1, -1, -1
    flow.source = flow.ech = flow.app = flow.connect = 0
    flow.looks = flow.sign = flow.sign_from = 0
    flow.mark = 0
    flow.active = flow.fin = flow.answered = flow.tries = 0
    flow.done_lo = flow.done_hi = flow.local = 0
    flow.used = 1
    return number


@compiled
def remove(tables, number):
    """Give a record back; shift the probe chain so that look-ups still end."""
    index, flows = tables.index, tables.flows
    mask = index.shape[0] - 1
    at = flows[number].hash & mask
    while i64(index[at]) != number + 1:
        at = (at + 1) & mask
    hole = at
    while True:
        at = (at + 1) & mask
        other = i64(index[at])
        if other == 0:
            break
        home = flows[other - 1].hash & mask
        if ((at - home) & mask) >= ((at - hole) & mask):
            index[hole] = other
            hole = at
    index[hole] = 0
    flow = flows[number]
    flow.used = 0
    flow.lo_hi = flow.lo_lo = flow.hi_hi = flow.hi_lo = 0  # no address outlives its flow
    if flow.reassembly >= 0:
        tables.reassembly[flow.reassembly].used = 0
        flow.reassembly = -1
    word = tables.word
    tables.free[(word[W_QUEUE_AT] + word[W_QUEUE]) & (FLOW_CAP - 1)] = number
    word[W_QUEUE] += 1
    word[W_FREE] += 1
    word[W_FLOWS] -= 1


@inlined
def close_second(flow):
    """Fold the octets of the current second into the slice's features."""
    down = flow.second_down
    if down > flow.peak:
        flow.peak = min(down, 2147483647)
    flow.sumsq += float(down) * float(down)
    flow.second_down = 0


@compiled
def export(tables, number, end):
    """Write the flow's slice as a row (there is room: the caller saw to it) and start anew."""
    flow = tables.flows[number]
    if flow.up_packets + flow.down_packets == 0:
        return
    close_second(flow)
    word = tables.word
    if flow.local == 0:
        row = tables.rows[word[W_ROWS]]
        word[W_ROWS] += 1
        tables.count[C_SLICES] += 1
        row.minute_us, row.flow = flow.slice_us, flow.id
        row.up_bytes, row.down_bytes = flow.up_bytes, flow.down_bytes
        row.up_packets, row.down_packets = flow.up_packets, flow.down_packets
        row.sumsq, row.peak, row.active = flow.sumsq, flow.peak, flow.active
        row.name, row.source, row.ech, row.app = flow.name, flow.source, flow.ech, flow.app
        row.device, row.zone = flow.device, flow.zone
        row.version, row.transport = flow.version, flow.transport
        row.server_port = flow.hi_port if flow.client_is_lo else flow.lo_port
        row.age_s = max(0, (flow.slice_us - flow.first_us) // 1_000_000)
        row.end = end
    flow.up_bytes = flow.down_bytes = 0
    flow.up_packets = flow.down_packets = flow.peak = 0
    flow.active = 0
    flow.sumsq = 0.0
    flow.second, flow.second_down = -1, 0


@compiled
def finish(tables, number, end):
    """Export what is left of a flow and forget it."""
    export(tables, number, end)
    remove(tables, number)
