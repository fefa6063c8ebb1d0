"""The `jauge` command as talkative as it can be made, and able to crash where it knows most.

`python -m tests.canary.at_debug [--crash HOW] COMMAND…`: logging at DEBUG for every library, Python's
own fault handler and warnings, no limit to core files. With `--crash` the collector ends at the
moment when names and addresses are in its memory and slices are about to be written.
"""

import ctypes
import faulthandler
import logging
import os
import resource
import signal
import sys
import warnings

from cli.main import run

PR_GET_DUMPABLE = 3


def _say_dumpable() -> None:
    """Say whether the kernel would write this process's memory to a core file."""
    dumpable = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE)
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    print(f"DUMPABLE {dumpable} CORE {soft}", file=sys.stderr, flush=True)


def _crash(how: str) -> None:
    _say_dumpable()
    if how == "exception":
        raise RuntimeError("induced")
    os.kill(os.getpid(), {"segv": signal.SIGSEGV, "abort": signal.SIGABRT}[how])


def main() -> None:
    """Run the command that follows."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--crash"]:
        import collector.engine  # here: it starts threads, and a live collector must have none yet

        how, arguments = arguments[1], arguments[2:]
        collector.engine.slice_table = lambda *_, **__: _crash(how)
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
    warnings.simplefilter("always")
    faulthandler.enable(all_threads=True)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    sys.argv[1:] = arguments
    run()


if __name__ == "__main__":
    main()
