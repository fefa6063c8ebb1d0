"""At the cap of the flow table: totals stay exact, real flows keep their record, memory is bounded."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from cli.exits import Exit
from collector.meter import layout as lay
from privacy.records import EndReason
from tests.collector import flooding
from tests.collector import frames as f
from tests.collector.flooding import FLOOD_PORT, REAL_PORT, Flood
from tests.collector.test_fast_and_slow_meter_agree import fast_flows
from tests.oracles.captures import records
from tests.oracles.slow_meter import SlowMeter
from tests.support.memory import memory_of
from tests.support.metering import meter_file
from tests.support.stores import stored

ROOT = Path(__file__).parents[2]
CAP = 1_024
ACROSS_A_MINUTE_US = f.NOON_US + 57_000_000
SMALL = Flood(syns=20_000, a_second=4_000, real=100, start_us=ACROSS_A_MINUTE_US)
"""New flows fill the table four times a second, as a million SYNs in a second do to the real one."""
IPV6 = replace(SMALL, version=6)
ANSWERED = Flood(syns=4_000, a_second=200, real=100, answered=True)
"""They fill it in five seconds, as a million in 20 seconds do to the real one."""


def on_port(table, port):
    return table.filter(pc.equal(table["server_port"], port))


def octets(slices) -> int:
    return sum((pc.sum(slices[c]).as_py() or 0) for c in ("up_bytes", "down_bytes"))


def packets(slices) -> int:
    return sum((pc.sum(slices[c]).as_py() or 0) for c in ("up_packets", "down_packets"))


@pytest.mark.parametrize("flood", [SMALL, IPV6], ids=["from a /8", "IPv6, from a /48"])
def test_in_a_flood_of_syns_each_real_flow_keeps_one_record_for_life(tmp_path, flood):
    sent = flooding.write(tmp_path / "flood.pcap", flood)
    result = meter_file(tmp_path / "flood.pcap", flow_cap=CAP)
    assert result.totals.packets_parsed == sent.packets
    assert result.totals.gap() == 0
    assert octets(result.slices) == result.totals.ip_bytes == sent.ip_bytes
    assert packets(result.slices) == sent.packets
    real = on_port(result.slices, REAL_PORT)
    assert len(set(real["flow"].to_pylist())) == flood.real
    assert packets(real) == sent.packets - flood.syns
    assert set(real["end_reason"].to_pylist()) == {None, "ended"}
    flows = Counter(on_port(result.slices, FLOOD_PORT)["end_reason"].to_pylist())
    assert flows[EndReason.RESOURCES] == result.totals.degraded_flows > flood.syns - CAP - CAP // 8


@pytest.mark.parametrize("version", [4, 6])
def test_at_the_cap_the_compiled_meter_and_its_slow_twin_agree(tmp_path, version):
    flood = Flood(syns=10_000, a_second=4_000, real=100, version=version)
    flooding.write(tmp_path / "flood.pcap", flood)
    slow = SlowMeter(cap=CAP)
    for record in records(tmp_path / "flood.pcap"):
        slow.offer(record)
    mine, twin = fast_flows(meter_file(tmp_path / "flood.pcap", flow_cap=CAP)), slow.finish()
    assert mine - twin == Counter()
    assert twin - mine == Counter()


def test_the_link_row_of_the_ten_seconds_in_which_the_cap_is_reached_says_degraded(tmp_path):
    flooding.write(tmp_path / "flood.pcap", Flood(syns=20_000, a_second=4_000, real=100))
    links = meter_file(tmp_path / "flood.pcap", flow_cap=CAP).links.to_pylist()
    # Two seconds of peace, then the flood, which begins with a clock step.
    assert [row["degraded"] for row in links] == [False, True]
    assert all(row["flows_in_table"] <= CAP for row in links)


def test_a_flood_that_is_answered_keeps_totals_exact_and_the_table_within_its_cap(tmp_path):
    sent = flooding.write(tmp_path / "flood.pcap", ANSWERED)
    result = meter_file(tmp_path / "flood.pcap", flow_cap=CAP)
    assert result.totals.gap() == 0
    assert octets(result.slices) == result.totals.ip_bytes == sent.ip_bytes
    assert packets(result.slices) == sent.packets
    assert max(result.links["flows_in_table"].to_pylist()) <= CAP
    real = on_port(result.slices, REAL_PORT)
    assert packets(real) == sent.packets - 2 * ANSWERED.syns
    # An accomplice's exchange is over at once: what goes on for longer is spared.
    assert len(set(real["flow"].to_pylist())) == ANSWERED.real


def gone(tmp_path, sent):
    """Which flows gave way, in their order, in a table of sixteen: one at a time."""
    path = f.write(tmp_path / "x.pcap", [(f.NOON_US + at, frame) for at, frame in sorted(sent)])
    rows = meter_file(path, flow_cap=16).slices
    return rows.filter(pc.equal(rows["end_reason"], "resources"))["server_port"].to_pylist()


def asks(port, at):
    return at, f.tcp_frame(flags=f.SYN, dport=port)


def answers(port, at):
    ends = {"source": f.SERVER, "target": f.CLIENT, "sport": port, "dport": 40_000}
    return at, f.tcp_frame(flags=f.SYN | f.ACK, **ends)


def test_unanswered_flows_give_way_first_and_the_oldest_of_them_first(tmp_path):
    full = [asks(port, port * 10) for port in range(1, 17)]
    spared = [answers(port, port * 10 + 1) for port in (1, 2, 3, 5)]
    later = [asks(port, port * 10) for port in range(101, 116)]
    unanswered = [4, *range(6, 17), 101, 102, 103]
    assert gone(tmp_path, full + spared + later) == unanswered


@pytest.mark.parametrize(
    ("talk", "first_gone"),
    [([2, 4, 6], [1, 3, 5]), ([1, 2, 3, 4, 5, 6, 7], [8])],
    ids=["silent for five seconds", "over within a second"],
)
def test_of_answered_flows_the_silent_and_the_brief_give_way_first(tmp_path, talk, first_gone):
    second = 1_000_000
    full = [part(port, port) for port in range(1, 16) for part in (asks, answers)]
    lasting = [answers(port, 2 * second + port) for port in range(1, 8)]
    talking = [answers(port, 9 * second + port) for port in talk]
    later = [asks(port, 10 * second + port) for port in range(101, 102 + len(first_gone))]
    assert gone(tmp_path, full + lasting + talking + later) == first_gone


def test_a_table_full_of_answered_flows_makes_room_all_the_same(tmp_path):
    sent = []
    for i in range(300):
        flow = {"sport": 1_024 + i}
        sent.append((f.NOON_US + i, f.tcp_frame(b"u", **flow)))
        answer = f.tcp_frame(b"d", source=f.SERVER, target=f.CLIENT, sport=443, dport=1_024 + i)
        sent.append((f.NOON_US + i, answer))
    result = meter_file(f.write(tmp_path / "x.pcap", sent), flow_cap=64)
    assert result.totals.packets_parsed == 600
    assert packets(result.slices) == 600
    assert result.totals.degraded_flows >= 300 - 64


def replay_and_watch(capture: Path, store: Path):
    """Run the real command: (what it prints, what it says at start, its most anonymous memory)."""
    command = [sys.executable, "-m", "cli", "replay", str(capture), "--store", str(store), "--json"]
    most = 0
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            most = max(most, memory_of("RssAnon", process.pid))
            time.sleep(0.005)
        said, printed = process.stderr.read(), process.stdout.read()
    assert process.returncode == Exit.OK, said
    return json.loads(printed), said, most


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "flood",
    [Flood(), Flood(version=6), Flood(answered=True)],
    ids=["from a /8", "IPv6, from a /48", "answered"],
)
def test_a_million_flows_beside_a_thousand_real_ones(tmp_path, flood):
    sent = flooding.write(tmp_path / "flood.pcap", flood)
    flooding.write(tmp_path / "calm.pcap", replace(flood, calm=True))
    _, _, calm = replay_and_watch(tmp_path / "calm.pcap", tmp_path / "calm")
    totals, said, most = replay_and_watch(tmp_path / "flood.pcap", tmp_path / "store")
    grown = most - calm
    slices = stored(tmp_path / "store", "flows")
    links = stored(tmp_path / "store", "link").sort_by("start")
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert totals["packets_offered"] == accounted == sent.packets
    assert octets(slices) == totals["ip_bytes"] == sent.ip_bytes
    assert packets(slices) == sent.packets
    assert totals["flow_cap"] == lay.FLOW_CAP
    assert f"{totals['table_bytes'] / 2**20:.0f} MiB" in said
    assert grown <= 1.1 * totals["memory_bytes"], f"{grown / 2**20:.0f} MiB"
    real = Counter(on_port(slices, REAL_PORT)["flow"].to_pylist())
    lost = len(real) - flood.real
    speed = totals["packets_offered"] / totals["seconds"]
    print(
        f"\n{sent.packets:,} packets at {speed:,.0f} a second, {totals['degraded_flows']:,} flows "
        f"gave way, {grown / 2**20:.0f} MiB more than without the flood, {lost} real flows lost their record"
    )
    assert lost <= flood.real // 100
    full_us = flood.start_us + (lay.FLOW_CAP - flood.real) * 1_000_000 // flood.a_second
    first = next(row for row in links.to_pylist() if row["degraded"])
    assert first["start"].timestamp() + 10 <= full_us / 1_000_000 + 10
