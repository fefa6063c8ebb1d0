"""The same packets through the wire and the ring, and through the file reader, give the same flows.

tcpreplay sends the golden captures over a silent veth pair; `jauge replay` reads the same file.
Times differ (and with them minutes), so the slices of a flow are added up and time features left
out; pseudonyms have another key in every run, so devices are compared by how flows share them.
"""

import struct
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from privacy.records import SLICE_COLUMNS
from tests.support.capturing import capturing
from tests.support.needs import need, need_all, need_root
from tests.support.netns import SCHOOL_IF, wire
from tests.support.processes import ROOT

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

GOLDEN = ROOT / "tests" / "golden"
MERGED = "hello-in-one-merged-packet"  # longer than the wire takes
SUMS = ("up_bytes", "down_bytes", "up_packets", "down_packets")
TIMES = {"minute", "active_s", "down_peak_bytes_s", "down_sumsq_bytes_s", "age_s", "end_reason"}
NUMBERED = {"flow", "device"}
SAME = tuple(c.name for c in SLICE_COLUMNS if c.name not in {*TIMES, *NUMBERED, *SUMS})
GLOBAL_HEADER, RECORD = 24, struct.Struct("<IIII")
SPEED_MBIT_S = "40"


def _joined(captures: list[Path], target: Path) -> int:
    """Write the records of several captures into one, in order of time; returns their number."""
    records = []
    for capture in captures:
        octets = capture.read_bytes()
        place = GLOBAL_HEADER
        while place < len(octets):
            header = RECORD.unpack_from(octets, place)
            end = place + RECORD.size + header[2]
            records.append((header[:2], octets[place:end]))
            place = end
    records.sort(key=lambda record: record[0])
    first = captures[0].read_bytes()[:GLOBAL_HEADER]
    target.write_bytes(first + b"".join(octets for _, octets in records))
    return len(records)


def _flows(slices: pa.Table) -> Counter[tuple[object, ...]]:
    same: dict[int, tuple[object, ...]] = {}
    sums: dict[int, list[int]] = defaultdict(lambda: [0] * len(SUMS))
    for row in slices.to_pylist():
        same[row["flow"]] = tuple(row[name] for name in SAME)
        sums[row["flow"]] = [a + row[name] for a, name in zip(sums[row["flow"]], SUMS, strict=True)]
    return Counter((*same[flow], *sums[flow]) for flow in same)


def _devices(slices: pa.Table) -> list[int]:
    """Return how many flows each device has, without telling which device."""
    flows = {row["flow"]: row["device"] for row in slices.to_pylist()}
    return sorted(Counter(flows.values()).values())


@pytest.mark.parametrize("school", [True, False], ids=["with_zones", "without_zones"])
def test_the_ring_and_the_file_reader_give_the_same_flows(school, tmp_path):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    tcpreplay = need("tcpreplay", "tcpreplay")
    captures = [path for path in sorted(GOLDEN.glob("*.pcap")) if path.stem != MERGED]
    whole = tmp_path / "whole.pcap"
    packets = _joined(captures, whole)
    declared = ("--school", str(ROOT / "simulator" / "school")) if school else ()
    with (
        wire(offloads=False, ipv6=False) as both,
        capturing(both.gateway, tmp_path / "store", *declared) as captured,
    ):
        sending = (tcpreplay, "-q", "-i", SCHOOL_IF, "-M", SPEED_MBIT_S, str(whole))
        both.school.call(*sending, timeout_s=60)
    assert captured.totals["packets_offered"] == captured.totals["packets_parsed"] == packets
    command = (sys.executable, "-m", "cli", "replay", str(whole), *declared)
    out = tmp_path / "file.parquet"
    subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True, timeout=60)
    from_file = pq.ParquetFile(out).read()
    assert _flows(captured.slices) == _flows(from_file)
    assert _devices(captured.slices) == _devices(from_file)
    assert len(_devices(from_file)) == len(captures)
