"""The real `jauge listen` in a namespace of the test's own, and what it stored."""

import json
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.acknowledged import acknowledge, school_of
from tests.support.netns import Namespace
from tests.support.processes import ROOT, wait_until

PORT = 2055
DRAINED_S = 60.0


def waiting_octets(pid: int) -> int:
    """Return what datagrams to PORT take in the kernel's memory, not yet read (proc(5): rx_queue)."""
    rows = [line.split() for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows if row[1].endswith(f":{PORT:04X}"))


@contextmanager
def listening_in(
    where: Namespace, store: Path, *options: str, exporter: str = "127.0.0.1", settle_s: float = 0.5
) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    """Run `jauge listen` on 127.0.0.1:2055; yields the process and its report, filled at the end.

    Before it is ended, its socket is empty, and `settle_s` have passed.
    """
    acknowledge(store, school_of(options))
    command = where.within(
        sys.executable, "-m", "cli", "listen", "--bind", f"127.0.0.1:{PORT}",
        "--exporter", exporter, "--store", str(store), "--json", *options,
    )  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    report: dict = {}
    try:
        assert "listening" in process.stderr.readline()
        yield process, report
        wait_until(lambda: waiting_octets(process.pid) == 0, "an empty socket", DRAINED_S)
        time.sleep(settle_s)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        report.update(json.loads(out))
    finally:
        process.kill()
        process.wait()


@contextmanager
def recorded(where: Namespace, path: Path) -> Iterator[None]:
    """Record what reaches PORT on loopback, before nftables drops any of it."""
    command = where.within(
        "tcpdump", "-i", "lo", "-w", str(path), "-B", "65536", "-U", "-Z", "root",
        f"udp dst port {PORT}",
    )  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert b"listening" in process.stderr.readline()
        yield
        time.sleep(1)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def payloads(path: Path) -> list[bytes]:
    """Return the UDP payloads of a capture of IPv4 over Ethernet."""
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        (length,) = struct.unpack_from("<8xI", data, at)
        frame = data[at + 16 : at + 16 + length]
        found.append(frame[14 + 20 + 8 :])
        at += 16 + length
    return found
