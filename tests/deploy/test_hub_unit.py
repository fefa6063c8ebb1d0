"""The hub's unit, user and proxy: shipped as examples, as closed as a school's own units."""

import socket
import subprocess
import sys

import pytest

from cli.diagnosis.gather_machine import score_of
from tests.deploy.test_units import COMMON, DEPLOY, UNITS, Unit
from tests.support.needs import need

ROOT = DEPLOY.parent
HUB = DEPLOY / "hub"
FILE = HUB / "jauge-hub.service"


def test_it_is_no_more_exposed_than_a_schools_units_and_hardened_by_the_same_text():
    need("systemd-analyze", "systemd")
    assert score_of(FILE) <= 2.0
    shared = {
        path.read_text("utf-8").partition(COMMON)[2].partition("\n\n")[0].strip()
        for path in (FILE, *UNITS)
    }
    assert len(shared) == 1


def test_it_sees_nothing_of_a_school_and_answers_on_one_port_of_loopback():
    unit = Unit(FILE)
    assert unit.words("TemporaryFileSystem") == {"/var/lib:ro", "/etc/jauge:ro"}
    assert unit.words("BindPaths") == {"/var/lib/jauge-hub"}
    assert (unit.words("IPAddressDeny"), unit.words("IPAddressAllow")) == ({"any"}, {"localhost"})
    assert unit.words("SocketBindAllow") == {"tcp:8010"}
    assert f"u {unit.one('User')} " in (HUB / "jauge-hub.sysusers").read_text("utf-8")


@pytest.mark.enable_socket
def test_what_it_runs_serves_a_hub_confined(tmp_path):
    words = Unit(FILE).one("ExecStart").split()
    hub = tmp_path / "hub"
    command = [word.replace("/var/lib/jauge-hub/hub", str(hub)) for word in words[1:]]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command[command.index("8010")] = port
    subprocess.run([sys.executable, "-m", "cli", "hub", "init", "--hub", hub, "--name", "R"], cwd=ROOT, check=True, timeout=60)  # fmt: skip
    with subprocess.Popen(
        [sys.executable, *command, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as serving:
        try:
            assert port in serving.stdout.readline()
        finally:
            serving.terminate()


def test_caddy_takes_the_proxys_file_as_it_is_and_it_logs_no_school(tmp_path):
    caddy = need("caddy", "caddy")
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", HUB / "Caddyfile"],
        capture_output=True, text=True, check=False, timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\tlog" not in (HUB / "Caddyfile").read_text("utf-8")
