"""What a process that sees addresses refuses to leave behind: no core, no swap, nobody may attach.

A core file would hold names and addresses in clear (DESIGN promise 1). The limit alone is not
enough, because a core handler behind a pipe ignores it (core(5)); a process that is not dumpable
writes none at all.
"""

import ctypes
import os
import resource
from pathlib import Path

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def leave_no_core() -> None:
    """Forbid core dumps and attaching for this process and its children.

    Raises:
        OSError: the kernel refused; the caller must not go on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the process could not be made undumpable")


def stay_in_memory() -> bool:
    """Keep every page of this process out of swap from now on, as it is touched (mlockall(2)).

    Returns False where the kernel refuses (no privilege, LimitMEMLOCK): then swap has to be off or
    encrypted, or the unit forbid it (MemorySwapMax=0).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if os.geteuid() != 0 and not unlimited:
        return False  # a limit would refuse the next allocation instead
    return bool(libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def swap_in_clear(swaps: Path = Path("/proc/swaps"), blocks: Path = Path("/sys/block")) -> bool:
    """Say whether this machine may write memory to a disk that is not known to be encrypted."""
    try:
        rows = [line.split() for line in swaps.read_text("ascii").splitlines()[1:]]
    except OSError:
        return False
    return any(not _encrypted(row[0], blocks) for row in rows if row)


def _encrypted(device: str, blocks: Path) -> bool:
    name = Path(device).resolve().name
    if name.startswith("zram"):
        return True  # memory itself
    try:
        return (blocks / name / "dm" / "uuid").read_text("ascii").startswith("CRYPT-")
    except OSError:
        return False
