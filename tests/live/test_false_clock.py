"""faketime: a collector whose wall clock is wrong by years writes the time that the packets bear.

The short form of `python -m tests.live.false_clock`.
"""

import time

import pytest

from collector.kernel_clock import wall_us
from tests.live.false_clock import AUTUMN, LIBRARIES, captured_under
from tests.support.needs import need, need_all, need_root

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]


@pytest.mark.parametrize("shift", ["+10y", AUTUMN])
def test_a_false_wall_clock_moves_no_slice_ends_no_flow_and_no_key(shift, tmp_path):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    need("faketime", "faketime")
    if not any(path.is_file() for path in LIBRARIES):
        pytest.skip("libfaketime is not where Debian puts it")
    seen = captured_under(shift, tmp_path)
    assert seen.holds(), seen


def test_the_kernels_clock_is_the_wall_clock():
    assert abs(wall_us() - time.time_ns() // 1_000) < 1_000_000
