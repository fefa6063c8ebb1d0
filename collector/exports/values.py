"""From the values of a v9 or IPFIX record to a flow, or to what the exporter says about itself."""

from collections.abc import Sequence

from collector.exports import elements as el
from collector.exports.flow import (
    ExportedFlow,
    Ratio,
    Scale,
    check_counters,
    ratio,
)
from collector.exports.outcome import Refused, Rejected
from collector.exports.templates import Values
from collector.exports.times import Clock, of_ntp

NAME_MAX = 253
"""Longest host name (RFC 1035 section 2.3.4 less the root)."""
_ONE = Ratio(1, 1)

_COUNTERS = (
    (el.OCTETS, el.PACKETS),
    (el.INITIATOR_OCTETS, el.INITIATOR_PACKETS),
    (el.OCTETS_TOTAL, el.PACKETS_TOTAL),
    (el.POST_OCTETS, el.POST_PACKETS),
)
"""Pairs of counters in the order of preference."""
_RUNNING = 2
"""Position of those that run since the flow's start."""
_REVERSE = (
    (el.reverse_of(el.OCTETS), el.reverse_of(el.PACKETS)),
    (el.RESPONDER_OCTETS, el.RESPONDER_PACKETS),
    (el.reverse_of(el.OCTETS_TOTAL), el.reverse_of(el.PACKETS_TOTAL)),
)
_NAMES = (
    (el.NTOP_TLS_NAME, "tls_sni"),
    (el.NTOP_HTTP_HOST, "http_host"),
    (el.HTTP_HOST, "http_host"),
)


def flow_of(values: Values, clock: Clock, sampled: Ratio | None) -> ExportedFlow | Rejected:
    """Return the flow of one data record.

    Args:
        values: element → number (bytes for names).
        clock: the datagram's times.
        sampled: the ratio that applies, None when nobody said.
    """
    v6 = el.SOURCE_V6 in values and el.TARGET_V6 in values
    v4 = el.SOURCE_V4 in values and el.TARGET_V4 in values
    # Some templates carry both pairs and fill one: the version field decides, else the non-zero.
    if v4 and v6:
        v4 = values.get(el.IP_VERSION, 4 if values[el.SOURCE_V4] else 6) == 4
    if not v4 and not v6:
        return Rejected(Refused.NO_ADDRESS)
    counters = _counters(values, sampled or _ONE)
    if isinstance(counters, Rejected):
        return counters
    octets, packets, reverse_octets, reverse_packets, running = counters
    start_ms, end_ms, timed = clock.place(*_times(values, clock))
    name, name_source = _name(values)
    number = values.get
    return ExportedFlow(
        version=4 if v4 else 6,
        protocol=number(el.PROTOCOL, 255),
        source=values[el.SOURCE_V4 if v4 else el.SOURCE_V6],
        target=values[el.TARGET_V4 if v4 else el.TARGET_V6],
        source_port=number(el.SOURCE_PORT, 0),
        target_port=number(el.TARGET_PORT, 0),
        start_ms=start_ms,
        end_ms=end_ms,
        octets=octets,
        packets=packets,
        reverse_octets=reverse_octets,
        reverse_packets=reverse_packets,
        source_mac=number(el.SOURCE_MAC, 0),
        target_mac=number(el.POST_TARGET_MAC, 0) or number(el.TARGET_MAC, 0),
        vlan=(number(el.VLAN, 0) or number(el.DOT1Q_VLAN, 0)) & 0xFFF,
        end_reason=number(el.END_REASON),
        running_total=running,
        name=name,
        name_source=name_source,
        scale=sampled.scale if sampled else Scale.UNSCALED,
        timed=timed,
    )


def _pair(values: Values, pairs: Sequence[tuple[int, int]]) -> int:
    """Return the position of the first pair that the record has, -1 without one."""
    for position, (octets, packets) in enumerate(pairs):
        if octets in values and packets in values:
            return position
    return -1


def _counters(values: Values, sampled: Ratio) -> tuple[int, int, int, int, bool] | Rejected:
    """Return octets and packets of both directions on the wire, and whether they are totals."""
    position = _pair(values, _COUNTERS)
    if position < 0:
        return Rejected(Refused.NO_COUNTER)
    key, packets_key = _COUNTERS[position]
    octets, packets = sampled.apply(int(values[key])), sampled.apply(int(values[packets_key]))
    back_octets = back_packets = 0
    if (back := _pair(values, _REVERSE)) >= 0:
        key, packets_key = _REVERSE[back]
        back_octets = sampled.apply(int(values[key]))
        back_packets = sampled.apply(int(values[packets_key]))
    refused = check_counters(octets + back_octets, packets + back_packets)
    return refused or (octets, packets, back_octets, back_packets, position == _RUNNING)


def _times(values: Values, clock: Clock) -> tuple[int | None, int | None]:
    """Return start and end by the exporter's clock, the finest unit first."""
    start = _time(values, clock, el.START_MS, el.START_UPTIME, el.START_DELTA_US)
    end = _time(values, clock, el.END_MS, el.END_UPTIME, el.END_DELTA_US)
    if start is None and end is not None:
        return end - _duration(values), end
    if end is None and start is not None:
        return start, start + _duration(values)
    return start, end


def _time(values: Values, clock: Clock, ms: int, uptime: int, delta: int) -> int | None:
    if ms in values:
        return int(values[ms])
    for stamp in (ms + 2, ms + 4):  # microseconds and nanoseconds, both NTP time stamps
        if stamp in values:
            return of_ntp(int(values[stamp]))
    if ms - 2 in values:  # seconds
        return int(values[ms - 2]) * 1_000
    if uptime in values:
        return clock.of_uptime(int(values[uptime]))
    if delta in values:  # microseconds before the export (RFC 5102 section 5.9.9)
        return clock.exported_ms - int(values[delta]) // 1_000
    return None


def _duration(values: Values) -> int:
    if el.DURATION_MS in values:
        return int(values[el.DURATION_MS])
    return int(values.get(el.DURATION_US, 0)) // 1_000


def _name(values: Values) -> tuple[str | None, str]:
    for key, source in _NAMES:
        if key not in values:  # nearly always; the densest datagrams have thousands of records
            continue
        raw = values[key]
        text = bytes(raw).rstrip(b"\0").lower() if isinstance(raw, bytes) else b""
        if 0 < len(text) <= NAME_MAX and text.isascii() and b"\0" not in text:
            return text.decode("ascii").split(":")[0], source
    return None, "none"


def sampling_of(values: Values) -> tuple[int | None, Ratio | None]:
    """Return the sampler that a record names, and the ratio that it states; None for either.

    RFC 5477 section 8.2: a count-based selector takes `interval` packets, then skips `space`.
    """
    sampler = values.get(el.SELECTOR_ID, values.get(el.SAMPLER_ID))
    stated: Ratio | None = None
    for key in (el.SAMPLING_INTERVAL, el.SAMPLER_INTERVAL):
        if stated is None and key in values:
            stated = ratio(int(values[key]), 1)
    if stated is None and el.SAMPLE_INTERVAL in values:
        taken = int(values[el.SAMPLE_INTERVAL])
        stated = ratio(taken + int(values.get(el.SAMPLE_SPACE, 0)), taken)
    if stated is None and el.SAMPLE_SIZE in values:
        stated = ratio(int(values.get(el.SAMPLE_POPULATION, 0)), int(values[el.SAMPLE_SIZE]))
    return (None if sampler is None else int(sampler)), stated
