"""What a service must not be able to do, tried from inside the running service; prints JSON lines.

A drop-in (`run.py` writes it under /run/systemd/system, ExecStart alone) lets systemd start the unit
under its own name, user, credential and sandbox as

    python -I probe.py ROLE PLACE[,PLACE…] WORD…      # WORD…: what the unit itself runs after `jauge`

The process is the service: it confines itself with the product's own code, tries, says so on one line
`PROBE {"process": …, "found": {…}}`, and goes on with its work: the pages are served, packets are
parsed, the day is analysed. Each attempt ends as `denied` (refused, or nothing there to reach), or
as what came of it. PLACE belongs to another part of Jauge.
"""

import ctypes
import errno
import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = {"ptrace": 101, "bpf": 321, "perf": 298, "module": 175, "mount": 165, "unshare": 272, "setns": 308}  # fmt: skip
REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOENT, errno.EROFS, errno.ENOSYS, errno.EAFNOSUPPORT}
NEW_USER, ATTACH = 0x10000000, 16
OUTSIDE = ("203.0.113.1", 80)
WHILE_SERVING_S = 3.0
ALLOWED = {"fetcher": {"connect outside", "send a datagram outside"}}
"""Who fetches the lists calls out: that is its work."""


def call(number: int, *arguments: int) -> Callable[[], None]:
    """Return an attempt at a bare system call: what fails in the kernel's check of rights is refused."""

    def attempt() -> None:
        if LIBC.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    return attempt


def reach(path: str, mode: str) -> None:
    Path(path).open(mode).close()


def execute(program: str) -> None:
    os.execv(program, [program, "-c", ""])  # noqa: S606 - it must fail; if not, nothing is printed


def datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", OUTSIDE)


def packet() -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lan0", 0))
        raw.send(bytes(60))


def packet_sockets() -> list[socket.socket]:
    """Return copies of the packet sockets that this process holds."""
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names of numbers
        try:
            one = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        if one.family == socket.AF_PACKET:
            found.append(one)
        else:
            one.close()
    return found


def send_on_the_ring() -> None:
    """Send a frame through the socket of the capture; who holds none has nothing to send with."""
    held = packet_sockets()
    if not held:
        raise PermissionError(errno.EPERM, "no packet socket is held")
    for one in held:
        one.send(bytes(60))


def attempts(places: list[str]) -> dict[str, Callable[[], object]]:
    """Return everything that is tried."""
    return {
        "connect outside": lambda: socket.create_connection(OUTSIDE, 2),
        "send a datagram outside": datagram,
        "send a packet": packet,
        "send on the ring": send_on_the_ring,
        "execve a shell": lambda: execute("/bin/sh"),
        "execve the interpreter": lambda: execute(sys.executable),
        "ptrace process 1": call(X86["ptrace"], ATTACH, 1, 0, 0),
        "read process 1's memory": lambda: reach("/proc/1/mem", "rb"),
        "signal process 1": lambda: os.kill(1, 0),
        "load a bpf program": call(X86["bpf"], 5, 0, 0),
        "open a performance counter": call(X86["perf"], 0, 0, 0, 0, 0),
        "load a module": call(X86["module"], 0, 0, 0),
        "mount": call(X86["mount"], 0, 0, 0, 0, 0),
        "make a user name space": call(X86["unshare"], NEW_USER),
        "enter a name space": call(X86["setns"], 0, 0),
        "change root": lambda: os.chroot("/"),
        "open /etc/shadow": lambda: reach("/etc/shadow", "rb"),
        "write into /etc": lambda: reach("/etc/jauge-probe", "wb"),
        "write beside its own code": lambda: reach("/opt/jauge/venv/probe", "wb"),
        "read the machine's secret": lambda: reach("/var/lib/jauge-machine/machine.key", "rb"),
        **{f"look into {place}": lambda place=place: os.listdir(place) for place in places},  # noqa: PTH208 - names are enough
    }  # fmt: skip


def tried(attempt: Callable[[], object]) -> str:
    """Say how it ended; an error that is no refusal would hide that the attempt was let through."""
    try:
        attempt()
    except OSError as error:
        if error.errno in REFUSALS:
            return "denied"
        return f"errno {errno.errorcode.get(error.errno or 0, error.errno)}"
    return "done"


def tell(role: str, process: str, places: list[str]) -> None:
    """Try everything and print one line."""
    wanted = {
        name: attempt for name, attempt in attempts(places).items()
        if name not in ALLOWED.get(role, set())
    }  # fmt: skip
    found = {name: tried(attempt) for name, attempt in wanted.items()}
    print("PROBE " + json.dumps({"process": process, "found": found}), flush=True)


def probe_service(role: str, places: list[str], words: list[str]) -> None:
    """Be `cli.confined ROLE WORD…`, and probe between its confinement and its work, or while it serves."""
    import cli.main
    from cli import confined

    work = cli.main.run

    def probe_and_work() -> None:
        if role == "web":
            threading.Timer(WHILE_SERVING_S, tell, (role, "service", places)).start()
        else:
            tell(role, "service", places)
        work()

    cli.main.run = probe_and_work
    confined.main([role, *words])


def probe_collector(places: list[str], words: list[str]) -> None:
    """Be `jauge capture …`: the holder probes once it is confined, the parser once its ring is open."""
    import cli.collect
    from cli.hardening import HOLDER
    from cli.main import run

    confine, open_ring = cli.collect.confine, cli.collect._open_ring

    def confine_and_probe(refused: frozenset[str], what: str) -> None:
        confine(refused, what)
        if refused is HOLDER:
            tell("collector", "holder", places)

    def open_and_probe(*arguments: object) -> None:
        open_ring(*arguments)
        tell("collector", "parser", places)

    cli.collect.confine, cli.collect._open_ring = confine_and_probe, open_and_probe
    sys.argv = ["jauge", *words]
    run()


if __name__ == "__main__":
    asked, where, *rest = sys.argv[1:]
    if asked == "collector":
        probe_collector(where.split(","), rest)
    else:
        probe_service(asked, where.split(","), rest)
