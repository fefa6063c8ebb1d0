"""The filter of system calls for the two processes of a capture, seccomp(2). Pure but for `install`.

Whoever takes over the parser by a packet should find no network, no other program to start, no other
process to look into and no new name space. A refused call fails with EPERM; a call of another
machine's numbering ends the process. What later parts need stays allowed: keyrings, memory locking.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (aarch64) of
Linux; a test compares them with the headers of the machine.
"""

import ctypes
import os
import struct
from dataclasses import dataclass

NETWORK = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
}  # fmt: skip
"""Name → number on (x86_64, aarch64); None where the machine has no such call."""
PROGRAMS = {"execve": (59, 221), "execveat": (322, 281), "uselib": (134, None)}
PROCESSES = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kill": (62, 129),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
KERNEL = {
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "swapon": (167, 224), "swapoff": (168, 225), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None),
    "ioperm": (173, None), "modify_ldt": (154, None), "personality": (135, 92),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "vhangup": (153, 58),
}  # fmt: skip
FILES = {
    "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429), "open_tree": (428, 428),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "mknod": (133, None),
    "mknodat": (259, 33),
}  # fmt: skip
REFUSED = {**NETWORK, **PROGRAMS, **PROCESSES, **KERNEL, **FILES}
"""Everything that the parser has no use for."""

_CLONE, _CLONE3, _TGKILL = (56, 220), (435, 435), (234, 131)
_CLONE_NEW = 0x7E020000
"""CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET: a thread needs none of them."""
_X32_BIT = 0x40000000
"""Calls of the x32 numbering say the same architecture (arch/x86/include/uapi/asm/unistd.h)."""
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCH, _AT_FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data, little-endian."""
ALLOW, KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor whose numbers we know."""

    name: str
    """As uname(2) says it."""
    column: int
    """In the tables above."""
    audit_arch: int
    seccomp: int
    """Number of the call that installs the filter."""


MACHINES = (
    Machine("x86_64", 0, 0xC000003E, 317),
    Machine("aarch64", 1, 0xC00000B7, 277),
)

Instruction = tuple[int, int, int, int]


def filter_program(machine: Machine, refused: frozenset[str], own_pid: int) -> list[Instruction]:
    """Return the classic BPF program: (code, jump if true, jump if false, constant) each.

    Args:
        machine: whose numbers.
        refused: names in REFUSED that fail with EPERM; all other calls are allowed.
        own_pid: the only process to whose threads it may send signals (abort(3) does).

    Raises:
        KeyError: a name is unknown.
    """
    numbers = sorted(n for name in refused if (n := REFUSED[name][machine.column]) is not None)
    clone, clone3, tgkill = (call[machine.column] for call in (_CLONE, _CLONE3, _TGKILL))
    tests = [(_JEQ, clone3), *((_JEQ, number) for number in numbers)]
    if machine.column == 0:
        tests.insert(0, (_JGE, _X32_BIT))
    # After the tests: what tgkill and clone are asked (6), then allow, EPERM, ENOSYS, kill.
    ends = len(tests) + 6
    program: list[Instruction] = [(_LOAD, 0, 0, _AT_ARCH)]
    program.append((_JEQ, 0, 1 + ends + 3, machine.audit_arch))
    program.append((_LOAD, 0, 0, _AT_NUMBER))
    for at, (code, number) in enumerate(tests):
        to_eperm, to_enosys = ends - at, ends - at + 1
        program.append((code, to_enosys if number == clone3 else to_eperm, 0, number))
    program += [
        (_JEQ, 0, 2, tgkill),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JEQ, 3, 4, own_pid),
        (_JEQ, 0, 2, clone),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JSET, 1, 0, _CLONE_NEW),
        (_RETURN, 0, 0, ALLOW),
        (_RETURN, 0, 0, _ERRNO | EPERM),
        # glibc then falls back to clone, whose flags can be read (clone3 hides them in a struct)
        (_RETURN, 0, 0, _ERRNO | ENOSYS),
        (_RETURN, 0, 0, KILL_PROCESS),
    ]
    return program


def assemble(program: list[Instruction]) -> bytes:
    """Return the array of struct sock_filter."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def machine_of(name: str) -> Machine | None:
    """Return the machine that uname(2) calls so; None if its numbers are not known here."""
    return next((machine for machine in MACHINES if machine.name == name), None)


def install(machine: Machine, refused: frozenset[str]) -> None:
    """Put the filter on every thread of this process and its future children, for good.

    Raises:
        OSError: the kernel refused (it was built without seccomp, or something forbids it).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(assemble(filter_program(machine, refused, os.getpid())))
    count = (len(code) - 1) // 8
    argument = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(code)))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "new privileges could not be renounced")
    outcome = libc.syscall(machine.seccomp, _SET_MODE_FILTER, _FLAG_TSYNC, argument)
    if outcome != 0:  # a positive number is a thread that could not be brought along
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")
