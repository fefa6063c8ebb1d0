"""Processes of a test: started in a group of their own, bounded in time, ended by their id."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GRACE_S = 5.0
"""Between the polite signal and the other one."""
ROOT = Path(__file__).resolve().parents[2]


def environment(home: Path) -> dict[str, str]:
    """An environment whose configuration, cache and data directories are the test's own."""
    return {
        "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "LANG": "C.UTF-8",
    }


def end(process: subprocess.Popen[bytes]) -> int:
    """End a process and its group; returns its exit code."""
    for number, patience_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it left behind
    return process.wait(GRACE_S)


@contextmanager
def running(command: list[str], *, log: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server as long as the block lasts; what it says goes into `log`."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment(home),
            cwd=home,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)


def wait_until(true: Callable[[], bool], what: str, patience_s: float = 20.0) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was; the message says what was waited for.
    """
    deadline = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience_s:.0f} s in vain for {what}")
        time.sleep(0.05)
