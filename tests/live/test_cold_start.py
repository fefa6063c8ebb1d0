"""A collector whose loop was never compiled: it must not take packets before it can count them."""

import sys
import time

import pytest

from tests.support.capturing import capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_V4, wire

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(350)]

STOPS_S = 10.0
"""A warm collector stops within a second; systemd waits 90 before it kills."""
_SPEAK = f"""
import socket
speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    speaker.sendto(b"hello", ("{GATEWAY_V4}", 4242))
"""


def test_the_ring_opens_only_when_the_loop_is_compiled(tmp_path, monkeypatch):
    """Otherwise half a minute of packets waits in 64 MiB, and a signal waits as long."""
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    monkeypatch.setenv("JAUGE_CACHE_DIR", str(tmp_path / "cache"))
    with (
        wire(offloads=True) as both,
        capturing(both.gateway, tmp_path / "store", patience_s=60) as captured,
    ):
        both.school.call(sys.executable, "-c", _SPEAK)
        time.sleep(1)
        asked = time.monotonic()
    took_s = time.monotonic() - asked
    assert captured.exit_code == 0
    assert captured.totals["packets_parsed"] >= 20
    assert took_s < STOPS_S, "the loop was compiled after the ring had opened"
