"""The sample of frames: counts of directions, machines and tags, and a mirror that is half blind."""

import json
import subprocess
import sys
import time
from ipaddress import ip_address, ip_network

import pytest

from cli.diagnosis.facts import TrafficFacts
from cli.diagnosis.frames import tally
from cli.starter import answers, files
from tests.support import netns
from tests.support.needs import need_root

INSIDE = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def frame(source, to, *, mac=1, tags=()):
    v6 = ":" in source
    ends = ip_address(source).packed + ip_address(to).packed
    header = (b"\x60" + bytes(7) if v6 else b"\x45" + bytes(11)) + ends
    kind = b"".join(b"\x81\x00" + tag.to_bytes(2, "big") for tag in tags)
    kind += b"\x86\xdd" if v6 else b"\x08\x00"
    return b"\x02\0\0\0\0\xee" + mac.to_bytes(6, "big") + kind + header


OUT, IN = ("10.1.0.5", "192.0.2.9"), ("192.0.2.9", "10.1.0.5")


@pytest.mark.parametrize(
    ("frames", "counts"),
    [
        ([], TrafficFacts()),
        ([frame(*OUT)], TrafficFacts(1, 1, 0, 1, 1, 0)),
        ([frame(*OUT), frame(*IN, mac=2)], TrafficFacts(2, 1, 1, 2, 1, 0)),
        ([frame("fd00::5", "2001:db8::9", tags=(10,))], TrafficFacts(1, 1, 0, 1, 1, 1)),
        ([frame(*IN, tags=(7, 10))], TrafficFacts(1, 0, 1, 1, 1, 1)),
        ([frame("10.1.0.5", "10.2.0.5")], TrafficFacts(1, 0, 0, 1, 0, 0)),
        ([frame("192.0.2.1", "192.0.2.9")], TrafficFacts(1, 0, 0, 1, 0, 0)),
        ([frame("10.1.0.5", "224.0.0.251")], TrafficFacts(1, 0, 0, 1, 0, 0)),
        ([frame("10.1.0.5", "255.255.255.255")], TrafficFacts(1, 0, 0, 1, 0, 0)),
    ],
)
def test_frames_become_counts(frames, counts):
    assert tally([(one, False) for one in frames], INSIDE) == counts


def test_a_tag_that_the_kernel_took_off_counts_as_one():
    assert tally([(frame(*OUT), True)], INSIDE).tagged == 1


def test_a_frame_cut_anywhere_is_counted_and_breaks_nothing():
    whole = frame(*OUT, tags=(10,))
    found = tally([(whole[:length], False) for length in range(len(whole))], INSIDE)
    assert (found.frames, found.up) == (len(whole), 0)


BLAST = """
import socket, sys, time
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); raw.bind((sys.argv[1], 0))
frames = [bytes.fromhex(text) for text in sys.argv[2:]]
end = time.monotonic() + 30
while time.monotonic() < end:
    for frame in frames: raw.send(frame)
    time.sleep(0.001)
"""


@pytest.mark.live
@pytest.mark.parametrize("blind", [False, True], ids=["whole", "one-direction-only"])
def test_a_mirror_that_shows_one_direction_only_is_told_on_a_real_interface(blind, tmp_path):
    need_root()
    declared = answers.Answers(
        name="X", kind="lycee", holidays=answers.parse_holidays("C"), interface="tap0", side="mirror",
        down="300 Mbit/s", up="100 Mbit/s", places=answers.parse_places("salles 10.1.0.0/16 300"),
        uai="0000000A",
    )  # fmt: skip
    from datetime import date

    for name, text in files.render(declared, date(2026, 9, 1)).items():
        (tmp_path / name).write_text(text, "utf-8")
    shown = [frame(f"10.1.0.{host}", "192.0.2.9", mac=host) for host in (5, 6, 7)]
    if not blind:
        shown += [frame("192.0.2.9", f"10.1.0.{host}", mac=99) for host in (5, 6, 7)]
    with netns.namespace("mirror") as here:
        here.call("ip", "link", "add", "tap0", "type", "veth", "peer", "name", "switch0")
        for name in ("tap0", "switch0"):
            here.call("ip", "link", "set", name, "up")
        texts = [one.ljust(60, b"\0").hex() for one in shown]
        with subprocess.Popen(here.within(sys.executable, "-c", BLAST, "switch0", *texts)) as busy:
            try:
                time.sleep(0.5)
                done = subprocess.run(
                    here.within(sys.executable, "-m", "cli", "doctor", "--school", str(tmp_path),
                                "--store", str(tmp_path / "none"), "--seconds", "2", "--json"),
                    capture_output=True, text=True, check=False, timeout=60,
                )  # fmt: skip
            finally:
                busy.terminate()
    verdicts = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    assert verdicts["both-ways"]["status"] == ("failed" if blind else "ok"), done.stdout
    assert verdicts["inside-nat"]["status"] == "ok"
    assert verdicts["several-machines"]["status"] == "ok"
    if blind:
        assert done.returncode == 1
        assert "both" in verdicts["both-ways"]["mend"]
