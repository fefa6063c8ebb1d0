"""What a service must not be able to do, tried from inside its unit; prints one JSON object.

`python probe.py ROLE PATH`: confines itself as the service does, then tries. PATH belongs to another
part of Jauge. Each attempt ends as `denied` (refused, or nothing there to reach) or `done`.
"""

import ctypes
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from cli.confined import ROLES
from cli.hardening import PARSER, confine

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = {"ptrace": 101, "bpf": 321, "perf": 298, "module": 175, "vm_read": 310}
REFUSALS = {
    errno.EPERM, errno.EACCES, errno.ENOENT, errno.EROFS, errno.ENOSYS, errno.EAFNOSUPPORT,
    errno.ENETUNREACH,
}  # fmt: skip
NEW_USER = 0x10000000
OUTSIDE = ("203.0.113.1", 80)


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


def send_packet() -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lan0", 0))
        raw.send(bytes(60))


ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect outside": lambda: socket.create_connection(OUTSIDE, 2),
    "send a datagram outside": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", OUTSIDE),
    "send a packet": send_packet,
    "execve a shell": lambda: execute("/bin/sh"),
    "execve the interpreter": lambda: execute(sys.executable),
    "ptrace process 1": call(X86["ptrace"], 16, 1, 0, 0),
    "read process 1's memory": lambda: reach("/proc/1/mem", "rb"),
    "signal process 1": lambda: os.kill(1, 0),
    "load a bpf program": call(X86["bpf"], 5, 0, 0),
    "open a performance counter": call(X86["perf"], 0, 0, 0, 0, 0),
    "load a module": call(X86["module"], 0, 0, 0),
    "mount": call(165, 0, 0, 0, 0, 0),
    "make a user name space": call(272, NEW_USER),
    "change root": lambda: os.chroot("/"),
    "open /etc/shadow": lambda: reach("/etc/shadow", "rb"),
    "write into /etc": lambda: reach("/etc/jauge-probe", "wb"),
    "write beside its own code": lambda: reach("/opt/jauge/venv/probe", "wb"),
    "read the machine's secret": lambda: reach("/var/lib/jauge-machine/machine.key", "rb"),
    "look into another part": lambda: list(Path(sys.argv[2]).iterdir()),
}  # fmt: skip


def tried(attempt: Callable[[], object]) -> str:
    """Say how it ended; an error that is no refusal would hide that the attempt was let through."""
    try:
        attempt()
    except OSError as error:
        return "denied" if error.errno in REFUSALS else f"errno {error.errno}"
    return "done"


if __name__ == "__main__":
    role = sys.argv[1]
    allowed = {"fetcher": {"connect outside", "send a datagram outside"}}.get(role, set())
    confine(PARSER if role == "parser" else ROLES[role], "the probe")
    found = {name: tried(attempt) for name, attempt in ATTEMPTS.items() if name not in allowed}
    print("PROBE " + json.dumps({"role": role, "found": found}), flush=True)
