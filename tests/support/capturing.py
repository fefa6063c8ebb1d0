"""`jauge capture` as a process in a namespace: start it, wait for its ring, end it by SIGTERM."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.support.acknowledged import acknowledge, school_of
from tests.support.netns import GATEWAY_IF, Namespace
from tests.support.processes import ROOT, end, running, wait_until
from tests.support.stores import stored

COMPILES_S = 200.0
"""The loop is compiled when its sources are new."""


@dataclass
class Captured:
    """A capture that runs, then its outcome."""

    store: Path
    process: subprocess.Popen[bytes]
    exit_code: int | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    said: str = ""

    @property
    def slices(self) -> pa.Table:
        """All slices of the store."""
        return stored(self.store, "flows")

    @property
    def links(self) -> pa.Table:
        """All link rows of the store."""
        return stored(self.store, "link")


def parser_of(captured: Captured) -> int:
    """Return the process id of the parser: the only child of the holder."""
    holder = captured.process.pid
    (child,) = Path(f"/proc/{holder}/task/{holder}/children").read_text().split()
    return int(child)


def has_packet_socket(pid: int, interface_number: int) -> bool:
    """Say whether a process captures on an interface, by what the kernel lists."""
    try:
        rows = Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]
        own = {
            link.readlink().name.removeprefix("socket:[").removesuffix("]")
            for link in Path(f"/proc/{pid}/fd").iterdir()
        }
    except OSError:
        return False
    cells = [row.split() for row in rows]
    return any(c[8] in own and int(c[4]) == interface_number for c in cells)


def interface_number(where: Namespace, interface: str) -> int:
    """Return the kernel's number of an interface."""
    return int(where.call("cat", f"/sys/class/net/{interface}/ifindex"))


@contextmanager
def capturing(
    where: Namespace,
    store: Path,
    *options: str,
    program: str = "cli",
    interface: str = GATEWAY_IF,
    stop: signal.Signals | None = signal.SIGTERM,
    patience_s: float = 30.0,
    acknowledged: bool = True,
) -> Iterator[Captured]:
    """Capture as long as the block lasts; after it, exit code, totals and store are there.

    Args:
        where: namespace.
        store: where the command writes.
        options: more options of `jauge capture`.
        program: module that is started.
        interface: what is captured.
        stop: the signal that ends it; None when it must have ended by itself.
        patience_s: how long it may take to stop.
        acknowledged: whether a DPO has acknowledged the settings before.
    """
    if acknowledged:
        acknowledge(store, school_of(options))
    command = where.within(
        *(sys.executable, "-m", program, "capture", "--interface", interface),
        *("--store", str(store), "--side", "lan", "--json", *options),
    )
    number = interface_number(where, interface)
    out = store.with_suffix(".stdout")
    err = store.with_suffix(".stderr")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdout=stdout, stderr=stderr, cwd=ROOT, start_new_session=True
        )
    captured = Captured(store, process)
    try:
        wait_until(
            lambda: process.poll() is not None or has_packet_socket(process.pid, number),
            "the collector's ring",
            COMPILES_S,
        )
        assert process.poll() is None, err.read_text()
        yield captured
        if stop is not None:
            process.send_signal(stop)
            process.wait(patience_s)
        captured.exit_code = process.poll()
    finally:
        end(process)
    captured.said = err.read_text()
    printed = out.read_text()
    captured.totals = json.loads(printed) if printed.startswith("{") else {}


@contextmanager
def recording(where: Namespace, path: Path, interface: str = GATEWAY_IF) -> Iterator[None]:
    """Let tcpdump write what passes an interface, in whole frames."""
    command = where.within(
        *("tcpdump", "-i", interface, "-w", str(path), "-U", "-s", "0", "-n", "-Z", "root"),
        *("--immediate-mode", "-B", "65536"),
    )
    log = path.with_suffix(".log")
    with running(command, log=log, home=path.parent):
        wait_until(lambda: b"listening on" in log.read_bytes(), "tcpdump to listen")
        yield
