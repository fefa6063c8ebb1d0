"""The life of an interface under a running capture: never deaf, and a gap row for every outage."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.capturing import Captured, capturing, parser_of
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_IF, GATEWAY_V4, SCHOOL_IF, Wire, wire
from tests.support.processes import wait_until
from tests.support.stores import after_a_power_cut

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.timeout(200)]

PORT, SPOKEN = 4_242, 20
BACK_S = 5.0
FLAPS, LIVES, MANY_FLAPS = (20, 20, 20) if os.environ.get("JAUGE_LONG") else (8, 5, 20)
"""JAUGE_LONG=1: as often as the deployment promises; the figure is in docs/reliability.md."""
HEARD_S = 0.5
"""The collector's clock starts when it hears of an outage: on a busy machine a little after it began."""
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


def _share_of_a_core(captured: Captured, seconds: float = 2.0) -> float:
    """Return what holder and parser used of one core."""
    both = (captured.process.pid, parser_of(captured))
    before = sum(map(_cpu_s, both))
    time.sleep(seconds)
    return (sum(map(_cpu_s, both)) - before) / seconds


def _join(both: Wire, peer: str = SCHOOL_IF) -> None:
    """Make a veth pair anew, as a driver does that was loaded again."""
    both.gateway.call(
        *("ip", "link", "add", GATEWAY_IF, "type", "veth"),
        *("peer", "name", peer, "netns", both.school.name),
    )
    if peer != SCHOOL_IF:
        both.school.call("ip", "address", "flush", "dev", SCHOOL_IF)
    both.school.call("ip", "link", "set", peer, "up")
    both.gateway.call("ip", "link", "set", GATEWAY_IF, "up")
    both.school.add_address(peer, "10.10.0.2/20")
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


def _closes(captured: Captured) -> None:
    """The run ended well, and no packet is unaccounted for."""
    totals = captured.totals
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert captured.exit_code == 0
    assert totals["packets_offered"] == accounted + totals["kernel_drops"] + totals["shed"]
    assert sum(captured.links["offered"].to_pylist()) == totals["packets_offered"]


def _gaps_if_the_power_went(captured: Captured) -> list[int]:
    return after_a_power_cut(captured.store, "link")["outage_ms"].to_pylist()


def _gap_s(captured: Captured) -> float:
    """Return the seconds that the gap rows stand for; they measure nothing else."""
    gaps = [row for row in captured.links.to_pylist() if row["outage_ms"]]
    assert all(row["offered"] == row["up_bytes"] == row["down_bytes"] == 0 for row in gaps)
    assert all(row["outage_ms"] <= 10_000 for row in gaps)
    return sum(row["outage_ms"] for row in gaps) / 1_000


def _outages(captured: Captured) -> int:
    (note,) = (note for note in captured.totals["notes"] if "away" in note)
    return int(note.split("away ")[1].split()[0])


def _link(both: Wire, *words: str) -> None:
    both.gateway.call("ip", "link", "set", *words)


def test_an_interface_deleted_and_made_anew_is_captured_again_within_five_seconds(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        both.gateway.call("ip", "link", "del", GATEWAY_IF)
        time.sleep(2)
        assert captured.process.poll() is None, "the capture ended with its interface"
        _join(both)
        time.sleep(BACK_S)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == 2 * SPOKEN
    assert _outages(captured) >= 1
    assert 2 - HEARD_S <= _gap_s(captured) < 2 + BACK_S


def test_a_cable_pulled_and_put_back_leaves_the_collector_calm_and_counting(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        _link(both, GATEWAY_IF, "down")
        time.sleep(0.5)
        while_down = _share_of_a_core(captured)
        _link(both, GATEWAY_IF, "up")
        time.sleep(1)
        after = _share_of_a_core(captured)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == 2 * SPOKEN
    assert while_down < CALM
    assert after < CALM
    assert _outages(captured) == 1
    assert 2.5 - HEARD_S <= _gap_s(captured) < 2.5 + BACK_S


def test_the_far_end_of_the_cable_counts_as_the_cable(both, tmp_path):
    """No carrier is an outage, too: an idle line and a dead one must not look alike."""
    with capturing(both.gateway, tmp_path / "store") as captured:
        both.school.call("ip", "link", "set", SCHOOL_IF, "down")
        time.sleep(2)
        both.school.call("ip", "link", "set", SCHOOL_IF, "up")
        time.sleep(1)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == SPOKEN
    assert 2 - HEARD_S <= _gap_s(captured) < 2 + BACK_S


def test_every_one_of_many_short_outages_is_counted_and_none_makes_it_deaf(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        for number in range(1, FLAPS + 1):
            _link(both, GATEWAY_IF, "down")
            _link(both, GATEWAY_IF, "up")
            time.sleep(1.1)
            _speak(both)
            time.sleep(0.1 * (number % 3))
    _closes(captured)
    assert _spoken(captured) == FLAPS * SPOKEN
    assert _outages(captured) == FLAPS
    assert _gap_s(captured) > 0


def test_outages_while_the_parser_sleeps_are_all_counted_when_it_wakes(both, tmp_path):
    """Nobody reads what the holder says meanwhile: it must neither wait nor lose an answer."""
    with capturing(both.gateway, tmp_path / "store") as captured:
        os.kill(parser_of(captured), signal.SIGSTOP)
        for _ in range(MANY_FLAPS):
            _link(both, GATEWAY_IF, "down")
            _link(both, GATEWAY_IF, "up")
        os.kill(parser_of(captured), signal.SIGCONT)
        time.sleep(1.5)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == SPOKEN
    assert _outages(captured) >= MANY_FLAPS // 2  # the kernel tells of two at once when it is busy


def test_an_interface_made_anew_over_and_over_is_never_lost(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        for _ in range(LIVES):
            both.gateway.call("ip", "link", "del", GATEWAY_IF)
            _join(both)
            time.sleep(1.1)
            _speak(both)
    _closes(captured)
    assert _spoken(captured) == LIVES * SPOKEN
    assert _outages(captured) >= LIVES


def test_another_size_of_packets_changes_nothing(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        for mtu in ("9000", "1280"):
            both.school.call("ip", "link", "set", SCHOOL_IF, "mtu", mtu)
            _link(both, GATEWAY_IF, "mtu", mtu)
            _speak(both)
    _closes(captured)
    assert _spoken(captured) == 3 * SPOKEN
    assert captured.totals["notes"] == []
    assert _gap_s(captured) == 0


def test_a_renamed_interface_is_captured_on_and_the_administrator_is_told(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        _link(both, GATEWAY_IF, "down")
        _link(both, GATEWAY_IF, "name", "lan9")
        _link(both, "lan9", "up")
        time.sleep(BACK_S)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == 2 * SPOKEN
    assert any("renamed and captured on" in note for note in captured.totals["notes"])


def test_who_takes_the_configured_name_is_captured(both, tmp_path):
    """The configuration names the interface: what bears the name is meant, as after a restart."""
    with capturing(both.gateway, tmp_path / "store") as captured:
        _link(both, GATEWAY_IF, "down")
        _link(both, GATEWAY_IF, "name", "old0")
        _join(both, peer="eth9")
        time.sleep(BACK_S)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == SPOKEN


def test_an_interface_that_is_down_at_the_start_is_captured_when_it_comes(both, tmp_path):
    _link(both, GATEWAY_IF, "down")
    with capturing(both.gateway, tmp_path / "store") as captured:
        time.sleep(1)
        _link(both, GATEWAY_IF, "up")
        time.sleep(1)
        _speak(both)
    _closes(captured)
    assert _spoken(captured) == SPOKEN
    assert _gap_s(captured) >= 0.5


def test_an_outage_that_lasts_stands_in_the_store_while_it_lasts(both, tmp_path):
    """A row that came only with the end of the outage would never come if the power went, too."""
    with capturing(both.gateway, tmp_path / "store") as captured:
        _speak(both)
        both.gateway.call("ip", "link", "del", GATEWAY_IF)
        wait_until(lambda: sum(_gaps_if_the_power_went(captured)) > 0, "the first gap row", 60)
        assert captured.process.poll() is None
    _closes(captured)
    assert _gap_s(captured) > 1


def test_a_collector_without_packets_costs_next_to_nothing(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        time.sleep(2)
        assert _share_of_a_core(captured, 5.0) < CALM
    assert captured.exit_code == 0
