"""Fifty canaries through every source: the short form of `python -m tests.canary.fifty` (root: namespaces).

Without the live ring, the core pattern and the swap file, which the long form sets for the whole machine.
"""

import pytest

from simulator.canaries import FIRST_S, fifty
from tests.canary import stages
from tests.canary.fifty import Run, published, recorded, searched
from tests.conntrack.nat import nat
from tests.support.needs import need_all, need_root
from tests.support.stores import stored

pytestmark = [pytest.mark.slow, pytest.mark.live, pytest.mark.timeout(500)]


def test_fifty_canaries_are_fifty_and_differ():
    machines, canaries = fifty(1)
    kinds = {c.name.split("_")[0] for c in canaries}
    assert kinds == {"mac", "v4", "v6", "host", "sni", "agent"}
    assert len({canary.octets or canary.text for canary in canaries}) == 50
    assert {m.sni.split(".")[0] for m in machines} == {
        c.text for c in canaries if c.name.startswith("sni")
    }


@pytest.mark.enable_socket
def test_fifty_canaries_pass_every_source_and_nothing_is_written(tmp_path):
    need_root()
    need_all(
        ip="iproute2", nft="nftables", conntrack="conntrack", ethtool="ethtool", sysctl="procps"
    )
    run = Run(tmp_path / "run", 1)
    stages.listen(run.shop, run.machines)  # first: a past day is joined once there is a later one
    recorded(run, run.capture_of("day.pcap", run.machines, FIRST_S))
    with nat() as places:
        stages.conntrack(run.shop, places, run.machines[:3])
    published(run)
    rows = stored(run.shop.store, "flows").to_pylist()
    named = {"dns", "http_host", "log", "none", "proxy_connect", "quic_sni", "tls_sni"}
    assert {row["site_source"] for row in rows} == named, "a source told nothing"
    assert run.found["compacted"] == 1
    assert searched(run, run.shop.written) == []
    (run.shop.written / "said" / "control").write_text(run.machines[3].agent)
    assert searched(run, run.shop.written), "the planted control"
