"""`python -m cli.confined ROLE COMMAND…`: the `jauge` command without what a service of that role never needs.

systemd's filters cannot refuse execve, because systemd itself uses it to start the service: so the
process gives it away here, first thing, for good and for its children, with seccomp (seccomp.py),
together with capabilities, other processes, mounts, name spaces and the kernel's own calls.
"""

import ctypes
import platform
import struct
import sys
from typing import Final

from cli import seccomp
from cli.exits import Exit, Refusal
from cli.hardening import call_this, confine, leave_no_core

SERVER: Final = frozenset({"socket", "bind", "listen", "accept", "accept4", "sendto"})
"""sendto(2) is how send(3) is called; `answers_only` takes the address away from it."""
CLIENT: Final = frozenset({"socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg"})
"""The resolver binds its own end."""
LISTENER: Final = frozenset({"socket", "bind"})
"""It hears datagrams and answers none."""
ROLES: Final[dict[str, frozenset[str]]] = {
    "analyzer": frozenset(seccomp.REFUSED),
    "web": frozenset(seccomp.REFUSED) - SERVER,
    "fetcher": frozenset(seccomp.REFUSED) - CLIENT,
    "listener": frozenset(seccomp.REFUSED) - LISTENER,
}
"""Role → system calls that fail with EPERM. The collector confines itself (docs/adr/0004)."""
_USAGE: Final = 2
_JEQ, _LOAD, _RETURN, _AT_ADDRESS = 0x15, 0x20, 0x06, 48
"""Classic BPF; the fifth argument in struct seccomp_data (seccomp.py)."""


def answers_only(machine: seccomp.Machine) -> list[seccomp.Instruction]:
    """Return the filter by which a server speaks only to who has connected: sendto names nobody.

    Without connect(2) and with no address in sendto(2), neither a datagram nor TCP fast open leaves.
    """
    eperm = 0x00050000 | seccomp.EPERM
    return [
        (_LOAD, 0, 0, 0),
        (_JEQ, 0, 4, seccomp.NETWORK["sendto"][machine.column]),
        (_LOAD, 0, 0, _AT_ADDRESS),
        (_JEQ, 0, 3, 0),
        (_LOAD, 0, 0, _AT_ADDRESS + 4),
        (_JEQ, 0, 1, 0),
        (_RETURN, 0, 0, seccomp.ALLOW),
        (_RETURN, 0, 0, eperm),
    ]


def _only_answer() -> None:
    machine = seccomp.machine_of(platform.machine())
    assert machine is not None, "confine() refused already"  # noqa: S101 - for the type checker
    code = ctypes.create_string_buffer(seccomp.assemble(answers_only(machine)))
    count = (len(code) - 1) // 8
    argument = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(code)))
    if ctypes.CDLL(None).syscall(machine.seccomp, 1, 1, argument) != 0:
        raise Refusal("the server cannot be confined: seccomp refused a filter", Exit.PERMISSION)


def confine_as(role: str) -> None:
    """Give away what a service of this role never needs.

    Raises:
        Refusal: it cannot be done here.
    """
    confine(ROLES[role], f"the {role}'s process")
    if role == "web":
        _only_answer()


def main(arguments: list[str]) -> None:
    """Confine this process, then be the `jauge` command."""
    if len(arguments) < 2 or arguments[0] not in ROLES:  # noqa: PLR2004 - a role and a command
        roles = ", ".join(ROLES)
        print(f"usage: python -m cli.confined ROLE COMMAND…; roles: {roles}", file=sys.stderr)  # noqa: T201 - the one place before the command
        raise SystemExit(_USAGE)
    role = arguments[0]
    try:
        call_this(f"jauge-{role}")
        leave_no_core()
        confine_as(role)
    except Refusal as refusal:
        print(f"jauge: {refusal.message}", file=sys.stderr)  # noqa: T201 - likewise
        raise SystemExit(int(refusal.code)) from None
    sys.argv = ["jauge", *arguments[1:]]
    from cli.main import run

    run()


if __name__ == "__main__":
    main(sys.argv[1:])
