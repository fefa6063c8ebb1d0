"""A flood on the wire: the flow table is full, and within ten seconds everybody can know."""

import sys
import time

import pytest

from collector.meter.layout import FLOW_CAP
from tests.support.capturing import capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import SCHOOL_IF, wire
from tests.support.processes import wait_until
from tests.support.stores import after_a_power_cut

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.timeout(200)]

SYNS = FLOW_CAP + 100_000
RAISED_S, ON_DISK_S = 10, 20
_FLOOD = f"""
import socket, time
from tests.collector.flooding import Flood, attack
frames = [frame for _, frame in attack(Flood(syns={SYNS}))]
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
    out.bind(("{SCHOOL_IF}", 0))
    for frame in frames[:{FLOW_CAP}]:
        out.send(frame)
    print(time.monotonic(), flush=True)
    for frame in frames[{FLOW_CAP}:]:
        out.send(frame)
"""
"""Prints when as many flows were sent as the table holds."""


def test_a_flood_on_the_wire_is_counted_whole_and_said_within_ten_seconds(tmp_path):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    store = tmp_path / "store"
    with (
        wire(offloads=True, ipv6=False) as both,
        capturing(both.gateway, store) as captured,
    ):
        full_at = float(both.school.call(sys.executable, "-c", _FLOOD, timeout_s=60))
        said = lambda: "the flow table is full" in store.with_suffix(".stderr").read_text()  # noqa: E731 - one line, used once
        wait_until(said, "the sentence", RAISED_S)
        raised_s = time.monotonic() - full_at
        wait_until(
            lambda: any(after_a_power_cut(captured.store, "link")["degraded"].to_pylist()),
            "the row",
            ON_DISK_S,
        )
        on_disk_s = time.monotonic() - full_at
    totals = captured.totals
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values()) + totals["kernel_drops"]
    print(f"\nsaid after {raised_s:.1f} s, on the disk after {on_disk_s:.1f} s: {totals}")
    assert totals["packets_offered"] == accounted + totals["shed"] >= SYNS
    assert totals["degraded_flows"] > 0
    assert raised_s < RAISED_S
    assert on_disk_s < ON_DISK_S
