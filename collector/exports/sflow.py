"""sFlow v5: sampled packets, each with its ratio (sFlow Version 5, sflow.org, July 2004, section 5).

Pure. Each flow sample becomes a one-packet flow at its arrival, scaled by its sampling rate.
Counter samples and unknown structures are skipped by their length. A datagram whose lengths do not
add up is not used at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.exports.flow import (
    ExportedFlow,
    Ratio,
    Scale,
    check_counters,
    ratio,
)
from collector.exports.frame import Seen, pull_ethernet, pull_ip
from collector.exports.outcome import Refused, Rejected

SFLOW = 5
SAMPLES_MAX = 1_024
"""Samples of one datagram: 65,535 octets hold fewer than 2,000 of the smallest flow samples."""
RECORDS_MAX = 64
"""Structures of one sample; agents send up to ten."""
_FLOW_SAMPLE, _EXPANDED_FLOW_SAMPLE = 1, 3
_RAW_HEADER, _SAMPLED_IPV4, _SAMPLED_IPV6, _EXTENDED_SWITCH = 1, 3, 4, 1001
_ETHERNET, _IPV4, _IPV6 = 1, 11, 12
"""header_protocol of a raw header."""
_ADDRESS_OCTETS = {1: 4, 2: 16}


@dataclass(frozen=True, slots=True)
class SflowDatagram:
    """One datagram."""

    agent: int
    sub_agent: int
    sequence: int
    uptime_ms: int
    flows: tuple[ExportedFlow | Rejected, ...]


class _Cursor:
    """A bounds-checked reader of XDR (RFC 4506); `bad` once anything ran past the end."""

    __slots__ = ("at", "bad", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.bad = data, 0, False

    def word(self) -> int:
        """Return the next 32 bits; 0 when there are none."""
        return int.from_bytes(self.octets(4), "big")

    def octets(self, count: int) -> bytes:
        """Return the next octets; none when there are fewer."""
        if count > len(self.data) - self.at:
            self.bad = True
            return b""
        self.at += count
        return self.data[self.at - count : self.at]

    def opaque(self) -> bytes:
        """Return a length-prefixed value and skip its padding to four octets."""
        length = self.word()
        value = self.octets(length)
        self.octets(-length % 4)
        return value


def pull_sflow(data: bytes, now_ms: int) -> SflowDatagram | Rejected:
    """Read a datagram."""
    cursor = _Cursor(data)
    version, width = cursor.word(), _ADDRESS_OCTETS.get(cursor.word(), 0)
    agent = int.from_bytes(cursor.octets(width), "big")
    sub_agent, sequence, uptime_ms, samples = (cursor.word() for _ in range(4))
    if cursor.bad:
        return Rejected(Refused.TRUNCATED)
    if version != SFLOW:
        return Rejected(Refused.VERSION)
    if not width or samples > SAMPLES_MAX:
        return Rejected(Refused.LENGTH)
    flows = _pull_samples(cursor, samples, now_ms)
    if isinstance(flows, Rejected):
        return flows
    return SflowDatagram(agent, sub_agent, sequence, uptime_ms, tuple(flows))


def _pull_samples(
    cursor: _Cursor, samples: int, now_ms: int
) -> list[ExportedFlow | Rejected] | Rejected:
    flows: list[ExportedFlow | Rejected] = []
    for _ in range(samples):
        kind, body = cursor.word(), _Cursor(cursor.opaque())
        if cursor.bad:
            return Rejected(Refused.TRUNCATED)
        if kind in (_FLOW_SAMPLE, _EXPANDED_FLOW_SAMPLE):
            flow = _pull_sample(body, expanded=kind == _EXPANDED_FLOW_SAMPLE, now_ms=now_ms)
            if body.bad:
                return Rejected(Refused.LENGTH)
            flows.append(flow)
    return flows if cursor.at == len(cursor.data) else Rejected(Refused.LENGTH)


def _pull_sample(sample: _Cursor, *, expanded: bool, now_ms: int) -> ExportedFlow | Rejected:
    sample.octets(12 if expanded else 8)  # sequence number, source (two words when expanded)
    rate = sample.word()
    sample.octets(24 if expanded else 16)  # pool, drops, input, output
    count = sample.word()
    if count > RECORDS_MAX:
        sample.bad = True
    seen: Seen | None = None
    vlan = 0
    for kind, body in _structures(sample, count):
        if kind == _EXTENDED_SWITCH:
            vlan = body.word() & 0xFFF
        else:
            seen = seen or _pull_structure(kind, body)
        sample.bad |= body.bad
    if sample.bad or seen is None:
        return Rejected(Refused.NOT_IP)
    return _flow(seen, vlan or seen.vlan, ratio(rate, 1), now_ms)


def _structures(sample: _Cursor, count: int) -> Iterator[tuple[int, _Cursor]]:
    for _ in range(count):
        kind, body = sample.word(), _Cursor(sample.opaque())
        if sample.bad:
            return
        yield kind, body


def _pull_structure(kind: int, body: _Cursor) -> Seen | None:
    if kind == _RAW_HEADER:
        protocol = body.word()
        body.octets(8)  # frame length, stripped: the IP header has its own length
        header = body.opaque()
        if protocol == _ETHERNET:
            return pull_ethernet(header)
        return pull_ip(header) if protocol in (_IPV4, _IPV6) else None
    if kind in (_SAMPLED_IPV4, _SAMPLED_IPV6):
        width = 4 if kind == _SAMPLED_IPV4 else 16
        length, protocol = body.word(), body.word()
        source, target = (int.from_bytes(body.octets(width), "big") for _ in range(2))
        source_port, target_port = body.word() & 0xFFFF, body.word() & 0xFFFF
        version = 4 if kind == _SAMPLED_IPV4 else 6
        return Seen(version, protocol & 0xFF, source, target, source_port, target_port, length)
    return None


def _flow(seen: Seen, vlan: int, sampled: Ratio | None, now_ms: int) -> ExportedFlow | Rejected:
    scale = sampled or Ratio(1, 1)
    octets, packets = scale.apply(seen.octets), scale.apply(1)
    refused = check_counters(octets, packets)
    if refused is not None:
        return refused
    return ExportedFlow(
        version=seen.version,
        protocol=seen.protocol,
        source=seen.source,
        target=seen.target,
        source_port=seen.source_port,
        target_port=seen.target_port,
        start_ms=now_ms,
        end_ms=now_ms,
        octets=octets,
        packets=packets,
        source_mac=seen.source_mac,
        target_mac=seen.target_mac,
        vlan=vlan,
        scale=sampled.scale if sampled else Scale.UNSCALED,
    )
