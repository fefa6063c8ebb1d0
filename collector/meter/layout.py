"""Shapes of the meter's memory: records, bounds and counters.

All state of one meter is one record, `TABLES`: preallocated arrays, so memory is known at start and
a stranger on the network can fill nothing without a bound. Addresses live here and only here, in
memory; rows that leave carry references (name, device, zone) that `collector.resolve` reduces.
"""

from typing import Any

import numpy as np

# --- bounds, each with its reason -----------------------------------------------------------
FLOW_CAP = 262_144
"""Flows at once: 100 times what a school of 600 devices holds; 48 MiB of records. A power of two:
the free queue is a ring of that many."""
ROW_CAP = 65_536
"""Rows between two hand-overs to Python: one minute of a busy school fits."""
LINK_ROW_CAP = 8_192
"""Ten-second rows between two hand-overs: most of a day of a quiet capture."""
NAME_CAP = 131_072
"""Distinct full names held as 64-bit hashes; at three quarters the unused ones are forgotten."""
NAME_ARENA = 1 << 20
"""Bytes of new names that wait for reduction; emptied at each hand-over."""
NAME_PENDING = 8_192
"""Names in that arena: a name is 20 octets on average, so the arena fills first only by attack."""
NAME_MAX = 253
"""Longest host name in text form (RFC 1035 section 2.3.4 less the root)."""
DNS_CAP = 65_536
"""Answered addresses remembered, four to a bucket: 100 for each of 600 devices."""
DNS_MIN_TTL_S = 60
"""Programs hold an answer a little longer than its TTL says; shorter ones count as a minute."""
DNS_MAX_TTL_S = 3_600
"""Longer TTLs are cut: an address of a shared host may serve another name an hour later."""
DNS_ANSWERS_MAX = 32
"""Records read in one answer: more is a zone transfer or an attack."""
DEVICE_CAP = 32_768
"""Devices of one day; beyond it slices carry no device (they stay in the link load)."""
DEVICE_ADDRESSES = 4
"""More inside addresses of one IP version behind a MAC: a router, so the address is the device."""
REASSEMBLY_SLOTS = 1_024
"""Hellos in progress at once; the oldest gives way."""
REASSEMBLY_BYTES = 8_192
"""A post-quantum ClientHello is about 1.8 KB, one with ECH and two key shares under 4 KB; web
servers read 8 KB of HTTP headers."""
REASSEMBLY_PACKETS = 24
"""Packets looked at per direction before a name is given up."""
REASSEMBLY_SPANS = 6
"""Disjoint pieces held while a hello arrives out of order."""
HELLO_WAIT_US = 30_000_000
"""How long a name is waited for, from the first piece of a hello or the first datagram: a client
sends a lost packet again after 1, 2, 4 and 8 s (RFC 6298, RFC 9002), then it gives up."""
QUIC_PENDING = 64
"""Datagrams that wait for decryption: Python is called every 64, for 5 ms; 96 KiB of octets."""
QUIC_BYTES = 1_536
"""Largest datagram kept for decryption: an Initial fills at least 1,200 bytes and one MTU."""
QUIC_TRIES = 8
"""The client's first datagrams that are looked at: two or three carry a long hello, the rest is
loss, Retry and version negotiation."""
FRAGMENT_CAP = 4_096
"""Datagrams whose first fragment told the ports; direct-mapped, newest wins."""
APP_CAP = 32
"""Wire hints that can be told apart (`hints.APP_WORDS`)."""
SCOUT_AHEAD = 8
"""Packets looked ahead: their flow's index entry is asked for then, its record half-way."""
SCOUT_RING = 16
"""A power of two above SCOUT_AHEAD."""
VLAN_DEPTH = 4
"""Tags walked: networks stack two (802.1ad), three where a provider's meets a school's."""
MPLS_DEPTH = 8
"""Labels walked: the hardware of routers pushes at most five or six."""
TUNNEL_DEPTH = 4
"""Tunnels followed inwards (Zeek's bound, too); deeper ones are counted and stay a tunnel's flow."""
EXTENSION_DEPTH = 8
"""IPv6 extension headers walked (RFC 8200 names seven); deeper packets count as other transport."""
TCP_IDLE_US = 120_000_000
OTHER_IDLE_US = 60_000_000
"""Silence that ends a flow: NATs keep UDP for 30 to 120 s (RFC 4787 section 4.3), and a longer wait
would only hold records; a flow that goes on later is another flow."""
BACKWARD_US = 600_000_000
"""A packet clock that falls back by more starts a new era: merged files do that by years."""

# --- outcomes and codes -----------------------------------------------------------------------
VALUE, MORE, REJECT = 1, 0, -1

RUN_END, RUN_ROWS, RUN_NAMES, RUN_QUIC, RUN_FULL, RUN_LINKS, RUN_BAD, RUN_ROTATE = range(8)
"""Why the loop handed over: input done, rows/names/QUIC to take, table full, bad record, names old."""

TCP, UDP, ICMP, OTHER = 0, 1, 2, 3
SOURCE_NONE, SOURCE_DNS, SOURCE_CONNECT, SOURCE_HTTP, SOURCE_QUIC, SOURCE_TLS = range(6)
"""Evidence for a name, weakest first: a stronger one replaces a weaker one."""
END_NONE, END_IDLE, END_ENDED, END_FORCED, END_RESOURCES = range(5)

R_TRUNCATED, R_NOT_IP, R_BAD_LINK, R_BAD_IP, R_UNKNOWN_LINK = range(5)
"""In the order of privacy.records.Reject."""

# --- counters (indices into Tables.count) -------------------------------------------------------
(
    C_OFFERED,
    C_PARSED,
    C_REJECT0,
    _R1,
    _R2,
    _R3,
    _R4,
    C_IP_BYTES,
    C_FLOWS,
    C_SLICES,
    C_NAMED0,  # six, by source
    _N1,
    _N2,
    _N3,
    _N4,
    _N5,
    C_REASSEMBLY_LOST,
    C_NAMES_REFUSED,
    C_DEVICES_REFUSED,
    C_FORCED,
    C_DNS_ANSWERS,
    C_LOCAL_BYTES,
    C_UP_BYTES,
    C_DOWN_BYTES,
    C_DEGRADED,
    C_TUNNELS_DEEP,
    C_COUNT,
) = range(27)

# --- control words (indices into Tables.word) ---------------------------------------------------
(
    W_CLOCK_US,  # latest packet time of the era
    W_MINUTE,  # clock minute that was last swept
    W_FLOWS,  # flows in the table
    W_FREE,  # records that a new flow may take
    W_HIGH,  # records ever used: sweeps stop here
    W_ROWS,
    W_LINK_ROWS,
    W_LINK_STEP,  # current ten-second step, -1 before the first packet
    W_NAMES,
    W_NAME_PENDING,
    W_NAME_ARENA,
    W_QUIC_PENDING,
    W_DEVICES,
    W_REASSEMBLY_NEXT,
    W_RANDOM,
    W_SEED,
    W_SWEEP_AT,  # where an interrupted sweep goes on, -1 when none is under way
    W_QUEUE,  # records given back, in the free queue
    W_QUEUE_AT,  # where the queue begins
    W_HAND,  # record at which `evict` goes on
    W_SCHOOL,  # 1: zones are declared, inside-to-inside is local
    W_STEP_US,  # length of a link row
    W_TRAILER,  # 1: packet time stands in a 12-byte trailer
    W_POSITION,  # where the reader goes on
    W_DEGRADED,  # flows were closed early in this link step
    W_FLOW_CAP,
    W_PREFIXES,
    W_OBJECTIONS,  # 1: some devices object, so every device is looked for
    W_COUNT,
) = range(29)

CACHE_LINE = 64
"""Octets that the processor fetches at once."""

FLOW = np.dtype(
    [
        # First cache line: is it this flow, and how does it go on?
        ("hash", "i8"), ("lo_hi", "i8"), ("lo_lo", "i8"), ("hi_hi", "i8"), ("hi_lo", "i8"),
        ("lo_port", "u2"), ("hi_port", "u2"), ("vlan", "u2"), ("protocol", "u1"), ("version", "u1"),
        ("used", "u1"), ("transport", "u1"), ("up_is_lo", "u1"), ("client_is_lo", "u1"),
        ("local", "u1"), ("answered", "u1"), ("fin", "u1"), ("active", "u1"),
        ("last_us", "i8"),
        # Second: what every packet counts, and whether it is looked into.
        ("slice_us", "i8"), ("second", "i8"), ("second_down", "i8"),
        ("up_bytes", "i8"), ("down_bytes", "i8"), ("up_packets", "i4"), ("down_packets", "i4"),
        ("done_lo", "u1"), ("done_hi", "u1"), ("tries", "u1"), ("connect", "u1"),
        ("app", "u1"), ("looks", "u1"), ("sign", "u1"), ("sign_from", "u1"),
        ("source", "u1"), ("ech", "u1"), ("zone", "i2"), ("peak", "i4"),
        # Third: once in a second, at the first packets, at the end.
        ("sumsq", "f8"), ("id", "i8"), ("first_us", "i8"), ("base_lo", "i8"), ("base_hi", "i8"),
        ("mark", "i8"), ("name", "i4"), ("device", "i4"), ("reassembly", "i4"), ("_", "i4"),
    ],
    align=True,
)  # fmt: skip
"""Three cache lines: most packets need the first two."""

ROW = np.dtype(
    [
        ("minute_us", "i8"), ("flow", "i8"), ("up_bytes", "i8"), ("down_bytes", "i8"),
        ("sumsq", "f8"), ("up_packets", "i4"), ("down_packets", "i4"), ("peak", "i4"),
        ("name", "i4"), ("device", "i4"), ("server_port", "i4"), ("age_s", "i4"),
        ("zone", "i2"), ("version", "u1"), ("transport", "u1"), ("source", "u1"),
        ("ech", "u1"), ("active", "u1"), ("end", "u1"), ("app", "u1"),
    ],
    align=True,
)  # fmt: skip

LINK = np.dtype(
    [("start_us", "i8"), ("count", "i8", (C_COUNT,)), ("flows", "i4"), ("degraded", "u1")],
    align=True,
)
NAME = np.dtype([("hash", "i8"), ("site", "i4"), ("used", "u1")], align=True)
PENDING = np.dtype([("slot", "i4"), ("offset", "i4"), ("length", "i4")])
DNS = np.dtype([("key", "i8"), ("expires_us", "i8"), ("name", "i4"), ("used", "u1")], align=True)
DEVICE = np.dtype(
    [
        ("key_hi", "i8"), ("key_lo", "i8"), ("mac", "i8"),
        ("address", "i8", (2, DEVICE_ADDRESSES)), ("addresses", "u1", (2,)),
        ("kind", "u1"), ("used", "u1"), ("resolved", "u1"), ("router", "u1"),
    ],
    align=True,
)  # fmt: skip
DEVICE_MAC, DEVICE_ADDRESS = 1, 2
REASSEMBLY = np.dtype(
    [
        ("since_us", "i8"),
        ("flow", "i4"), ("used", "u1"), ("from_lo", "u1"), ("packets", "u1"), ("spans", "u1"),
        ("start", "i4", (REASSEMBLY_SPANS,)), ("stop", "i4", (REASSEMBLY_SPANS,)),
    ],
    align=True,
)  # fmt: skip
QUIC = np.dtype([("id", "i8"), ("flow", "i4"), ("length", "i4")], align=True)
FRAGMENT = np.dtype(
    [("key", "i8"), ("source", "u2"), ("destination", "u2"), ("used", "u1")], align=True
)
PREFIX = np.dtype(
    [
        ("net_hi", "i8"), ("net_lo", "i8"), ("mask_hi", "i8"), ("mask_lo", "i8"),
        ("version", "u1"), ("zone", "i2"),
    ],
    align=True,
)  # fmt: skip

# --- registers of the packet being decoded (indices into Tables.packet) --------------------------
(
    P_MAC_SRC,
    P_MAC_DST,
    P_HAS_MAC,
    P_VLAN,
    P_VERSION,
    P_PROTOCOL,
    P_SRC_HI,
    P_SRC_LO,
    P_DST_HI,
    P_DST_LO,
    P_SPORT,
    P_DPORT,
    P_IP_BYTES,
    P_L4,  # offset of the transport header
    P_END,  # first offset that is not readable payload of this packet
    P_FRAGMENT,  # 0 whole, 1 first fragment, 2 later fragment
    P_TRANSPORT,
    P_PAYLOAD,  # offset of the transport's payload
    P_FLAGS,  # TCP flags
    P_SEQ,
    P_SEGMENTS,  # packets on the wire behind this buffer (GRO, TSO)
    P_WIRE_PAYLOAD,  # transport payload octets on the wire, not only the captured ones
    P_COUNT,
) = range(23)


INDEX_SIZE = 2 * FLOW_CAP
"""Power of two, at least twice the cap: linear probing stays short at full load."""
DEVICE_INDEX_SIZE = 2 * DEVICE_CAP
PREFIX_CAP = 256
"""Subnets that a school may declare; looked at once per new flow, longest first."""
ZONE_CAP = 256

TABLES = np.dtype(
    [
        ("flows", FLOW, (FLOW_CAP,)),  # first, so that its records lie on cache lines
        ("word", "i8", (W_COUNT,)), ("packet", "i8", (P_COUNT,)),
        ("count", "i8", (C_COUNT,)), ("step", "i8", (C_COUNT,)), ("index", "i4", (INDEX_SIZE,)), ("free", "i4", (FLOW_CAP,)),
        ("rows", ROW, (ROW_CAP,)), ("links", LINK, (LINK_ROW_CAP,)),
        ("names", NAME, (NAME_CAP,)), ("pending", PENDING, (NAME_PENDING,)),
        ("arena", "u1", (NAME_ARENA,)), ("dns", DNS, (DNS_CAP,)),
        ("devices", DEVICE, (DEVICE_CAP,)), ("device_index", "i4", (DEVICE_INDEX_SIZE,)),
        ("reassembly", REASSEMBLY, (REASSEMBLY_SLOTS,)),
        ("held", "u1", (REASSEMBLY_SLOTS, REASSEMBLY_BYTES)),
        ("quic", QUIC, (QUIC_PENDING,)), ("quic_bytes", "u1", (QUIC_PENDING, QUIC_BYTES)),
        ("fragments", FRAGMENT, (FRAGMENT_CAP,)), ("prefixes", PREFIX, (PREFIX_CAP,)),
        ("vlan_zone", "i2", (4_096,)), ("zone_counts", "u1", (ZONE_CAP,)),
        ("scouted", "i8", (SCOUT_RING,)), ("apps", "i8", (APP_CAP,)),
        ("scratch", "u1", (1, REASSEMBLY_BYTES)),  # two axes: a row is a plain array to Numba
    ],
    align=True,
)  # fmt: skip
"""All memory of one meter as one record: Numba passes it as one pointer, and every shape is known
when the loop is compiled (a tuple of arrays took four times as long to compile)."""


def table_bytes(flow_cap: int = FLOW_CAP) -> int:
    """Return the octets of a meter's memory when all of it is in use.

    Raises:
        ValueError: there cannot be that many flows.
    """
    if not 1 <= flow_cap <= FLOW_CAP:
        raise ValueError(f"flow_cap must be between 1 and {FLOW_CAP}")
    return TABLES.itemsize - (FLOW_CAP - flow_cap) * FLOW.itemsize


def new_tables(
    *, seed: int, random: int, flow_cap: int = FLOW_CAP, step_us: int = 10_000_000
) -> Any:
    """Allocate the memory of one meter; pages are touched only when they are used.

    Args:
        seed: 63 random bits that key the hash tables (an attacker must not choose collisions).
        random: 63 random bits, start of the generator of flow ids.
        flow_cap: most flows held at once, at most FLOW_CAP.
        step_us: length of a link row in microseconds.

    Returns:
        A one-element array of TABLES; the compiled functions take its element 0.
    """
    table_bytes(flow_cap)  # refuses what does not fit
    octets = np.zeros(TABLES.itemsize + CACHE_LINE, np.uint8)
    first = -octets.ctypes.data % CACHE_LINE
    tables = octets[first : first + TABLES.itemsize].view(TABLES)
    word = tables[0]["word"]
    word[W_FREE] = word[W_FLOW_CAP] = flow_cap
    word[W_MINUTE] = word[W_LINK_STEP] = word[W_SWEEP_AT] = -1
    word[W_SEED], word[W_RANDOM], word[W_STEP_US] = seed, random | 1, step_us
    tables[0]["vlan_zone"][:] = -1
    return tables


def used_octets(tables: Any) -> tuple[Any, Any]:
    """Return a meter's memory as octets, without the flows beyond its cap: those before, those after."""
    octets = tables.view(np.uint8).reshape(-1)
    flows = FLOW_CAP * FLOW.itemsize
    return octets[: int(tables[0]["word"][W_FLOW_CAP]) * FLOW.itemsize], octets[flows:]
