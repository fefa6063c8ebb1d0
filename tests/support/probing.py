"""The real `jauge` command whose parser, its ring open, tries what it must not be able to do.

Started as `python -m tests.support.probing capture …`; the outcomes go to stderr as one line of JSON
after `PROBES `. Every probe returns "refused" or says what it reached.
"""

import ctypes
import errno
import json
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable

import cli.collect
from cli import seccomp
from cli.main import run

_libc = ctypes.CDLL(None, use_errno=True)
_RAW_ARGUMENTS = (0, 0, 0, 0, 0)
_SAFE_IN_VAIN = frozenset({"reboot", "swapon", "swapoff", "acct", "kill", "tkill", "vhangup"})
"""Not tried with zeros: should the filter fail, the machine or the test would go down."""


def _attempt(action: Callable[[], object]) -> str:
    try:
        reached = action()
    except PermissionError:
        return "refused"
    except OSError as error:
        return f"failed otherwise: {errno.errorcode.get(error.errno or 0)}"
    return f"reached {reached!r}"


def _call(number: int) -> str:
    ctypes.set_errno(0)
    outcome = _libc.syscall(number, *_RAW_ARGUMENTS)
    if outcome == -1 and ctypes.get_errno() == errno.EPERM:
        return "refused"
    return f"returned {outcome}, {errno.errorcode.get(ctypes.get_errno())}"


def probes() -> dict[str, str]:
    """Try everything; returns name → outcome."""
    parent = os.getppid()
    by_name = {
        "an internet socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3),
        "a unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "another program": lambda: subprocess.run(["/bin/true"], check=False),
        "the memory of the holder": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "a descriptor of the holder": lambda: os.open(f"/proc/{parent}/fd/0", os.O_RDONLY),
        "a signal to the holder": lambda: os.kill(parent, 0),
        "giving a file away": lambda: os.chown("/etc/hostname", 1, 1),
    }
    found = {name: _attempt(action) for name, action in by_name.items()}
    machine = seccomp.machine_of(platform.machine())
    assert machine is not None
    for name, numbers in seccomp.REFUSED.items():
        number = numbers[machine.column]
        if number is not None and name not in _SAFE_IN_VAIN:
            found[f"call {name}"] = _call(number)
    found["call unshare of the network"] = _attempt(_unshare)
    return found


def _unshare() -> None:
    if _libc.unshare(0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def main() -> None:
    """Run the command."""
    open_ring = cli.collect._open_ring

    def open_and_probe(*arguments: object) -> None:
        open_ring(*arguments)
        print("PROBES " + json.dumps(probes()), file=sys.stderr, flush=True)

    cli.collect._open_ring = open_and_probe
    run()


if __name__ == "__main__":
    main()
