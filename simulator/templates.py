"""Packets as templates: Scapy builds each kind once, `simulator.packets` stamps copies of them.

A template is a whole Ethernet frame (or the first octets of a data frame) in one byte pool. Addresses,
ports, lengths, sequence numbers and the IPv4 checksum are patched in each copy; TCP and UDP checksums
stay zero, as a card that computes them on the wire leaves them to a capture.

The only module of a simulated day that needs Scapy: what it builds can be kept (`simulator.pool`).
"""

import ipaddress
from typing import Final

import numpy as np
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.ntp import NTPHeader
from scapy.layers.tls.extensions import (
    ProtocolName,
    ServerName,
    TLS_Ext_ALPN,
    TLS_Ext_ServerName,
    TLS_Ext_SignatureAlgorithms,
    TLS_Ext_SupportedGroups,
    TLS_Ext_SupportedVersion_CH,
    TLS_Ext_Unknown,
)
from scapy.layers.tls.handshake import TLSClientHello
from scapy.layers.tls.keyexchange_tls13 import KeyShareEntry, TLS_Ext_KeyShare_CH

from simulator.pool import MSS, QUIC_VARIANTS, SNAP_BYTES, VERSIONS, Pool, server4, server6
from simulator.quic import seal_initial
from simulator.services import Wire, all_hosts

DHT_PING: Final = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"  # BEP 5
X25519: Final = 29
X25519MLKEM768: Final = 0x11EC
MLKEM_SHARE_BYTES: Final = 1216
PADDING_BYTES: Final = 380
"""Stands for what a browser adds (encrypted hello, tickets): about 1,800 octets in all."""


def client_hello(name: str | None, *, post_quantum: bool = False, quic: bool = False) -> bytes:
    """Return a TLS 1.3 ClientHello handshake message, without a record header."""
    padding: list[TLS_Ext_Unknown] = []
    shares = [KeyShareEntry(group=X25519, key_exchange=b"\x22" * 32)]
    if post_quantum:
        hybrid = KeyShareEntry(group=X25519MLKEM768, key_exchange=b"\x11" * MLKEM_SHARE_BYTES)
        shares.insert(0, hybrid)
        padding.append(TLS_Ext_Unknown(type=21, val=bytes(PADDING_BYTES)))
    extensions = [
        TLS_Ext_SupportedGroups(groups=[X25519MLKEM768, X25519, 23]),
        TLS_Ext_SignatureAlgorithms(sig_algs=[0x0403, 0x0804]),
        TLS_Ext_SupportedVersion_CH(versions=[0x0304]),
        TLS_Ext_KeyShare_CH(client_shares=shares),
        TLS_Ext_ALPN(protocols=[ProtocolName(protocol=b"h3" if quic else b"h2")]),
    ]
    if quic:
        extensions.append(TLS_Ext_Unknown(type=0x39, val=b"\x01\x02\x67\x10\x0f\x00"))
    if name is not None:
        extensions.append(TLS_Ext_ServerName(servernames=[ServerName(servername=name.encode())]))
    extensions.extend(padding)
    hello = TLSClientHello(
        gmt_unix_time=0x11223344,
        random_bytes=b"\x33" * 28,
        sid=b"" if quic else b"\x44" * 32,
        ciphers=[0x1301, 0x1302, 0x1303],
        comp=[0],
        ext=extensions,
    )
    return bytes(hello)


def _record(hello: bytes) -> bytes:
    return b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello


class _Builder:
    """Collects templates; headers come from Scapy, once per IP version and transport."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._ipv6: list[bool] = []
        self._udp: list[bool] = []
        self.number: dict[tuple[object, ...], int] = {}
        self._heads: dict[tuple[int, str], bytes] = {}
        for version, kind, network in ((4, 0x0800, IP(flags="DF")), (6, 0x86DD, IPv6())):
            for flags in ("S", "SA", "A", "PA", "FA"):
                options = [("MSS", 1460)] if "S" in flags else []
                head = Ether(type=kind) / network
                self._heads[version, flags] = bytes(head / TCP(flags=flags, options=options))
            self._heads[version, "udp"] = bytes(head / UDP())

    def add(self, key: tuple[object, ...], layer: str, payload: bytes = b"", pad: int = 0) -> None:
        """Add one template for both IP versions; the version ends its key."""
        for version in VERSIONS:
            frame = self._heads[version, layer] + payload
            self.number[(*key, version)] = len(self._frames)
            self._frames.append(frame + bytes(max(0, pad - len(frame))))
            self._ipv6.append(version == VERSIONS[1])
            self._udp.append(layer == "udp")

    def pool(self) -> Pool:
        """Return everything collected."""
        length = np.array([len(frame) for frame in self._frames])
        return Pool(
            octets=np.frombuffer(b"".join(self._frames), np.uint8),
            offset=np.cumsum(length) - length,
            length=length,
            ipv6=np.array(self._ipv6),
            udp=np.array(self._udp),
            number=self.number,
        )


def _add_dns(builder: _Builder, host: int, name: str) -> None:
    for version, kind, address in (
        (4, "A", str(ipaddress.IPv4Address(server4(host)))),
        (6, "AAAA", str(server6(host))),
    ):
        question = DNSQR(qname=name, qtype=kind)
        answer = DNSRR(rrname=name, type=kind, ttl=300, rdata=address)
        builder.add(("query", host, version), "udp", bytes(DNS(rd=1, qd=question)))
        reply = DNS(qr=1, rd=1, ra=1, qd=question, an=answer)
        builder.add(("answer", host, version), "udp", bytes(reply))


def _add_host(builder: _Builder, host: int, name: str | None, wire: Wire) -> None:
    if wire in (Wire.TLS, Wire.BARE):
        builder.add(("hello", host), "PA", _record(client_hello(name)))
        long = _record(client_hello(name, post_quantum=True))
        builder.add(("hello-1", host), "A", long[:MSS])
        builder.add(("hello-2", host), "PA", long[MSS:])
    elif wire is Wire.QUIC:
        hello = client_hello(name, quic=True)
        for variant in range(QUIC_VARIANTS):
            dcid = (host * QUIC_VARIANTS + variant).to_bytes(2, "big") * 4
            builder.add(("initial", host, variant), "udp", seal_initial(dcid, hello))
    elif wire is Wire.HTTP:
        text = f"GET /x HTTP/1.1\r\nHost: {name}\r\nUser-Agent: simulation\r\nAccept: */*\r\n\r\n"
        builder.add(("get", host), "PA", text.encode())


def build_pool() -> Pool:
    """Return every template of the simulated day; takes a second or two, Scapy is slow."""
    builder = _Builder()
    for kind, flags in (("syn", "S"), ("syn-ack", "SA"), ("fin", "FA")):
        builder.add((kind,), flags)
    sealed = b"\x17\x03\x03\x40\x00" + b"\xaa" * 60
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
    builder.add(("data", "tls"), "PA", sealed, SNAP_BYTES)
    builder.add(("data", "http"), "PA", reply, SNAP_BYTES)
    builder.add(("data", "quic"), "udp", b"\x41" + b"\xbb" * 60, SNAP_BYTES)
    builder.add(("data", "peer"), "udp", DHT_PING, SNAP_BYTES)
    builder.add(("data", "ntp"), "udp", bytes(NTPHeader(ref=0, orig=0, recv=0, sent=0)))
    for number, host in enumerate(all_hosts()):
        if host.name is not None:
            _add_dns(builder, number, host.name)
        _add_host(builder, number, host.name, host.wire)
    return builder.pool()
