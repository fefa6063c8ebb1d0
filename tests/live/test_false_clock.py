"""faketime: a collector whose wall clock is wrong by years writes the time that the packets bear."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.kernel_clock import wall_us
from tests.live.test_interface_goes import PORT, SPOKEN, _speak
from tests.support.acknowledged import log_of
from tests.support.capturing import capturing
from tests.support.needs import need, need_all, need_root
from tests.support.netns import wire

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

WAIT_S = 2.0
CLOSE_S = 180


def _library() -> str:
    need("faketime", "faketime")
    found = [path for path in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                               "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1") if Path(path).is_file()]  # fmt: skip
    if not found:
        pytest.skip("libfaketime is not where Debian puts it")
    return found[0]


@pytest.mark.parametrize("shift", ["+10y", "-1d", "+1h"])
def test_a_false_wall_clock_moves_no_slice_and_ends_no_flow(shift, tmp_path, monkeypatch):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    library = _library()
    with wire(offloads=True) as both:
        began = time.time()
        monkeypatch.setenv("FAKETIME", shift)
        monkeypatch.setenv("LD_PRELOAD", library)
        with capturing(both.gateway, tmp_path / "store") as captured:
            monkeypatch.delenv("LD_PRELOAD")
            _speak(both)
            time.sleep(WAIT_S)
            _speak(both)
    assert captured.exit_code == 0, captured.said
    rows = [row for row in captured.slices.to_pylist() if row["server_port"] == PORT]
    assert sum(row["up_packets"] for row in rows) == 2 * SPOKEN
    now = datetime.fromtimestamp(began, UTC)
    for row in [*captured.slices.to_pylist(), *captured.links.to_pylist()]:
        at = row.get("minute") or row["start"]
        assert abs((at - now).total_seconds()) < CLOSE_S
        assert row.get("age_s", 0) >= 0
    kinds = [entry.kind for entry in log_of(tmp_path / "store").entries()]
    assert kinds.count("pseudonym_key_made") <= 1, "a key was rotated"


def test_the_kernels_clock_is_the_wall_clock():
    assert abs(wall_us() - time.time_ns() // 1_000) < 1_000_000
