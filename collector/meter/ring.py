"""One block of a TPACKET_V3 ring, walked in the compiled loop.

Layouts of include/uapi/linux/if_packet.h (tpacket_block_desc, tpacket3_hdr, tpacket_hdr_variant1)
and virtio_net.h, little-endian hosts. The kernel merges packets (GRO) and strips the outer VLAN
tag; the virtio header says the segment size and the variant the tag.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.files import SLICED_WIRE, TRAILER_BYTES, trailer_time
from collector.meter.layout import RUN_BAD, RUN_END, SCOUT_AHEAD, W_POSITION, W_TRAILER
from collector.meter.octets import le16, le32
from collector.meter.packet import meter
from collector.meter.scout import ask_for_flow, ask_for_octets, scout

BLOCK_PACKETS, BLOCK_FIRST = 12, 16
"""Offsets in the block header: number of packets, offset of the first."""
H_NEXT, H_SEC, H_NSEC, H_SNAP, H_LEN, H_STATUS, H_MAC = 0, 4, 8, 12, 16, 20, 24
H_TCI, H_TPID = 32, 36
STATUS_VLAN = 0x10
VNET_BYTES = 10
VNET_GSO_TYPE, VNET_GSO_SIZE = 1, 4


@inlined
def tag_of(ring, o):
    """Return the VLAN that the kernel took off the frame of the header at `o`, or 0."""
    if le32(ring, o + H_STATUS) & STATUS_VLAN:
        return le32(ring, o + H_TCI) & 0x0FFF
    return 0


@compiled
def walk_block(memory, ring, start, size, link, done):
    """Meter the packets of one block.

    The block stands at `ring[start:start + size]` and nothing outside of it is read; `done` packets
    of it were taken in an earlier call.

    Returns:
        (RUN_*, packets taken so far); `word[W_POSITION]` holds the offset to go on.
    """
    tables = memory[0]
    word = tables.word
    packets = le32(ring, start + BLOCK_PACKETS)
    o = word[W_POSITION]
    if done == 0:
        o = start + le32(ring, start + BLOCK_FIRST)
    stop = start + size
    asked = seen = o
    ahead = done
    while done < packets:
        asked = ask_for_octets(ring, asked, o)
        while ahead < min(done + SCOUT_AHEAD, packets) and start <= seen and seen + 48 <= stop:
            mac, captured = seen + le16(ring, seen + H_MAC), le32(ring, seen + H_SNAP)
            if mac + captured > stop:
                break
            scout(tables, ahead, ring, mac, captured, link, tag_of(ring, seen))
            seen += le32(ring, seen + H_NEXT)
            ahead += 1
        if done + SCOUT_AHEAD // 2 < ahead:
            ask_for_flow(tables, done + SCOUT_AHEAD // 2)
        if o < start or o + 48 > stop:
            return RUN_BAD, done
        captured, wire = le32(ring, o + H_SNAP), le32(ring, o + H_LEN)
        mac = o + le16(ring, o + H_MAC)
        if mac - VNET_BYTES < start or mac + captured > stop:
            return RUN_BAD, done
        time_us = le32(ring, o + H_SEC) * 1_000_000 + le32(ring, o + H_NSEC) // 1_000
        gso = 0
        if i64(ring[mac - VNET_BYTES + VNET_GSO_TYPE]) != 0:
            gso = le16(ring, mac - VNET_BYTES + VNET_GSO_SIZE)
        vlan = tag_of(ring, o)
        wire = max(wire, captured)
        if word[W_TRAILER] and captured > TRAILER_BYTES:
            time_us = trailer_time(ring, mac + captured)
            captured, wire = captured - TRAILER_BYTES, SLICED_WIRE
        need = meter(tables, ring, mac, captured, wire, link, vlan, gso, time_us)
        if need != RUN_END:
            word[W_POSITION] = o
            return need, done
        done += 1
        next_o = le32(ring, o + H_NEXT)
        if next_o == 0 and done < packets:
            return RUN_BAD, done
        o += next_o
    return RUN_END, done
