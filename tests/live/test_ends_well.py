"""How capture and replay end: flushed and 0 on a signal; one sentence and a code on bad input."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.support import wire_facts
from tests.support.capturing import capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_V4, Wire, wire
from tests.support.privilege import without_privileges
from tests.support.processes import ROOT
from tests.support.stores import segments_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

GOLDEN = ROOT / "tests" / "golden" / "plain-http.pcap"
JAUGE = (sys.executable, "-m", "cli")
ENDS_S = 120


PORT, SPOKEN = 4_242, 20
_SPEAK = f"""
import socket
speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range({SPOKEN}):
    speaker.sendto(b"hello", ("{GATEWAY_V4}", {PORT}))
"""


def _speak(both: Wire) -> None:
    both.school.call(sys.executable, "-c", _SPEAK)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=ENDS_S, cwd=ROOT, check=False
    )


def _refused(done: subprocess.CompletedProcess[str], code: Exit, *words: str) -> None:
    """One sentence on stderr with these words, this code, no traceback."""
    said_at_start = ("jauge: compiling the packet loop", "jauge: flow table for")
    lines = [line for line in done.stderr.splitlines() if not line.startswith(said_at_start)]
    assert done.returncode == int(code), done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("jauge: ")
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in lines[0]


def _replay(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return _run(*JAUGE, "replay", *map(str, arguments), "--json")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_closes_the_counts_and_flushes_the_store(number, tmp_path):
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    with (
        wire(offloads=True) as both,
        capturing(both.gateway, tmp_path / "store", stop=number) as captured,
    ):
        _speak(both)
    assert captured.exit_code == 0
    assert captured.totals["packets_parsed"] >= SPOKEN
    spoken = [row for row in captured.slices.to_pylist() if row["server_port"] == PORT]
    assert sum(row["up_packets"] for row in spoken) == SPOKEN
    assert sum(captured.links["parsed"].to_pylist()) == captured.totals["packets_parsed"]
    assert not list((tmp_path / "store" / ".tmp").iterdir())
    assert "Traceback" not in captured.said


def test_an_absent_interface_is_named_with_those_that_exist(tmp_path):
    need_root()
    done = _run(*JAUGE, "capture", "--interface", "absent0", "--store", str(tmp_path / "s"))
    _refused(done, Exit.USAGE, "absent0", "lo")


def test_capturing_without_the_permission_says_what_is_missing(tmp_path):
    command = (*JAUGE, "capture", "--interface", "lo", "--store", str(tmp_path / "s"))
    _refused(_run(*without_privileges(*command)), Exit.PERMISSION, "permission", "CAP_NET_RAW")


@pytest.mark.parametrize("target", ["--store", "--out"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(target, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    command = (*JAUGE, "replay", str(GOLDEN), target, str(closed / "x"))
    _refused(_run(*without_privileges(*command)), Exit.DATA, str(closed / "x"))


def test_a_live_store_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    need_root()
    file = tmp_path / "file"
    file.write_text("")
    done = _run(*JAUGE, "capture", "--interface", "lo", "--store", str(file / "s"))
    _refused(done, Exit.DATA, str(file))


def test_a_full_disk_ends_with_a_sentence(tmp_path):
    need_root()
    mounted = tmp_path / "small"
    mounted.mkdir()
    # a mount of its own in a mount namespace of its own: 16 KiB, gone with the process
    script = f"mount -t tmpfs -o size=16k none {mounted} && exec {' '.join(JAUGE)} replay {GOLDEN} --store {mounted}/s"
    done = _run("unshare", "--mount", "sh", "-c", script)
    if "mount:" in done.stderr:
        pytest.skip("tmpfs cannot be mounted here")
    _refused(done, Exit.DATA, "space")


def test_what_is_no_capture_is_refused(tmp_path):
    (tmp_path / "letter.pcap").write_text("Madame, Monsieur, this is a letter and no capture.")
    done = _replay(tmp_path / "letter.pcap", "--out", tmp_path / "x.parquet")
    _refused(done, Exit.DATA, "letter.pcap", "neither a pcap nor a pcapng")
    assert not (tmp_path / "x.parquet").exists()


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.pcap").touch()
    _refused(_replay(tmp_path / "empty.pcap", "--store", tmp_path / "s"), Exit.DATA, "empty")


def test_an_absent_file_is_refused(tmp_path):
    done = _replay(tmp_path / "absent.pcap", "--store", tmp_path / "s")
    _refused(done, Exit.DATA, "absent.pcap", "no such file")


@pytest.mark.parametrize("cut", [1, 300])
def test_a_truncated_capture_keeps_what_came_before_and_says_where_it_ends(cut, tmp_path):
    (tmp_path / "cut.pcap").write_bytes(GOLDEN.read_bytes()[:-cut])
    done = _replay(tmp_path / "cut.pcap", "--store", tmp_path / "s")
    _refused(done, Exit.DATA, "cut.pcap", "cut off", "kept")
    totals = json.loads(done.stdout)
    frames = len(list(wire_facts.frames(GOLDEN)))
    assert 0 < totals["packets_parsed"] < frames
    assert segments_of(tmp_path / "s", "flows")
