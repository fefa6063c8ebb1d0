"""tcpreplay into the real capture: every packet is accounted for, also with the parser stopped.

The short form of `python -m benchmarks.live`, which measures; here nothing is timed.
"""

import pytest

from benchmarks.live import one_run
from benchmarks.mixed import make
from tests.support.needs import need_all, need_root
from tests.support.processes import ROOT

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.timeout(200)]

GOLDEN = sorted((ROOT / "tests" / "golden").rglob("*.pcap"))
PACKETS, LOOPS = 60_000, 3
CALM = ("--pps", "40000")
ANY_SPEED = ("--topspeed",)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool", tcpreplay="tcpreplay")
    path = tmp_path_factory.mktemp("mixed") / "mixed.pcap"
    make(GOLDEN, path, PACKETS)
    return path


def test_at_a_schools_speed_nothing_is_lost(mixed, tmp_path):
    run = one_run(mixed, tmp_path, loops=LOOPS, speed=CALM)
    assert run.closes, run
    assert (run.kernel_drops, run.shed) == (0, 0)
    assert run.parsed > 0.9 * run.generated > PACKETS


@pytest.mark.parametrize(("after_s", "stopped_s"), [(0.1, 2.5), (0.4, 1.0)])
def test_with_the_parser_stopped_the_identity_closes(mixed, tmp_path, after_s, stopped_s):
    """The generator, its interface, the kernel, the loop and the link rows count one number."""
    run = one_run(mixed, tmp_path, loops=3 * LOOPS, speed=ANY_SPEED, stop=(after_s, stopped_s))
    assert run.closes, run
    assert run.offered > 3 * PACKETS
    assert run.parsed + run.rejected + run.kernel_drops + run.shed == run.offered
    assert run.shed == 0


def test_the_ring_loses_what_it_cannot_hold_and_says_so(mixed, tmp_path):
    """A ring that never overflows in these tests would prove nothing about the drops' own count."""
    run = one_run(mixed, tmp_path, loops=16, speed=("--pps", "150000"), stop=(0.3, 3.0))
    assert run.closes, run
    assert run.kernel_drops > 0
