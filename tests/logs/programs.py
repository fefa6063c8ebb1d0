"""Real name servers, a real proxy, and clients that speak to them, in the namespaces of `nat`."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conntrack.nat import SERVER, Nat, fetch
from tests.programs import find
from tests.support.netns import GATEWAY_V4, SCHOOL_V4, Namespace
from tests.support.processes import ROOT, running, wait_until

NAME, EDGE = "canary-host.example.org", "edge.canary-cdn.example.net"
SITE = "example.org"
UNBOUND_PORT, PROXY_PORT = 5_354, 3_128


@contextmanager
def dnsmasq(gateway: Namespace, work: Path) -> Iterator[Path]:
    """dnsmasq on the gateway; yields its log. NAME is an alias of EDGE, which is SERVER."""
    log = work / "dnsmasq.log"
    command = gateway.within(
        find("dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts", "--user=root",
        f"--listen-address={GATEWAY_V4}", "--bind-interfaces", "--log-queries=extra",
        f"--log-facility={log}", f"--host-record={EDGE},{SERVER}", f"--cname={NAME},{EDGE}",
        f"--pid-file={work / 'dnsmasq.pid'}", "--conf-file=/dev/null", "--local-ttl=60",
    )  # fmt: skip
    with running(command, log=work / "dnsmasq.out", home=work):
        wait_until(lambda: log.exists() and "started" in log.read_text(), "dnsmasq")
        yield log


@contextmanager
def unbound(gateway: Namespace, work: Path) -> Iterator[tuple[Path, Path]]:
    """unbound on the gateway, which asks dnsmasq; yields its log and its configuration."""
    log, conf = work / "unbound.log", work / "unbound.conf"
    conf.write_text(
        f"""server:
  interface: {GATEWAY_V4}@{UNBOUND_PORT}
  access-control: 10.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{work}"
  pidfile: "{work}/unbound.pid"
  logfile: "{log}"
  use-syslog: no
  log-queries: yes
  log-replies: yes
  log-tag-queryreply: yes
  do-ip6: no
  do-not-query-localhost: no
  module-config: "iterator"
remote-control:
  control-enable: yes
  control-use-cert: no
  control-interface: {work}/control
forward-zone:
  name: "."
  forward-addr: {GATEWAY_V4}
"""
    )
    command = gateway.within(find("unbound"), "-d", "-c", str(conf))
    with running(command, log=work / "unbound.out", home=work):
        wait_until(lambda: log.exists() and "start of service" in log.read_text(), "unbound")
        yield log, conf


def dump_cache(gateway: Namespace, conf: Path, target: Path) -> None:
    """What an admin's timer does each minute."""
    with target.open("a") as file:
        file.write(gateway.call("unbound-control", "-c", str(conf), "dump_cache"))


@contextmanager
def squid(where: Namespace, work: Path) -> Iterator[Path]:
    """squid on the pupil's machine, as a school's inside proxy; yields its log."""
    log = work / "access.log"
    (work / "hosts").write_text(f"{SERVER} {NAME}\n")
    conf = work / "squid.conf"
    conf.write_text(
        f"""http_port {SCHOOL_V4}:{PROXY_PORT}
access_log stdio:{log} squid
cache_log {work}/cache.log
pid_filename {work}/squid.pid
hosts_file {work}/hosts
coredump_dir {work}
cache deny all
http_access allow all
shutdown_lifetime 1 second
"""
    )
    for path in (work, *work.parents):
        if path.is_relative_to("/tmp") and path != Path("/tmp"):  # noqa: S108 - pytest's own
            path.chmod(path.stat().st_mode | 0o055)
    work.chmod(0o777)
    command = where.within(find("squid"), "-N", "-f", str(conf))
    with running(command, log=work / "squid.out", home=work):
        cache_log = work / "cache.log"
        wait_until(
            lambda: cache_log.exists() and "Accepting HTTP" in cache_log.read_text(), "squid"
        )
        yield log


@contextmanager
def softflowd(where: Namespace, interface: str, work: Path) -> Iterator[None]:
    """What passes an interface is exported at the end of the block.

    Through a recording: softflowd 1.1.0 in the foreground leaves at SIGTERM without exporting.
    """
    recording = work / "passed.pcap"
    command = where.within(
        "tcpdump", "-i", interface, "-w", str(recording), "-U", "-Z", "root", "tcp or udp"
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert b"listening" in process.stderr.readline()
        yield
        time.sleep(1)
    finally:
        process.terminate()
        process.communicate(timeout=20)
    where.call(
        find("softflowd"), "-r", str(recording), "-n", "127.0.0.1:2055", "-v", "10", "-d",
        "-p", str(work / "softflowd.pid"), "-c", "none",
    )  # fmt: skip


def act(places: Nat, *words: str) -> None:
    """Run one of the clients below in the pupil's namespace."""
    places.pupil.call(
        "env", "-C", str(ROOT), sys.executable, "-m", "tests.logs.programs", *words, timeout_s=30
    )


def resolve(server: str, port: str, name: str) -> None:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(5)
        sender.sendto(question, (server, int(port)))
        answer = sender.recv(2_048)
    assert socket.inet_aton(SERVER) in answer, answer


def download(host: str, port: str, octets: str) -> None:
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        fetch(connection, int(octets))


def tunnel(host: str, octets: str) -> None:
    with socket.create_connection((SCHOOL_V4, PROXY_PORT), timeout=5) as connection:
        connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = connection.recv(4_096)
        assert b" 200 " in answer, answer
        fetch(connection, int(octets))


if __name__ == "__main__":
    os.umask(0o077)
    {"resolve": resolve, "download": download, "tunnel": tunnel}[sys.argv[1]](*sys.argv[2:])
