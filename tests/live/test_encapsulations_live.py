"""The matrix of encapsulations over a wire and through the ring gives the file's flows.

The kernel takes the outer VLAN tag off before it fills the ring and says it aside; the file has it
in the frame. Links that only captures have (raw IP, cooked) cannot be on a wire. A slice has no
VLAN, but the flow's key has: were the tag lost, tagged and untagged flows would be one.
"""

from collections import Counter

import pytest

from tests.collector.encapsulated import cases
from tests.collector.link_layers import ETHERNET_LINKS
from tests.collector.test_encapsulations import flows_of, meter, write
from tests.support.capturing import capturing
from tests.support.needs import need, need_all, need_root
from tests.support.netns import SCHOOL_IF, wire

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

SPEED_MBIT_S = "60"
WHOLE_NAMES = "tests.support.whole_names"


def test_the_ring_and_the_file_give_the_same_flows_for_every_encapsulation(tmp_path):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    tcpreplay = need("tcpreplay", "tcpreplay")
    every = [case for frame in ETHERNET_LINKS.values() for case in cases(frame)]
    path = write(tmp_path / "matrix.pcap", every, 1)
    from_file = meter(path)
    with (
        wire(offloads=False, ipv6=False) as both,
        capturing(both.gateway, tmp_path / "store", program=WHOLE_NAMES) as captured,
    ):
        sending = (tcpreplay, "-q", "-i", SCHOOL_IF, "-M", SPEED_MBIT_S, str(path))
        both.school.call(*sending, timeout_s=60)
    frames = sum(len(case.frames) for case in every)
    assert captured.totals["packets_offered"] == captured.totals["packets_parsed"] == frames
    assert captured.totals["ip_bytes"] == sum(case.octets for case in every)
    from_wire = flows_of(captured.slices)
    assert (from_wire - from_file.flows, from_file.flows - from_wire) == (Counter(), Counter())
    tagged = [case for case in cases(ETHERNET_LINKS["802.1Q"]) if case.flows - from_wire]
    assert tagged == []
