"""What a process that sees addresses refuses to leave behind, and what it gives away.

No core, nobody may attach: a core file would hold names and addresses in clear (DESIGN promise 1).
The limit alone is not enough, because a core handler behind a pipe ignores it (core(5)); a process
that is not dumpable writes none at all.

`confine` leaves a process with its memory, its open files and its user's files, and nothing else.
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

from cli import seccomp
from cli.exits import Exit, Refusal

_PR_SET_DUMPABLE, _PR_SET_NAME, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = (
    4,
    15,
    24,
    38,
    47,
)
_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_CAPABILITIES_MAX = 64

PARSER = frozenset(seccomp.REFUSED)
HOLDER = frozenset(seccomp.REFUSED) - {"bind"}
"""The holder binds its one packet socket; it makes no other."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def leave_no_core() -> None:
    """Forbid core dumps and attaching for this process and its children.

    Raises:
        OSError: the kernel refused; the caller must not go on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the process could not be made undumpable")


def call_this(name: str) -> None:
    """Name the process for ps and top, 15 characters at most."""
    _libc().prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def drop_capabilities() -> None:
    """Give every capability away, and the means to get one back.

    For the calling thread and what it starts later: call it while there is no other.

    Raises:
        OSError: the kernel refused; the caller must not go on.
    """
    libc = _libc()
    for number in range(_CAPABILITIES_MAX):
        # Only who has CAP_SETPCAP may; without it no_new_privs keeps them out of reach.
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    nothing = ctypes.create_string_buffer(24)
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities could not be given away")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "new privileges could not be renounced")


def confine(refused: frozenset[str], what: str) -> None:
    """Give capabilities away and have the kernel refuse system calls, before any packet comes.

    Args:
        refused: names of system calls (PARSER, HOLDER).
        what: the process, for the sentence.

    Raises:
        Refusal: it cannot be done here. Going on would be going on unprotected.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise RuntimeError("confined too late: other threads would keep their capabilities")
    machine = seccomp.machine_of(platform.machine())
    if machine is None:
        raise Refusal(
            f"{what} cannot be confined: the numbers of system calls on {platform.machine()} are "
            "not known to Jauge (x86_64 and aarch64 are); use one of those",
            Exit.PERMISSION,
        )
    try:
        drop_capabilities()
        seccomp.install(machine, refused)
    except OSError as error:
        raise Refusal(
            f"{what} cannot be confined: {os.strerror(error.errno or 0)} (capabilities, seccomp); "
            "nothing was captured. Use a kernel built with CONFIG_SECCOMP_FILTER, and a container "
            "that lets processes restrict themselves",
            Exit.PERMISSION,
        ) from None
