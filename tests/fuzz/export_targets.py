"""Targets in `jauge listen`: datagrams of one exporter, through the real listener in memory."""

from typing import Any

from tests.exports import wire as w
from tests.exports.listening import new_listener
from tests.exports.test_hostile import closed
from tests.fuzz.pieces import split
from tests.fuzz.walking import Wrong

STEP_S = 40.0
"""Longer than data waits for its template."""
STEPS_MAX = 2
"""Each lets the exporter earn minutes to spread its records over: work that is meant."""


def _listen(data: bytes, make: Any) -> Any:
    listener, sink = new_listener()
    now = w.NOW
    for n, (steer, payload) in enumerate(split(data)):
        if steer >> 7 and now < w.NOW + STEPS_MAX * STEP_S:
            now += STEP_S
        datagram = make(steer, payload, n)
        port = w.PORT + (steer >> 6 & 1)
        listener.offer(datagram, source=w.EXPORTER, port=port, now=now)
        if steer & 32:
            listener.tick(now)
    listener.finish(now)
    report = listener.report(1.0)
    if not closed(report):
        raise Wrong("the identity of datagrams, numbers or records does not close")
    in_slices = sum(row["up_bytes"] + row["down_bytes"] for row in sink.rows)
    in_links = sum(
        row["up_bytes"] + row["down_bytes"] + row["local_bytes"] for row in sink.links_rows
    )
    if not in_slices <= in_links == report["ip_bytes"]:
        raise Wrong(f"{report['ip_bytes']} octets, in slices {in_slices}, in link rows {in_links}")
    report.pop("seconds")
    return report, len(sink.rows)


def netflow5(data: bytes) -> Any:
    """NetFlow v5: records behind a good header, or everything."""

    def make(steer: int, payload: bytes, n: int) -> bytes:
        if steer & 1:
            return b"\0\x05" + payload
        records = [payload[i : i + 48] for i in range(0, len(payload) - 47, 48)]
        return w.v5(*records, sequence=n * (steer >> 1 & 15))

    return _listen(data, make)


def netflow9(data: bytes) -> Any:
    """NetFlow v9: sets behind a good header, or everything."""

    def make(steer: int, payload: bytes, n: int) -> bytes:
        if steer & 1:
            return b"\0\x09" + payload
        return w.v9(payload, sequence=n + (steer >> 1 & 3), domain=steer >> 3 & 3)

    return _listen(data, make)


def ipfix(data: bytes) -> Any:
    """IPFIX: sets behind a good header, or everything."""

    def make(steer: int, payload: bytes, n: int) -> bytes:
        if steer & 1:
            return b"\0\x0a" + payload
        return w.ipfix(payload, sequence=n + (steer >> 1 & 3), domain=steer >> 3 & 3)

    return _listen(data, make)


def sflow(data: bytes) -> Any:
    """sFlow v5: samples behind a good header, or everything."""

    def make(steer: int, payload: bytes, n: int) -> bytes:
        if steer & 1:
            return b"\0\0\0\5" + payload
        head = bytearray(w.sflow(sequence=n + (steer >> 1 & 3)))
        head[-1] = steer >> 3 & 3  # how many samples follow
        return bytes(head) + payload

    return _listen(data, make)
