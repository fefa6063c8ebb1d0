"""Capture files, walked in the compiled loop: pcap and pcapng.

pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng. `word[W_POSITION]` says where to go
on. A record that cannot be (absurd length, cut off) ends the walk with RUN_BAD and the position
where the fault lies: what came before is kept.
"""

from numpy import int64 as i64

from collector.jit import compiled
from collector.meter.layout import RUN_BAD, RUN_END, SCOUT_AHEAD, W_POSITION, W_TRAILER
from collector.meter.octets import be32, u16, u32
from collector.meter.packet import meter
from collector.meter.scout import ask_for_flow, ask_for_octets, scout

CAPTURED_MAX = 1 << 20
"""Longest captured frame believed: four times tcpdump's largest snaplen."""
TRAILER_BYTES = 12
"""Seconds, nanoseconds, flags, device, port: appended by Arista 7130 (Metamako) tap aggregators."""
SLICED_WIRE = 1 << 17
"""Such aggregators also slice frames, so the length on the wire is what the IP header says."""
SECONDS_MAX = 0xFFFFFFFF
"""Last second that a pcap record can name, in 2106."""
OFFSET_MAX = 1 << 40
"""Offset of a pcapng interface that is believed, seconds."""

_NO = i64(0)

F_LINK, F_LITTLE, F_NANO, F_HEADER = range(4)
"""Facts of a pcap file: link type, byte order, nanoseconds, length of a record header."""

I_LINK, I_UNITS, I_OFFSET, I_SNAP = range(4)
"""Facts of a pcapng interface: link type, time units in a second, offset in seconds, snaplen."""


@compiled
def trailer_time(buf, end):
    """Return the time in a frame's trailer, microseconds."""
    return be32(buf, end - 12) * 1_000_000 + be32(buf, end - 8) // 1_000


@compiled
def walk_pcap(memory, buf, facts, limit):
    """Meter the records from the position on; stop for Python, at the end, or at `limit` octets."""
    tables = memory[0]
    word = tables.word
    o, end = word[W_POSITION], buf.shape[0]
    little, header = facts[F_LITTLE], facts[F_HEADER]
    asked = seen = o
    at = ahead = 0
    while o < end:
        asked = ask_for_octets(buf, asked, o)
        while ahead < at + SCOUT_AHEAD and end - seen >= header:
            captured = u32(buf, seen + 8, little)
            if captured > CAPTURED_MAX or captured > end - seen - header:
                break
            scout(tables, ahead, buf, seen + header, captured, facts[F_LINK], _NO)
            seen += header + captured
            ahead += 1
        if at + SCOUT_AHEAD // 2 < ahead:
            ask_for_flow(tables, at + SCOUT_AHEAD // 2)
        at += 1
        if o >= limit:
            word[W_POSITION] = o
            return RUN_END
        if end - o < header:
            word[W_POSITION] = o
            return RUN_BAD
        seconds, fraction = u32(buf, o, little), u32(buf, o + 4, little)
        captured, wire = u32(buf, o + 8, little), u32(buf, o + 12, little)
        if captured > CAPTURED_MAX or captured > end - o - header:
            word[W_POSITION] = o
            return RUN_BAD
        time_us = seconds * 1_000_000 + (fraction // 1_000 if facts[F_NANO] else fraction)
        body = o + header
        wire = max(wire, captured)
        kept = captured
        if word[W_TRAILER] and captured > TRAILER_BYTES:
            time_us = trailer_time(buf, body + captured)
            kept, wire = captured - TRAILER_BYTES, SLICED_WIRE
        need = meter(tables, buf, body, kept, wire, facts[F_LINK], _NO, _NO, time_us)
        if need != RUN_END:
            word[W_POSITION] = o
            return need
        o = body + captured
    word[W_POSITION] = o
    return RUN_END


@compiled
def _block_time_us(interface, high, low):
    """Return microseconds since 1970 of a pcapng time stamp; units are powers of 10 or 2.

    Moments that pcap cannot write (before 1970, after 2106) are moved to its nearest one: stamp and
    offset are a stranger's, and calendars end.
    """
    stamp = ((high & 0x7FFFFFFF) << 32) | low
    units = interface[I_UNITS]
    seconds = stamp // units
    rest = stamp - seconds * units
    if units % 1_000_000 == 0:
        part = rest // (units // 1_000_000)
    else:
        while units > 1 << 43:  # so that the product below stays inside 63 bits
            units, rest = units >> 1, rest >> 1
        part = rest * 1_000_000 // units
    seconds = min(seconds, SECONDS_MAX + OFFSET_MAX) + interface[I_OFFSET]
    return min(max(seconds, 0), SECONDS_MAX) * 1_000_000 + part


@compiled
def walk_pcapng(memory, buf, little, interfaces, known, limit):
    """Meter the packet blocks from the position on.

    Stops with RUN_END at a section or interface block too (Python reads those) and at the end:
    the caller looks at the position.
    """
    tables = memory[0]
    word = tables.word
    o, end = word[W_POSITION], buf.shape[0]
    asked = o
    while o < end:
        asked = ask_for_octets(buf, asked, o)
        word[W_POSITION] = o
        if o >= limit:
            return RUN_END
        if end - o < 12:
            return RUN_BAD
        kind, length = u32(buf, o, little), u32(buf, o + 4, little)
        if kind == 0x0A0D0D0A or kind == 1:
            return RUN_END
        if length < 12 or length & 3 or length > end - o:
            return RUN_BAD
        if kind == 6 or kind == 2:  # enhanced packet, and the packet block that it replaced
            if length < 32:
                return RUN_BAD
            number = u32(buf, o + 8, little) if kind == 6 else u16(buf, o + 8, little)
            captured, wire = u32(buf, o + 20, little), u32(buf, o + 24, little)
            if number >= known or captured > length - 32 or captured > CAPTURED_MAX:
                return RUN_BAD
            interface = interfaces[number]
            time_us = _block_time_us(interface, u32(buf, o + 12, little), u32(buf, o + 16, little))
            need = meter(
                tables,
                buf,
                o + 28,
                captured,
                max(wire, captured),
                interface[I_LINK],
                _NO,
                _NO,
                time_us,
            )
            if need != RUN_END:
                return need
        elif kind == 3 and known > 0:  # simple packet: no time, first interface
            if length < 16:
                return RUN_BAD
            wire = u32(buf, o + 8, little)
            captured = min(wire, length - 16)
            if interfaces[0, I_SNAP] > 0:
                captured = min(captured, interfaces[0, I_SNAP])
            need = meter(
                tables, buf, o + 12, captured, wire, interfaces[0, I_LINK], _NO, _NO, word[0]
            )
            if need != RUN_END:
                return need
        o += length
    word[W_POSITION] = o
    return RUN_END
