"""The control: a process that holds a canary in memory and protects nothing. For tests only.

`python -m tests.canary.leaky MIB`: reads the canary from stdin, fills MIB of memory with it, says
`ready`, and at the next line ends by SIGSEGV.
"""

import os
import resource
import signal
import sys


def main() -> None:
    """Hold, wait, crash."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    canary = sys.stdin.readline().strip().encode()
    page = canary.ljust(4_096, b".")
    held = bytearray(page * (int(sys.argv[1]) << 8))
    print("ready", flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGSEGV)
    del held


if __name__ == "__main__":
    main()
