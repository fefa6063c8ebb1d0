"""Targets in the loop: octets become a capture, the capture goes through the bare loop.

Each also asks its parser directly, whole and cut: a cut input may only give less (MORE), never
another name, and what was rejected stays rejected.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from collector.meter import layout as lay
from collector.meter.dns import pull_question, skip_name
from collector.meter.hello import pull_hello, pull_records
from collector.meter.http import pull_host
from collector.quic import Handshakes, pull_crypto
from tests.collector import frames as f
from tests.collector import quic_packets
from tests.fuzz import plain
from tests.fuzz.pieces import split
from tests.fuzz.walking import Wrong, check_outcome, is_plain, octets, walk

LINKS = (1, 101, 113, 276, 0, 108, 9, 192, 228, 229, 12, 14, 147)
"""Link types that are read, and one that is not."""
CLIENTS = ("10.1.2.3", "2001:db8:1::5")
SERVERS = ("203.0.113.9", "2001:db8:2::9")
RESOLVERS = ("10.1.0.1", "fd00::53")
STEPS_US = (0, 1_000_000, 61_000_000, -700_000_000)
UP, DOWN = True, False


def whole(data: bytes) -> Any:
    """A capture file as it is."""
    return walk(data)


def link(data: bytes) -> Any:
    """Frames of any link type: the steering octet names it, cuts the frame, moves the clock."""
    interfaces = b"".join(f.interface(link=kind) for kind in LINKS)
    now, blocks = f.NOON_US, []
    for steer, frame in split(data):
        now += STEPS_US[steer >> 5 & 3]
        wire = len(frame) + (steer >> 7) * 3_000
        head = struct.pack("<5I", (steer & 31) % len(LINKS), now >> 32, now & 2**32 - 1, len(frame), wire)  # fmt: skip
        blocks.append(f.block(6, head + frame))
    return walk(f.section() + interfaces + b"".join(blocks))


# --- messages over UDP and TCP --------------------------------------------------------------------


def dns(data: bytes) -> Any:
    """Answers of a resolver; behind each the client connects to what its last octets may name."""
    packets = []
    for n, (steer, payload) in enumerate(split(data)):
        now = f.NOON_US + n * STEPS_US[steer >> 1 & 1]
        family = steer & 1
        ends = {"source": RESOLVERS[family], "target": CLIENTS[family]}
        packets.append((now, f.udp_frame(payload, sport=53, dport=41_000, **ends)))
        width = 16 if family else 4
        named = payload[-width:].rjust(width, b"\1")
        to = ":".join(named[i : i + 2].hex() for i in range(0, 16, 2)) if family else ".".join(map(str, named))  # fmt: skip
        packets.append((now, f.tcp_frame(flags=f.SYN, source=CLIENTS[family], target=to)))
    return walk(f.pcap(packets)), _ask_dns(b"".join(payload for _, payload in split(data)))


def _ask_dns(data: bytes) -> Any:
    buf, text = octets(data), _scratch()
    outcome, length, after = pull_question(buf, 0, len(data), text)
    if outcome not in (lay.VALUE, lay.REJECT) or length > lay.NAME_MAX or after > len(data):
        raise Wrong(f"question: {outcome}, {length} octets, goes on at {after} of {len(data)}")
    behind = skip_name(buf, 0, len(data))
    if behind > len(data):
        raise Wrong(f"a name that ends at {behind} of {len(data)}")
    return int(outcome), int(length), int(behind)


def stream(data: bytes) -> Any:
    """Segments of connections: in order, overlapping, behind a gap, again; from either side."""
    packets, flow, following = [], 0, {UP: 0, DOWN: 0}
    now = f.NOON_US
    for steer, payload in split(data):
        now += 1_000
        if steer & 8:
            flow, following = flow + 1, {UP: 0, DOWN: 0}
        up = not steer & 4
        shift = (0, -(len(payload) // 2), 100, -len(payload))[steer & 3]
        seq = (following[up] + shift + 0xFFFFFF00) % 2**32  # numbers wrap early in each stream
        flags = f.ACK | (f.SYN if steer & 32 else 0) | (f.FIN if steer & 64 else 0)
        port = (443, 80, 853, 3_128)[steer >> 4 & 1 | steer >> 6 & 2]
        ends = {"source": CLIENTS[0], "target": SERVERS[0], "sport": 40_000 + flow, "dport": port}
        if not up:
            ends = {"source": SERVERS[0], "target": CLIENTS[0], "sport": port, "dport": 40_000 + flow}  # fmt: skip
        packets.append((now, f.tcp_frame(payload, seq=seq, flags=flags & ~f.ACK if up and steer & 32 else flags, **ends)))  # fmt: skip
        following[up] += len(payload) + bool(steer & 32)
    return walk(f.pcap(packets))


def tls(data: bytes) -> Any:
    """TLS records in segments."""
    sent = b"".join(payload for _, payload in split(data))
    return stream(data), _cut(_ask_records, sent), _cut(_ask_hello, sent)


def http(data: bytes) -> Any:
    """HTTP requests in segments."""
    sent = b"".join(payload for _, payload in split(data))
    return stream(data), _cut(_ask_host, sent)


def _scratch() -> Any:
    size = lay.REASSEMBLY_BYTES
    if is_plain():
        return plain.Numbers(np.dtype("u1"), (size,))
    return np.zeros(size, np.uint8)


def _cut(ask: Callable[[bytes], tuple[int, bytes]], sent: bytes) -> Any:
    """Ask a parser about all of it and about its first half."""
    outcome, name = ask(sent)
    before, known = ask(sent[: len(sent) // 2])
    if before == lay.REJECT and outcome != lay.REJECT:
        raise Wrong("what was rejected is accepted when more of it has come")
    if before == lay.VALUE and (outcome, name) != (lay.VALUE, known):
        raise Wrong("the answer changes when more has come")
    if known and outcome != lay.REJECT and name != known:
        raise Wrong("the name changes when more has come")
    return outcome, name


def _ask_records(sent: bytes) -> tuple[int, bytes]:
    buf, text = octets(sent), _scratch()
    outcome, inside, offset, length, _ = pull_records(buf, 0, len(sent), text)
    check_outcome(outcome, offset, length, lay.REASSEMBLY_BYTES if inside else len(sent))
    source = text if inside else buf
    return int(outcome), bytes(int(source[i]) for i in range(offset, offset + length))


def _ask_hello(sent: bytes) -> tuple[int, bytes]:
    outcome, offset, length, _ = pull_hello(octets(sent), 0, len(sent))
    check_outcome(outcome, offset, length, len(sent))
    return int(outcome), sent[offset : offset + length]


def _ask_host(sent: bytes) -> tuple[int, bytes]:
    outcome, offset, length, _ = pull_host(octets(sent), 0, len(sent))
    check_outcome(outcome, offset, min(length, 1), len(sent))  # too long a name is refused later
    if offset + length > len(sent):
        raise Wrong(f"a host that ends at {offset + length} of {len(sent)}")
    return int(outcome), sent[offset : offset + length]


def hints(data: bytes) -> Any:
    """Payloads of any protocol, over UDP and TCP, from either side."""
    ports = (6_881, 53, 123, 161, 443, 853, 1_194, 3_389)
    packets = []
    for n, (steer, payload) in enumerate(split(data)):
        port, frame = ports[steer & 7], f.tcp_frame if steer & 8 else f.udp_frame
        client, server = {"source": CLIENTS[0], "sport": 40_000 + (steer >> 5)}, SERVERS[0]
        ends = {**client, "target": server, "dport": port}
        if steer & 16:
            ends = {"source": server, "sport": port, "target": CLIENTS[0], "dport": client["sport"]}
        packets.append((f.NOON_US + n * 1_000, frame(payload, **ends)))
    return walk(f.pcap(packets))


# --- QUIC -----------------------------------------------------------------------------------------

_VERSIONS = (quic_packets.V1, quic_packets.V2, quic_packets.DRAFT_29)


def _datagrams(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Raw octets, or an Initial that is sealed around them as its frames."""
    held, offset = b"", 0
    for steer, payload in split(data):
        kind = steer & 3
        if kind == 0:
            datagram = payload
        else:
            frames = payload
            if steer & 4:
                frames = quic_packets.crypto(offset, payload)
                offset += len(payload)
            shape = quic_packets.Shape(
                version=_VERSIONS[kind - 1],
                connection=b"" if steer & 32 else quic_packets.CONNECTION,
                token=b"t" * (steer >> 6) * 40,
                number_bytes=1 + (steer >> 6),
            )
            datagram = quic_packets.initial(frames.ljust(20, b"\0"), shape)
        if steer & 8:
            held += datagram
            continue
        yield steer, (held + datagram)[:1_472]
        held = b""
    if held:
        yield 0, held[:1_472]


def quic(data: bytes) -> Any:
    """Datagrams of QUIC flows: through the loop, and to the reader of Initials itself."""
    packets, flow, reader = [], 0, Handshakes()
    for n, (steer, datagram) in enumerate(_datagrams(data)):
        flow += steer >> 4 & 1
        packets.append((f.NOON_US + n * 1_000, f.udp_frame(datagram, sport=40_000 + flow)))
        found = reader.offer(flow, datagram)
        if found is not None and len(found) > 8_192:
            raise Wrong("more of a hello than the bound")
    for _, payload in split(data):
        for offset, piece in pull_crypto(payload) or []:
            if offset < 0 or piece not in payload:
                raise Wrong("a CRYPTO frame of octets that were not sent")
    return walk(f.pcap(packets)), list(reader.rejected.values())
