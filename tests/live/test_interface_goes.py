"""The interface goes away, or goes down and comes back, under a running capture."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.capturing import Captured, capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_IF, GATEWAY_V4, SCHOOL_IF, Wire, wire

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

PORT, SPOKEN = 4_242, 20
CALM = 0.3
"""Share of a core that a collector without packets may use: an idle one uses 0.01."""
_SPEAK = f"""
import socket
speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range({SPOKEN}):
    speaker.sendto(b"hello", ("{GATEWAY_V4}", {PORT}))
"""


def _speak(both: Wire) -> None:
    both.school.call(sys.executable, "-c", _SPEAK)


def _cpu_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _share_of_a_core(pid: int, seconds: float = 2.0) -> float:
    before = _cpu_s(pid)
    time.sleep(seconds)
    return (_cpu_s(pid) - before) / seconds


def _join(both: Wire) -> None:
    """Make the veth pair anew, as a driver does that was loaded again."""
    both.gateway.call(
        *("ip", "link", "add", GATEWAY_IF, "type", "veth"),
        *("peer", "name", SCHOOL_IF, "netns", both.school.name),
    )
    both.school.call("ip", "link", "set", SCHOOL_IF, "up")
    both.gateway.call("ip", "link", "set", GATEWAY_IF, "up")
    both.school.add_address(SCHOOL_IF, "10.10.0.2/20")
    both.gateway.add_address(GATEWAY_IF, f"{GATEWAY_V4}/20")


@pytest.fixture
def both() -> Iterator[Wire]:
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    with wire(offloads=True, ipv6=False) as pair:
        pair.school.add_address("eth0", "10.10.0.2/20")
        pair.gateway.add_address(GATEWAY_IF, f"{GATEWAY_V4}/20")
        yield pair


def _spoken(captured: Captured) -> int:
    rows = captured.slices.to_pylist()
    return sum(row["up_packets"] for row in rows if row["server_port"] == PORT)


def test_an_interface_deleted_and_made_anew_is_captured_again_within_five_seconds(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        both.gateway.call("ip", "link", "del", GATEWAY_IF)
        time.sleep(2)
        assert captured.process.poll() is None, "the capture ended with its interface"
        _join(both)
        time.sleep(5)
        _speak(both)
    assert captured.exit_code == 0
    totals = captured.totals
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert totals["packets_offered"] == accounted + totals["kernel_drops"] + totals["shed"]
    assert _spoken(captured) == 2 * SPOKEN
    assert any("away 1 times" in note for note in totals["notes"])


def test_a_cable_pulled_and_put_back_leaves_the_collector_calm_and_counting(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        both.gateway.call("ip", "link", "set", GATEWAY_IF, "down")
        time.sleep(0.5)
        while_down = _share_of_a_core(captured.process.pid)
        both.gateway.call("ip", "link", "set", GATEWAY_IF, "up")
        time.sleep(1)
        after = _share_of_a_core(captured.process.pid)
        _speak(both)
    assert captured.exit_code == 0
    totals = captured.totals
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert totals["packets_offered"] == accounted + totals["kernel_drops"] + totals["shed"]
    assert _spoken(captured) == 2 * SPOKEN
    assert while_down < CALM
    assert after < CALM
