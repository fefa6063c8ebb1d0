"""Hundreds of thousands of templates and tens of thousands of forged exporters against the real process.

`make test` sends a fifth of the flood that was asked for: the listener holds 4,096 templates, so its
growth would show long before the end. The whole one, of a minute, with its figures:

    FLOOD=whole python -m pytest tests/exports/test_flood_live.py -s

Anonymous resident memory (RssAnon) is the kernel's own count. A good exporter sends a thousand records a
second all the while and must lose none.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.exports.flood import OCTETS
from tests.exports.running import listening_in
from tests.exports.test_live import total
from tests.support.needs import need_all, need_root
from tests.support.netns import namespace
from tests.support.processes import ROOT
from tests.support.stores import stored

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(170)]

WHOLE = os.environ.get("FLOOD") == "whole"
TEMPLATES, FORGED = (1_000_000, 100_000) if WHOLE else (200_000, 20_000)
GROWTH_MAX = 16 << 20


def resident(pid: int) -> int:
    """Return anonymous resident octets of a process."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("RssAnon:")[2].split()[0]) << 10


def flood(where, pid: int) -> tuple[int, int, float]:
    """Return (records of the good exporter, largest growth in octets, seconds)."""
    command = where.within(sys.executable, "-m", "tests.exports.flood", str(TEMPLATES), str(FORGED))
    sender = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert sender.stdout.readline() == "warm\n"
        before = most = resident(pid)
        started = time.monotonic()
        sender.stdin.write("go\n")
        sender.stdin.flush()
        while sender.poll() is None:
            most = max(most, resident(pid))
            time.sleep(0.05)
        seconds = time.monotonic() - started
        for _ in range(20):  # what the socket still holds
            time.sleep(0.1)
            most = max(most, resident(pid))
        return int(sender.communicate(timeout=5)[0]), most - before, seconds
    finally:
        sender.kill()
        sender.communicate()


def test_a_flood_of_templates_and_forged_exporters_grows_by_16_mib_at_most(tmp_path):
    need_root()
    need_all(ip="iproute2")
    with (
        namespace("flood") as where,
        listening_in(where, tmp_path / "store", settle_s=1) as (process, report),
    ):
        sent, growth, seconds = flood(where, process.pid)
    exporter = report["exporters"][0]
    table = stored(tmp_path / "store", "flows")
    refused = exporter["templates_refused"]["template_limit"]
    print(
        f"\n{TEMPLATES:,} templates and {FORGED:,} forged exporters in {seconds:.0f} s: RssAnon grew by "
        f"{growth / 2**20:.1f} MiB; {exporter['templates']:,} templates held, {refused:,} refused; "
        f"good exporter: {sent:,} records sent, {exporter['records_metered']:,} metered"
    )
    assert growth <= GROWTH_MAX
    assert report["kernel_drops"] == 0
    assert report["rejected"] == {"forged": FORGED}
    assert (
        refused + exporter["templates"] >= TEMPLATES * 99 // 100
    )  # a new meaning of an old number is none
    assert exporter["records_metered"] == sent  # not one forged record, not one good one lost
    assert total(table, "up_bytes", "down_bytes") == sent * OCTETS
    assert exporter["numbers"]["lost"] == 0
