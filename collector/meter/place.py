"""Where a flow belongs: inside or outside, zone, device, which end is the client and the school's.

The inside end is the one in a declared network (or VLAN); `up` counts from it. Without declared
zones the client's end stands for the school's side and nothing is local.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter import layout
from collector.meter.dns import ask_for_answer, join_key, machine_key, recall
from collector.meter.layout import (
    C_DEVICES_REFUSED,
    C_NAMED0,
    DEVICE_ADDRESS,
    DEVICE_ADDRESSES,
    DEVICE_CAP,
    DEVICE_MAC,
    P_DPORT,
    P_DST_HI,
    P_DST_LO,
    P_FLAGS,
    P_HAS_MAC,
    P_MAC_DST,
    P_MAC_SRC,
    P_SPORT,
    P_SRC_HI,
    P_SRC_LO,
    P_TRANSPORT,
    P_VERSION,
    P_VLAN,
    SOURCE_DNS,
    W_DEVICES,
    W_OBJECTIONS,
    W_PREFIXES,
    W_SCHOOL,
    W_SEED,
)
from collector.meter.octets import mix

OUTSIDE, ZONELESS = -2, -1


@compiled
def zone_of(tables, version, hi, lo):
    """Return the zone of an address: its number, ZONELESS inside without a zone, or OUTSIDE."""
    for i in range(tables.word[W_PREFIXES]):
        prefix = tables.prefixes[i]
        if (
            prefix.version == version
            and (lo & prefix.mask_lo) == prefix.net_lo
            and (hi & prefix.mask_hi) == prefix.net_hi
        ):
            return i64(prefix.zone)
    return OUTSIDE


@inlined
def never_routed(version, hi, lo):
    """Multicast, broadcast and link-local addresses never cross the Internet line."""
    if version == 4:
        return (
            (lo >> 28) == 14
            or lo == 0xFFFFFFFF
            or lo == 0
            or (lo >> 16) == 0xA9FE
            or (lo >> 24) == 127
        )
    top = (hi >> 48) & 0xFFFF
    return (top >> 8) == 0xFF or (top & 0xFFC0) == 0xFE80 or (hi == 0 and lo <= 1 and lo >= 0)


@inlined
def _client_is_source(packet):
    """Tell the client: it sends the SYN, else it has the port that is no service's."""
    if packet[P_TRANSPORT] == layout.TCP:
        flags = packet[P_FLAGS] & 0x12
        if flags == 0x02:
            return True
        if flags == 0x12:
            return False
    sport, dport = packet[P_SPORT], packet[P_DPORT]
    if sport < 1024 <= dport:
        return False
    if dport < 1024 <= sport:
        return True
    return True


@compiled
def _device_slot(tables, kind, hi, lo):
    """Find or make the entry of a device key; -1 when the table is full."""
    index, devices, word = tables.device_index, tables.devices, tables.word
    mask = index.shape[0] - 1
    at = mix(mix(word[W_SEED] ^ kind, hi), lo) & mask
    while index[at] != 0:
        entry = devices[i64(index[at]) - 1]
        if entry.key_lo == lo and entry.key_hi == hi and entry.kind == kind:
            return i64(index[at]) - 1
        at = (at + 1) & mask
    if word[W_DEVICES] >= DEVICE_CAP:
        tables.count[C_DEVICES_REFUSED] += 1
        return -1
    number = word[W_DEVICES]
    word[W_DEVICES] += 1
    index[at] = number + 1
    entry = devices[number]
    entry.key_hi, entry.key_lo, entry.kind, entry.used = hi, lo, kind, 1
    entry.resolved = entry.router = 0
    entry.addresses[0] = entry.addresses[1] = 0
    return number


@compiled
def _device(tables, mac, version, hi, lo):
    """Return the device behind a MAC, or behind the address when the MAC is a router's."""
    if mac == 0:
        return _device_slot(tables, DEVICE_ADDRESS, hi, lo)
    number = _device_slot(tables, DEVICE_MAC, 0, mac)
    if number < 0:
        return -1
    entry = tables.devices[number]
    entry.mac = mac
    if entry.router == 0:
        family = 0 if version == 4 else 1
        key = mix(mix(tables.word[W_SEED], hi), lo)
        n = i64(entry.addresses[family])
        for i in range(n):
            if entry.address[family, i] == key:
                return number
        if n < DEVICE_ADDRESSES:
            entry.address[family, n] = key
            entry.addresses[family] = n + 1
            return number
        entry.router = 1
    number = _device_slot(tables, DEVICE_ADDRESS, hi, lo)
    if number >= 0:
        tables.devices[number].mac = mac  # the machine may object, whatever address it takes
    return number


@inlined
def _dns_keys(tables, client_is_source):
    """Return under which keys an answer for the server's address may stand: client's, machine's."""
    packet = tables.packet
    if client_is_source:
        client_hi, client_lo, mac = packet[P_SRC_HI], packet[P_SRC_LO], packet[P_MAC_SRC]
        server_hi, server_lo = packet[P_DST_HI], packet[P_DST_LO]
    else:
        client_hi, client_lo, mac = packet[P_DST_HI], packet[P_DST_LO], packet[P_MAC_DST]
        server_hi, server_lo = packet[P_SRC_HI], packet[P_SRC_LO]
    by_client = join_key(tables, client_hi, client_lo, server_hi, server_lo)
    return by_client, machine_key(tables, mac, server_hi, server_lo)


@compiled
def place(tables, number, from_low, now_us):
    """Fill what a new flow knows from its first packet: ends, zone, device, name from DNS."""
    packet = tables.packet
    flow = tables.flows[number]
    version = packet[P_VERSION]
    client_is_source = _client_is_source(packet)
    by_client, by_machine = _dns_keys(tables, client_is_source)
    ask_for_answer(tables, by_client)
    ask_for_answer(tables, by_machine)
    source_zone = zone_of(tables, version, packet[P_SRC_HI], packet[P_SRC_LO])
    target_zone = zone_of(tables, version, packet[P_DST_HI], packet[P_DST_LO])
    by_vlan = i64(tables.vlan_zone[packet[P_VLAN]]) if packet[P_VLAN] else -1
    source_inside, target_inside = source_zone > OUTSIDE, target_zone > OUTSIDE
    school_is_source = source_inside if source_inside != target_inside else client_is_source
    flow.client_is_lo = 1 if client_is_source == (from_low == 1) else 0
    flow.up_is_lo = 1 if school_is_source == (from_low == 1) else 0
    flow.transport = packet[P_TRANSPORT]
    zone = source_zone if school_is_source else target_zone
    if zone < 0 and by_vlan >= 0:
        zone = by_vlan
    flow.zone = zone if zone >= 0 else -1
    if tables.word[W_SCHOOL]:
        flow.local = (
            (source_inside and target_inside)
            or never_routed(version, packet[P_DST_HI], packet[P_DST_LO])
            or never_routed(version, packet[P_SRC_HI], packet[P_SRC_LO])
        )
    if flow.local == 0 and (zone < 0 or tables.zone_counts[zone] or tables.word[W_OBJECTIONS]):
        mac = 0
        if packet[P_HAS_MAC]:
            mac = packet[P_MAC_SRC] if school_is_source else packet[P_MAC_DST]
        if school_is_source:
            hi, lo = packet[P_SRC_HI], packet[P_SRC_LO]
        else:
            hi, lo = packet[P_DST_HI], packet[P_DST_LO]
        if tables.word[W_SCHOOL] == 0 or source_inside or target_inside or by_vlan >= 0:
            flow.device = _device(tables, mac, version, hi, lo)
    name = recall(tables, by_client, now_us)
    if name < 0 and packet[P_HAS_MAC]:
        name = recall(tables, by_machine, now_us)
    if name >= 0:
        flow.name, flow.source = name, SOURCE_DNS
        tables.count[C_NAMED0 + SOURCE_DNS] += 1


@compiled
def reindex_devices(tables):
    """Build the device index anew after entries were moved."""
    index, devices, word = tables.device_index, tables.devices, tables.word
    mask = index.shape[0] - 1
    for i in range(index.shape[0]):
        index[i] = 0
    for number in range(word[W_DEVICES]):
        entry = devices[number]
        at = mix(mix(word[W_SEED] ^ entry.kind, entry.key_hi), entry.key_lo) & mask
        while index[at] != 0:
            at = (at + 1) & mask
        index[at] = number + 1
