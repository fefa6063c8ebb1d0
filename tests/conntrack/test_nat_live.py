"""A real gateway that masquerades: each connection is one flow, its octets are `conntrack -L`'s."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.conntrack.nat import (
    FORWARDED_PORT,
    SCHOOL,
    SCHOOL_V4,
    SERVER,
    TCP_PORT,
    UDP_PORT,
    WAN_GATEWAY,
    WAN_INTERNET,
    collecting,
    inside,
    kernel_says,
    nat,
)
from tests.exports.test_live import total
from tests.support.needs import need_all, need_root
from tests.support.processes import ROOT
from tests.support.stores import segments_of, stored

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]
COUNTERS = ("up_bytes", "up_packets", "down_bytes", "down_packets")


@pytest.fixture(autouse=True)
def needed():
    need_root()
    need_all(
        ip="iproute2", nft="nftables", conntrack="conntrack", ethtool="ethtool", sysctl="procps"
    )


def run(places, store, *, connections, datagrams, long_s, options=()):
    """Collect while a pupil asks; returns (report, what the kernel says, stored slices)."""
    with (
        inside(places.internet, "serve", str(TCP_PORT)),
        collecting(places.gateway, store, *options) as report,
        inside(
            places.pupil,
            "ask",
            SERVER,
            str(TCP_PORT),
            str(connections),
            str(datagrams),
            str(long_s),
        ) as pupil,
    ):
        assert pupil.stdout.readline() == "done\n"
        says = kernel_says(places.gateway, SCHOOL_V4)
        # Half of them end before the last reading: their last counters come with their event.
        places.gateway.call("conntrack", "-D", "-p", "udp")
    return report, says, stored(store, "flows")


def sums(rows) -> list[int]:
    return [total(rows, name) for name in COUNTERS]


@pytest.mark.slow
def test_a_thousand_connections_are_a_thousand_flows_and_the_octets_are_the_kernels(tmp_path):
    """Long enough for two ends of a minute: a long connection has one slice in each."""
    with nat() as places:
        report, says, rows = run(
            places, tmp_path / "store", connections=600, datagrams=399, long_s=75
        )
    assert len(says) == 1_000
    assert report["flows"] == len(set(rows["flow"].to_pylist())) == 1_000
    assert sums(rows) == [sum(column) for column in zip(*says, strict=True)]
    assert report["ip_bytes"] == total(rows, "up_bytes", "down_bytes")
    assert report["kernel_drops"] == 0
    assert report["ends_lost"] == 0
    assert report["messages_offered"] == report["messages_parsed"]
    places_and_minutes = Counter(
        zip(rows["flow"].to_pylist(), rows["minute"].to_pylist(), strict=True)
    )
    assert set(places_and_minutes.values()) == {1}
    longest = Counter(rows["flow"].to_pylist()).most_common(1)[0][1]
    assert longest in (2, 3)
    assert set(rows["zone"].to_pylist()) == {"salles"}
    assert len(set(rows["device"].to_pylist())) == 1
    assert set(rows["server_port"].to_pylist()) == {TCP_PORT, UDP_PORT}
    print(
        f"\n1,000 connections: {report['flows']:,} flows, {report['ip_bytes']:,} octets as conntrack -L, "
        f"{report['slices']:,} slices, {report['readings']} readings, events {report['events']}"
    )


def test_a_short_run_counts_each_connection_once(tmp_path):
    with nat() as places:
        report, says, rows = run(places, tmp_path / "store", connections=25, datagrams=25, long_s=0)
    assert report["flows"] == len(set(rows["flow"].to_pylist())) == len(says) == 50
    assert sums(rows) == [sum(column) for column in zip(*says, strict=True)]
    assert report["events"] == {"destroy": 25, "new": 50}


def test_a_forwarded_port_belongs_to_the_inside_server(tmp_path):
    with (
        nat() as places,
        inside(places.pupil, "serve", "80"),
        collecting(places.gateway, tmp_path / "store") as report,
        inside(places.internet, "ask", WAN_GATEWAY, str(FORWARDED_PORT), "10", "0", "0") as visitor,
    ):
        assert visitor.stdout.readline() == "done\n"
        says = kernel_says(places.gateway, WAN_INTERNET)
    rows = stored(tmp_path / "store", "flows")
    assert report["flows"] == len(says) == 10
    assert set(rows["zone"].to_pylist()) == {"salles"}
    assert set(rows["server_port"].to_pylist()) == {80}
    there, there_packets, back, back_packets = (sum(column) for column in zip(*says, strict=True))
    assert sums(rows) == [back, back_packets, there, there_packets]


def test_the_gateways_own_traffic_is_counted_apart_and_not_stored(tmp_path):
    with (
        nat() as places,
        inside(places.internet, "serve", str(TCP_PORT)),
        collecting(places.gateway, tmp_path / "store") as report,
        inside(places.gateway, "ask", SERVER, str(TCP_PORT), "5", "0", "0") as itself,
    ):
        assert itself.stdout.readline() == "done\n"
    assert report["flows"] == 0
    assert report["connections_unused"]["no_inside"] >= 5
    assert not segments_of(tmp_path / "store", "flows")


@pytest.mark.slow
def test_events_that_were_lost_are_counted_and_a_reading_makes_up_for_them(tmp_path):
    """The collector is stopped while more connections begin than its socket holds events of."""
    many = 40_000
    with nat() as places, collecting(places.gateway, tmp_path / "store") as report:
        places.internet.call("nft", "add table inet quiet")
        places.internet.call(
            "nft", "add chain inet quiet in { type filter hook input priority 0; }"
        )
        places.internet.call("nft", "add rule inet quiet in udp dport 10000-65000 drop")
        os.kill(report["pid"], signal.SIGSTOP)
        try:
            with inside(places.pupil, "scatter", SERVER, str(many)) as pupil:
                assert pupil.stdout.readline() == "done\n"
        finally:
            os.kill(report["pid"], signal.SIGCONT)
        time.sleep(12)  # events that wait, and at least one reading
        says = kernel_says(places.gateway, SCHOOL_V4)
    rows = stored(tmp_path / "store", "flows")
    assert report["kernel_drops"] > 0
    assert report["messages_offered"] == report["messages_parsed"] + report["kernel_drops"]
    assert any("events were lost" in note for note in report["notes"])
    assert report["flows"] == len(says) == many
    assert sums(rows) == [sum(column) for column in zip(*says, strict=True)]
    print(
        f"\n{many:,} connections begun while the collector was stopped: {report['kernel_drops']:,} events "
        f"lost and counted, {report['flows']:,} flows, {report['ip_bytes']:,} octets as conntrack -L"
    )


def refused(where, *options) -> subprocess.CompletedProcess:
    return subprocess.run(
        where.within(sys.executable, "-m", "cli", "capture", "--source", "conntrack", *options),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_without_accounting_it_says_what_to_type(tmp_path):
    with nat(accounting=False) as places:
        done = refused(places.gateway, "--store", str(tmp_path), "--school", str(SCHOOL))
    assert done.returncode == 3
    assert "sysctl -w net.netfilter.nf_conntrack_acct=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_declared_inside_addresses_and_on_any_interface_it_refuses(tmp_path):
    with nat() as places:
        alone = refused(places.gateway, "--store", str(tmp_path))
        any_ = refused(
            places.gateway, "--store", str(tmp_path), "--school", str(SCHOOL), "--interface", "any"
        )
    assert (alone.returncode, any_.returncode) == (2, 2)
    assert "--school" in alone.stderr
    assert "any" in any_.stderr
