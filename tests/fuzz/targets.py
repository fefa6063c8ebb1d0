"""The table of targets: what each takes, and the inputs that it starts from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.collector import frames as f
from tests.collector import google_quic, quic_packets, test_accounting, test_hints
from tests.exports import test_hostile
from tests.fuzz import export_targets, meter_targets
from tests.fuzz.pieces import join

GOLDEN = Path(__file__).parents[1] / "golden"
PACKETS_MAX = 12
"""Packets of a golden capture that become a seed: names stand in the first ones."""
HOST = "www.example.com"


@dataclass(frozen=True)
class Target:
    """What is fuzzed."""

    run: Callable[[bytes], Any]
    """Raises when anything is wrong; else answers what it did, for a comparison."""
    seeds: Callable[[], Iterator[bytes]]
    in_loop: bool = True
    """It runs in the loop, so its compiled form must do the same."""
    longest: int = 4_096
    settle_s: float = 0.05
    """What an input costs apart from its octets: fresh memory, Arrow tables, a busy machine."""


def _first_packets(path: Path) -> bytes:
    data = path.read_bytes()
    at = 24
    for _ in range(PACKETS_MAX):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
    return data[: min(at, len(data))]


def _golden() -> Iterator[bytes]:
    return (_first_packets(path) for path in sorted(GOLDEN.glob("*.pcap")))


def _records(data: bytes) -> Iterator[bytes]:
    at = 24
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def _pcap() -> Iterator[bytes]:
    yield from _golden()
    yield f.pcap([(f.NOON_US, f.udp_frame(b"x" * 20))], order=">", nano=True)
    yield f.pcap([(f.NOON_US, test_accounting.IP, 2_000)], link=f.RAW)


def _pcapng() -> Iterator[bytes]:
    for path in sorted(GOLDEN.glob("*.pcap")):
        packets = list(_records(_first_packets(path)))
        yield f.pcapng([(f.NOON_US + n, frame) for n, frame in enumerate(packets)])
    frame = f.udp_frame(b"x" * 20)
    for options in (f.option(9, b"\x09"), f.option(9, b"\xa0"), f.option(14, b"\xff" * 8)):
        yield f.section() + f.interface(options=options) + f.enhanced(1 << 40, frame)
    yield f.section(">") + f.interface(">") + f.enhanced(f.NOON_US, frame, ">")
    simple = f.block(3, len(frame).to_bytes(4, "little") + frame)
    yield f.section() + f.interface() + simple + f.section() + f.interface() + simple


def _link() -> Iterator[bytes]:
    for number, frame, *_ in test_accounting.PARSED:
        yield join([(meter_targets.LINKS.index(number), frame)])
    for _, number, frame, _ in test_accounting.REJECTED:
        yield join([(meter_targets.LINKS.index(number), frame)])
    yield from (join([(0, frame) for frame in frames]) for frames in _tunnelled())


def _tunnelled() -> Iterator[list[bytes]]:
    """Tunnels, extension headers and fragments around one datagram."""
    inner, v6 = test_accounting.IP, f.ipv6(f.udp(b"x" * 20, 40_000, 9), "fd00::1", "fd00::2", 17)
    vxlan = f.udp(b"\x08\0\0\0\0\0\1\0" + f.ethernet(inner), 50_000, 4_789)
    udp = f.udp(b"x" * 60, 40_000, 9)
    for kind, body in (
        (4, inner), (41, v6), (47, b"\0\0\x08\0" + inner),
        (47, b"\x30\0\x86\xdd" + b"\0" * 8 + v6), (47, b"\0\0\x65\x58" + f.ethernet(inner)),
        (17, vxlan), (4, f.ipv4(f.ipv4(inner, "1.2.3.4", "1.2.3.5", 4), "1.2.3.4", "1.2.3.5", 4)),
    ):  # fmt: skip
        yield [f.ip_frame(body, "10.1.2.3", "203.0.113.9", kind)]
        yield [f.ip_frame(body, "fd00::1", "fd00::2", kind)]
    options = b"\x3c\0" + b"\0" * 6 + b"\x2b\0" + b"\0" * 6 + b"\x33\0" + b"\0" * 6
    yield [f.ip_frame(options + b"\x11\0" + b"\0" * 6 + udp, "fd00::1", "fd00::2", 0)]
    yield [
        f.ethernet(f.ipv4(udp[:40], f.CLIENT, f.SERVER, 17, fragment=0x2000, number=7)),
        f.ethernet(f.ipv4(udp[40:], f.CLIENT, f.SERVER, 17, fragment=5, number=7)),
    ]
    head = b"\x11\0\0\1\0\0\0\7"
    yield [
        f.ip_frame(head + udp[:40], "fd00::1", "fd00::2", 44),
        f.ip_frame(head[:2] + b"\0\x28" + head[4:] + udp[40:], "fd00::1", "fd00::2", 44),
    ]


def _dns() -> Iterator[bytes]:
    a = f.a("203.0.113.9")
    answers = (
        f.dns_answer(HOST, [a]),
        f.dns_answer(HOST, [f.cname("cdn.example.net"), f.a("203.0.113.9", owner=b"\xc0\x21")]),
        f.dns_answer(HOST, [f.a("2001:db8:2::9", ttl=1)]),
        f.dns_answer("xn--caf-dma.fr", [a, a, a], flags=0x8580),
        f.dns_answer(HOST, [], flags=0x8183),
        f.dns_answer("a." * 120 + "fr", [a]),
    )
    for answer in answers:
        yield join([(0, answer), (1, answer)])


def _tls() -> Iterator[bytes]:
    for hello in (
        f.client_hello(HOST),
        f.client_hello(HOST, filler=1_200, filler_first=True),
        f.client_hello(None),
        f.client_hello(HOST, ech=True),
    ):
        whole, small = f.tls_records(hello), f.tls_records(hello, 100)
        yield join([(32, b""), (0, whole)])
        yield join([(0, small)])
        half = len(whole) // 2
        yield join([(32, b""), (2, whole[half:]), (0, whole[:half]), (1, whole[half:])])
        yield join([(4, whole[:half]), (4, whole[half:])])


def _http() -> Iterator[bytes]:
    get = b"GET / HTTP/1.1\r\nUser-Agent: x\r\nHost: www.example.com\r\n\r\n"
    connect = b"CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    absolute = b"GET http://user@www.example.com:80/path HTTP/1.1\r\nHost: other.example\r\n\r\n"
    yield join([(16 | 32, b""), (16, get)])
    yield join([(16, get[:20]), (16, get[20:])])
    yield join([(16, absolute)])
    hello = f.tls_records(f.client_hello(HOST))
    yield join([(144, connect), (148, b"HTTP/1.1 200 OK\r\n\r\n"), (144, hello)])
    yield join([(144, connect + hello)])


def _quic() -> Iterator[bytes]:
    hello = f.client_hello(HOST, filler=300)
    for kind in (1, 2, 3):
        yield join([(kind | 4, hello)])
        yield join([(kind | 4 | 8, hello[:200]), (kind | 4, hello[200:])])
        frames = b"".join(reversed(quic_packets.cut(hello, 50, 90))) + b"\x02\x00\x00\x00\x00"
        yield join([(kind, frames)])
    yield join([(0, quic_packets.initial(quic_packets.padded(quic_packets.crypto(0, hello))))])
    for version in ("Q025", "Q043", "Q046", "Q050"):
        yield join([(0, google_quic.first_packet(version, google_quic.chlo(HOST)))])
    yield join([(0, google_quic.first_packet("T051", hello))])


def _hints() -> Iterator[bytes]:
    for _, transport, _, payload in test_hints.HARMLESS.values():
        yield join([(8 if transport == "tcp" else 0, payload)])
    for case in test_hints.ACCUSING.values():
        tcp = 8 if case.transport == "tcp" else 0
        yield join([(tcp, case.first), (tcp | 16, case.answer)])
    yield join([(0, test_hints.rtp(n)) for n in range(5)])


def _export(version: str, header: int) -> Callable[[], Iterator[bytes]]:
    def seeds() -> Iterator[bytes]:
        whole = test_hostile.WHOLE[version]
        marked = 4 if version == "sflow" else 2
        yield join([(1, whole[marked:])])
        yield join([(24 if version == "sflow" else 0, whole[header:])] * 2)

    return seeds


EXPORT = partial(Target, in_loop=False, settle_s=2.0)
"""Records may speak of hours: `collector.exports.spreading` bounds what that costs in time, not for
each octet."""

TARGETS: dict[str, Target] = {
    "pcap": Target(meter_targets.whole, _pcap, longest=8_192),
    "pcapng": Target(meter_targets.whole, _pcapng, longest=8_192),
    "link": Target(meter_targets.link, _link),
    "dns": Target(meter_targets.dns, _dns, longest=2_048),
    "tls": Target(meter_targets.tls, _tls),
    "http": Target(meter_targets.http, _http, longest=2_048),
    "quic": Target(meter_targets.quic, _quic),
    "hints": Target(meter_targets.hints, _hints, longest=2_048),
    "netflow5": EXPORT(export_targets.netflow5, _export("v5", 24)),
    "netflow9": EXPORT(export_targets.netflow9, _export("v9", 20)),
    "ipfix": EXPORT(export_targets.ipfix, _export("ipfix", 16)),
    "sflow": EXPORT(export_targets.sflow, _export("sflow", 28)),
}
