"""Three namespaces: a pupil's, the gateway that masquerades, and the Internet. And their traffic.

    pupil 10.10.0.2 ── 10.10.0.1 gateway 203.0.113.1 ── 203.0.113.2 internet (198.51.100.7)

`python -m tests.conntrack.nat serve|ask …` is what runs inside.
"""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.netns import SCHOOL_V4, Namespace, call, namespace, wire
from tests.support.processes import ROOT

SERVER = "198.51.100.7"
WAN_GATEWAY, WAN_INTERNET = "203.0.113.1", "203.0.113.2"
TCP_PORT, UDP_PORT, FORWARDED_PORT = 443, 4_433, 8_080
SCHOOL = ROOT / "simulator" / "school"


@dataclass(frozen=True, slots=True)
class Nat:
    pupil: Namespace
    gateway: Namespace
    internet: Namespace


@contextmanager
def nat(*, accounting: bool = True) -> Iterator[Nat]:
    """The three, with masquerade and one forwarded port."""
    with wire(offloads=False) as both, namespace("internet") as internet:
        gateway = both.gateway
        call("ip", "link", "add", "wan0", "netns", gateway.name, "type", "veth",
             "peer", "name", "eth0", "netns", internet.name)  # fmt: skip
        for where, interface, address in (
            (gateway, "wan0", f"{WAN_GATEWAY}/24"),
            (internet, "eth0", f"{WAN_INTERNET}/24"),
        ):
            where.call("ip", "link", "set", interface, "up")
            where.add_address(interface, address)
        internet.add_address("lo", f"{SERVER}/32")
        gateway.call("ip", "route", "add", "default", "via", WAN_INTERNET)
        switches = {
            "net.ipv4.ip_forward": 1,
            "net.netfilter.nf_conntrack_acct": int(accounting),
            "net.netfilter.nf_conntrack_udp_timeout": 180,
            # Long enough for `conntrack -L` to show them all at the end.
            **{
                f"net.netfilter.nf_conntrack_tcp_timeout_{state}": 300
                for state in ("close", "time_wait", "last_ack", "fin_wait", "close_wait")
            },
        }
        for name, value in switches.items():
            gateway.call("sysctl", "-qw", f"{name}={value}")
        for command in (
            "add table ip nat",
            "add chain ip nat post { type nat hook postrouting priority 100; }",
            "add rule ip nat post oifname wan0 masquerade",
            "add chain ip nat pre { type nat hook prerouting priority -100; }",
            f"add rule ip nat pre iifname wan0 tcp dport {FORWARDED_PORT} dnat to {SCHOOL_V4}:80",
        ):
            gateway.call("nft", command)
        yield Nat(both.school, gateway, internet)


@contextmanager
def inside(where: Namespace, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run this file's commands in a namespace as long as the block lasts."""
    process = subprocess.Popen(
        where.within(sys.executable, "-m", "tests.conntrack.nat", *words),
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def collecting(where: Namespace, store: Path, *options: str) -> Iterator[dict]:
    """Run `jauge capture --source conntrack`; yields its report, filled at the end.

    While it runs, `report["pid"]` is its process.
    """
    command = where.within(
        sys.executable, "-m", "cli", "capture", "--source", "conntrack", "--store", str(store),
        "--school", str(SCHOOL), "--json", *options,
    )  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    report: dict = {"pid": process.pid}
    try:
        said = process.stderr.readline()
        assert "following" in said, said
        time.sleep(0.5)
        yield report
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        report.update(json.loads(out))
    finally:
        process.kill()
        process.wait()


def kernel_says(where: Namespace, source: str) -> list[tuple[int, int, int, int]]:
    """`conntrack -L`: octets and packets there, octets and packets back, of each connection."""
    found = []
    for line in where.call("conntrack", "-L").splitlines():
        if f" src={source} " in line.partition("reply")[0]:
            packets = [int(n) for n in re.findall(r"packets=(\d+)", line)]
            octets = [int(n) for n in re.findall(r"bytes=(\d+)", line)]
            if line.index(f"src={source} ") < line.index("packets="):
                found.append((octets[0], packets[0], octets[1], packets[1]))
    return found


# --- what runs in the namespaces ---------------------------------------------------------------


def _serve_tcp(port: int) -> None:
    """Answer each request `N` with N octets until the other end closes."""

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(bytes(int(line)))

    listener = socket.create_server(("", port), backlog=1024)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


def _serve_udp(port: int) -> None:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind((SERVER, port))  # else the answer's source would be the interface's address
    while True:
        data, sender = receiver.recvfrom(2_048)
        receiver.sendto(data * 2, sender)


def serve(tcp_port: str) -> None:
    if int(tcp_port) == TCP_PORT:
        threading.Thread(target=_serve_udp, args=(UDP_PORT,), daemon=True).start()
    threading.Thread(target=_serve_tcp, args=(int(tcp_port),), daemon=True).start()
    time.sleep(0.3)
    print("ready", flush=True)
    threading.Event().wait()


def fetch(connection: socket.socket, octets: int) -> None:
    connection.sendall(b"%d\n" % octets)
    left = octets
    while left:
        left -= len(connection.recv(min(left, 1 << 16)))


def ask(host: str, port: str, connections: str, datagrams: str, long_s: str) -> None:
    """Some short TCP connections, some UDP exchanges, and one long connection beside them."""
    print("ready", flush=True)
    if float(long_s):
        long = socket.create_connection((host, int(port)))
    for number in range(int(connections)):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            fetch(connection, 500 + 7 * (number % 300))
    for number in range(int(datagrams)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("", 20_000 + number))  # left to chance, two exchanges would share a port
            sender.settimeout(5)
            sender.sendto(bytes(40 + number % 400), (host, UDP_PORT))
            sender.recv(2_048)
    until = time.monotonic() + float(long_s)
    while time.monotonic() < until:
        fetch(long, 3_000)
        time.sleep(0.25)
    if float(long_s):
        long.close()
        time.sleep(1)  # the last packets of its farewell
    print("done", flush=True)
    sys.stdin.readline()


def scatter(host: str, datagrams: str) -> None:
    """Send datagrams that nobody answers, each to a port of its own: each is a connection."""
    print("ready", flush=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(int(datagrams)):
            sender.sendto(bytes(72), (host, 10_000 + number))
            if number % 500 == 0:
                time.sleep(0.02)
    print("done", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "scatter": scatter}[sys.argv[1]](*sys.argv[2:])
