"""`jauge capture` is two processes: who holds the packet socket, and who parses, confined."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.support.capturing import capturing, parser_of
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_V4, Wire, wire
from tests.support.processes import ROOT, wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

PORT, SPOKEN = 4_242, 20
NOTICED_S = 1.0
_SPEAK = f"""
import socket
speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range({SPOKEN}):
    speaker.sendto(b"hello", ("{GATEWAY_V4}", {PORT}))
"""


def _speak(both: Wire) -> None:
    both.school.call(sys.executable, "-c", _SPEAK)


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _sockets(pid: int) -> set[str]:
    links = (link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir())
    return {name for name in links if name.startswith("socket:")}


def _packet_sockets(pid: int) -> set[str]:
    rows = Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]
    return {f"socket:[{row.split()[8]}]" for row in rows}


def _ended(pid: int) -> bool:
    try:
        return _status(pid)["State"].startswith("Z")
    except FileNotFoundError:
        return True


@pytest.fixture
def both():
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    with wire(offloads=True) as pair:
        yield pair


def test_the_parser_has_no_capability_no_packet_socket_and_a_filter(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        holder, parser = captured.process.pid, parser_of(captured)
        for pid in (holder, parser):
            status = _status(pid)
            capabilities = {status[f"Cap{kind}"] for kind in ("Eff", "Prm", "Inh", "Bnd", "Amb")}
            assert {int(value, 16) for value in capabilities} == {0}
            assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert len(_sockets(holder) & _packet_sockets(holder)) == 1
        assert _sockets(parser) & _packet_sockets(holder) == set()
        assert len(_sockets(parser)) == 1, "the channel to the holder and nothing else"
        threads = Path(f"/proc/{parser}/task").iterdir()
        told = [_status(int(thread.name)) for thread in threads]
        assert {(t["CapEff"].strip("0"), t["Seccomp"]) for t in told} == {("", "2")}


def test_the_ring_is_mapped_in_the_parser_and_not_in_the_holder(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        maps = {
            who: Path(f"/proc/{pid}/maps").read_text()
            for who, pid in {
                "holder": captured.process.pid,
                "parser": parser_of(captured),
            }.items()
        }
    assert "socket:[" in maps["parser"]
    assert "socket:[" not in maps["holder"]


def test_from_inside_the_running_parser_every_probe_is_refused(both, tmp_path):
    program = "tests.support.probing"
    with capturing(both.gateway, tmp_path / "store", program=program) as captured:
        err = (tmp_path / "store").with_suffix(".stderr")
        wait_until(lambda: "PROBES " in err.read_text(), "the probes")
        _speak(both)
    (line,) = (line for line in captured.said.splitlines() if line.startswith("PROBES "))
    outcomes = json.loads(line.removeprefix("PROBES "))
    assert len(outcomes) > 60
    assert {name: said for name, said in outcomes.items() if said != "refused"} == {}
    assert captured.exit_code == 0
    assert captured.totals["packets_parsed"] >= SPOKEN, "the probed parser still parses"


def test_a_parser_that_is_killed_ends_the_holder_with_a_sentence(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store", stop=None) as captured:
        os.kill(parser_of(captured), signal.SIGKILL)
        captured.process.wait(5)
    assert captured.exit_code == int(Exit.INTERNAL)
    assert "ended by signal 9" in captured.said
    assert "Traceback" not in captured.said


def test_a_holder_that_is_killed_is_noticed_and_the_counts_are_closed(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store", stop=None) as captured:
        parser = parser_of(captured)
        _speak(both)
        time.sleep(0.5)
        captured.process.kill()
        killed = time.monotonic()
        wait_until(lambda: _ended(parser), "the parser to end", 10)
        took_s = time.monotonic() - killed
    assert took_s < NOTICED_S + 2, "noticed within a second, then the store is written"
    assert captured.totals["packets_parsed"] >= SPOKEN
    assert sum(captured.links["parsed"].to_pylist()) == captured.totals["packets_parsed"]
    assert any("the kernel's last counts are lost" in note for note in captured.totals["notes"])
    assert "the process that holds the packet socket ended first" in captured.said


def test_a_signal_to_the_holder_alone_ends_both_in_order(both, tmp_path):
    with capturing(both.gateway, tmp_path / "store") as captured:
        parser = parser_of(captured)
        _speak(both)
    assert captured.exit_code == 0
    assert _ended(parser)
    assert captured.totals["packets_parsed"] >= SPOKEN


def test_a_service_manager_is_told_when_packets_are_let_in_and_when_not(
    both, tmp_path, monkeypatch
):
    import socket

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(5)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    with capturing(both.gateway, tmp_path / "store") as captured:
        said = [listener.recv(100)]
        time.sleep(1.5)
    listener.setblocking(False)
    while True:
        try:
            said.append(listener.recv(100))
        except BlockingIOError:
            break
    listener.close()
    assert captured.exit_code == 0
    assert said[0] == b"READY=1"
    assert said.count(b"WATCHDOG=1") >= 2
    assert said[-1] in {b"STOPPING=1", b"WATCHDOG=1"}
    assert said.count(b"STOPPING=1") == 1


_WITHOUT_SECCOMP = """
import os, sys
from cli import seccomp
# A filter that lets everything through but the installation of another one.
seccomp.REFUSED = {"seccomp": (317, 277)}
seccomp.install(seccomp.machine_of(os.uname().machine), frozenset({"seccomp"}))
os.execv(sys.executable, [sys.executable, "-m", "cli", *sys.argv[1:]])
"""


def test_without_seccomp_the_capture_refuses_in_words(tmp_path):
    need_root()
    command = ("capture", "--interface", "lo", "--store", str(tmp_path / "s"))
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_SECCOMP, *command],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == int(Exit.PERMISSION)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in ("jauge: ", "cannot be confined", "seccomp", "nothing was captured"):
        assert word in done.stderr
    assert not list((tmp_path).glob("s/**/*.parquet"))
