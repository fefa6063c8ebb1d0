"""What a process that sees addresses refuses to leave behind: no core, nobody may attach.

A core file would hold names and addresses in clear (DESIGN promise 1). The limit alone is not
enough, because a core handler behind a pipe ignores it (core(5)); a process that is not dumpable
writes none at all.
"""

import ctypes
import resource

_PR_SET_DUMPABLE = 4


def leave_no_core() -> None:
    """Forbid core dumps and attaching for this process and its children.

    Raises:
        OSError: the kernel refused; the caller must not go on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the process could not be made undumpable")
