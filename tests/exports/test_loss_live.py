"""Five per cent of a real exporter's datagrams are dropped by nftables: the report says exactly what.

The truth has two independent sources: nftables' own counters, and a recording of what was sent.
What is lost behind the last datagram that came leaves no gap: nobody can know it, and the truth
leaves it out.
"""

import json
import re
import struct
import subprocess
from itertools import accumulate

import pytest

from tests.exports.running import PORT, listening_in, payloads, recorded
from tests.exports.test_live import capture_of, total
from tests.programs import find
from tests.support.needs import need_all, need_root
from tests.support.netns import Namespace, namespace
from tests.support.stores import stored

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(170)]

FLOWS = 12_000
RECORDS = 2 * FLOWS
SEQUENCE_BIT = {"5": 192, "9": 160, "10": 128}
"""Where the header's number stands behind the start of the UDP header, in bits."""
SPARED = {"5": 0, "9": 20, "10": 200}
"""Numbers up to that one pass: they bring the templates, without which nothing can be read."""


def lose_five_percent(where: Namespace, version: str) -> None:
    number = f"@th,{SEQUENCE_BIT[version]},32"
    for command in (
        "add table inet loss",
        "add chain inet loss input { type filter hook input priority 0; }",
        f"add rule inet loss input udp dport {PORT} counter",
        f"add rule inet loss input udp dport {PORT} {number} > {SPARED[version]} "
        "numgen random mod 100 < 5 counter drop",
    ):
        where.call("nft", command)


def counted(where: Namespace) -> tuple[int, int]:
    """Return nftables' own counts: datagrams that came, and those that it dropped."""
    rules = json.loads(where.call("nft", "-j", "list", "chain", "inet", "loss", "input"))
    counters = [
        expression["counter"]["packets"]
        for entry in rules["nftables"]
        for expression in entry.get("rule", {}).get("expr", [])
        if "counter" in expression
    ]
    return counters[0], counters[1]


def units_of(datagrams: list[bytes], version: str) -> list[int]:
    """Return what each datagram counts for, in the exporter's own numbers."""
    if version == "5":
        return [struct.unpack_from(">H", data, 2)[0] for data in datagrams]
    if version == "9":
        return [1] * len(datagrams)
    # softflowd writes the number of flow records sent *after* this message (RFC 7011: before).
    numbers = [struct.unpack_from(">I", data, 8)[0] for data in datagrams]
    return [b - a for a, b in zip([0, *numbers], numbers, strict=False)]


def export(where: Namespace, capture, version: str, work) -> int:
    """Send with softflowd; returns the number of records that it says."""
    said = where.call(
        find("softflowd"), "-r", str(capture), "-n", f"127.0.0.1:{PORT}", "-v", version, "-d",
        "-m", "60000", "-p", str(work / "pid"), "-c", "none", timeout_s=120,
    )  # fmt: skip
    return int(re.search(r"Flows exported: \d+ \((\d+) records\)", said).group(1))


@pytest.mark.parametrize("version", ["5", "9", "10"])
def test_softflowd_with_five_percent_loss_is_reported_exactly(tmp_path, version):
    need_root()
    need_all(softflowd="softflowd", nft="nftables", tcpdump="tcpdump", ip="iproute2")
    capture, _, _ = capture_of(tmp_path, FLOWS)
    with namespace("loss") as where:
        lose_five_percent(where, version)
        with (
            listening_in(where, tmp_path / "store") as (_, report),
            recorded(where, tmp_path / "sent.pcap"),
        ):
            records = export(where, capture, version, tmp_path)
        came, dropped = counted(where)
    units = units_of(payloads(tmp_path / "sent.pcap"), version)
    judge(report, units, came, dropped, version)
    exporter = report["exporters"][0]
    assert records == RECORDS
    if version != "9":  # v5 and IPFIX number their flows: those of the datagrams that never came
        assert sum(units) == RECORDS
        sent = exporter["numbers"]["offered"]
        assert exporter["records_metered"] + exporter["numbers"]["lost"] == sent
    table = stored(tmp_path / "store", "flows")
    assert total(table, "up_bytes", "down_bytes") == report["ip_bytes"]


def judge(report, units, came, dropped, version) -> None:
    exporter = report["exporters"][0]
    numbers = exporter["numbers"]
    ends = list(accumulate(units))
    assert len(units) == came
    assert dropped > came // 50
    known = ends.index(numbers["offered"]) + 1  # datagrams up to the last one that came
    tail = came - known
    assert tail <= 6
    assert report["kernel_drops"] == 0
    assert exporter["parsed"] == came - dropped
    assert exporter["parsed"] == known - (dropped - tail)
    assert numbers["lost"] == ends[known - 1] - numbers["parsed"]
    assert report["rejected"] == {}
    assert exporter["restarts"] == 0
    assert exporter["sets_undecodable"] == 0
    if version == "9":
        assert numbers["lost"] == dropped - tail
    print(
        f"\nNetFlow/IPFIX version {version}: {came} datagrams sent, nftables dropped {dropped} "
        f"({tail} of them behind the last one that came); reported lost: {numbers['lost']} "
        f"of {numbers['offered']}"
    )


@pytest.mark.parametrize("version", ["5", "9"])
def test_nfreplay_with_five_percent_loss_is_reported_exactly(tmp_path, version):
    """nfdump's own sender; it knows v5 and v9."""
    need_root()
    need_all(softflowd="softflowd", nfreplay="nfdump", nft="nftables", tcpdump="tcpdump")
    capture, _, _ = capture_of(tmp_path, FLOWS)
    spool = tmp_path / "spool"
    spool.mkdir()
    run = subprocess.run(
        [find("nfpcapd"), "-r", capture, "-w", spool, "-e", "3600,3600"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    written = sorted(file for file in spool.iterdir() if file.name.startswith("nfcapd.2"))
    assert written, run.stderr
    with namespace("replay") as where:
        lose_five_percent(where, version)
        with (
            listening_in(where, tmp_path / "store") as (_, report),
            recorded(where, tmp_path / "sent.pcap"),
        ):
            for file in written:
                where.call(find("nfreplay"), "-r", str(file), "-H", "127.0.0.1", "-p", str(PORT),
                           "-v", version, "-d", "300", timeout_s=100)  # fmt: skip
        came, dropped = counted(where)
    judge(report, units_of(payloads(tmp_path / "sent.pcap"), version), came, dropped, version)
