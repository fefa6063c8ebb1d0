"""`jauge serve`: a busy port, an absent directory, and nothing about the reader in any output."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cli.exits import Exit, Refusal
from cli.serve import Service, listen, run_server


@pytest.mark.enable_socket
def test_a_busy_port_gives_the_next_free_one():
    with listen("127.0.0.1", 18461) as first:
        first.listen()
        with listen("127.0.0.1", first.getsockname()[1]) as second:
            assert second.getsockname()[1] > first.getsockname()[1]


@pytest.mark.enable_socket
def test_an_address_of_another_machine_is_refused_with_what_to_do():
    with pytest.raises(Refusal, match=r"--host 127\.0\.0\.1") as refused:
        listen("192.0.2.1", 18461)
    assert refused.value.code is Exit.USAGE


def test_an_absent_directory_is_refused(tmp_path: Path):
    with pytest.raises(Refusal, match="jauge release") as refused:
        run_server(Service(tmp_path / "absent", port=18461), print)
    assert refused.value.code is Exit.DATA


RUN = "import typer; from cli.serve import register; app = typer.Typer(); register(app); app()"


@pytest.mark.enable_socket
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_says_where_and_logs_nothing_about_the_reader(public: Path, stop):
    busy = socket.create_server(("127.0.0.1", 0))
    port = busy.getsockname()[1]
    command = [sys.executable, "-c", RUN, "--public", str(public), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        said = json.loads(process.stdout.readline())
        assert said["asked_port"] == port
        assert said["port"] > port
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{said['address']}nowhere", headers={"User-Agent": "canary-agent"}
        )
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(request)  # noqa: S310
        answer.value.close()
        assert answer.value.code == 404
        assert "server" not in answer.value.headers
    finally:
        busy.close()
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "canary-agent" not in out + err
    assert "127.0.0.1" not in err
    assert err == ""
