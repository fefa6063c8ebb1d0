"""Look a few packets ahead, so that memory is on its way when it is needed.

Captures and the flow tables of large schools are larger than the processor's caches: each packet
would wait for its own octets, then for its flow's record. The scout asks for the octets in line,
reads the addresses of the packet SCOUT_AHEAD places ahead, asks for its entry of the index, and for
the record when half of the way is gone. It changes nothing but time: what it does not recognise it
leaves alone, what it finds nobody believes.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.decode import ETHERTYPE_IPV4, ETHERTYPE_IPV6, LINK_ETHERNET
from collector.meter.layout import CACHE_LINE, SCOUT_RING, W_SEED
from collector.meter.octets import be16, be32, be64, prefetch
from collector.meter.table import end_hash, key_hash

OCTETS_AHEAD = 2_048
"""A handful of packets: the memory answers within that time."""
_READ = 14 + 40 + 4
"""What is read of a frame: Ethernet, IPv6, ports."""
_IPV4_PLAIN = 0x45
"""Version 4, no options."""


@inlined
def ask_for_octets(buf, asked, o):
    """Ask for what follows `o`; `asked` is how far that was done already. Returns how far now."""
    while asked < o + OCTETS_AHEAD:
        prefetch(buf, asked, i64(0))
        asked += CACHE_LINE
    return asked


@compiled
def scout(tables, position, buf, o, captured, link, vlan):
    """Ask for the index entry of a frame to come, the `position`th of this walk."""
    h = i64(0)
    if link == LINK_ETHERNET and captured >= _READ:
        ethertype, seed = be16(buf, o + 12), tables.word[W_SEED]
        if ethertype == ETHERTYPE_IPV4 and i64(buf[o + 14]) == _IPV4_PLAIN:
            source = end_hash(seed, i64(0), be32(buf, o + 26), be16(buf, o + 34))
            target = end_hash(seed, i64(0), be32(buf, o + 30), be16(buf, o + 36))
            h = key_hash(source, target, i64(buf[o + 23]), vlan)
        elif ethertype == ETHERTYPE_IPV6:
            source = end_hash(seed, be64(buf, o + 22), be64(buf, o + 30), be16(buf, o + 54))
            target = end_hash(seed, be64(buf, o + 38), be64(buf, o + 46), be16(buf, o + 56))
            h = key_hash(source, target, i64(buf[o + 20]), vlan)
    tables.scouted[position & (SCOUT_RING - 1)] = h
    prefetch(tables.index, h & (tables.index.shape[0] - 1), i64(0))


@inlined
def ask_for_flow(tables, position):
    """Ask for the record of a frame that was scouted."""
    h = tables.scouted[position & (SCOUT_RING - 1)]
    number = i64(tables.index[h & (tables.index.shape[0] - 1)]) - 1
    prefetch(tables.flows, number, i64(0))
    prefetch(tables.flows, number, i64(CACHE_LINE))
