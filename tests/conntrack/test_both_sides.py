"""Inside a real NAT gateway each connection is one flow; the other side of it is refused, not counted again."""

import os
import subprocess
import sys

import pytest

from collector.same_line import MeasuredElsewhere, hold
from tests.conntrack.nat import SCHOOL, SCHOOL_V4, SERVER, TCP_PORT, inside, kernel_says, nat
from tests.support.capturing import capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_IF, set_offloads
from tests.support.processes import ROOT

WITHIN = 0.001
"""Octets of a packet capture and of the kernel's table may differ by so much."""


def _asked(where, store, *options) -> subprocess.CompletedProcess:
    command = (
        sys.executable,
        "-m",
        "cli",
        "capture",
        "--store",
        str(store),
        "--school",
        str(SCHOOL),
    )
    return subprocess.run(
        where.within(*command, *options),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.live
@pytest.mark.timeout(200)
def test_a_thousand_connections_inside_are_a_thousand_flows_and_the_other_side_is_refused(tmp_path):
    need_root()
    need_all(
        ip="iproute2", nft="nftables", conntrack="conntrack", ethtool="ethtool", sysctl="procps"
    )
    store = tmp_path / "store"
    with nat() as places:
        # A packet that the kernel merges counts there as one, its headers once: here nothing is merged.
        set_offloads(places.gateway, "wan0", on=False)
        set_offloads(places.internet, "eth0", on=False)
        with (
            inside(places.internet, "serve", str(TCP_PORT)),
            capturing(
                places.gateway, store, "--school", str(SCHOOL), interface=GATEWAY_IF
            ) as captured,
            inside(places.pupil, "ask", SERVER, str(TCP_PORT), "600", "400", "0") as pupil,
        ):
            outside = _asked(places.gateway, store, "--interface", "wan0", "--side", "wan")
            kernels = _asked(places.gateway, store, "--source", "conntrack")
            assert pupil.stdout.readline() == "done\n"
            says = kernel_says(places.gateway, SCHOOL_V4)
        for refused in (outside, kernels):
            assert refused.returncode == 3, refused.stderr
            assert "counted twice" in refused.stderr
            assert "Traceback" not in refused.stderr
    rows = [row for row in captured.slices.to_pylist() if row["server_port"] in (TCP_PORT, 4_433)]
    octets = sum(row["up_bytes"] + row["down_bytes"] for row in rows)
    kernels_octets = sum(there + back for there, _, back, _ in says)
    assert len({row["flow"] for row in rows}) == len(says) == 1_000
    assert abs(octets - kernels_octets) <= WITHIN * kernels_octets
    assert captured.totals["kernel_drops"] == 0
    print(f"\n1,000 connections, captured inside: {len(says):,} flows, {octets:,} octets, "
          f"conntrack -L {kernels_octets:,}")  # fmt: skip


def test_two_points_of_one_line_exclude_each_other_and_two_lines_do_not(tmp_path):
    inside_one = hold(tmp_path, "internet", "lan")
    second_lan = hold(tmp_path, "internet", "lan")
    other_line = hold(tmp_path, "secours", "wan")
    with pytest.raises(MeasuredElsewhere, match="lan"):
        hold(tmp_path, "internet", "wan")
    os.close(inside_one)
    with pytest.raises(MeasuredElsewhere, match="lan"):
        hold(tmp_path, "internet", "conntrack")
    os.close(second_lan)
    os.close(hold(tmp_path, "internet", "wan"))
    os.close(other_line)
