"""What a user gets wrong with logs and sources is one sentence and a documented code."""

import subprocess
import sys

import pytest

from tests.support.processes import ROOT

LISTEN = ["listen", "--bind", "127.0.0.1:0", "--exporter", "192.0.2.1", "--store", "store"]
CAPTURE = ["capture", "--store", "store"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([*LISTEN, "--proxy-address", "10.0.0.1"], 2, "--proxy-address needs"),
        ([*LISTEN, "--lists", "lists.bin"], 2, "--lists needs"),
        ([*LISTEN, "--dns-log", "/dev/null"], 5, "/dev/null: it is no regular file"),
        ([*LISTEN, "--dns-log", "."], 5, "it is no regular file"),
        ([*LISTEN, "--proxy-log", "a", "--proxy-address", "proxy.example"], 2, "no name"),
        ([*LISTEN, *["--dns-log", "a"] * 17], 2, "at most 16"),
        ([*CAPTURE, "--source", "scapy"], 2, "say ring or conntrack"),
        ([*CAPTURE, "--interface", "lan0", "--dns-log", "a"], 2, "--source conntrack"),
        ([*CAPTURE, "--source", "conntrack"], 2, "--school"),
    ],
)
def test_a_wrong_option_is_explained(tmp_path, arguments, code, says):
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in done.stderr
    assert not (tmp_path / "store").exists()
