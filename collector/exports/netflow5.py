"""NetFlow v5: fixed records, IPv4 only (Cisco, NetFlow Services and Applications, appendix B).

Pure. The datagram is taken whole or not at all.
"""

import struct
from dataclasses import dataclass

from collector.exports.datagram import Header
from collector.exports.flow import ExportedFlow, Ratio, check_counters, ratio
from collector.exports.outcome import Refused, Rejected
from collector.exports.times import Clock

V5 = 5
RECORDS_MAX = 30
"""Records of one datagram: the format's own limit."""
_HEADER = struct.Struct(">HHIIIIBBH")
_RECORD = struct.Struct(">IIIHHIIIIHHBBBBHHBBH")
_INTERVAL_MASK = 0x3FFF
"""The upper two bits of the sampling field are the mode."""


@dataclass(frozen=True, slots=True)
class Version5:
    """A datagram whose length fits its count."""

    header: Header
    records: int
    ratio: Ratio | None
    body: bytes


def pull_v5(data: bytes) -> Version5 | Rejected:
    """Read the header and check the length."""
    if len(data) < _HEADER.size:
        return Rejected(Refused.TRUNCATED)
    _, count, uptime_ms, seconds, nanos, sequence, engine, engine_id, sampling = (
        _HEADER.unpack_from(data)
    )
    if not 1 <= count <= RECORDS_MAX:
        return Rejected(Refused.LENGTH)
    needed = _HEADER.size + count * _RECORD.size
    if len(data) < needed:
        return Rejected(Refused.TRUNCATED)
    if len(data) - needed >= _RECORD.size:
        return Rejected(Refused.LENGTH)
    # The header has a field for it, so 0 is an answer (no sampling), not a silence.
    interval = max(1, sampling & _INTERVAL_MASK)
    header = Header(
        V5, seconds * 1_000 + nanos // 1_000_000, sequence, engine << 8 | engine_id, uptime_ms
    )
    return Version5(header, count, ratio(interval, 1), data[_HEADER.size : needed])


def flows_of(datagram: Version5, clock: Clock) -> list[ExportedFlow | Rejected]:
    """Return the datagram's records; v5 has no MAC addresses, names or end reasons."""
    flows: list[ExportedFlow | Rejected] = []
    scale = datagram.ratio or Ratio(1, 1)
    for fields in _RECORD.iter_unpack(datagram.body):
        source, target, _, _, _, packets, octets, first, last, sport, dport = fields[:11]
        octets, packets = scale.apply(octets), scale.apply(packets)
        refused = check_counters(octets, packets)
        if refused is not None:
            flows.append(refused)
            continue
        start_ms, end_ms, timed = clock.place(clock.of_uptime(first), clock.of_uptime(last))
        flows.append(
            ExportedFlow(
                version=4,
                protocol=fields[13],
                source=source,
                target=target,
                source_port=sport,
                target_port=dport,
                start_ms=start_ms,
                end_ms=end_ms,
                octets=octets,
                packets=packets,
                scale=scale.scale,
                timed=timed,
            )
        )
    return flows
