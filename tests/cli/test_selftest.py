"""`jauge selftest`: it refuses in a sentence, compares for real, and everything agrees on this machine."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cli.exits import Exit
from cli.selftest import DAY, compare, read_back
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from tests.analyzer_release.examples import link_row, minute_of, slice_row, write_part
from tests.support.needs import need_all, need_root

ROOT = Path(__file__).resolve().parents[2]
PLANNED = {"packets": 10, "ip_bytes": 900, "names": {"tls_sni": 2, "quic_sni": 1}}
SENT = {"packets": 10}
COUNTED = {
    "packets_offered": 10, "packets_parsed": 10, "rejected": {}, "kernel_drops": 0, "shed": 0,
    "ip_bytes": 900, "names": {"tls_sni": 2, "quic_sni": 1},
}  # fmt: skip


def _apart(**changed: object) -> set[str]:
    return {line.en for line in compare(PLANNED, SENT, COUNTED | changed) if not line.agrees}


def test_what_is_counted_as_it_was_sent_agrees_in_every_line():
    assert _apart() == set()


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"packets_offered": 9, "packets_parsed": 9}, "packets sent, offered to the capture"),
        ({"packets_parsed": 9}, "packets offered = parsed + rejected + dropped + shed"),
        ({"packets_parsed": 8, "kernel_drops": 2}, "packets dropped or shed"),
        ({"packets_parsed": 9, "rejected": {"bad_ip": 1}}, "packets rejected"),
        ({"ip_bytes": 899}, "IP octets"),
        ({"names": {"tls_sni": 2}}, "flows named by QUIC"),
    ],
)
def test_a_difference_shows_in_its_own_line(changed, line):
    assert line in _apart(**changed)


def test_what_is_read_back_comes_from_the_sealed_files_and_not_from_what_the_manifest_says(
    tmp_path,
):
    store = tmp_path / "store"
    slices = [slice_row(DAY, "08:01", device, "pix.fr") for device in range(3)]
    kept = write_part(store, "flows", DAY, slices[:2])
    lost = write_part(store, "flows", DAY, slices[2:], name="part-1")
    row = link_row(minute_of(DAY, "08:01"), up_bytes=40, down_bytes=2)
    write_part(store, "link", DAY, [row, row])
    assert b"pix.fr" not in kept.read_bytes(), "sealed"
    assert read_back(store, DAY) == (3, 84)
    lost.write_bytes(lost.read_bytes()[:-20])
    assert read_back(store, DAY) == (2, 84), "the manifest still names three"
    FileKeyring(keys_beside(store)).destroy(DAY)
    assert read_back(store, DAY) == (0, 84)


def test_without_root_it_says_what_it_needs_and_does_nothing():
    need_root()
    need_all(setpriv="util-linux")
    command = [
        "setpriv",
        "--reuid=65534",
        "--clear-groups",
        sys.executable,
        "-m",
        "cli",
        "selftest",
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == Exit.PERMISSION, done.stderr
    assert "run it as root" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_everything_agrees_from_the_ring_to_the_table_and_nothing_is_left_behind():
    need_root()
    need_all(ip="iproute2")
    before = set(Path(tempfile.gettempdir()).glob("jauge-selftest-*"))
    command = [sys.executable, "-m", "cli", "selftest", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=390, check=False
    )
    assert done.returncode == Exit.OK, done.stderr + done.stdout
    said = json.loads(done.stdout)
    assert said["ok"]
    assert all(line["agrees"] for line in said["lines"])
    assert min(line["sent"] for line in said["lines"] if "octets" in line["fr"]) > 1_000_000
    assert isinstance(said["table"]["pedagogical"], int)
    assert set(Path(tempfile.gettempdir()).glob("jauge-selftest-*")) <= before
