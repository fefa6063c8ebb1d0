"""Slow and heavy clients: slowhttptest with 500 connections in four manners, and bodies of 10 MB.

`python -m benchmarks.web_slow`: meanwhile `/livez` is asked for every 50 ms. Bar: its p95 200 ms.
"""

import argparse
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.web.service import CLIENT_CORE, Served, percentile, served
from tests.pages.published_school import publish

CONNECTIONS, PER_S = 500, 250
BAR_S = 0.2
MANNERS = {
    "slow headers": ["-H", "-i", "5"],
    "slow bodies": ["-B", "-i", "5", "-s", "1048000"],
    "overlapping ranges": ["-R", "-a", "1", "-b", "3000"],
    "slow reading": ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3"],
}
ELSEWHERE = ("chrt", "--other", "0", "nice", "-n", "10")
"""Attackers stand for other machines: the core of the clients is first for whoever asks for /livez."""
BODY = 10_000_000
HEAVY = 20


class Health(threading.Thread):
    """Asks for /livez until told to stop."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address, self._ended = address, threading.Event()
        self.taken: list[float] = []
        self.failed = 0

    def run(self) -> None:
        """Ask, each time over a new connection."""
        while not self._ended.wait(0.05):
            connection = HTTPConnection(self._address.removeprefix("http://"), timeout=10)
            began = time.perf_counter()
            try:
                connection.request("GET", "/livez")
                fine = connection.getresponse().status == 200
            except (OSError, HTTPException):
                fine = False
            connection.close()
            self.taken.append(time.perf_counter() - began)
            self.failed += not fine

    def end(self) -> dict[str, float]:
        """Stop; return what was seen."""
        self._ended.set()
        self.join()
        return {
            "asked": len(self.taken),
            "failed": self.failed,
            "p50_ms": round(1000 * percentile(self.taken, 0.5), 1),
            "p95_ms": round(1000 * percentile(self.taken, 0.95), 1),
        }


def slow(service: Served, options: list[str], seconds: int) -> None:
    """Run slowhttptest."""
    path = (
        "/static/vendor/plotly-basic.min.js" if "-X" in options or "-R" in options else "/connexion"
    )
    command = [*ELSEWHERE, "slowhttptest", "-c", str(CONNECTIONS), "-r", str(PER_S)]
    command += ["-l", str(seconds), "-p", "3", "-u", service.address + path, *options]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def heavy(address: str, seconds: int) -> None:
    """Send bodies of 10 MB, announced and in pieces, from twenty connections at once."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(10)  # it stands for other machines
    host, _, port = address.removeprefix("http://").partition(":")
    until = time.monotonic() + seconds
    heads = (f"Content-Length: {BODY}", "Transfer-Encoding: chunked")
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    def send(number: int) -> None:
        head = f"POST /connexion HTTP/1.1\r\nHost: {host}\r\n{heads[number % 2]}\r\n\r\n"
        try:
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(head.encode())
                for _ in range(BODY // 65536):
                    connection.sendall(piece)
                connection.recv(1)
        except OSError:
            return  # it was refused while we were sending: that is the point

    while time.monotonic() < until:
        threads = [threading.Thread(target=send, args=(number,)) for number in range(HEAVY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def beside(work: Callable[..., None], *arguments: object) -> None:
    """Do it in a process of its own: in this one it would hold up whoever asks for /livez."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()


def main() -> int:
    """Measure, print, and say whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="length of each attack")
    seconds = parser.parse_args().seconds
    if shutil.which("slowhttptest") is None:
        print("slowhttptest is missing: apt-get install slowhttptest")
        return 2
    os.sched_setaffinity(0, {CLIENT_CORE})
    missed = False
    with tempfile.TemporaryDirectory() as scratch:
        public = publish(Path(scratch) / "public")
        with served(public, 18740) as service:
            before = service.resident_mib()
            for name, work in [
                ("nothing else", lambda: time.sleep(5)),
                *(
                    (name, lambda o=options: slow(service, o, seconds))
                    for name, options in MANNERS.items()
                ),
                ("bodies of 10 MB", lambda: beside(heavy, service.address, seconds)),
            ]:
                health = Health(service.address)
                health.start()
                work()
                found = health.end()
                missed |= found["p95_ms"] > 1000 * BAR_S or found["failed"] > 0
                print(
                    f"{name}: {found}, resident {service.resident_mib():.0f} MiB (was {before:.0f})",
                    flush=True,
                )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
