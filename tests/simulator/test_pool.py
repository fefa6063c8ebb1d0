"""The day's packets without Scapy: from the pool that the Debian package keeps, octet for octet the same."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulator.pool import keep, kept
from simulator.templates import build_pool

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_SCAPY = """
import sys
from pathlib import Path
sys.modules["scapy"] = None
from simulator import packets, people, pool
packets.kept = lambda: pool.kept(Path(sys.argv[1]))
plan = packets.write_day(Path(sys.argv[2]), roster=people.make_roster(packets.SEED, 0.02))
print(plan.packets)
"""


@pytest.fixture(scope="module")
def built():
    return build_pool()


def test_what_is_kept_is_what_was_built(built, tmp_path):
    keep(built, tmp_path / "pool.npz")
    found = kept(tmp_path / "pool.npz")
    assert found.number == built.number
    for name in ("octets", "offset", "length", "ipv6", "udp"):
        assert np.array_equal(getattr(found, name), getattr(built, name)), name
    assert kept(tmp_path / "none.npz") is None


def test_a_day_from_the_kept_pool_needs_no_scapy_and_is_the_same_day(built, tmp_path):
    keep(built, tmp_path / "pool.npz")
    command = [
        sys.executable,
        "-c",
        WITHOUT_SCAPY,
        str(tmp_path / "pool.npz"),
        str(tmp_path / "a.pcap"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    other = [
        sys.executable,
        "-m",
        "simulator",
        "packets",
        str(tmp_path / "b.pcap"),
        "--scale",
        "0.02",
    ]
    said = subprocess.run(other, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert json.loads(said.stdout.splitlines()[-1])["packets"] == int(done.stdout)
    assert (tmp_path / "a.pcap").read_bytes() == (tmp_path / "b.pcap").read_bytes()
